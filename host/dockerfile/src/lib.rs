//! Dockerfiles exactly as BuildKit reads them.
//!
//! Pure: no files, no network, no clock. Never a panic, never more than linear time, whatever the input.

mod body;
pub mod checks;
mod csv;
mod device;
mod directive;
pub mod dockerignore;
pub mod evaluate;
pub mod expand;
mod flags;
mod healthcheck;
mod heredoc;
pub mod image_name;
pub mod instruction;
mod json;
mod keyword;
mod lexer;
mod lines;
pub mod mount;
mod number;
mod path;
pub mod platform;
mod quote;
mod reader;
pub mod script;
pub mod span;
mod split;
mod suggest;
pub mod suppression;
mod text;
mod transfer;

pub use checks::{Diagnostic, Rule};
pub use evaluate::{Evaluation, evaluate};
pub use instruction::{Comment, Instruction, Keyword};
pub use span::{Position, Span};

/// Reads a Dockerfile.
pub fn parse(text: &[u8]) -> Dockerfile {
    reader::read(text)
}

/// Reads a trigger: what an image or a stage keeps of an `ONBUILD`.
///
/// # Errors
///
/// Says what BuildKit says about a text that is not one instruction, or not a valid one. A line is one of the trigger's.
pub fn parse_one(text: &str) -> Result<Instruction, Refusal> {
    reader::read_one(text)
}

/// A Dockerfile as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    /// The parser directives, those without effect too.
    pub directives: Vec<Directive>,
    /// The escape character: `\` or a backtick.
    pub escape: char,
    /// Every instruction that can be read, in order.
    pub instructions: Vec<Instruction>,
    /// The last lines of instructions that have an empty line among their continuations.
    pub empty_continuations: Vec<u32>,
    /// Every comment, those between continuations too; parser directives are none.
    pub comments: Vec<Comment>,
    /// Why BuildKit refuses the file, if it does so on reading it.
    pub refusal: Option<Refusal>,
    /// The index of the instruction that is refused, where reading came to its end.
    pub refused_instruction: Option<usize>,
}

/// Why BuildKit refuses a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line that BuildKit names, from 1.
    pub line: Option<u32>,
    /// What BuildKit says.
    pub message: String,
}

/// A parser directive: `# escape=\`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// In lower case: `syntax`, `escape`, `check`.
    pub name: String,
    /// As written.
    pub value: String,
    /// From the hash.
    pub span: Span,
    /// Whether BuildKit heeds it; one that stands too low is a comment.
    pub effective: bool,
}
