//! Writing values so that they read back to themselves in a Dockerfile.

use std::collections::BTreeSet;

/// Builders refuse lines of 64 KiB.
const MAX_LINE_BYTES: usize = 60_000;

/// A word of an instruction whose words are expanded; none: it has a line break, which no word can have.
pub(super) fn word(value: &str) -> Option<String> {
    if value.contains('\n') {
        return None;
    }
    if is_plain(value) {
        return Some(value.to_owned());
    }
    let mut word = String::with_capacity(value.len() + 2);
    word.push('"');
    for character in value.chars() {
        if matches!(character, '\\' | '"' | '$') {
            word.push('\\');
        }
        word.push(character);
    }
    word.push('"');
    Some(word)
}

/// Whether a word stands for itself wherever it is written.
pub(super) fn is_plain(value: &str) -> bool {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "._/:@%+=,-~".contains(character);
    !value.is_empty() && !value.starts_with("--") && value.chars().all(plain)
}

/// A JSON array of strings, on one line.
pub(super) fn json<S: AsRef<str>>(list: &[S]) -> String {
    let strings: Vec<_> = list
        .iter()
        .map(|string| serde_json::Value::from(string.as_ref()).to_string())
        .collect();
    format!("[{}]", strings.join(", "))
}

/// A JSON array of strings that are expanded.
pub(super) fn expanded_json(list: &[&str]) -> String {
    let escaped = |value: &&str| {
        let mut word = String::with_capacity(value.len());
        for character in value.chars() {
            if matches!(character, '\\' | '"' | '\'' | '$' | '<') {
                word.push('\\');
            }
            word.push(character);
        }
        word
    };
    json(&list.iter().map(escaped).collect::<Vec<_>>())
}

/// An instruction whose arguments are written as they are; none: they would be read otherwise.
pub(super) fn as_is(keyword: &str, arguments: &str) -> Option<String> {
    let arguments = arguments.trim();
    if arguments.is_empty() || !is_one_line(arguments) {
        return None;
    }
    Some(format!("{keyword} {arguments}"))
}

/// Whether a text can be the end of a line: without a line break, and without a `\` at its end, which would join the
/// next line to it.
pub(super) fn is_one_line(text: &str) -> bool {
    !text.contains('\n') && !text.trim_end().ends_with('\\')
}

/// A heredoc, from `<<` on, without the last line break; its terminator is no line of its body.
pub(super) fn heredoc(body: &str) -> String {
    let lines: BTreeSet<&str> = body
        .split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| line.starts_with("EOF"))
        .collect();
    let mut terminator = "EOF".to_owned();
    let mut number = 0_usize;
    while lines.contains(terminator.as_str()) {
        number += 1;
        terminator = format!("EOF{number}");
    }
    // What begins with `#!` would be run as a program of its own.
    let before = if body.starts_with("#!") { "\n" } else { "" };
    let after = if body.is_empty() || body.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("<<{terminator}\n{before}{body}{after}{terminator}")
}

/// The instruction with lines that builders read: longer ones are continued, between letters, where nothing changes.
/// None: there is no such place.
pub(super) fn folded(instruction: String) -> Option<String> {
    if instruction.len() <= MAX_LINE_BYTES {
        return Some(instruction);
    }
    let (first, rest) = match instruction.split_once('\n') {
        // Lines of a heredoc have no continuation.
        Some((first, body)) if body.split('\n').all(|line| line.len() <= MAX_LINE_BYTES) => {
            (first, Some(body))
        }
        Some(_) => return None,
        None => (instruction.as_str(), None),
    };
    let mut folded = String::with_capacity(instruction.len() + 16);
    let mut length = 0;
    let mut previous = ' ';
    for character in first.chars() {
        let between_letters = previous.is_ascii_alphanumeric() && character.is_ascii_alphanumeric();
        if length > MAX_LINE_BYTES / 2 && between_letters {
            folded.push_str("\\\n");
            length = 0;
        }
        folded.push(character);
        length += character.len_utf8();
        previous = character;
        if length > MAX_LINE_BYTES {
            return None;
        }
    }
    if let Some(body) = rest {
        folded.push('\n');
        folded.push_str(body);
    }
    Some(folded)
}
