//! A Debian package is installed without a version
//!
//! ## What it does
//! Looks for packages of `apt-get install` without `=VERSION`. Files, and words that only the run tells, are left alone.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, and nobody has tested that one. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl=8.14.1-2
//! ```

use crate::packages::{Manager, ending};
use crate::unpinned::Unpinned;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3008"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let rule = Unpinned {
        managers: &[Manager::Apt],
        is_loose: |_, package| !package.contains(['=', '/']) && ending(package) != "deb",
        severity: |_| Severity::Low,
        help: "name the version, `curl=8.14.1-2`, or install from a snapshot of the archive",
    };
    rule.check(facts)
}
