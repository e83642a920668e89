//! The commands of `RUN`, and where they stand.

use crate::parts::has;
use crate::stage_names;
use polcheck_sdk::FactError;
use polcheck_sdk::dockerfile::{Command, Dockerfile, Instruction, Keyword, Origin, Via};

/// The commands of the `RUN` instructions of a Dockerfile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Runs<'a> {
    file: Dockerfile<'a>,
    commands: &'a [Command],
    instructions: &'a [Instruction],
}

impl<'a> Runs<'a> {
    /// Those of this file.
    pub(crate) fn of(file: Dockerfile<'a>) -> Result<Self, FactError> {
        Ok(Self {
            file,
            commands: &file.commands()?.commands,
            instructions: file.instructions()?,
        })
    }

    /// All of them, in order.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a Command> {
        let is_run = move |command: &&Command| self.instruction(command.instruction).is_some();
        self.commands.iter().filter(is_run)
    }

    /// The command of this index.
    pub(crate) fn command(self, index: u32) -> Option<&'a Command> {
        self.commands.get(usize::try_from(index).ok()?)
    }

    /// The `RUN` of this index.
    pub(crate) fn instruction(self, index: u32) -> Option<&'a Instruction> {
        let instruction = self.instructions.get(usize::try_from(index).ok()?)?;
        (instruction.keyword == Keyword::Run).then_some(instruction)
    }

    /// The commands of the same `RUN`, all of them, in order.
    pub(crate) fn around(self, command: &Command) -> &'a [Command] {
        self.commands_of(command.instruction)
    }

    /// The commands of the instruction of this index.
    pub(crate) fn commands_of(self, index: u32) -> &'a [Command] {
        let start = self.commands.partition_point(|it| it.instruction < index);
        let end = self.commands.partition_point(|it| it.instruction <= index);
        self.commands.get(start..end).unwrap_or_default()
    }

    /// The commands of the same `RUN` behind a command.
    pub(crate) fn behind(self, command: &Command) -> &'a [Command] {
        let at = usize::try_from(command.index).ok();
        let rest = at.and_then(|at| self.commands.get(at..)?.get(1..));
        let rest = rest.unwrap_or_default();
        let end = rest.partition_point(|it| it.instruction <= command.instruction);
        rest.get(..end).unwrap_or_default()
    }

    /// The commands behind a command in the same list.
    pub(crate) fn siblings(self, command: &Command) -> impl Iterator<Item = &'a Command> {
        let parent = command.parent;
        let behind = self.behind(command).iter();
        behind.filter(move |it| it.parent == parent && it.via != Via::Wrapper)
    }

    /// The command that a command belongs to.
    pub(crate) fn parent(self, command: &Command) -> Option<&'a Command> {
        self.command(command.parent?)
    }

    /// The command as the shell sees it: `sudo` of the command behind `sudo`.
    pub(crate) fn outermost(self, mut command: &'a Command) -> &'a Command {
        while command.via == Via::Wrapper
            && let Some(parent) = self.parent(command)
        {
            command = parent;
        }
        command
    }

    /// What to call a stage in the key of a finding.
    pub(crate) fn stage_name(self, index: u32) -> String {
        stage_names::stage_name(self.file, Some(index))
    }
}

/// The stage that is built, and those that it begins with.
pub(crate) fn final_stages(file: Dockerfile<'_>) -> Result<Vec<u32>, FactError> {
    match file.target() {
        Ok(target) => Ok(file.ancestry(target.index)?.map(|it| it.index).collect()),
        Err(FactError::Absent) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What a variable has at the end of a stage.
pub(crate) fn variable(file: Dockerfile<'_>, stage: u32, name: &str) -> Option<String> {
    let config = file.config(stage).ok()?;
    let entry = config.env.into_iter().find(|entry| entry.key == name)?;
    entry.value
}

/// Whether a program of a stage, or of one that it begins with, is configured by a text that a `RUN` writes.
pub(crate) fn writes(file: Dockerfile<'_>, stage: u32, text: &str) -> Result<bool, FactError> {
    let stages: Vec<u32> = file.ancestry(stage)?.map(|stage| stage.index).collect();
    let mut runs = file.select(Keyword::Run)?;
    Ok(runs.any(|run| run.stage.is_some_and(|it| stages.contains(&it)) && run_writes(run, text)))
}

fn run_writes(run: &Instruction, text: &str) -> bool {
    let heredocs = run.heredocs.iter();
    has(&run.text, text) || heredocs.into_iter().any(|it| has(&it.content, text))
}

/// Whether somebody wrote the Dockerfile, and it was not made of the history of the image.
pub(crate) fn is_written(file: Dockerfile<'_>) -> bool {
    file.source()
        .is_ok_and(|source| source.origin != Origin::Reconstructed)
}
