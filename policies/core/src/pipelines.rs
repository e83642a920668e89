//! Commands that hand their output on.

use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Command, Join};

/// The commands that read what a command writes, each behind the other: `b` and `c` of `a | b | c`.
pub(crate) fn readers<'a>(
    runs: Runs<'a>,
    command: &'a Command,
) -> impl Iterator<Item = &'a Command> {
    let siblings = runs.siblings(runs.outermost(command));
    siblings.take_while(|it| it.joined == Join::Pipe)
}

/// The commands that begin a pipeline.
pub(crate) fn first_of_pipelines<'a>(runs: Runs<'a>) -> impl Iterator<Item = &'a Command> {
    let begins = move |command: &&'a Command| {
        command.joined != Join::Pipe
            && runs
                .siblings(command)
                .next()
                .is_some_and(|it| it.joined == Join::Pipe)
    };
    runs.iter()
        .filter(|it| it.via != polcheck_sdk::dockerfile::Via::Wrapper)
        .filter(begins)
}
