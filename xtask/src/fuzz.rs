//! `cargo xtask fuzz`: a minute for each target.

use crate::run::{Failure, Outcome, cargo, root, run, say};
use std::fs;
use std::path::Path;

const SECONDS: &str = "-max_total_time=60";
/// What takes longer for some kilobytes is not linear.
const TIMEOUT: &str = "-timeout=10";
const LENGTH: &str = "-max_len=16384";
const TARGETS: [&str; 3] = ["front_end", "evaluation", "splitter"];

/// Runs every target. An input that breaks one lies below `fuzz/artifacts` then, and belongs into
/// `host/dockerfile/tests/found`.
pub(crate) fn all() -> Outcome {
    let installed = cargo(&["fuzz", "--version"]).output()?.status.success();
    if !installed {
        return Err(Failure(
            "cargo-fuzz is missing\n\nhelp: `cargo install cargo-fuzz --locked`".to_owned(),
        ));
    }
    for target in TARGETS {
        say(&format!("== {target}"));
        let corpus = root().join("fuzz/corpus").join(target);
        seed(&corpus)?;
        let mut fuzz = cargo(&["fuzz", "run", "--sanitizer", "none", target]);
        fuzz.arg(&corpus).args(["--", SECONDS, TIMEOUT, LENGTH]);
        // Instruments are for nightly compilers, and this one will do.
        run(fuzz.env("RUSTC_BOOTSTRAP", "1"))?;
    }
    Ok(())
}

/// Begins with what was found before, and with the Dockerfiles beside the checkout if there are some.
fn seed(corpus: &Path) -> Outcome {
    fs::create_dir_all(corpus)?;
    for folder in [
        "host/dockerfile/tests/found",
        "../shared/corpus/dockerfiles",
    ] {
        let Ok(entries) = fs::read_dir(root().join(folder)) else {
            continue;
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            if !name.to_string_lossy().ends_with("Dockerfile") {
                continue;
            }
            fs::write(corpus.join(name), fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
