//! Parser directives: comments at the very top that steer the reading.

use crate::Directive;
use crate::json;
use crate::lines::{Lines, Physical};
use crate::span::Span;
use crate::text::{is_regex_space, leading_space, lossy, part};
use std::ops::Range;

const NAMES: [&str; 3] = ["syntax", "escape", "check"];

/// A directive's name, and where its value stands in the bytes.
fn read(bytes: &[u8], prefix: &str) -> Option<(&'static str, Range<usize>)> {
    let behind = bytes.strip_prefix(prefix.as_bytes())?;
    let start = prefix.len() + leading_space(behind);
    let text = bytes.get(start..)?;
    if !text.first()?.is_ascii_alphabetic() {
        return None;
    }
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    let name = NAMES
        .into_iter()
        .find(|name| name.as_bytes().eq_ignore_ascii_case(part(text, 0..length)))?;
    let sign = length + spaces(text.get(length..)?);
    if text.get(sign) != Some(&b'=') {
        return None;
    }
    let value = text.get(sign + 1..)?;
    let begin = spaces(value);
    let end = value
        .iter()
        .rposition(|byte| !is_regex_space(*byte))
        .map_or(value.len(), |last| last + 1);
    // A value of nothing but white space is its last character.
    let begin = if begin == value.len() {
        begin.checked_sub(1)?
    } else {
        begin
    };
    let at = start + sign + 1;
    Some((name, at + begin..at + end))
}

fn spaces(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take_while(|byte| is_regex_space(**byte))
        .count()
}

/// The directives that the reader meets.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    /// All of them, those without effect too.
    pub(crate) list: Vec<Directive>,
    seen: Vec<&'static str>,
    /// Whether a line stood above that is none.
    done: bool,
}

/// What a line says about directives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    None,
    /// One that BuildKit's parser heeds; with the new escape character.
    Directive(Option<u8>),
    /// One that it refuses.
    Refused(String),
}

impl Directives {
    /// Looks at a line; `start` is the white space before its first character.
    pub(crate) fn look(&mut self, line: &Physical, start: usize) -> Found {
        let content = line.content().get(start..).unwrap_or_default();
        let Some((name, range)) = read(content, "#") else {
            self.done = true;
            return Found::None;
        };
        let value = part(content, range.clone());
        self.list.push(Directive {
            name: name.to_owned(),
            value: lossy(value),
            span: Span {
                start: line.position(start),
                end: line.position(start + range.end),
            },
            effective: false,
        });
        if self.done {
            return Found::None;
        }
        if self.seen.contains(&name) {
            return Found::Refused(format!("only one {name} parser directive can be used"));
        }
        self.seen.push(name);
        match (name, value) {
            ("escape", [escape @ (b'\\' | b'`')]) => {
                if let Some(last) = self.list.last_mut() {
                    last.effective = true;
                }
                Found::Directive(Some(*escape))
            }
            ("escape", other) => Found::Refused(format!(
                "invalid escape token '{}' does not match ` or \\",
                lossy(other)
            )),
            _ => Found::Directive(None),
        }
    }

    /// Says that a line stands above all that follow which is no comment.
    pub(crate) fn close(&mut self) {
        self.done = true;
    }

    /// Adds the effect of `syntax` and `check`, which BuildKit looks for before it parses.
    pub(crate) fn finish(mut self, data: &[u8]) -> Vec<Directive> {
        for name in ["check", "syntax"] {
            if let Some(found) = first(data, name, "#") {
                self.enable(found);
            } else if name == "syntax"
                && let Some(found) = first(data, name, "//").or_else(|| from_json(data, name))
            {
                self.enable(found);
            }
        }
        self.list.sort_by_key(|directive| directive.span.start);
        self.list
    }

    fn enable(&mut self, found: Directive) {
        let same = |listed: &&mut Directive| listed.span.start == found.span.start;
        match self.list.iter_mut().find(same) {
            Some(listed) => listed.effective = true,
            None => self.list.push(found),
        }
    }
}

/// The lines that may be directives: not the one that names an interpreter.
fn lines(data: &[u8]) -> impl Iterator<Item = Physical<'_>> {
    let shebang = |line: &Physical| line.number == 1 && line.bytes.starts_with(b"#!");
    Lines::new(data).skip_while(shebang)
}

/// The first directive of a name, if nothing but directives stands above it.
fn first(data: &[u8], wanted: &str, prefix: &str) -> Option<Directive> {
    let mut seen = Vec::new();
    for line in lines(data) {
        let (name, range) = read(line.content(), prefix)?;
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        if name == wanted {
            return Some(Directive {
                name: name.to_owned(),
                value: lossy(part(line.content(), range.clone())),
                span: Span {
                    start: line.position(0),
                    end: line.position(range.end),
                },
                effective: true,
            });
        }
    }
    None
}

/// A member of the JSON object that the whole text is.
fn from_json(data: &[u8], name: &str) -> Option<Directive> {
    let mut lines = lines(data);
    let start = lines.next()?.position(0);
    let value = json::string_of(data.get(start.byte..)?, name)?;
    let last = lines.last();
    let end = match last {
        Some(last) => last.position(last.bytes.len()),
        None => Lines::new(data)
            .last()
            .map(|only| only.position(only.bytes.len()))?,
    };
    Some(Directive {
        name: name.to_owned(),
        value,
        span: Span { start, end },
        effective: true,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use rstest::rstest;

    #[rstest]
    #[case("# syntax=docker/dockerfile:1", Some(("syntax", "docker/dockerfile:1")))]
    #[case("#SYNTAX = a b \t", Some(("syntax", "a b")))]
    #[case("#\u{a0}escape=`", Some(("escape", "`")))]
    #[case("# escape=  ", Some(("escape", " ")))]
    #[case("# escape=", None)]
    #[case("# check skip=all", None)]
    #[case("# check=skip=all;error=true", Some(("check", "skip=all;error=true")))]
    #[case("# other=1", None)]
    #[case("# syntax2=1", None)]
    #[case("#", None)]
    #[case("syntax=1", None)]
    fn a_directive_is_a_name_and_a_value(
        #[case] line: &str,
        #[case] expected: Option<(&str, &str)>,
    ) {
        let found = read(line.as_bytes(), "#");
        let found = found.and_then(|(name, range)| Some((name, line.get(range)?)));
        assert_eq!(found, expected);
    }
}
