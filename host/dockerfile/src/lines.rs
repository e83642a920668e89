//! Physical lines, and the logical lines that are made of them.

use crate::instruction::Word;
use crate::span::{Position, Span};
use crate::text::{leading_space, lossy, part};
use std::borrow::Cow;
use std::ops::Range;

/// BuildKit's buffer for a line. A line that fills it without a line feed ends the reading.
const BUFFER: usize = 65_536;

/// The mark that may stand before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line of the original text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Physical<'a> {
    /// With its line end, without the byte order mark.
    pub(crate) bytes: &'a [u8],
    /// Where the bytes begin in the original.
    pub(crate) at: usize,
    /// Where the line begins in the original.
    pub(crate) line_start: usize,
    /// From 1.
    pub(crate) number: u32,
}

impl<'a> Physical<'a> {
    /// Where one of its bytes stands.
    pub(crate) fn position(&self, offset: usize) -> Position {
        position(self.at + offset, self.number, self.line_start)
    }

    /// Whether the first character is a hash.
    pub(crate) fn is_comment(&self) -> bool {
        self.bytes.get(leading_space(self.bytes)) == Some(&b'#')
    }

    /// Without the line end.
    pub(crate) fn content(&self) -> &'a [u8] {
        crate::text::without_line_end(self.bytes)
    }
}

/// The lines of a text, one after the other.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    data: &'a [u8],
    at: usize,
    /// Where the last line that was read begins.
    line_start: usize,
    number: u32,
    /// Whether a line was too long, which ends the text.
    pub(crate) too_long: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            line_start: 0,
            number: 0,
            too_long: false,
        }
    }

    /// The number of the last line, which is how many were read.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Where the next line begins, or where the text ends.
    pub(crate) fn here(&self) -> Position {
        match self.at.checked_sub(1).and_then(|last| self.data.get(last)) {
            None | Some(b'\n') => position(self.at, self.number.saturating_add(1), self.at),
            // The last line has no line end.
            Some(_) => position(self.at, self.number, self.line_start),
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Physical<'a>;

    fn next(&mut self) -> Option<Physical<'a>> {
        let rest = self.data.get(self.at..).filter(|rest| !rest.is_empty())?;
        let window = rest.get(..BUFFER).unwrap_or(rest);
        let length = match window.iter().position(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if window.len() == BUFFER => {
                self.too_long = true;
                return None;
            }
            None => window.len(),
        };
        let line_start = self.at;
        self.line_start = line_start;
        let whole = part(rest, 0..length);
        let bytes = match whole.strip_prefix(BYTE_ORDER_MARK) {
            Some(marked) if line_start == 0 => marked,
            _ => whole,
        };
        self.at += length;
        self.number = self.number.saturating_add(1);
        Some(Physical {
            bytes,
            at: line_start + (whole.len() - bytes.len()),
            line_start,
            number: self.number,
        })
    }
}

fn position(byte: usize, line: u32, line_start: usize) -> Position {
    let column = u32::try_from(byte - line_start).unwrap_or(u32::MAX);
    Position {
        byte,
        line,
        column: column.saturating_add(1),
    }
}

/// Where a piece of a logical line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// In the logical line.
    at: usize,
    /// In the original.
    byte: usize,
    line: u32,
    line_start: usize,
}

/// A line as BuildKit reads it: continuations are joined.
#[derive(Debug)]
pub(crate) struct Logical<'a> {
    text: Cow<'a, [u8]>,
    map: Map,
}

/// Where the bytes of a logical line stand in the original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Map {
    first: Piece,
    others: Vec<Piece>,
}

impl Map {
    /// Where a byte of the line stands.
    fn position(&self, at: usize) -> Position {
        let before = self.others.partition_point(|piece| piece.at <= at);
        let piece = before
            .checked_sub(1)
            .and_then(|last| self.others.get(last))
            .unwrap_or(&self.first);
        position(piece.byte + (at - piece.at), piece.line, piece.line_start)
    }

