//! What a machine may do about a finding. The host makes an edit only where the file has the original: a word of a script in
//! quotes, or one that goes on in the next line, is none.

use polcheck_sdk::dockerfile::{Command, Instruction, Word};
use polcheck_sdk::{Finding, Span};

/// Puts an option behind a word.
#[inline(never)]
pub(crate) fn put_behind(finding: Finding, word: Option<&Word>, option: &str) -> Finding {
    match word {
        Some(word) => replace(finding, word, &[&word.raw, " ", option].concat()),
        None => finding,
    }
}

/// Puts a text in the place of a word.
#[inline(never)]
pub(crate) fn replace(finding: Finding, word: &Word, text: &str) -> Finding {
    finding.edit(word.span, &word.raw, text)
}

/// Puts another text, if there is one, in the place of an instruction, from its keyword to its end.
#[inline(never)]
pub(crate) fn rewrite(
    finding: Finding,
    found: Option<&Instruction>,
    text: fn(&Instruction) -> Option<String>,
) -> Finding {
    match found.and_then(|found| Some((found, text(found)?))) {
        Some((found, text)) => finding.edit(found.span, found.text.trim_end(), &text),
        None => finding,
    }
}

/// What stands between the quotes of a text that is quoted as a whole.
#[inline(never)]
pub(crate) fn unquoted(text: &str) -> Option<&str> {
    let inside = |quote: &str| text.strip_prefix(quote)?.strip_suffix(quote);
    inside("\"").or_else(|| inside("'"))
}

/// Whether one of these bytes is in a text.
#[inline(never)]
pub(crate) fn has_any(text: &str, bytes: &[u8]) -> bool {
    text.bytes().any(|byte| bytes.contains(&byte))
}

/// The place of the keyword of an instruction.
pub(crate) fn of_keyword(instruction: &Instruction, keyword: &str) -> Span {
    let length = u32::try_from(keyword.len()).unwrap_or_default();
    Span {
        end_line: instruction.span.start_line,
        end_column: instruction.span.start_column + length,
        ..instruction.span
    }
}

/// A text in upper or lower case.
#[inline(never)]
pub(crate) fn in_case(text: &str, upper: bool) -> String {
    if upper {
        text.to_ascii_uppercase()
    } else {
        text.to_ascii_lowercase()
    }
}

/// A command without anything that only a shell understands, as the words that it makes of it.
pub(crate) fn plain_words<'a>(command: &'a Command, text: &str) -> Option<Vec<&'a str>> {
    let is_bare = command.assignments.is_empty() && command.redirects.is_empty();
    let mut rest = text;
    let mut words = Vec::new();
    for word in command.words.iter().filter(|_| is_bare && !command.negated) {
        rest = rest.trim_start().strip_prefix(word.raw.as_str())?;
        words.push(word.value.as_deref().filter(|_| is_plain(&word.raw))?);
    }
    // A comment, or another command, would be left.
    (rest.trim_end().is_empty() && !words.is_empty()).then_some(words)
}

/// Whether a word, or what its quotes hold, is the same for everybody.
fn is_plain(raw: &str) -> bool {
    let inside = unquoted(raw);
    let is_safe = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || b"-_./:=,@%+".contains(&byte)
            || inside.is_some() && b" ;&|()<>*?[]{}#~".contains(&byte)
    };
    inside.unwrap_or(raw).bytes().all(is_safe)
}
