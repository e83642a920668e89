//! Only the last command of a pipe decides whether it failed
//!
//! ## What it does
//! Looks for pipes in `RUN` without `pipefail`: none in `SHELL`, none in the options of the shell that reads them, and no
//! `set -o pipefail` before them. Pipes that begin with nothing but `echo`, `printf` or `yes` are left alone.
//!
//! ## Why is this bad?
//! A download that fails before a pipe is an empty file, and the build goes on.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN wget -qO- https://example.com/list | sort > /list
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! SHELL ["/bin/bash", "-o", "pipefail", "-c"]
//! RUN wget -qO- https://example.com/list | sort > /list
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN <<EOF
//! #!/bin/bash -eo pipefail
//! wget -qO- https://example.com/list | sort > /list
//! EOF
//! ```

use crate::options::text;
use crate::pipelines::{first_of_pipelines, readers};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Command, Dockerfile, Interpreter, Keyword, Via};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL4006"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const OPTION: &str = "pipefail";

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    let mut last = None;
    for first in first_of_pipelines(runs) {
        let is_other = first.interpreter != Interpreter::Posix || last == Some(first.instruction);
        if is_other || cannot_fail(runs, first) || is_set(file, runs, first)? {
            continue;
        }
        last = Some(first.instruction);
        let name = first.name().unwrap_or("…");
        let next = readers(runs, first).find_map(Command::name).unwrap_or("…");
        let finding = Finding::new(format!("nobody notices when `{name}` fails before the pipe"))
            .help("add `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`, or begin with `set -o pipefail`");
        let key = format!("{} {name} | {next}", runs.stage_name(first.stage));
        reports.add_at(key, first.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether nothing before the last pipe can fail.
fn cannot_fail(runs: Runs<'_>, first: &Command) -> bool {
    let is_echo = |it: &Command| matches!(it.name(), Some("echo" | "printf" | "yes" | "true" | ":"));
    let readers = readers(runs, first).count();
    let before = readers.saturating_sub(1);
    is_echo(first) && crate::pipelines::readers(runs, first).take(before).all(is_echo)
}

/// Whether a pipe fails with any of its commands.
fn is_set(file: Dockerfile<'_>, runs: Runs<'_>, first: &Command) -> Result<bool, FactError> {
    let mut list = first;
    loop {
        if sets(runs, list) {
            return Ok(true);
        }
        let Some(parent) = runs.parent(list) else {
            break;
        };
        // A new shell has options of its own.
        if matches!(list.via, Via::Shell | Via::Heredoc) {
            return Ok(parent.words.iter().any(|word| text(word).contains(OPTION)));
        }
        list = parent;
    }
    let run = runs.instruction(first.instruction);
    let script = run.and_then(|run| run.heredocs.first());
    let shebang = script.and_then(|script| script.content.lines().next());
    Ok(match shebang.filter(|line| line.starts_with("#!")) {
        Some(line) => line.contains(OPTION),
        None => is_in_shell(file, first)?,
    })
}

/// Whether `set -o pipefail` stands before a command in the same list.
fn sets(runs: Runs<'_>, command: &Command) -> bool {
    let before = runs.around(command).iter();
    let mut before = before.filter(|it| it.index < command.index && it.parent == command.parent);
    before.any(|it| it.name() == Some("set") && it.words.iter().any(|word| text(word) == OPTION))
}

/// Whether `SHELL` says it, in the stage, one that it begins with, or the base image.
fn is_in_shell(file: Dockerfile<'_>, command: &Command) -> Result<bool, FactError> {
    for stage in file.ancestry(command.stage)? {
        let shells = file.select(Keyword::Shell)?;
        let mut shells = shells.filter(|it| it.stage == Some(stage.index));
        let before = |it: &&_| is_before(it, command);
        if let Some(shell) = shells.by_ref().filter(before).last() {
            return Ok(shell.arguments.iter().any(|word| text(word) == OPTION));
        }
    }
    Ok(false)
}

fn is_before(shell: &polcheck_sdk::dockerfile::Instruction, command: &Command) -> bool {
    shell.index < command.instruction
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    fn found(rest: &str) -> usize {
        let file = format!("FROM debian:13\n{rest}\n");
        messages(&PACK, "shell.pipe-status-lost", Given::dockerfile(&file)).len()
    }

    #[rstest]
    #[case("RUN curl x | sh")]
    #[case("RUN bash -c 'curl x | sh'")]
    #[case("RUN [\"bash\", \"-c\", \"curl x | sh\"]")]
    #[case("RUN set -o pipefail; sh -c 'curl x | sh'")]
    #[case("RUN X=$(curl x | cut -c1)")]
    #[case("RUN curl x | sh; set -o pipefail")]
    #[case("RUN echo x | curl -d @- y | sh")]
    #[case("SHELL [\"bash\", \"-o\", \"pipefail\", \"-c\"]\nSHELL [\"sh\", \"-c\"]\nRUN curl x | sh")]
    fn a_pipe_that_hides_a_failure_is_found(#[case] rest: &str) {
        assert_eq!(found(rest), 1, "{rest}");
    }

    #[rstest]
    #[case("RUN set -euxo pipefail; curl x | sh")]
    #[case("RUN set -o pipefail && X=$(curl x | cut -c1)")]
    #[case("RUN bash -o pipefail -c 'curl x | sh'")]
    #[case("RUN [\"bash\", \"-eo\", \"pipefail\", \"-c\", \"curl x | sh\"]")]
    #[case("RUN sudo bash -c 'set -o pipefail; curl x | sh'")]
    #[case("RUN yes | apt-get install x")]
    #[case("SHELL [\"bash\", \"-euxo\", \"pipefail\", \"-c\"]\nRUN curl x | sh")]
    #[case("SHELL [\"powershell\", \"-command\"]\nRUN Get-Process | Out-Null")]
    #[case("CMD curl x | sh")]
    fn a_pipe_that_hides_nothing_is_not(#[case] rest: &str) {
        assert_eq!(found(rest), 0, "{rest}");
    }
}
