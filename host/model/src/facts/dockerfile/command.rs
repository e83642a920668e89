//! The commands in scripts.

use super::{Span, Word};
use serde::{Deserialize, Serialize};

/// How a command follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Join {
    /// It is the first.
    First,
    /// `&&`
    AndThen,
    /// `||`
    OrElse,
    /// `;`, or a new line
    Then,
    /// `|`
    Pipe,
    /// `&`
    Background,
}

/// How a command belongs to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// It has none.
    Script,
    /// `$(…)` or back-quotes
    Substitution,
    /// `<(…)` or `>(…)`
    ProcessSubstitution,
    /// The parent runs the command that it is given, as `sudo` does.
    Wrapper,
    /// `sh -c '…'`
    Shell,
    /// `eval '…'`
    Eval,
    /// A here-document that a shell reads.
    Heredoc,
}

/// A command made of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compound {
    /// `( … )`
    Subshell,
    /// `{ … }`
    Group,
    /// Between `if` and `then`, `while` and `do`.
    Condition,
    /// A branch of `if` or `case`.
    Branch,
    /// Between `do` and `done`.
    Loop,
    /// The body of a function: it runs when the function is called.
    Function,
}

/// Who reads a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpreter {
    /// `sh`, `bash` and their kind; also of an exec form, which nobody reads.
    Posix,
    /// `powershell`, `pwsh`
    PowerShell,
    /// `cmd`
    Cmd,
    /// Any other.
    Other,
}

/// One simple command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Command {
    /// Index into the instructions.
    pub instruction: u32,
    /// Its stage.
    pub stage: u32,
    /// Index of the command it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// How it belongs to that.
    pub via: Via,
    /// The innermost compound command around it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<Compound>,
    /// Whether `!` stands before it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub negated: bool,
    /// Who reads it.
    pub interpreter: Interpreter,
    /// Name and arguments.
    pub words: Vec<Word>,
    /// `NAME=value` before it.
    pub assignments: Vec<Assignment>,
    /// `>file`
    pub redirects: Vec<Redirect>,
    /// How it follows the one before it.
    pub joined: Join,
    /// Where.
    pub span: Span,
}

impl Command {
    /// The last part of the first word's path: `apt-get` of `/usr/bin/apt-get`.
    pub fn name(&self) -> Option<&str> {
        let name = self.words.first()?.value.as_deref()?;
        name.rsplit('/').next()
    }
}

/// `NAME=value`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: Word,
}

/// `2>file`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redirect {
    /// With the number before it.
    pub operator: String,
    /// What stands behind it.
    pub target: Word,
}
