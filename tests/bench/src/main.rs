//! `cargo xtask bench`: what polcheck needs, as CPU time, which a busy machine changes least, and beside its peers where
//! they are installed.

mod cpu;
mod dockerfiles;
mod figures;
mod peers;
mod processes;
mod registries;
mod replays;
mod reports;
mod sandbox;
mod statements;

use figures::Figure;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        // These two are processes that the third one starts.
        ["measure", times, command @ ..] => cpu::measure_children(times, command),
        ["cold", packs] => sandbox::cold(Path::new(packs)),
        [polcheck, packs, parts @ ..] => all(Path::new(polcheck), Path::new(packs), parts),
        _ => Err("usage: polcheck-bench POLCHECK PACKS [PART…]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Measures the parts that are named, or all: `sandbox`, `processes`, `registries`, `dockerfiles`, `reports`, `replays`.
fn all(polcheck: &Path, packs: &Path, parts: &[&str]) -> Result {
    let is_wanted = |part: &str| parts.is_empty() || parts.contains(&part);
    let mut figures: Vec<Figure> = Vec::new();
    if is_wanted("sandbox") {
        figures.extend(sandbox::figures(packs)?);
    }
    if is_wanted("processes") {
        figures.extend(processes::figures(polcheck, packs)?);
    }
    if is_wanted("registries") {
        figures.extend(registries::figures(polcheck)?);
    }
    if is_wanted("dockerfiles") {
        figures.extend(dockerfiles::figures(polcheck, packs)?);
    }
    if is_wanted("reports") {
        figures.extend(reports::figures(polcheck)?);
    }
    if is_wanted("replays") {
        figures.extend(replays::figures(polcheck)?);
    }
    say(&figures::table(&figures));
    Ok(())
}

/// Shows a text.
pub(crate) fn say(text: &str) {
    // Nobody is left to show it to when standard output is gone.
    let _ = writeln!(std::io::stdout(), "{text}");
}
