//! sudo is used or installed
//!
//! ## What it does
//! Looks for `sudo` among the commands of `RUN`, and among the packages that they install. In a stage that is not part of
//! the image, and where it only makes somebody else of root (`sudo -u app`), it is less bad.
//!
//! ## Why is this bad?
//! A build that needs root already is root, or becomes it with `USER`. In the image, `sudo` is a program that runs as root
//! for whoever may call it: one wrong line of its configuration, or one bug, makes root of an ordinary user. It also
//! handles signals and terminals in ways that containers do not expect.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN sudo make install
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install -y --no-install-recommends sudo
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! USER root
//! RUN make install
//! USER 10001
//! ```

use crate::options::text;
use crate::packages::{Action, Call, bare, calls_of};
use crate::reports::Reports;
use crate::runs::{Runs, final_stages};
use polcheck_sdk::dockerfile::{Command, Word};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["DL3004", "DS-0010", "CKV2_DOCKER_1", "DKL-DI-0001"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let (runs, stages) = (Runs::of(file)?, final_stages(file)?);
    let mut reports = Reports::default();
    let is_final = |stage: u32| stages.is_empty() || stages.contains(&stage);
    for command in runs.iter().filter(|it| it.name() == Some("sudo")) {
        let what = program(command);
        let severity = if is_final(command.stage) && !lowers(command) {
            Severity::High
        } else {
            Severity::Medium
        };
        let finding = Finding::new(format!("`sudo` runs `{what}` in the build"))
            .severity(severity)
            .help("remove `sudo`; use `USER root` before, and `USER` of somebody else behind");
        let key = format!("{} sudo {what}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    for call in calls_of(file, &[], &[Action::Install])? {
        let Some(span) = installed(&call) else {
            continue;
        };
        let severity = if is_final(call.command.stage) {
            Severity::High
        } else {
            Severity::Low
        };
        let name = call.command.name().unwrap_or_default();
        let finding = Finding::new(format!("`{name}` installs `sudo`"))
            .severity(severity)
            .confidence(Confidence::Medium)
            .help("remove `sudo`; use `USER` in the Dockerfile, and `gosu` or `setpriv` in an entrypoint that starts as root");
        let key = format!("{} install sudo", runs.stage_name(call.command.stage));
        reports.add_at(key, span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// The program that `sudo` is told to run.
fn program(command: &Command) -> &str {
    let mut words = command.words.iter().skip(1).map(text);
    while let Some(word) = words.next() {
        match word {
            "-u" | "--user" | "-g" | "--group" | "-C" | "-D" | "-p" | "-h" => _ = words.next(),
            _ if word.starts_with('-') => {}
            _ => return word,
        }
    }
    "sudo"
}

/// Whether it makes somebody else of root: `sudo -u app`.
fn lowers(command: &Command) -> bool {
    let mut words = command.words.iter().skip(1).map(text);
    let user = words.find_map(|word| match word {
        "-u" | "--user" => Some(None),
        _ => Some(Some(word.strip_prefix("--user=")?)),
    });
    let user = user.and_then(|user| user.or_else(|| words.next()));
    user.is_some_and(|user| !matches!(user, "root" | "#0"))
}

/// Where a call installs `sudo`.
fn installed(call: &Call<'_>) -> Option<Span> {
    let mut operands = call.arguments.operands.iter();
    let is_sudo = |word: &&&Word| {
        let operand = word.value.as_deref().unwrap_or_default();
        bare(call.manager, operand) == "sudo"
    };
    operands.find(is_sudo).map(|word| word.span)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::Severity;
    use polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;

    #[rstest]
    #[case("RUN true && /usr/bin/sudo -u app make", 1)]
    #[case("RUN sudo make && sudo make\nRUN sudo make", 1)]
    #[case("RUN apk add --no-cache bash sudo", 1)]
    #[case("RUN apt-get install -y sudo=1.9.16", 1)]
    #[case("RUN apt-get remove sudo", 0)]
    #[case("RUN echo sudo", 0)]
    #[case("RUN apt-get install gosu", 0)]
    #[case("CMD sudo true", 0)]
    fn only_a_run_of_it_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\n{line}"));
        assert_eq!(messages(&PACK, "user.sudo", given).len(), findings);
    }

    #[rstest]
    #[case("RUN sudo make", Severity::High)]
    #[case("RUN sudo -u root make", Severity::High)]
    #[case("RUN sudo -H -u app make", Severity::Medium)]
    #[case("RUN apk add sudo", Severity::High)]
    #[case("RUN apk add sudo\nFROM debian:13", Severity::Low)]
    #[case("RUN sudo make\nFROM debian:13", Severity::Medium)]
    #[case("RUN sudo make\nFROM base", Severity::High)]
    fn what_the_image_does_not_have_is_less_bad(#[case] lines: &str, #[case] severity: Severity) {
        let given = Given::dockerfile(&format!("FROM debian:13 AS base\n{lines}"));
        let outcome = evaluate(&PACK, "user.sudo", given);
        let Outcome::Findings(found) = outcome else {
            panic!("{outcome:?}")
        };
        let found: Vec<_> = found.iter().map(|it| it.severity).collect();
        assert_eq!(found, [severity]);
    }
}
