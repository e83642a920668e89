//! A check fails, and the build goes on
//!
//! ## What it does
//! Looks for tests, linters, scanners and verifications whose exit status is thrown away: by `|| true` or its kind, by
//! `; true`, or by `find -exec … \;`, which succeeds whatever the command behind it says.
//!
//! ## Why is this bad?
//! Everybody believes that the check passed, since the image exists. It may never have run at all.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM python:3.14-slim
//! RUN pytest || true
//! ```
//! ```dockerfile fails
//! FROM sqlfluff/sqlfluff:3.5.0
//! RUN find migrations -name '*.sql' -exec sqlfluff lint {} \;
//! ```
//! ```dockerfile passes
//! FROM python:3.14-slim
//! RUN pytest && rm -rf .pytest_cache || exit 1
//! ```
//! ```dockerfile passes
//! FROM sqlfluff/sqlfluff:3.5.0
//! RUN find migrations -name '*.sql' -exec sqlfluff lint {} +
//! ```

use crate::data::checks::check as checks_with;
use crate::options::text;
use crate::reports::Reports;
use crate::runs::Runs;
use crate::shell_options::stops_at_failure;
use polcheck_sdk::dockerfile::{Command, Interpreter, Join, Via};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    let mut may_lose = MayLose::default();
    for command in runs
        .iter()
        .filter(|it| it.interpreter == Interpreter::Posix)
    {
        if !may_lose.of(runs, command) {
            continue;
        }
        let Some(name) = checks_with(command) else {
            continue;
        };
        let Some((how, help)) = lost(runs, command) else {
            continue;
        };
        let outermost = runs.outermost(command);
        let finding = Finding::new(format!("`{how}` hides that `{name}` fails")).help(help);
        let key = format!("{} {name} {how}", runs.stage_name(command.stage));
        reports.add_at(key, outermost.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether the `RUN` that was asked for last has anything in it that throws an exit status away: most have not.
#[derive(Default)]
struct MayLose {
    run: Option<u32>,
    answer: bool,
}

impl MayLose {
    fn of(&mut self, runs: Runs<'_>, command: &Command) -> bool {
        if self.run != Some(command.instruction) {
            let mut all = runs.around(command).iter();
            self.run = Some(command.instruction);
            self.answer = all.any(|it| {
                matches!(it.joined, Join::OrElse | Join::Then) || it.name() == Some("find")
            });
        }
        self.answer
    }
}

/// How the exit status of a command is thrown away, and what to do about it.
fn lost<'a>(runs: Runs<'a>, command: &'a Command) -> Option<(&'static str, &'static str)> {
    const REMOVE: &str = "remove it: what must not fail the build need not run in it";
    let outermost = runs.outermost(command);
    if command.via == Via::Wrapper && is_each_find(outermost) {
        return Some(("find -exec … \\;", "end it with `+` in place of `\\;`"));
    }
    // A pipeline, and what runs only if it succeeds, hand the failure on.
    let mut after = runs
        .siblings(outermost)
        .skip_while(|it| matches!(it.joined, Join::Pipe | Join::AndThen));
    let next = after.next()?;
    match next.joined {
        Join::OrElse if is_success(next) => Some(("|| true", REMOVE)),
        Join::OrElse if is_message(next) && ends_well(next, &mut after) => {
            Some(("|| echo …", REMOVE))
        }
        Join::Then if is_success(next) && after.next().is_none() => {
            (!stops_at_failure(runs, outermost)).then_some(("; true", REMOVE))
        }
        _ => None,
    }
}

/// Whether a command always succeeds.
fn is_success(command: &Command) -> bool {
    let mut words = command.words.iter().skip(1).map(text);
    match command.name() {
        Some("true" | ":") => true,
        Some("exit") => words.next() == Some("0"),
        _ => false,
    }
}

/// Whether what stands behind a message does not fail after all: `|| { echo …; exit 1; }` does.
fn ends_well<'a>(message: &Command, after: impl Iterator<Item = &'a Command>) -> bool {
    let goes_on = |it: &&Command| {
        it.joined != Join::Then || it.inside.is_some() && it.inside == message.inside
    };
    let mut rest = after.take_while(goes_on);
    rest.all(|it| is_success(it) || is_message(it))
}

/// Whether a command only says something.
fn is_message(command: &Command) -> bool {
    matches!(command.name(), Some("echo" | "printf"))
}

/// Whether a `find` runs its command for each file, and succeeds whatever it says.
fn is_each_find(command: &Command) -> bool {
    command.name() == Some("find") && command.words.iter().any(|word| text(word) == ";")
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    fn found(script: &str) -> usize {
        let file = format!("FROM debian:13\nRUN {script}\n");
        messages(&PACK, "shell.exit-status-lost", Given::dockerfile(&file)).len()
    }

    #[rstest]
    #[case("go vet ./... ; true")]
    #[case("echo x | sha256sum -c - || :")]
    #[case("python3 -m pytest && touch ok || exit 0")]
    #[case("pytest || echo failed && exit 0")]
    #[case("pytest || echo failed; make")]
    fn a_check_that_cannot_fail_is_found(#[case] script: &str) {
        assert_eq!(found(script), 1, "{script}");
    }

    #[rstest]
    #[case("rm -f x || true")]
    #[case("id user || useradd user")]
    #[case("pytest || { echo failed; exit 1; }")]
    #[case("pytest || (echo failed && exit 1)")]
    #[case("trivy --version || true")]
    #[case("set -eux; npm test; true")]
    #[case("sha256sum -c x || exit 1")]
    #[case("find . -exec chmod 644 {} \\;")]
    fn what_is_no_check_or_may_fail_is_not(#[case] script: &str) {
        assert_eq!(found(script), 0, "{script}");
    }
}
