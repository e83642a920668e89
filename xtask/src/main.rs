//! Builds, tests and looks after polcheck: `cargo xtask`. It needs nothing but cargo, rustup, a C compiler, make and git.

mod bench;
mod build;
mod demo;
mod docs;
mod e2e;
mod format;
mod fuzz;
mod peers;
mod run;
mod runner;
mod sources;
mod test;
mod tidy;

use build::Profile;
use format::Mode;
use run::{Failure, Outcome};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <command>

  build [--release]   the built-in packs, then the binary
  demo                shows what polcheck does, against a registry of its own
  test                everything that has to hold: format, lints, tests, documents, tidy
  e2e [--allow-absent] [--write]
                      polcheck against registries and clients that people use, which it installs into a cache
  bench               what polcheck needs, beside its peers
  peers [--policy-set SET] [--binary POLCHECK]
                      where other tools find something else in real Dockerfiles
  fuzz                a minute of random input for each part that reads what strangers wrote
  fmt                 formats every source file, rules too
  docs                writes the generated documents
  tidy                dependencies, sizes, paths, and that every file is text
  components          the built-in packs, and the components that tests load
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            run::say(&format!("xtask: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Outcome {
    match words {
        ["build"] => build::all(Profile::Dev).map(drop),
        ["build", "--release"] => build::all(Profile::Release).map(drop),
        ["demo"] => demo::run(),
        ["test"] => test::all(),
        ["e2e", words @ ..] => e2e::run(words),
        ["bench"] => bench::run(),
        ["peers", words @ ..] => peers::run(words),
        ["fuzz"] => fuzz::all(),
        ["fmt"] => format::all(Mode::Write),
        ["docs"] => build::for_tests().and_then(|_| docs::write()),
        ["tidy"] => tidy::all(),
        ["components"] => build::packs(Profile::Dev).and_then(|()| build::test_components()),
        _ => Err(Failure(format!("no such command\n\n{USAGE}"))),
    }
}
