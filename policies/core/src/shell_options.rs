//! What a shell is told to do when a command fails.

use crate::options::text;
use crate::parts::has;
use crate::runs::Runs;
use polcheck_sdk::FactError;
use polcheck_sdk::dockerfile::{Command, Decided, Dockerfile, Instruction, Keyword, Via};

const OPTION: &str = "pipefail";

/// Whether a pipe fails with any of its commands.
pub(crate) fn has_pipefail(
    file: Dockerfile<'_>,
    runs: Runs<'_>,
    first: &Command,
) -> Result<bool, FactError> {
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
            return Ok(parent.words.iter().any(|word| has(text(word), OPTION)));
        }
        list = parent;
    }
    let run = runs.instruction(first.instruction);
    let script = run.and_then(|run| run.heredocs.first());
    let shebang = script.and_then(|script| script.content.lines().next());
    Ok(match shebang.filter(|line| line.starts_with("#!")) {
        Some(line) => has(line, OPTION),
        None => is_in_shell(file, first)?,
    })
}

/// Whether `set -o pipefail` stands before a command in the same list.
fn sets(runs: Runs<'_>, command: &Command) -> bool {
    let before = runs.around(command).iter();
    let before = before.filter(|it| it.index < command.index && it.parent == command.parent);
    let mut settings = before.filter(|it| it.name() == Some("set"));
    // `set -euo pipefail`, and not `set +o pipefail`.
    settings.any(|set| {
        let words = || set.words.iter().map(text);
        let mut pairs = words().zip(words().skip(1));
        pairs.any(|(option, name)| option.starts_with('-') && name == OPTION)
    })
}

/// Whether `SHELL` says it, in the stage, one that it begins with, or the base image.
fn is_in_shell(file: Dockerfile<'_>, command: &Command) -> Result<bool, FactError> {
    for stage in file.ancestry(command.stage)? {
        let is_before =
            |it: &&Instruction| it.stage == Some(stage.index) && it.index < command.instruction;
        if let Some(shell) = file.select(Keyword::Shell)?.filter(is_before).last() {
            return Ok(shell.arguments.iter().any(|word| text(word) == OPTION));
        }
    }
    let config = file.config(command.stage);
    Ok(config.is_ok_and(|config| {
        let shell = config.shell.value.unwrap_or_default();
        config.shell.decided == Decided::Base && shell.iter().any(|word| word == OPTION)
    }))
}

/// Whether the shell stops at a command that fails: `set -e` stands before it, or the shell is called with `-e`.
pub(crate) fn stops_at_failure(runs: Runs<'_>, command: &Command) -> bool {
    let says = |it: &Command| {
        let mut words = it.words.iter().skip(1).map(text);
        words.any(|word| {
            let letters = word.strip_prefix('-');
            word == "errexit" || letters.is_some_and(|it| !it.starts_with('-') && it.contains('e'))
        })
    };
    let mut before = runs.around(command).iter();
    let is_set = before.any(|it| it.index < command.index && it.name() == Some("set") && says(it));
    let is_called = matches!(command.via, Via::Shell | Via::Heredoc);
    is_set || is_called && runs.parent(command).is_some_and(says)
}
