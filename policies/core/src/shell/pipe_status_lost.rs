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

use crate::parts::has;
use crate::pipelines::{first_of_pipelines, readers};
use crate::reports::Reports;
use crate::runs::Runs;
use crate::shell_options::has_pipefail;
use polcheck_sdk::dockerfile::{Command, Interpreter};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL4006"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const HELP: &str =
    "add `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]`, or begin with `set -o pipefail`";

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    let mut last = None;
    for first in first_of_pipelines(runs) {
        if last == Some(first.instruction) || is_of_no_interest(runs, first) {
            continue;
        }
        if has_pipefail(file, runs, first)? {
            continue;
        }
        last = Some(first.instruction);
        let name = first.name().unwrap_or("…");
        let next = readers(runs, first).find_map(Command::name).unwrap_or("…");
        let finding = Finding::new(format!(
            "nobody notices when `{name}` fails before the pipe"
        ))
        .help(HELP);
        let key = format!("{} {name} | {next}", runs.stage_name(first.stage));
        reports.add_at(key, first.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether a pipe is not for a POSIX shell, looks at all its commands itself, or cannot fail before its end.
fn is_of_no_interest(runs: Runs<'_>, first: &Command) -> bool {
    let run = runs.instruction(first.instruction);
    let is_looked_at = run.is_some_and(|run| has(&run.text, "PIPESTATUS"));
    let is_other = first.interpreter != Interpreter::Posix || is_windows(runs, first);
    is_looked_at || is_other || cannot_fail(runs, first)
}

/// Whether a `RUN` begins with a shell of Windows: the rest of it is for that one.
fn is_windows(runs: Runs<'_>, command: &Command) -> bool {
    let first = runs.around(command).first().and_then(Command::name);
    matches!(
        first,
        Some("powershell" | "powershell.exe" | "pwsh" | "cmd" | "cmd.exe")
    )
}

/// Whether nothing before the last pipe can fail.
fn cannot_fail(runs: Runs<'_>, first: &Command) -> bool {
    let is_echo =
        |it: &Command| matches!(it.name(), Some("echo" | "printf" | "yes" | "true" | ":"));
    let before = readers(runs, first).count().saturating_sub(1);
    is_echo(first) && readers(runs, first).take(before).all(is_echo)
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
    #[case(
        "SHELL [\"bash\", \"-o\", \"pipefail\", \"-c\"]\nSHELL [\"sh\", \"-c\"]\nRUN curl x | sh"
    )]
    fn a_pipe_that_hides_a_failure_is_found(#[case] rest: &str) {
        assert_eq!(found(rest), 1, "{rest}");
    }

    #[rstest]
    #[case("RUN set -euxo pipefail; curl x | sh")]
    #[case("RUN set -o pipefail && X=$(curl x | cut -c1)")]
    #[case("RUN bash -o pipefail -c 'curl x | sh'")]
    #[case("RUN [\"bash\", \"-eo\", \"pipefail\", \"-c\", \"curl x | sh\"]")]
    #[case("RUN sudo bash -c 'set -o pipefail; curl x | sh'")]
    #[case("RUN curl x | sh; exit ${PIPESTATUS[0]}")]
    #[case("RUN yes | apt-get install x")]
    #[case("SHELL [\"bash\", \"-euxo\", \"pipefail\", \"-c\"]\nRUN curl x | sh")]
    #[case("SHELL [\"powershell\", \"-command\"]\nRUN Get-Process | Out-Null")]
    #[case("RUN powershell -Command Get-Process ^| Out-Null | Out-Null")]
    #[case("CMD curl x | sh")]
    fn a_pipe_that_hides_nothing_is_not(#[case] rest: &str) {
        assert_eq!(found(rest), 0, "{rest}");
    }
}
