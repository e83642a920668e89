//! Text of strangers, as it may be shown to people.

/// A text in which everything that a terminal would obey, or that a reader would not see, is written out: control
/// characters, line breaks, marks that change the direction of writing, characters without a picture.
pub fn printable(text: &str) -> String {
    let is_plain = |byte| matches!(byte, b' '..=b'~');
    // Nearly every text is of these characters alone.
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let is_other = |character| !u8::try_from(character).is_ok_and(is_plain);
    let mut printable = String::with_capacity(text.len());
    for part in text.split_inclusive(is_other) {
        let plain = part.trim_end_matches(is_other);
        printable.push_str(plain);
        for character in part.get(plain.len()..).into_iter().flat_map(str::chars) {
            let mut escaped = character.escape_debug();
            if escaped.len() == 1 {
                printable.push(character);
            } else {
                printable.extend(&mut escaped);
            }
        }
    }
    printable
}

/// How much of a text an excerpt repeats.
const EXCERPT_CHARACTERS: usize = 200;

/// The beginning of a text, printable; with an ellipsis where it goes on.
pub fn excerpt(text: &str) -> String {
    let mut beginning: String = text.chars().take(EXCERPT_CHARACTERS).collect();
    if text.chars().nth(EXCERPT_CHARACTERS).is_some() {
        beginning.push('…');
    }
    printable(&beginning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        "plain `text`, \"quoted\" \\ für 日本語 🐳",
        "plain `text`, \"quoted\" \\ für 日本語 🐳"
    )]
    #[case("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}")]
    #[case("a\r\n::error::b\tc", "a\\r\\n::error::b\\tc")]
    #[case("right\u{202e}to left\u{200b}", "right\\u{202e}to left\\u{200b}")]
    #[case("\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}")]
    fn what_a_terminal_obeys_is_written_out(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(printable(text), expected);
    }

    #[test]
    fn an_excerpt_is_short_whatever_the_text() {
        assert_eq!(excerpt(&"x".repeat(200)).chars().count(), 200);
        assert_eq!(excerpt(&"x".repeat(10_000)).chars().count(), 201);
    }
}
