//! `cargo xtask test`: everything that has to hold before a change lands.

use crate::build::{Profile, packs, test_components};
use crate::format::{self, Mode};
use crate::run::{Outcome, cargo, run, step};
use crate::runner::Tests;
use crate::{docs, tidy};

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
    // All tests of all crates: unit, integration, doc. What fails does not keep the others from running.
    let mut tests = cargo(&["test", "--locked", "--workspace", "--no-fail-fast"]);
    let tests = Tests::run(&mut tests)?;
    step("documents");
    let documents = docs::check();
    step("tidy");
    let tidied = tidy::all();
    tests.say();
    tests.outcome.and(documents).and(tidied)
}

/// Clippy, natively and for what only components are made of.
fn lints() -> Outcome {
    let all = ["clippy", "--locked", "--workspace", "--all-targets"];
    // Not a part of all targets, since it is not run with them.
    let e2e = ["clippy", "--locked", "--workspace", "--test", "e2e"];
    let wasm = [
        "clippy",
        "--locked",
        "--target",
        "wasm32-unknown-unknown",
        "--package",
        "polcheck-policy-core",
        "--package",
        "polcheck-policy-supply",
        "--package",
        "polcheck-test-hostile",
        "--lib",
    ];
    for targets in [&all[..], &e2e, &wasm] {
        run(&mut cargo(&[targets, &["--", "-D", "warnings"]].concat()))?;
    }
    Ok(())
}
