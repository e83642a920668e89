//! The Dockerfile that made the image, as `BuildKit` reads it.

use crate::{FactError, Source, Unsettled};
use std::any::Any;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

pub use crate::bindings::polcheck::policy::dockerfile::{
    Assignment, Command, CommandList, Compound, Decided, Diagnostic, Difference, Directive,
    EffectiveConfig, Entry, FileSource, FileStatus, Flow, HealthSetting, Heredoc, Instruction,
    Interpreter, Join, Keyword, ListSetting, Mount, OptionFlag, Origin, Redirect, Refusal, Setting,
    Stage, Suppression, VariableUse, Via, Word,
};

/// What is taken from the host once, and then shared by all rules of the instance.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    stages: OnceCell<Result<Vec<Stage>, FactError>>,
    instructions: OnceCell<Result<Vec<Instruction>, FactError>>,
    commands: OnceCell<Result<CommandList, FactError>>,
    diagnostics: OnceCell<Result<Vec<Diagnostic>, FactError>>,
    flows: OnceCell<Result<Vec<Flow>, FactError>>,
    mounts: OnceCell<Result<Vec<Mount>, FactError>>,
    undefined: OnceCell<Result<Vec<VariableUse>, FactError>>,
    ignore_patterns: OnceCell<Result<Vec<String>, FactError>>,
    target_config: OnceCell<Result<EffectiveConfig, FactError>>,
    derived: RefCell<Vec<Rc<dyn Any>>>,
}

/// The Dockerfile, as [`crate::Facts::dockerfile`] gives it. Needs `dockerfile`; every function fails with the reason
/// why it is not there.
#[derive(Clone, Copy, Debug)]
pub struct Dockerfile<'a> {
    pub(crate) source: &'a Source,
    pub(crate) taken: &'a Taken,
}

#[expect(
    clippy::missing_errors_doc,
    reason = "said once, about the type: why the fact is not there"
)]
impl<'a> Dockerfile<'a> {
    /// Where it comes from.
    pub fn source(self) -> Result<FileSource, FactError> {
        self.source.dockerfile_source()
    }

    /// Whether `BuildKit` accepts it.
    pub fn status(self) -> Result<FileStatus, FactError> {
        self.source.dockerfile_status()
    }

    /// Its parser directives.
    pub fn directives(self) -> Result<Vec<Directive>, FactError> {
        self.source.directives()
    }

