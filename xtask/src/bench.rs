//! `cargo xtask bench`

use crate::build::{self, Profile};
use crate::run::{Outcome, cargo, root};

/// Builds everything as it is released, and measures it.
pub(crate) fn run() -> Outcome {
    let binary = build::all(Profile::Release)?;
    let mut bench = cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--release",
        "--package",
        "polcheck-bench",
        "--",
    ]);
    crate::run::run(bench.arg(binary).arg(root().join("policies/built")))
}
