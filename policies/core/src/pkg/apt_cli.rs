//! `apt` is used in a script
//!
//! ## What it does
//! Looks for `apt` in place of `apt-get` and `apt-cache`.
//!
//! ## Why is this bad?
//! `apt` is made for people: it says itself that its output and its options may change, and that scripts should not rely
//! on them.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt update
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update
//! ```

use crate::packages::{Manager, calls_of};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL3027", "CKV_DOCKER_9"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[Manager::Apt])?.filter(|call| call.program == "apt") {
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        let finding = Finding::new("`apt` is for people, not for scripts").help(format!(
            "write `apt-get {}`, or `apt-cache` to search",
            call.verb
        ));
        reports.add_at(
            format!("{stage} apt {}", call.verb),
            call.command.span,
            finding,
        );
    }
    file.commands()?.conclude(reports.finish())
}
