//! What `BuildKit`'s own checks say about a Dockerfile, for the rules that say the same.

use polcheck_sdk::dockerfile::{Diagnostic, Dockerfile, Instruction, Keyword, Word};
use polcheck_sdk::{Confidence, FactError, Finding, Span};

/// Something that a check of `BuildKit` says, and the instruction that it says it of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) diagnostic: &'a Diagnostic,
    pub(crate) instruction: Option<&'a Instruction>,
}

/// What the checks of these names say. Where the file skips a check, it is asked all the same: whether that counts is for
/// the policy set to say.
pub(crate) fn said<'a>(
    file: Dockerfile<'a>,
    names: &'static [&'static str],
) -> Result<impl Iterator<Item = Said<'a>>, FactError> {
    let diagnostics = file.diagnostics()?.iter();
    Ok(diagnostics
        .filter(|diagnostic| names.contains(&diagnostic.name.as_str()))
        .map(move |diagnostic| Said {
            diagnostic,
            instruction: standing_at(file, diagnostic.line),
        }))
}

/// A whole line, where nothing more is known.
pub(crate) fn line(line: u32) -> Span {
    Span {
        start_line: line,
        start_column: 1,
        end_line: line,
        end_column: 1,
    }
}

/// The instruction that begins on a line, or else the one that goes on there.
fn standing_at(file: Dockerfile<'_>, line: u32) -> Option<&Instruction> {
    let instructions = file.instructions().ok()?;
    let begun = instructions.partition_point(|found| found.span.start_line <= line);
    let instruction = instructions.get(begun.checked_sub(1)?)?;
    (line <= instruction.span.end_line).then_some(instruction)
}

impl<'a> Said<'a> {
    /// The instruction, or the line where there is none.
    pub(crate) fn place(self) -> Span {
        self.instruction.map_or_else(
            || line(self.diagnostic.line),
            |instruction| instruction.span,
        )
    }

    /// A word of the instruction.
    pub(crate) fn argument(self, index: usize) -> Option<&'a Word> {
        self.instruction?.arguments.get(index)
    }

    /// What the message names between two of these quotes, as it comes to.
    pub(crate) fn quoted(self, quote: char) -> &'a str {
        let mut parts = self.diagnostic.message.splitn(2, quote);
        let rest = parts.nth(1).unwrap_or_default();
        rest.rsplit_once(quote).map_or(rest, |(quoted, _)| quoted)
    }

    /// The keyword as it is written.
    pub(crate) fn keyword(self) -> &'a str {
        let text = self.instruction.map_or("", |found| found.text.as_str());
        text.split(char::is_whitespace).next().unwrap_or_default()
    }

    /// One of the words of the message, from 0.
    pub(crate) fn word(self, index: usize) -> &'a str {
        let mut words = self.diagnostic.message.split(' ');
        words.nth(index).unwrap_or_default()
    }

    /// Where an instruction comes from that does not stand in the file: `BuildKit` names the `FROM` that runs it.
    pub(crate) fn whence(self) -> &'static str {
        if self.is_triggered() {
            ", an `ONBUILD` of the base,"
        } else {
            ""
        }
    }

    /// Whether an `ONBUILD` of the base brings what is said.
    pub(crate) fn is_triggered(self) -> bool {
        self.instruction
            .is_some_and(|found| found.keyword == Keyword::From)
    }

    /// The beginning of a finding; what only holds if the base image says nothing else is less sure.
    pub(crate) fn finding(self, message: impl Into<String>) -> Finding {
        let confidence = if self.diagnostic.assumed {
            Confidence::Medium
        } else {
            Confidence::High
        };
        Finding::new(message).confidence(confidence)
    }

    /// The stage of the instruction.
    pub(crate) fn stage(self) -> Option<u32> {
        self.instruction?.stage
    }
}
