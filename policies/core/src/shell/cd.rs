//! A `RUN` changes the folder
//!
//! ## What it does
//! Looks for `cd` in `RUN`, outside of `( … )` and `$( … )`.
//!
//! ## Why is this bad?
//! The next `RUN` begins in the old folder again. `WORKDIR` stays, makes the folder, and shows where things happen.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN cd /opt && touch tool
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! WORKDIR /opt
//! RUN touch tool
//! ```

use crate::options::text;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Compound, Interpreter, Via};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL3003", "DS-0013"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    let mut last = None;
    for command in runs.iter().filter(|it| it.name() == Some("cd")) {
        let is_own = matches!(command.via, Via::Script | Via::Shell)
            && command.inside != Some(Compound::Subshell)
            && command.interpreter == Interpreter::Posix;
        if !is_own || last == Some(command.instruction) {
            continue;
        }
        last = Some(command.instruction);
        let folder = command.words.get(1).map_or("~", text);
        let finding = Finding::new(format!("`cd {folder}` counts only for this `RUN`"))
            .help(format!("write `WORKDIR {folder}` before it"));
        let key = format!("{} cd {folder}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}
