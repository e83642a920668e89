//! The Dockerfile cannot be built
//!
//! ## What it does
//! Says why BuildKit refuses the Dockerfile: unknown instructions and options, names of stages and images that are none,
//! heredocs without an end, and whatever else BuildKit checks before it builds.
//!
//! ## Why is this bad?
//! What cannot be built cannot be judged either: no rule can promise anything about an image that this file does not
//! make. The finding cannot be waived into a pass.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUNN apk upgrade
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk upgrade
//! ```

use crate::buildkit::line;
use polcheck_sdk::dockerfile::FileStatus;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &[
        "DL1000", "DL3061", "DL3043", "DL3011", "DL3023", "DS-0006", "DS-0008",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let FileStatus::Invalid(refusal) = facts.dockerfile().status()? else {
        return Ok(vec![]);
    };
    let finding = Finding::new(format!("BuildKit refuses the file: {}", refusal.message))
        .help("correct the file; `docker build --check .` shows the same")
        .key("invalid");
    Ok(vec![match refusal.line {
        None => finding,
        Some(number) => finding.at(Location::Dockerfile(line(number))),
    }])
}
