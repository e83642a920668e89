//! Writing a Dockerfile from the history of an image.
//!
//! A history tells what each step was, in the words of the tool that made it. `BuildKit` and the classic builder write
//! instructions after all variables were replaced, with lists as Go prints them; buildah and kaniko repeat the
//! instruction as its author wrote it; others write whatever they like.

mod go;
mod health;
mod instruction;
mod original;
mod run;
mod write;

use model::facts::HistoryEntry;

/// A Dockerfile that was written from a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconstructed {
    /// It begins with `FROM scratch`: what the image began with is not told.
    pub text: String,
    /// Of each entry, the line at which its instruction begins, from 1; none: the entry is no instruction, or not all
    /// of it is told.
    pub lines: Vec<Option<u32>>,
}

/// In whose words an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    /// Variables are replaced and quotes removed: every character stands for itself.
    Evaluated,
    /// That, or as the author of the Dockerfile wrote it.
    Either,
}

/// The text of a Dockerfile that makes this history: one instruction an entry.
///
/// What an entry does not tell is not made up; the entry is left out then: sources that were replaced by a checksum,
/// content of heredocs of `COPY`, values with line breaks. Two things are not told and yet written, because the words
/// are the same either way: several variables in one entry are separated where ` NAME=` begins, and lists that were
/// written without quotes are separated at spaces.
pub fn reconstruct(history: &[HistoryEntry]) -> Reconstructed {
    let mut text = "FROM scratch\n".to_owned();
    let mut line = 2_u32;
    let mut shell = None;
    let mut lines = Vec::with_capacity(history.len());
    for entry in history {
        let instruction = instruction_of(entry, &mut shell).and_then(write::folded);
        lines.push(instruction.as_ref().map(|_| line));
        if let Some(instruction) = instruction {
            let breaks = instruction.matches('\n').count() + 1;
            line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
            text.push_str(&instruction);
            text.push('\n');
        }
    }
    Reconstructed { text, lines }
}

/// The instruction of an entry. `shell` is what the last `SHELL` set.
fn instruction_of(entry: &HistoryEntry, shell: &mut Option<String>) -> Option<String> {
    let created_by = entry.created_by.as_str();
    let text = created_by.strip_suffix(" # buildkit").unwrap_or(created_by);
    let by_buildkit = text.len() < created_by.len()
        || entry
            .comment
            .as_deref()
            .is_some_and(|comment| comment.starts_with("buildkit."));
    let words = if by_buildkit {
        Words::Evaluated
    } else {
        Words::Either
    };
    if let Some(rest) = after_nop(text, shell.as_deref()) {
        // Only the classic builder writes two spaces.
        return match rest.strip_prefix(' ') {
            Some(rest) => named(rest, Words::Evaluated, shell),
            None => named(without_metadata(rest), Words::Either, shell),
        };
    }
    if let Some(instruction) = named(text, words, shell) {
        return Some(instruction);
    }
    let command = run::command_of_classic(without_metadata(text), shell.as_deref())?;
    Some(run::write(&command, Words::Either))
}

/// The instruction of a text that begins with its keyword.
fn named(text: &str, words: Words, shell: &mut Option<String>) -> Option<String> {
    let (keyword, rest) = text
        .split_once([' ', '\t'])
        .unwrap_or((text.trim_end(), ""));
    if keyword == "RUN" {
        let command = run::command_of(rest, shell.as_deref())?;
        return Some(run::write(&command, words));
    }
    if keyword == "SHELL" {
        let list = instruction::shell(rest.trim())?;
        *shell = Some(list.join(" "));
        return Some(format!("SHELL {}", write::json(&list)));
    }
    instruction::write(keyword, rest, words)
}

/// What stands behind `#(nop) `, with which the classic builder marks a step that runs nothing.
fn after_nop<'a>(text: &'a str, shell: Option<&str>) -> Option<&'a str> {
    let marked = run::without_shell(text, shell).unwrap_or(text);
    marked.strip_prefix("#(nop) ")
}

/// Without the `|inheritLabels=false` and the like that buildah appends. Nothing that a shell could run is taken away.
fn without_metadata(text: &str) -> &str {
    let mut text = text;
    while let Some((before, last)) = text.rsplit_once('|') {
        let name = |character: char| character.is_ascii_alphanumeric() || character == '-';
        let value = |character: char| name(character) || "._:/+".contains(character);
        match last.split_once('=') {
            Some((key, set))
                if !key.is_empty()
                    && !before.is_empty()
                    && key.chars().all(name)
                    && set.chars().all(value) =>
            {
                text = before;
            }
            _ => break,
        }
    }
    text
}

#[cfg(test)]
mod tests;
