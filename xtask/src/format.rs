//! Formatting: everything cargo knows of, and the rules, which only the build script of their pack knows of.

use crate::run::{Outcome, cargo, command, root, run};
use crate::sources;

/// Whether files are changed, or only looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

/// Formats every source file.
pub(crate) fn all(mode: Mode) -> Outcome {
    let check: &[&str] = if mode == Mode::Check {
        &["--check"]
    } else {
        &[]
    };
    run(&mut cargo(&[&["fmt", "--all"], check].concat()))?;
    let rules = sources::rules(&root())?;
    let mut rustfmt = command("rustfmt", &["--edition", "2024"]);
    run(rustfmt.args(check).args(rules))
}
