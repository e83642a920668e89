//! JSON as Go's `encoding/json` reads it, as far as Dockerfiles need it: the strings of an array, or of an object.

use crate::text::{decode, part};
use std::ops::Range;

/// Deeper than this, Go calls it invalid.
const DEEPEST: usize = 10_000;

/// A string and where it stands, with its quotes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Without quotes and escapes.
    pub(crate) text: String,
    /// In the bytes that were read.
    pub(crate) range: Range<usize>,
}

/// What an array holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Array {
    /// Strings only.
    Strings(Vec<Item>),
    /// Something else too.
    Mixed,
    /// It is no JSON array.
    Invalid,
}

/// Reads all of the bytes as an array of strings.
pub(crate) fn array(bytes: &[u8]) -> Array {
    if bytes.first() != Some(&b'[') {
        return Array::Invalid;
    }
    let mut items = Some(Vec::new());
    let read = Reader::new(bytes).document(&mut |_, value| match (&mut items, value) {
        (Some(items), Some(range)) => items.push(Item {
            text: unquote(part(bytes, range.clone())),
            range,
        }),
        (items, _) => *items = None,
    });
    match (read, items) {
        (None, _) => Array::Invalid,
        (Some(()), None) => Array::Mixed,
        (Some(()), Some(items)) => Array::Strings(items),
    }
}

/// Reads all of the bytes as an object, and gives the string that the key has.
pub(crate) fn string_of(bytes: &[u8], wanted: &str) -> Option<String> {
    let mut found = None;
    let mut reader = Reader::new(bytes);
    reader.skip_space();
    if reader.peek() != Some(b'{') {
        return None;
    }
    reader.document(&mut |key, value| {
        if key.is_some_and(|key| unquote(part(bytes, key)) == wanted) {
            found = value.map(|range| unquote(part(bytes, range)));
        }
    })?;
    found
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    FirstValue,
    Key,
    FirstKey,
    Separator,
}

/// Walks through a document without recursion: how deep it is, its author decides.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Whether each open bracket is one of an object.
    open: Vec<bool>,
    key: Option<Range<usize>>,
    overflow: bool,
}

