//! `cargo xtask demo`

use crate::build::{self, Profile};
use crate::run::{Outcome, cargo};

/// Builds everything, and shows it.
pub(crate) fn run() -> Outcome {
    let binary = build::all(Profile::Dev)?;
    let mut demo = cargo(&[
        "run",
        "--quiet",
        "--locked",
        "--package",
        "polcheck-demo",
        "--",
    ]);
    crate::run::run(demo.arg(binary))
}
