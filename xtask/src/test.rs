//! `cargo xtask test`: everything that has to hold before a change lands.

use crate::build::{Profile, packs, test_components};
use crate::format::{self, Mode};
use crate::run::{Failure, Outcome, cargo, root, run, say};
use crate::{docs, tidy};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// Where tests write down that they need files which are not here.
const NOT_RUN: &str = "POLCHECK_NOT_RUN";

/// What the test runners counted.
#[derive(Debug, Default)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs everything, and ends with one line that counts the tests.
pub(crate) fn all() -> Outcome {
    step("formatting");
    format::all(Mode::Check)?;
    step("components");
    packs(Profile::Dev)?;
    test_components()?;
    step("lints");
    lints()?;
    step("tests");
    let (count, outcome) = tests()?;
    step("documents");
    let documents = docs::check();
    step("tidy");
    let tidied = tidy::all();
    let not_run = fs::read_to_string(not_run_file()).unwrap_or_default();
    for test in not_run.lines() {
        say(&format!("not run: {test}"));
    }
    let Count {
        passed,
        failed,
        ignored,
    } = count;
    say(&format!(
        "{passed} passed, {failed} failed, {} skipped",
        ignored + count_lines(&not_run)
    ));
    outcome.and(documents).and(tidied)
}

fn step(name: &str) {
    say(&format!("== {name}"));
}

fn count_lines(text: &str) -> u64 {
    u64::try_from(text.lines().count()).unwrap_or_default()
}

/// Clippy, natively and for what only components are made of.
fn lints() -> Outcome {
    run(&mut cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    let wasm = [
        "--package",
        "polcheck-policy-core",
        "--package",
        "polcheck-test-hostile",
        "--lib",
    ];
    let args = [
        &["clippy", "--locked", "--target", "wasm32-unknown-unknown"],
        wasm.as_slice(),
        &["--", "-D", "warnings"],
    ];
    run(&mut cargo(&args.concat()))
}

fn not_run_file() -> std::path::PathBuf {
    root().join("target").join("not-run")
}

/// All tests of all crates: unit, integration, doc. What fails does not keep the others from running.
fn tests() -> Outcome<(Count, Outcome)> {
    let file = not_run_file();
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    fs::write(&file, "")?;
    let mut child = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"])
        .env(NOT_RUN, &file)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut count = Count::default();
    for line in child
        .stdout
        .take()
        .into_iter()
        .flat_map(|stdout| BufReader::new(stdout).lines())
    {
        let line = line?;
        if let Some(result) = line.strip_prefix("test result: ") {
            count.add(result);
        }
        if !line.ends_with("... ok") {
            say(&line);
        }
    }
    let status = child.wait()?;
    let outcome = if status.success() {
        Ok(())
    } else {
        Err(Failure(format!("tests failed: {status}")))
    };
    Ok((count, outcome))
}

impl Count {
    /// `ok. 12 passed; 0 failed; 1 ignored; …`
    fn add(&mut self, result: &str) {
        let after_state = result.split_once(". ").map_or(result, |(_, counts)| counts);
        for part in after_state.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let number: u64 = number.parse().unwrap_or_default();
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_runners_are_added() {
        let mut count = Count::default();
        count.add(
            "ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
        );
        count.add(
            "FAILED. 2 passed; 5 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        assert_eq!((count.passed, count.failed, count.ignored), (14, 5, 1));
    }
}
