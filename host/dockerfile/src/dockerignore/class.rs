//! Sets of characters, as Go's regular expressions write them.

use std::iter::Peekable;
use std::str::Chars;

/// `[:^xdigit:]`
const LONGEST_NAME: usize = 11;

/// A set of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    negated: bool,
    ranges: Vec<(char, char)>,
    /// Other sets in it.
    sets: Vec<Self>,
}

/// What Go's regular expressions would refuse, or, for `\p`, what this does not know.
#[derive(Debug)]
pub(super) struct Malformed;

impl Set {
    /// One character.
    pub(super) fn one(character: char) -> Self {
        Self::of(&[(character, character)])
    }

    /// Some ranges.
    fn of(ranges: &[(char, char)]) -> Self {
        Self {
            ranges: ranges.to_vec(),
            ..Self::default()
        }
    }

    /// Everything but some characters.
    pub(super) fn all_but(character: char) -> Self {
        Self {
            negated: true,
            ..Self::one(character)
        }
    }

    /// Whether a character is in it.
    pub(super) fn contains(&self, character: char) -> bool {
        let listed = self
            .ranges
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
            || self.sets.iter().any(|set| set.contains(character));
        listed != self.negated
    }

    /// The set behind `[`.
    pub(super) fn parse(text: &mut Peekable<Chars<'_>>) -> Result<Self, Malformed> {
        let mut set = Self {
            negated: text.next_if_eq(&'^').is_some(),
            ..Self::default()
        };
        let mut is_first = true;
        loop {
            match text.peek() {
                None => return Err(Malformed),
                Some(']') if !is_first => {
                    text.next();
                    return Ok(set);
                }
                Some('[') => match named(text)? {
                    Some(named) => set.sets.push(named),
                    None => set.push_range(text)?,
                },
                Some('\\') => match perl(text) {
                    Some(perl) => set.sets.push(perl),
                    None => set.push_range(text)?,
                },
                Some(_) => set.push_range(text)?,
            }
            is_first = false;
        }
    }

    fn push_range(&mut self, text: &mut Peekable<Chars<'_>>) -> Result<(), Malformed> {
        let first = member(text)?;
        let mut ahead = text.clone();
        let is_range = ahead.next() == Some('-') && ahead.peek().is_some_and(|next| *next != ']');
        let last = if is_range {
            text.next();
            member(text)?
        } else {
            first
        };
        if last < first {
            return Err(Malformed);
        }
        self.ranges.push((first, last));
        Ok(())
    }
}

fn member(text: &mut Peekable<Chars<'_>>) -> Result<char, Malformed> {
    match text.next() {
        None => Err(Malformed),
        Some('\\') => escaped(text),
        Some(character) => Ok(character),
    }
}

/// The character that is written behind a backslash.
pub(super) fn escaped(text: &mut Peekable<Chars<'_>>) -> Result<char, Malformed> {
    let character = text.next().ok_or(Malformed)?;
    match character {
        'a' => Ok('\u{7}'),
        'f' => Ok('\u{c}'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        'v' => Ok('\u{b}'),
        'x' => {
            let digits: String = text.by_ref().take(2).collect();
            let is_hexadecimal =
                digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            u8::from_str_radix(&digits, 16)
                .ok()
                .filter(|_| is_hexadecimal)
                .map(char::from)
                .ok_or(Malformed)
        }
        '0'..='7' => octal(character, text),
        _ if character.is_ascii() && !character.is_ascii_alphanumeric() => Ok(character),
        _ => Err(Malformed),
    }
}

/// Up to three digits; a single one is a reference to a group, unless it is zero.
fn octal(first: char, text: &mut Peekable<Chars<'_>>) -> Result<char, Malformed> {
    let mut code = first.to_digit(8).ok_or(Malformed)?;
    let mut count = 1;
    while count < 3 {
        let Some(digit) = text.peek().and_then(|next| next.to_digit(8)) else {
            break;
        };
        text.next();
        code = code * 8 + digit;
        count += 1;
    }
    if count == 1 && first != '0' {
        return Err(Malformed);
    }
    char::from_u32(code).ok_or(Malformed)
}

/// `\d` and its like, at the position.
pub(super) fn perl(text: &mut Peekable<Chars<'_>>) -> Option<Set> {
    let mut ahead = text.clone();
    ahead.next();
    let letter = *ahead.peek()?;
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    text.next();
    text.next();
    Some(Set {
        negated: letter.is_ascii_uppercase(),
        ..Set::of(ranges)
    })
}

/// `[:alpha:]` and its like, at the position. Names are sought nearby only, so that a set takes linear time.
fn named(text: &mut Peekable<Chars<'_>>) -> Result<Option<Set>, Malformed> {
    let rest: String = text.clone().take(LONGEST_NAME).collect();
    let Some((name, _)) = rest
        .strip_prefix("[:")
        .and_then(|rest| rest.split_once(":]"))
    else {
        return Ok(None);
    };
    let bare = name.strip_prefix('^').unwrap_or(name);
    let ranges: &[(char, char)] = match bare {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(Malformed),
    };
    let set = Set {
        negated: bare.len() < name.len(),
        ..Set::of(ranges)
    };
    // The brackets and the colons too; all of it is ASCII.
    text.nth(name.len() + 3);
    Ok(Some(set))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("abc]", "abc", "d]")]
    #[case("^a-c]", "d-", "abc")]
    #[case("]a]", "]a", "b")]
    #[case("a-]", "a-", "b")]
    #[case("\\]\\-\\x41\\101]", "]-A", "x")]
    #[case("\\d\\S]", "5x", " ")]
    #[case("[:upper:][:^alpha:]]", "A5", "a")]
    #[case("[a]", "[a", ":")]
    fn a_set_contains_what_go_says(
        #[case] text: &str,
        #[case] inside: &str,
        #[case] outside: &str,
    ) {
        let set = Set::parse(&mut text.chars().peekable()).expect("a set");
        assert!(inside.chars().all(|each| set.contains(each)));
        assert!(!outside.chars().any(|each| set.contains(each)));
    }

    #[rstest]
    #[case("a")]
    #[case("b-a]")]
    #[case("\\1]")]
    #[case("\\q]")]
    #[case("\\é]")]
    #[case("\\xg0]")]
    #[case("[:nothing:]]")]
    fn a_malformed_set_is_refused(#[case] text: &str) {
        Set::parse(&mut text.chars().peekable()).expect_err("no set");
    }
}
