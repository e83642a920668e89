//! Packages are installed that nobody asked for
//!
//! ## What it does
//! Looks for `apt-get install` without `--no-install-recommends`, where no configuration of apt says the same.
//!
//! ## Why is this bad?
//! Recommended packages make the image bigger, and each of them is one more program to patch. CIS Docker Benchmark 4.3.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install -y git=1:2.47.3-0
//! ```
//! ```dockerfile fixed
//! FROM debian:13
//! RUN apt-get update && apt-get install --no-install-recommends -y git=1:2.47.3-0
//! ```

use crate::edits::put_behind;
use crate::packages::{Action, Call, Manager, calls_of};
use crate::reports::Reports;
use crate::runs::{Runs, writes};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["DL3015", "DS-0029"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[Manager::Apt], &[Action::Install])?.filter(takes_recommended) {
        if writes(file, call.command.stage, "APT::Install-Recommends ")? {
            continue;
        }
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        let packages: Vec<&str> = call.known().collect();
        let finding = Finding::new(format!(
            "`{}` also installs what is only recommended",
            call.name()
        ))
        .help(format!("add it: `{} --no-install-recommends`", call.name()));
        // `aptitude` has a name of its own for it.
        let verb = call.verb_word.filter(|_| call.program != "aptitude");
        let finding = put_behind(finding, verb, "--no-install-recommends");
        let key = format!("{stage} {} {}", call.program, packages.join(" "));
        reports.add_at(key, call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

fn takes_recommended(call: &Call<'_>) -> bool {
    let arguments = &call.arguments;
    let is_set = |setting: &str| {
        setting
            .to_ascii_lowercase()
            .starts_with("apt::install-recommends")
    };
    let names = [
        "no-install-recommends",
        "install-recommends",
        "without-recommends",
        "R",
    ];
    !arguments.operands.is_empty()
        && !arguments.has(&names)
        && !arguments.values(&["o", "option"]).any(is_set)
        && !only_unknown_options(call)
}

/// Whether a word that only the run tells stands where options stand: in front of all packages.
fn only_unknown_options(call: &Call<'_>) -> bool {
    let first = call.arguments.operands.first();
    call.arguments.is_open && first.is_some_and(|word| word.value.is_none())
}