    /// Where a part of the line stands.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.position(range.start);
        let Some(last) = range.end.checked_sub(1).filter(|last| *last >= range.start) else {
            return Span { start, end: start };
        };
        let mut end = self.position(last);
        end.byte += 1;
        end.column = end.column.saturating_add(1);
        Span { start, end }
    }

    /// Which byte of the line stands at a byte of the original.
    pub(crate) fn at(&self, byte: usize) -> usize {
        let before = self.others.partition_point(|piece| piece.byte <= byte);
        let piece = before
            .checked_sub(1)
            .and_then(|last| self.others.get(last))
            .unwrap_or(&self.first);
        piece.at + byte.saturating_sub(piece.byte)
    }
}

impl<'a> Logical<'a> {
    /// Begins with a part of a line.
    pub(crate) fn new(line: &Physical<'a>, range: Range<usize>) -> Self {
        Self {
            map: Map {
                first: Piece {
                    at: 0,
                    byte: line.at + range.start,
                    line: line.number,
                    line_start: line.line_start,
                },
                others: Vec::new(),
            },
            text: Cow::Borrowed(part(line.bytes, range)),
        }
    }

    /// Goes on with the first bytes of another line.
    pub(crate) fn push(&mut self, line: &Physical<'a>, length: usize) {
        self.map.others.push(Piece {
            at: self.text.len(),
            byte: line.at,
            line: line.number,
            line_start: line.line_start,
        });
        self.text
            .to_mut()
            .extend_from_slice(part(line.bytes, 0..length));
    }

    /// All of it.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// A part of it.
    pub(crate) fn part(&self, range: Range<usize>) -> &[u8] {
        part(&self.text, range)
    }

    /// All of it as text.
    pub(crate) fn into_text(self) -> String {
        match self.text {
            Cow::Borrowed(bytes) => lossy(bytes),
            Cow::Owned(bytes) => {
                String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes()))
            }
        }
    }

    /// Where a part of it stands in the original.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        self.map.span(range)
    }

    /// Where all of it stands in the original.
    pub(crate) fn map(&self) -> Map {
        self.map.clone()
    }

    /// A part of it as it is written.
    pub(crate) fn word(&self, range: Range<usize>) -> Word {
        Word {
            text: lossy(self.part(range.clone())),
            span: self.span(range),
        }
    }
}

/// How much of a line is text, and whether it goes on in the next line.
pub(crate) fn continuation(content: &[u8], escape: u8) -> (usize, bool) {
    let end = content
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    match part(content, 0..end) {
        // An escaped escape character is text.
        [.., before, last] if *last == escape && *before != escape => (end - 1, true),
        [last] if *last == escape => (0, true),
        _ => (content.len(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, continuation};
    use rstest::rstest;

    #[rstest]
    #[case("RUN a \\", 6, true)]
    #[case("RUN a \\ \t ", 6, true)]
    #[case("\\", 0, true)]
    #[case("\\ ", 0, true)]
    #[case("RUN a \\\\", 8, false)]
    #[case("RUN a \\\\\\", 9, false)]
    #[case("RUN a ", 6, false)]
    #[case("", 0, false)]
    fn a_line_goes_on_after_one_escape_character(
        #[case] line: &str,
        #[case] length: usize,
        #[case] more: bool,
    ) {
        assert_eq!(continuation(line.as_bytes(), b'\\'), (length, more));
    }

    #[rstest]
    #[case(65_535, "\n", false)]
    #[case(65_535, "", false)]
    #[case(65_536, "\n", true)]
    #[case(65_536, "", true)]
    fn a_line_has_up_to_65535_bytes(
        #[case] length: usize,
        #[case] end: &str,
        #[case] too_long: bool,
    ) {
        let text = "a".repeat(length) + end;
        let mut lines = Lines::new(text.as_bytes());
        assert_eq!(lines.next().is_none(), too_long);
        assert_eq!(lines.too_long, too_long);
    }
}
