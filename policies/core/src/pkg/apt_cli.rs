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
//! ```dockerfile fixed
//! FROM debian:13
//! RUN apt-get update
//! ```

use crate::edits::replace;
use crate::packages::{Manager, calls_of};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    fixable: true,
    aliases: &["DL3027", "CKV_DOCKER_9"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[Manager::Apt], &[])?.filter(|call| call.program == "apt") {
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        let finding = Finding::new("`apt` is for people, not for scripts").help(format!(
            "write `apt-get {}`, or `apt-cache` to search",
            call.verb
        ));
        // The two mean the same by these.
        let is_same = matches!(
            call.verb,
            "update" | "install" | "remove" | "purge" | "autoremove" | "clean" | "autoclean"
        );
        let word = call.command.words.first();
        let word = word.filter(|word| is_same && word.raw.ends_with("apt"));
        let finding = match word {
            Some(word) => replace(finding, word, &[&word.raw, "-get"].concat()),
            None => finding,
        };
        reports.add_at(
            format!("{stage} apt {}", call.verb),
            call.command.span,
            finding,
        );
    }
    file.commands()?.conclude(reports.finish())
}
