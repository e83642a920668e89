//! Finds heredocs in the words of a line.

use crate::lexer::{Error, words};
use crate::quote::quoted;
use crate::text::is_regex_space;

/// A word that begins a heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeredocWord {
    /// What ends it.
    pub(crate) name: String,
    /// Whether no part of the name is quoted.
    pub(crate) expand: bool,
    /// Whether it begins with `<<-`.
    pub(crate) chomp: bool,
    /// The number before `<<`.
    pub(crate) file_descriptor: u64,
}

/// The heredoc that a word begins; none if it cannot be read.
pub(crate) fn heredoc_word(word: &str) -> Option<HeredocWord> {
    read_word(word).ok().flatten()
}

/// The heredocs of a line. An error is one in a word; a line that cannot be split has no heredocs.
pub(crate) fn heredocs_of(line: &str) -> Result<Vec<HeredocWord>, String> {
    let words = words(line, true, true).unwrap_or_default();
    words
        .iter()
        .filter_map(|word| read_word(word).transpose())
        .collect()
}

fn read_word(word: &str) -> Result<Option<HeredocWord>, String> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = word.split_at_checked(digits).unwrap_or_default();
    let Some(rest) = rest.strip_prefix("<<") else {
        return Ok(None);
    };
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let name = rest.trim_start_matches(|read: char| u8::try_from(read).is_ok_and(is_regex_space));
    if name.is_empty() || name.contains('<') {
        return Ok(None);
    }
    let failed = |error: Error| format!("failed to process {}: {error}", quoted(name));
    let [plain] =
        <[String; 1]>::try_from(words(name, false, false).map_err(failed)?).unwrap_or_default();
    if plain.is_empty() {
        return Ok(None);
    }
    let Ok([raw]) = <[String; 1]>::try_from(words(name, true, false).map_err(failed)?) else {
        return Err(format!(
            "internal lexing of heredoc produced inconsistent results: {name}"
        ));
    };
    let file_descriptor = if number.is_empty() {
        0
    } else {
        number.parse().unwrap_or(u64::MAX)
    };
    Ok(Some(HeredocWord {
        expand: quotes(&plain) == quotes(&raw),
        name: plain,
        chomp,
        file_descriptor,
    }))
}

fn quotes(word: &str) -> usize {
    word.matches(['\'', '"']).count()
}

#[cfg(test)]
mod tests {
    use super::{heredoc_word, heredocs_of};
    use rstest::rstest;

    #[rstest]
    #[case("<<a", Some(("a", true, false, 0)))]
    #[case("3<<-a", Some(("a", true, true, 3)))]
    #[case("99999999999999999999<<a", Some(("a", true, false, u64::MAX)))]
    #[case("<< \t'a b'", Some(("a b", false, false, 0)))]
    #[case("<<a\\'b", Some(("a'b", true, false, 0)))]
    #[case("<<\u{feff}a", Some(("a", true, false, 0)))]
    #[case("<<${a}", Some(("${a}", true, false, 0)))]
    #[case("<<a b", None)]
    #[case("<<", None)]
    #[case("<<''", None)]
    #[case("<<\"a", None)]
    #[case("<<a<", None)]
    #[case("a<<b", None)]
    fn a_word_may_begin_a_heredoc(
        #[case] word: &str,
        #[case] expected: Option<(&str, bool, bool, u64)>,
    ) {
        let found = heredoc_word(word);
        let found = found
            .as_ref()
            .map(|it| (it.name.as_str(), it.expand, it.chomp, it.file_descriptor));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_with_an_error_has_no_heredocs() {
        assert_eq!(heredocs_of("RUN <<a '"), Ok(Vec::new()));
    }
}
