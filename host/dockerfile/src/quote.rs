//! Text in quotes, as Go's `%q` prints it: BuildKit's messages are full of it.

/// The text in double quotes, with everything escaped that has no picture.
pub(crate) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        push_escaped(&mut quoted, character);
    }
    quoted.push('"');
    quoted
}

/// The same of bytes; one that is not UTF-8 is shown by its number.
pub(crate) fn quoted_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut quoted, character);
        }
        let numbers = chunk.invalid().iter();
        quoted.extend(numbers.map(|byte| format!("\\x{byte:02x}")));
    }
    quoted.push('"');
    quoted
}

fn push_escaped(quoted: &mut String, character: char) {
    match character {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{b}' => quoted.push_str("\\v"),
        '\u{c}' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        _ if is_printable(character) => quoted.push(character),
        _ => {
            let code = u32::from(character);
            let escaped = match code {
                0..=0x7f => format!("\\x{code:02x}"),
                0x80..=0xffff => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
            quoted.push_str(&escaped);
        }
    }
}

/// Go and Rust mean the same by it: anything but separators, control and format characters, and code points without a
/// meaning.
fn is_printable(character: char) -> bool {
    // A combining mark has a picture where something stands before it.
    let text: String = ['a', character].iter().collect();
    character == '\'' || text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain 'text' 日本語 🐳", r#""plain 'text' 日本語 🐳""#)]
    #[case("a\"b\\c", r#""a\"b\\c""#)]
    #[case("\u{7}\u{8}\u{b}\u{c}\n\r\t", r#""\a\b\v\f\n\r\t""#)]
    #[case("\0\u{1b}\u{7f}\u{85}\u{a0}", r#""\x00\x1b\x7f\u0085\u00a0""#)]
    #[case("\u{202e}\u{feff}\u{e0001}", r#""\u202e\ufeff\U000e0001""#)]
    #[case("e\u{301}", "\"e\u{301}\"")]
    fn quotes_as_go_does(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quoted(text), expected);
    }
}
