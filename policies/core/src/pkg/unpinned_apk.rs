//! An Alpine package is installed without a version
//!
//! ## What it does
//! Looks for packages of `apk add` without a version or a bound for it. Files, and words that only the run tells, are left
//! alone.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, and nobody has tested that one. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN apk add --no-cache --virtual .build-deps gcc
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk add --no-cache --virtual .build-deps gcc=14.2.0-r6 "musl-dev~1.2.5"
//! ```

use crate::packages::{Manager, ending};
use crate::unpinned::Unpinned;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3018"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let rule = Unpinned {
        managers: &[Manager::Apk],
        is_loose: |_, package| {
            let is_versioned = package.contains(['=', '<', '>', '~', '/']);
            !is_versioned && !package.starts_with(['!', '.']) && ending(package) != "apk"
        },
        severity: |_| Severity::Low,
        help: "name the version, `curl=8.14.1-r2`, or as much of it as matters, `curl~8.14`",
    };
    rule.check(facts)
}