    /// What `BuildKit`'s own checks say, also where the file asks them not to, and where they are experimental: whether that
    /// counts is for the policy set to say.
    pub fn diagnostics(self) -> Result<&'a [Diagnostic], FactError> {
        let diagnostics = self.taken.diagnostics.get_or_init(|| {
            let mut all = self.source.diagnostics()?;
            all.extend(self.source.skipped_diagnostics()?);
            Ok(all)
        });
        diagnostics.as_deref().map_err(Clone::clone)
    }

    /// The stages, in order.
    pub fn stages(self) -> Result<&'a [Stage], FactError> {
        let stages = self.taken.stages.get_or_init(|| self.source.stages());
        stages.as_deref().map_err(Clone::clone)
    }

    /// The stage that is built. Absent: the file has none.
    pub fn target(self) -> Result<&'a Stage, FactError> {
        let mut stages = self.stages()?.iter();
        stages
            .find(|stage| stage.is_target)
            .ok_or(FactError::Absent)
    }

    /// The config at the end of the stage that is built. Absent: it was not evaluated.
    pub fn target_config(self) -> Result<&'a EffectiveConfig, FactError> {
        let config = &self.taken.target_config;
        let config = config.get_or_init(|| self.config(self.target()?.index));
        config.as_ref().map_err(Clone::clone)
    }

    /// The stage and those that it begins with, through `FROM`, the stage itself first.
    pub fn ancestry(self, stage: u32) -> Result<impl Iterator<Item = &'a Stage>, FactError> {
        let stages = self.stages()?;
        let find = move |index: u32| stages.iter().find(move |stage| stage.index == index);
        Ok(std::iter::successors(find(stage), move |stage| {
            find(stage.base_stage?)
        }))
    }

    /// The config at the end of a stage. Absent: there is no such stage, or it was not evaluated.
    pub fn config(self, stage: u32) -> Result<EffectiveConfig, FactError> {
        self.source.stage_config(stage)
    }

    /// The instructions, in order.
    pub fn instructions(self) -> Result<&'a [Instruction], FactError> {
        let instructions = &self.taken.instructions;
        let instructions = instructions.get_or_init(|| self.source.instructions());
        instructions.as_deref().map_err(Clone::clone)
    }

    /// The instructions of one keyword, in order.
    pub fn select(
        self,
        keyword: Keyword,
    ) -> Result<impl Iterator<Item = &'a Instruction>, FactError> {
        let instructions = self.instructions()?.iter();
        Ok(instructions.filter(move |instruction| instruction.keyword == keyword))
    }

    /// The commands, and whether they are all. A rule that finds nothing among them ends with
    /// [`CommandList::conclude`].
    pub fn commands(self) -> Result<&'a CommandList, FactError> {
        let commands = self.taken.commands.get_or_init(|| self.source.commands());
        commands.as_ref().map_err(Clone::clone)
    }

    /// What a pack works out of the file, once for all rules of the instance: one value of each type.
    pub fn derived<T: 'static>(self, make: impl FnOnce() -> T) -> Rc<T> {
        let known = |any: &Rc<dyn Any>| Rc::clone(any).downcast().ok();
        let found = self.taken.derived.borrow().iter().find_map(known);
        found.unwrap_or_else(|| {
            let value = Rc::new(make());
            self.taken
                .derived
                .borrow_mut()
                .push(Rc::clone(&value) as Rc<dyn Any>);
            value
        })
    }

    /// `RUN --mount`
    pub fn mounts(self) -> Result<&'a [Mount], FactError> {
        let mounts = self.taken.mounts.get_or_init(|| self.source.mounts());
        mounts.as_deref().map_err(Clone::clone)
    }

    /// Which files go where.
    pub fn flows(self) -> Result<&'a [Flow], FactError> {
        let flows = self.taken.flows.get_or_init(|| self.source.flows());
        flows.as_deref().map_err(Clone::clone)
    }

    /// The variables that words use and that have no value there.
    pub fn undefined_variables(self) -> Result<&'a [VariableUse], FactError> {
        let undefined = &self.taken.undefined;
        let undefined = undefined.get_or_init(|| self.source.variable_uses(true));
        undefined.as_deref().map_err(Clone::clone)
    }

    /// All variables that words use.
    pub fn variable_uses(self) -> Result<Vec<VariableUse>, FactError> {
        self.source.variable_uses(false)
    }

    /// Comments that silence a tool.
    pub fn suppressions(self) -> Result<Vec<Suppression>, FactError> {
        self.source.suppressions()
    }

    /// What the file would make otherwise than the image is.
    pub fn comparison(self) -> Result<Vec<Difference>, FactError> {
        self.source.comparison()
    }

    /// The patterns of the `.dockerignore` beside it.
    pub fn ignore_patterns(self) -> Result<&'a [String], FactError> {
        let patterns = &self.taken.ignore_patterns;
        let patterns = patterns.get_or_init(|| self.source.ignore_patterns());
        patterns.as_deref().map_err(Clone::clone)
    }

    /// The whole text.
    pub fn text(self) -> Result<String, FactError> {
        self.source.dockerfile_text()
    }
}

impl Instruction {
    /// The value of an option, if it has one: `builder` of `--from=builder`.
    pub fn option(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter();
        options.find(|option| option.name == name)?.value.as_deref()
    }
}

impl Command {
    /// The last part of the first word's path, if it is known: `apt-get` of `/usr/bin/apt-get`.
    pub fn name(&self) -> Option<&str> {
        let path = self.words.first()?.value.as_deref()?;
        match path.bytes().rposition(|byte| byte == b'/') {
            None => Some(path),
            Some(slash) => path.get(slash + 1..),
        }
    }
}

impl CommandList {
    /// The commands of one name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Command> {
        let commands = self.commands.iter();
        commands.filter(move |command| command.name() == Some(name))
    }

    /// What a rule says that looked through all commands: silence counts only if they are complete.
    ///
    /// # Errors
    /// There are no findings, and some script could not be read.
    pub fn conclude(&self, findings: Vec<crate::Finding>) -> crate::Judgement {
        if findings.is_empty() && !self.complete {
            let why = "some shell script of the Dockerfile cannot be read whole";
            return Err(Unsettled::Inconclusive(why.to_owned()));
        }
        Ok(findings)
    }
}
