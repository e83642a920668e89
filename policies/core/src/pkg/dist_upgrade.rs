//! The distribution of the base image is replaced by the next one
//!
//! ## What it does
//! Looks for `apt-get dist-upgrade`, `apt full-upgrade` and `zypper dist-upgrade`.
//!
//! ## Why is this bad?
//! What the base image was tested with is removed or replaced, and the image keeps the old files in its lower layers.
//! Newer packages come with a newer base image.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:12
//! RUN apt-get update && apt-get dist-upgrade -y
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get upgrade -y
//! ```

use crate::packages::{Action, calls_of};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3035", "DS-0024", "DKL-DI-0003"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[], &[Action::DistUpgrade])? {
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        let name = call.name();
        let finding = Finding::new(format!("`{name}` replaces what the base image brings"))
            .help("begin with a newer base image instead");
        reports.add_at(format!("{stage} {name}"), call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}
