//! What is known about a stage.

use super::config::Config;
use crate::instruction::Instruction;
use crate::mount::Mount;
use crate::platform::Platform;
use crate::span::Span;
use std::ops::Range;
use std::sync::Arc;

/// A stage: from a `FROM` to the next.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Which one, from 0.
    pub index: usize,
    /// Its name, in lower case.
    pub name: Option<String>,
    /// What it stands on.
    pub base: Base,
    /// The text that names the base.
    pub base_text: Expanded,
    /// The text that names the platform.
    pub platform_text: Option<Expanded>,
    /// What it is built for, as far as that is known.
    pub platform: Option<Platform>,
    /// From `FROM` to the end of its last instruction.
    pub span: Span,
    /// Its instructions in the file, with its `FROM`.
    pub instructions: Range<usize>,
    /// What was done, in that order: the triggers of the parent first. Empty where the stage is not evaluated.
    pub steps: Vec<Step>,
    /// What it needs.
    pub dependencies: Vec<Dependency>,
    /// Whether the target needs it, or is it.
    pub reachable: bool,
    /// Whether it was evaluated to its end.
    pub evaluated: bool,
    /// The configuration of the image it makes.
    pub config: Config,
    /// The files it takes from elsewhere.
    pub flows: Vec<Flow>,
}

/// What a stage stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: `FROM scratch`.
    Scratch,
    /// Another stage.
    Stage(usize),
    /// An image, as it is named.
    Image(String),
    /// A text that does not become a name.
    Unresolved,
}

/// Where a stage takes something from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another stage.
    Stage(usize),
    /// An image, as it is named.
    Image(String),
    /// The build context.
    Context,
    /// A URL or a repository.
    Remote(String),
    /// The Dockerfile itself: a heredoc.
    Inline,
}

/// Something a stage needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// Why.
    pub kind: DependencyKind,
    /// What.
    pub target: Target,
    /// Whether a trigger of the parent needs it.
    pub on_build: bool,
    /// Where that is said.
    pub span: Span,
}

/// Why a stage needs something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyKind {
    /// It stands on it.
    From,
    /// `COPY --from`
    CopyFrom,
    /// `RUN --mount=from=`
    MountFrom,
}

/// Files that go from one place to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Where they come from.
    pub from: Target,
    /// Their path there: for a heredoc, its name.
    pub source: String,
    /// Their absolute path in the stage.
    pub destination: String,
    /// Whether variables that only a base image can tell are left out of the paths.
    pub unclear: bool,
    /// The instruction.
    pub span: Span,
}

/// What one instruction came to.
#[derive(Clone, Debug)]
pub struct Step {
    /// The instruction.
    pub origin: Origin,
    /// Its texts in the order in which BuildKit expands them.
    pub arguments: Vec<Argument>,
    /// The mounts of `RUN`, expanded.
    pub mounts: Vec<Mount>,
}

/// Where an instruction of a stage stands.
#[derive(Clone, Debug)]
pub enum Origin {
    /// In the stage: the index of the instruction in the file.
    Written(usize),
    /// In an `ONBUILD`.
    Trigger {
        /// The index of the `ONBUILD` in the file; none, if the base image has it.
        on_build: Option<usize>,
        /// The instruction. Its places are those in the text of the trigger.
        instruction: Arc<Instruction>,
    },
}

/// A text of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// What it is.
    pub role: Role,
    /// What it says.
    pub expanded: Expanded,
}

/// What a text of an instruction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The name of a variable or a label.
    Key,
    /// The value of a variable or a label, or the default of an argument.
    Value,
    /// A source of `COPY` or `ADD`.
    Source,
    /// Its destination.
    Destination,
    /// `--chown`
    Chown,
    /// `--chmod`
    Chmod,
    /// `--checksum`
    Checksum,
    /// The content of a file that `COPY` or `ADD` makes: the index of its heredoc.
    Content(usize),
    /// A value inside of a `--mount`: the index of the mount.
    Mount(usize),
    /// The path of `WORKDIR`.
    Directory,
    /// `USER`
    User,
    /// `VOLUME`
    Volume,
    /// `STOPSIGNAL`
    Signal,
    /// `EXPOSE`
    Port,
}

/// A text, and what variables make of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// As it is written.
    pub text: String,
    /// Expanded; none, if only the base image can tell.
    pub value: Option<String>,
    /// The variables in it, in the order in which they are looked up.
    pub uses: Vec<VariableUse>,
    /// All of it.
    pub span: Span,
}

/// A variable in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// Its name.
    pub name: String,
    /// `$NAME` or `${…}`; all of the text, where the file has it in pieces.
    pub span: Span,
    /// Whether it was set.
    pub defined: bool,
    /// Whether it was set, or an `ARG` declares it.
    pub declared: bool,
    /// Whether the text says what to take where it is not set: `${NAME:-…}`.
    pub has_alternative: bool,
}

/// A variable declared before the first stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaArg {
    /// Its name.
    pub name: String,
    /// What it has: from `--build-arg`, or else its default.
    pub value: Option<String>,
    /// Its default, where that counts.
    pub default: Option<Expanded>,
    /// The index of the `ARG` in the file.
    pub instruction: usize,
}
