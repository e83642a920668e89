//! sudo is used or installed
//!
//! ## What it does
//! Looks for `sudo` among the commands of `RUN`, and among the packages that they install.
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

use crate::packages::{Action, Call, bare};
use crate::reports::Reports;
use crate::runs::Runs;
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
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter() {
        let Some(name) = command.name() else { continue };
        let stage = || runs.stage_name(command.stage);
        if name == "sudo" {
            let what = command.words.iter().skip(1).map(|word| word.raw.as_str());
            let what = what
                .clone()
                .find(|word| !word.starts_with('-'))
                .unwrap_or("sudo");
            let finding = Finding::new(format!("`sudo` runs `{what}` in the build"))
                .help("remove `sudo`; use `USER root` before, and `USER` of somebody else behind");
            reports.add_at(format!("{} sudo {what}", stage()), command.span, finding);
        } else if let Some(span) = installs_sudo(command) {
            let finding = Finding::new(format!("`{name}` installs `sudo`"))
                .confidence(Confidence::Medium)
                .help("remove `sudo`; use `USER` in the Dockerfile, and `gosu` or `setpriv` in an entrypoint that starts as root");
            reports.add_at(format!("{} install sudo", stage()), span, finding);
        }
    }
    file.commands()?.conclude(reports.finish())
}

fn installs_sudo(command: &Command) -> Option<Span> {
    let call = Call::read(command).filter(|call| call.action == Action::Install)?;
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
    use polcheck_sdk::testing::{Given, messages};
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
}
