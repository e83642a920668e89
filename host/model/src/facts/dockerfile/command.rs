//! The commands in scripts.

use super::{Span, Word};
use serde::Serialize;

/// How a command follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

/// One simple command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Command {
    /// Index into the instructions.
    pub instruction: u32,
    /// Its stage.
    pub stage: u32,
    /// Index of the command it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: Word,
}

/// `2>file`
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    /// With the number before it.
    pub operator: String,
    /// What stands behind it.
    pub target: Word,
}
