//! The lines of scripts in a Dockerfile: of heredocs, and of the words of commands.

use polcheck_sdk::dockerfile::{Dockerfile, Heredoc, Instruction};
use polcheck_sdk::{FactError, Span};

/// One line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScriptLine<'a> {
    /// Its text.
    pub(crate) text: &'a str,
    /// Its place.
    pub(crate) span: Span,
    /// The instruction that it stands in.
    pub(crate) instruction: &'a Instruction,
    /// Whether it is a line of a heredoc, and not a part of a command.
    pub(crate) is_heredoc: bool,
}

/// Shows all lines that get into what is built, in the order of the file, but those of comments. A quick look at the text
/// of an instruction, or of a heredoc, may rule out all of its lines.
pub(crate) fn each_line<'a>(
    file: Dockerfile<'a>,
    may_matter: impl Fn(&str, bool) -> bool,
    mut look: impl FnMut(ScriptLine<'a>),
) -> Result<(), FactError> {
    let stages = file.stages()?;
    let is_built = |stage: u32| stages.iter().any(|it| it.index == stage && it.reachable);
    let instructions = file.instructions()?;
    for instruction in instructions {
        if instruction.stage.is_some_and(is_built) {
            let heredocs = instruction.heredocs.iter();
            for heredoc in heredocs.filter(|it| may_matter(&it.content, true)) {
                lines(&heredoc.content, heredoc.span, instruction, true, &mut look);
            }
        }
    }
    let mut last = (u32::MAX, false);
    for command in &file.commands()?.commands {
        let at = usize::try_from(command.instruction).ok();
        let Some(instruction) = at.and_then(|at| instructions.get(at)) else {
            continue;
        };
        if last.0 != instruction.index {
            last = (instruction.index, may_matter(&instruction.text, false));
        }
        if !last.1 {
            continue;
        }
        let is_inside = |heredoc: &Heredoc| heredoc.span.start_line <= command.span.start_line;
        if !is_built(command.stage) || instruction.heredocs.iter().any(is_inside) {
            continue;
        }
        let assigned = command
            .assignments
            .iter()
            .map(|assignment| &assignment.value);
        for word in command.words.iter().chain(assigned) {
            lines(&word.raw, word.span, instruction, false, &mut look);
        }
    }
    Ok(())
}

fn lines<'a>(
    text: &'a str,
    span: Span,
    instruction: &'a Instruction,
    is_heredoc: bool,
    look: &mut impl FnMut(ScriptLine<'a>),
) {
    for (text, number) in text.lines().zip(span.start_line..) {
        if text.trim_start().starts_with('#') {
            continue;
        }
        let start_column = if number == span.start_line {
            span.start_column
        } else {
            1
        };
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let span = Span {
            start_line: number,
            start_column,
            end_line: number,
            end_column: start_column.saturating_add(length),
        };
        look(ScriptLine {
            text,
            span,
            instruction,
            is_heredoc,
        });
    }
}
