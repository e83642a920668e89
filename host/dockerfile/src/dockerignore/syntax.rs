//! Whether Go's `filepath.Match` accepts a pattern: moby tries to match `.` with it, to see if that is an error. It is one
//! only if it gets as far as what is malformed.

use super::class::Malformed;
use std::str::Chars;

/// Tries to match `.`.
pub(super) fn check(pattern: &str) -> Result<(), Malformed> {
    let mut name = ".";
    let mut rest = pattern;
    while !rest.is_empty() {
        let behind_stars = rest.trim_start_matches('*');
        let has_star = behind_stars.len() < rest.len();
        let (chunk, behind) = split_at_star(behind_stars);
        rest = behind;
        if chunk.is_empty() {
            return Ok(());
        }
        let is_last = rest.is_empty();
        let mut left = match_chunk(chunk, name)?.filter(|left| left.is_empty() || !is_last);
        if left.is_none() && has_star && !name.is_empty() {
            left = match_chunk(chunk, "")?;
        }
        match left {
            Some(left) => name = left,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// Splits before the first star that is not in a set.
fn split_at_star(pattern: &str) -> (&str, &str) {
    let mut in_set = false;
    let mut characters = pattern.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => {
                characters.next();
            }
            '[' => in_set = true,
            ']' => in_set = false,
            '*' if !in_set => return pattern.split_at_checked(index).unwrap_or((pattern, "")),
            _ => {}
        }
    }
    (pattern, "")
}

/// What is left of a name behind a chunk, if it matches the beginning. The whole chunk is checked, whether it does or not.
fn match_chunk<'a>(chunk: &str, name: &'a str) -> Result<Option<&'a str>, Malformed> {
    let mut left = Some(name.chars());
    let mut characters = chunk.chars();
    while let Some(character) = characters.next() {
        let next = left.as_mut().and_then(Iterator::next);
        let is_match = match character {
            '[' => match_set(&mut characters, next).ok_or(Malformed)?,
            '?' => next != Some('/'),
            '\\' => characters.next().ok_or(Malformed).map(Some)? == next,
            literal => next == Some(literal),
        };
        if !is_match || next.is_none() {
            left = None;
        }
    }
    Ok(left.map(|left| left.as_str()))
}

/// Reads a set behind its bracket, and whether a character is in it.
fn match_set(characters: &mut Chars<'_>, candidate: Option<char>) -> Option<bool> {
    let mut next = characters.next()?;
    let is_negated = next == '^';
    if is_negated {
        next = characters.next()?;
    }
    let mut is_in = false;
    loop {
        let (first, behind) = member(next, characters)?;
        next = behind;
        let mut last = first;
        if next == '-' {
            let after = characters.next()?;
            (last, next) = member(after, characters)?;
        }
        is_in |= candidate.is_some_and(|candidate| (first..=last).contains(&candidate));
        if next == ']' {
            return Some(is_in != is_negated);
        }
    }
}

/// Reads a member of a set that begins with the given character; and what follows it.
fn member(first: char, characters: &mut Chars<'_>) -> Option<(char, char)> {
    let member = match first {
        '-' | ']' => return None,
        '\\' => characters.next()?,
        other => other,
    };
    Some((member, characters.next()?))
}
