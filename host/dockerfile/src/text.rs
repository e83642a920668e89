//! Text as Go reads it: bytes that are mostly UTF-8, where every other byte is a character of its own.

use std::ops::Range;

/// The first character and its width; a byte that begins no character is U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    let width = match first {
        0..=0x7f => return Some((char::from(first), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some((char::REPLACEMENT_CHARACTER, 1)),
    };
    let whole = bytes
        .get(..width)
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .and_then(|text| text.chars().next());
    Some(whole.map_or((char::REPLACEMENT_CHARACTER, 1), |read| (read, width)))
}

/// The bytes as text, with U+FFFD for each byte that is not UTF-8.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// A part of the bytes; what lies outside of them is not there.
pub(crate) fn part(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// How many bytes of white space the bytes begin with.
pub(crate) fn leading_space(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some((read, width)) = decode(bytes.get(at..).unwrap_or_default()) {
        if !read.is_whitespace() {
            break;
        }
        at += width;
    }
    at
}

/// How many bytes of white space the bytes end with.
fn trailing_space(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    'trim: while end > 0 {
        for width in 1..=end.min(3) {
            let last = part(bytes, end - width..end);
            if decode(last).is_some_and(|(read, used)| used == width && read.is_whitespace()) {
                end -= width;
                continue 'trim;
            }
        }
        break;
    }
    bytes.len() - end
}

/// The range without the white space at both of its ends.
pub(crate) fn trim(bytes: &[u8], range: Range<usize>) -> Range<usize> {
    let inside = part(bytes, range.clone());
    let start = range.start + leading_space(inside);
    let end = range.end - trailing_space(inside);
    start..end.max(start)
}

/// The bytes without `\r` and `\n` at their end.
pub(crate) fn without_line_end(bytes: &[u8]) -> &[u8] {
    let end = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    bytes.get(..end).unwrap_or_default()
}

/// The blanks that separate words of an instruction. A line feed is not among them.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// `\s` of a regular expression in Go.
pub(crate) fn is_regex_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

/// Lower case, one character for one.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Go knows no context: no final sigma, and `İ` loses its dot.
    text.chars()
        .map(|read| read.to_lowercase().next().unwrap_or(read))
        .collect()
}

/// Whether a text is in lower case already.
pub(crate) fn is_lower(text: &str) -> bool {
    if text.is_ascii() {
        return !text.bytes().any(|byte| byte.is_ascii_uppercase());
    }
    lower(text) == text
}

/// Whether a text is in upper case already.
pub(crate) fn is_upper(text: &str) -> bool {
    if text.is_ascii() {
        return !text.bytes().any(|byte| byte.is_ascii_lowercase());
    }
    upper(text) == text
}

/// Upper case, one character for one.
pub(crate) fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let simple = |read: char| {
        let mut mapped = read.to_uppercase();
        match (mapped.next(), mapped.next()) {
            (Some(only), None) => only,
            _ => read,
        }
    };
    text.chars().map(simple).collect()
}

#[cfg(test)]
mod tests {
    use super::{decode, lossy, lower, trim, upper};
    use crate::quote::quoted_bytes;
    use rstest::rstest;
    use std::ops::Range;

    #[rstest]
    #[case(b"a", Some(('a', 1)))]
    #[case("é".as_bytes(), Some(('é', 2)))]
    #[case("\u{fffd}".as_bytes(), Some(('\u{fffd}', 3)))]
    #[case(b"\xff", Some(('\u{fffd}', 1)))]
    #[case(b"\xe2\x80", Some(('\u{fffd}', 1)))]
    #[case(b"\xed\xa0\x80", Some(('\u{fffd}', 1)))]
    #[case(b"", None)]
    fn a_byte_that_begins_no_character_is_replaced(
        #[case] bytes: &[u8],
        #[case] expected: Option<(char, usize)>,
    ) {
        assert_eq!(decode(bytes), expected);
    }

    #[test]
    fn each_wrong_byte_is_replaced_on_its_own() {
        assert_eq!(lossy(b"a\xe2\x80b\xff"), "a\u{fffd}\u{fffd}b\u{fffd}");
    }

    #[rstest]
    #[case(b" \t\x0b\x0c\r\na\xc2\x85\xc2\xa0\xe2\x80\x83\xe3\x80\x80", 6..7)]
    #[case(b"\xa0a\x85", 0..3)]
    #[case(b"  ", 2..2)]
    fn white_space_is_that_of_unicode(#[case] bytes: &[u8], #[case] expected: Range<usize>) {
        assert_eq!(trim(bytes, 0..bytes.len()), expected);
    }

    #[test]
    fn cases_are_simple() {
        assert_eq!(lower("\u{130}\u{212a}Σ"), "ikσ");
        assert_eq!(upper("straße"), "STRAßE");
    }

    #[rstest]
    #[case(b"a\"\\b", r#""a\"\\b""#)]
    #[case(b"\0\x07\n\x7f", r#""\x00\a\n\x7f""#)]
    #[case(b"\xff\xef\xbf\xbd", "\"\\xff\u{fffd}\"")]
    #[case("é\u{301}\u{a0}\u{200b}\u{e0001}".as_bytes(), "\"é\u{301}\\u00a0\\u200b\\U000e0001\"")]
    fn quotes_are_those_of_go(#[case] bytes: &[u8], #[case] expected: &str) {
        assert_eq!(quoted_bytes(bytes), expected);
    }
}
