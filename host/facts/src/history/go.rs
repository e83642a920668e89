//! Reading what Go prints.

use std::iter::Peekable;
use std::str::Chars;

/// A list of quoted strings: `["a" "b"]` as Go's `%q` prints it, or a JSON array.
pub(super) fn quoted_list(text: &str) -> Option<Vec<String>> {
    if let Ok(list) = serde_json::from_str(text) {
        return Some(list);
    }
    let mut characters = text
        .strip_prefix('[')?
        .strip_suffix(']')?
        .chars()
        .peekable();
    let mut list = vec![];
    loop {
        list.push(quoted(&mut characters, '"')?);
        match characters.next() {
            None => return Some(list),
            Some(' ') => {}
            Some(_) => return None,
        }
    }
}

/// A list without quotes, as Go's `%v` prints it. Where its strings begin is not told; what follows a shell's `-c` is
/// taken for one, everything else for words.
pub(super) fn plain_list(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    if inner.starts_with('"') {
        return None;
    }
    let mut list = vec![];
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        list.push(word.to_owned());
        rest = after.trim_start();
        if takes_the_rest(word) && !rest.is_empty() {
            list.push(rest.to_owned());
            break;
        }
    }
    Some(list)
}

/// `-c`, `-ec`, `/C`, `-Command`
fn takes_the_rest(word: &str) -> bool {
    let short = word
        .strip_prefix('-')
        .is_some_and(|flags| flags.len() <= 4 && flags.ends_with('c') && !flags.starts_with('-'));
    short || word.eq_ignore_ascii_case("/c") || word.eq_ignore_ascii_case("-command")
}

/// One character in quotes, as `%q` prints an integer.
pub(super) fn character(text: &str) -> Option<u32> {
    let mut characters = text.chars().peekable();
    let inner = quoted(&mut characters, '\'')?;
    let mut inner = inner.chars();
    match (inner.next(), inner.next(), characters.next()) {
        (Some(character), None, None) => Some(u32::from(character)),
        _ => None,
    }
}

/// A string in quotes; the characters behind it are left.
fn quoted(characters: &mut Peekable<Chars<'_>>, quote: char) -> Option<String> {
    characters.next_if_eq(&quote)?;
    let mut string = String::new();
    loop {
        match characters.next()? {
            '\\' => string.push(escape(characters)?),
            end if end == quote => return Some(string),
            other => string.push(other),
        }
    }
}

fn escape(characters: &mut Peekable<Chars<'_>>) -> Option<char> {
    let digits = match characters.next()? {
        'a' => return Some('\u{7}'),
        'b' => return Some('\u{8}'),
        'f' => return Some('\u{c}'),
        'n' => return Some('\n'),
        'r' => return Some('\r'),
        't' => return Some('\t'),
        'v' => return Some('\u{b}'),
        same @ ('\\' | '"' | '\'') => return Some(same),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let mut number = 0_u32;
    for _ in 0..digits {
        number = number.checked_mul(16)? + characters.next()?.to_digit(16)?;
    }
    // Two digits stand for a byte, and from 0x80 on for one that is no text.
    if digits == 2 && number >= 0x80 {
        return None;
    }
    char::from_u32(number)
}