/// Is told the key and the value of each outermost member; the value only if it is a string.
type Visit<'v> = &'v mut dyn FnMut(Option<Range<usize>>, Option<Range<usize>>);

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            open: Vec::new(),
            key: None,
            overflow: false,
        }
    }

    fn document(&mut self, visit: Visit) -> Option<()> {
        let mut next = Next::Value;
        loop {
            self.skip_space();
            if next == Next::Separator && self.open.is_empty() {
                // A number that does not fit makes Go give up at the very end.
                return (self.at == self.bytes.len() && !self.overflow).then_some(());
            }
            next = match next {
                Next::Separator => self.separator()?,
                Next::FirstKey if self.peek() == Some(b'}') => self.close(),
                Next::Key | Next::FirstKey => self.key()?,
                Next::FirstValue if self.peek() == Some(b']') => self.close(),
                Next::Value | Next::FirstValue => self.value(visit)?,
            };
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn separator(&mut self) -> Option<Next> {
        let object = *self.open.last()?;
        match (self.peek()?, object) {
            (b']', false) | (b'}', true) => return Some(self.close()),
            (b',', _) => self.at += 1,
            _ => return None,
        }
        Some(if object { Next::Key } else { Next::Value })
    }

    fn close(&mut self) -> Next {
        self.at += 1;
        self.open.pop();
        Next::Separator
    }

    fn key(&mut self) -> Option<Next> {
        let key = self.string()?;
        self.skip_space();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.key = Some(key);
        Some(Next::Value)
    }

    fn value(&mut self, visit: Visit) -> Option<Next> {
        let outermost = self.open.len() == 1;
        let mut text = None;
        let next = match self.peek()? {
            b'[' => self.enter(false)?,
            b'{' => self.enter(true)?,
            b'"' => {
                text = Some(self.string()?);
                Next::Separator
            }
            b't' => self.literal(b"true")?,
            b'f' => self.literal(b"false")?,
            b'n' => self.literal(b"null")?,
            _ => self.number()?,
        };
        if outermost {
            visit(self.key.take(), text);
        }
        Some(next)
    }

    fn enter(&mut self, object: bool) -> Option<Next> {
        self.at += 1;
        self.open.push(object);
        let first = if object {
            Next::FirstKey
        } else {
            Next::FirstValue
        };
        (self.open.len() <= DEEPEST).then_some(first)
    }

    fn literal(&mut self, word: &[u8]) -> Option<Next> {
        let end = self.at + word.len();
        let same = self.bytes.get(self.at..end)? == word;
        self.at = end;
        same.then_some(Next::Separator)
    }

    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.peek()? != b'"' {
            return None;
        }
        loop {
            self.at += 1;
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
        self.at += 1;
        Some(start..self.at)
    }

    fn escape(&mut self) -> Option<()> {
        self.at += 1;
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(()),
            b'u' => {
                let digits = self.bytes.get(self.at + 1..self.at + 5)?;
                self.at += 4;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(())
            }
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Next> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = std::str::from_utf8(part(self.bytes, start..self.at)).ok()?;
        self.overflow |= text.parse().is_ok_and(f64::is_infinite);
        Some(Next::Separator)
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// The text of a valid string. Surrogates without their other half become U+FFFD.
fn unquote(quoted: &[u8]) -> String {
    let inner = quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or_default();
    let mut text = String::with_capacity(inner.len());
    let mut at = 0;
    while let Some((read, width)) = decode(inner.get(at..).unwrap_or_default()) {
        at += width;
        if read != '\\' {
            text.push(read);
            continue;
        }
        let escaped = inner.get(at).copied().unwrap_or_default();
        at += 1;
        text.push(match escaped {
            b'b' => '\x08',
            b'f' => '\x0c',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let (read, used) = code_point(inner, at);
                at += used;
                read
            }
            other => char::from(other),
        });
    }
    text
}

/// The character behind `\u`, and how many bytes say so.
fn code_point(bytes: &[u8], at: usize) -> (char, usize) {
    let Some(first) = hexadecimal(bytes, at) else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    let second = if part(bytes, at + 4..at + 6) == b"\\u" {
        hexadecimal(bytes, at + 6)
    } else {
        None
    };
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(read)) if read.len_utf16() == 2 => (read, 10),
        Some(Ok(read)) => (read, 4),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

fn hexadecimal(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = std::str::from_utf8(bytes.get(at..at + 4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::{Array, array, string_of};
    use rstest::rstest;

    fn strings(json: &str) -> Vec<String> {
        match array(json.as_bytes()) {
            Array::Strings(items) => items.into_iter().map(|item| item.text).collect(),
            other => panic!("{json}: {other:?}"),
        }
    }

    #[rstest]
    #[case("[]", &[])]
    #[case("[ ]", &[])]
    #[case("[\"a\", \"\"\t,\"b\"\r\n]", &["a", "", "b"])]
    #[case(r#"["\"\\\/\b\f\n\r\t\u00e9"]"#, &["\"\\/\u{8}\u{c}\n\r\té"])]
    #[case(r#"["\ud83d\ude00"]"#, &["😀"])]
    #[case(r#"["\ud83d"]"#, &["\u{fffd}"])]
    #[case(r#"["\ude00\ud83dx"]"#, &["\u{fffd}\u{fffd}x"])]
    #[case(r#"["\ud83d\ud83d\ude00"]"#, &["\u{fffd}😀"])]
    fn strings_are_unquoted_as_go_does_it(#[case] json: &str, #[case] expected: &[&str]) {
        assert_eq!(strings(json), expected);
    }

    #[rstest]
    #[case("[1]")]
    #[case("[\"a\", null]")]
    #[case("[[\"a\"]]")]
    #[case("[{\"a\": [true, false, -1.5e+3]}]")]
    fn other_values_are_noticed(#[case] json: &str) {
        assert_eq!(array(json.as_bytes()), Array::Mixed);
    }

    #[rstest]
    #[case("")]
    #[case("[")]
    #[case("[\"a\",]")]
    #[case("['a']")]
    #[case("[\"a\"] b")]
    #[case("[\"\\x\"]")]
    #[case("[\"\\u12g4\"]")]
    #[case("[\"\t\"]")]
    #[case("[01]")]
    #[case("[1e999]")]
    #[case("[\"a\" \"b\"]")]
    #[case("[{\"a\"}]")]
    #[case("{\"a\": 1}")]
    fn broken_arrays_are_no_arrays(#[case] json: &str) {
        assert_eq!(array(json.as_bytes()), Array::Invalid);
    }

    #[rstest]
    #[case(10_000, Array::Mixed)]
    #[case(10_001, Array::Invalid)]
    #[case(1_000_000, Array::Invalid)]
    fn depth_has_the_limit_of_go(#[case] depth: usize, #[case] expected: Array) {
        let json = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(array(json.as_bytes()), expected);
    }

    #[test]
    fn the_last_member_of_a_name_counts() {
        let json = br#" { "syntax": "a", "other": {"syntax": 2}, "syntax" : "b" } "#;
        assert_eq!(string_of(json, "syntax").as_deref(), Some("b"));
        assert_eq!(
            string_of(br#"{"syntax": "a", "syntax": 1}"#, "syntax"),
            None
        );
        assert_eq!(string_of(br#"["syntax"]"#, "syntax"), None);
    }
}
