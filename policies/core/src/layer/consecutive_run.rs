//! Two `RUN` could be one
//!
//! ## What it does
//! Looks for `RUN` instructions of one command each that follow each other and have the same options.
//!
//! ## Why is this bad?
//! Each `RUN` is a layer. Mostly that costs little, and separate layers are easier to cache: the rule is for those who
//! count layers.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN touch /a
//! RUN touch /b
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN touch /a && touch /b
//! ```

use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Instruction, Keyword, Via};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL3059"],
    opt_in: true,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let instructions = file.instructions()?;
    let mut reports = Reports::default();
    let mut begun: Option<&Instruction> = None;
    for pair in instructions.windows(2) {
        let [first, second] = pair else { continue };
        let is_more = is_single(runs, first) && is_single(runs, second) && are_alike(first, second);
        let Some(stage) = second.stage.filter(|_| is_more) else {
            begun = None;
            continue;
        };
        let first = *begun.get_or_insert(first);
        let finding = Finding::new("this `RUN` and the one before it could be one")
            .help("join them: `RUN first && second`");
        let key = format!("{} {}", runs.stage_name(stage), first.text);
        reports.add_at(key, second.span, finding);
    }
    Ok(reports.finish())
}

/// Whether an instruction is a `RUN` of one command.
fn is_single(runs: Runs<'_>, instruction: &Instruction) -> bool {
    let mut commands = runs.commands_of(instruction.index).iter();
    let first = commands.next();
    instruction.keyword == Keyword::Run
        && instruction.heredocs.is_empty()
        && first.is_none_or(|it| it.inside.is_none())
        && !commands.any(|it| it.via == Via::Script)
}

fn are_alike(first: &Instruction, second: &Instruction) -> bool {
    let options = |it: &Instruction| -> Vec<(String, Option<String>)> {
        let options = it.options.iter();
        options
            .map(|it| (it.name.clone(), it.value.clone()))
            .collect()
    };
    first.stage == second.stage && options(first) == options(second)
}
