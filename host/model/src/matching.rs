//! Globs and regular expressions, in linear time. One implementation serves the host's side of the `matching`
//! interface, the SDK's native tests, and the scopes of waivers.

use regex::{Regex, RegexBuilder};

/// What stands for something else in a glob.
pub(crate) const WILDCARDS: [char; 2] = ['*', '?'];
/// How long a pattern may be, in bytes.
const MAX_PATTERN_BYTES: usize = 16 << 10;
/// No glob of so many bytes becomes too large.
const ALWAYS_SMALL: usize = 256;
/// How large one compiled pattern may become, in bytes.
const MAX_COMPILED_BYTES: usize = 1 << 20;

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a usable pattern: {reason}")]
pub struct InvalidPattern {
    /// The pattern as given.
    pub pattern: String,
    /// What is wrong with it, in one line.
    pub reason: String,
}

/// Compiles a regular expression of the RE2 class.
///
/// # Errors
/// If it is none, is longer than 16 KiB, or becomes larger than 1 MiB.
pub fn regex(pattern: &str) -> Result<Regex, InvalidPattern> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(InvalidPattern {
            pattern: pattern.chars().take(40).chain(['…']).collect(),
            reason: format!("it is longer than {MAX_PATTERN_BYTES} bytes"),
        });
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_COMPILED_BYTES)
        .build()
        .map_err(|error| InvalidPattern {
            pattern: pattern.to_owned(),
            reason: match error {
                regex::Error::CompiledTooBig(limit) => {
                    format!("compiled, it is larger than {limit} bytes")
                }
                other => other
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned(),
            },
        })
}

/// Compiles a glob that has to match a whole text, see [`translate_glob`].
///
/// # Errors
/// If it is longer than 16 KiB, or becomes larger than 1 MiB.
pub fn glob(pattern: &str) -> Result<Regex, InvalidPattern> {
    regex(&translate_glob(pattern)).map_err(|error| InvalidPattern {
        pattern: pattern.to_owned(),
        ..error
    })
}

/// Whether a glob matches a whole text. Nothing is compiled where the texts between its wildcards do not occur in their order.
///
/// # Errors
/// If it is longer than 16 KiB, or becomes larger than 1 MiB.
pub fn glob_matches(pattern: &str, text: &str) -> Result<bool, InvalidPattern> {
    if !pattern.contains(WILDCARDS) {
        return Ok(pattern == text);
    }
    let mut pieces = pattern.split(WILDCARDS);
    let begins = |piece| text.strip_prefix(piece);
    let behind_first = pieces.next().and_then(begins);
    let behind_all = pieces.try_fold(behind_first, |rest, piece| {
        let (_, rest) = rest?.split_once(piece)?;
        Some(Some(rest))
    });
    match behind_all.flatten() {
        None => Ok(false),
        Some(_) => Ok(glob(pattern)?.is_match(text)),
    }
}

/// Whether a glob is small enough for whatever it is made of.
///
/// # Errors
/// If it is longer than 16 KiB, or becomes larger than 1 MiB.
pub fn check_glob(pattern: &str) -> Result<(), InvalidPattern> {
    if pattern.len() <= ALWAYS_SMALL {
        return Ok(());
    }
    glob(pattern).map(drop)
}

/// The regular expression that a glob means: `*` is any text without `/`, `**` any text, `?` one character other than
/// `/`; everything else stands for itself.
pub fn translate_glob(pattern: &str) -> String {
    let mut translated = String::from(r"\A(?s:");
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '*' if rest.next_if_eq(&'*').is_some() => translated.push_str(".*"),
            '*' => translated.push_str("[^/]*"),
            '?' => translated.push_str("[^/]"),
            other => translated.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    translated.push_str(r")\z");
    translated
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("r.io/team/*", "r.io/team/app", true)]
    #[case("r.io/team/*", "r.io/team/app/x", false)]
    #[case("r.io/**", "r.io/team/app/x", true)]
    #[case("a?c", "abc", true)]
    #[case("a?c", "a/c", false)]
    #[case("a.c", "abc", false)]
    #[case("app", "my-app", false)]
    #[case("", "", true)]
    #[case("*\n", "x\n", true)]
    fn a_glob_matches_the_whole_text(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(glob(pattern).unwrap().is_match(text), expected);
        assert_eq!(glob_matches(pattern, text), Ok(expected));
    }

    #[rstest]
    #[case("?")]
    #[case("*")]
    #[case("*?")]
    #[case("\u{10ffff}")]
    fn a_short_glob_never_becomes_too_large(#[case] part: &str) {
        let pattern = part.repeat(ALWAYS_SMALL / part.len());
        assert_eq!(glob(&pattern).map(drop), Ok(()));
        assert!(check_glob(&"?".repeat(MAX_PATTERN_BYTES)).is_err());
    }

    #[test]
    fn a_bad_pattern_says_why_in_one_line() {
        let error = regex("a(b").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`a(b` is not a usable pattern: unclosed group"
        );
    }

    #[test]
    fn a_pattern_cannot_become_huge() {
        assert!(
            regex("(a{1000}){1000}")
                .unwrap_err()
                .reason
                .starts_with("compiled, it is larger")
        );
    }
}
