//! Reading POSIX shell text from left to right.

use super::Join;
use super::heredoc::Waiting;
use super::list::Close;
use super::output::{Output, Place};
use std::ops::Range;

/// A place in a text.
#[derive(Debug)]
pub(super) struct Reader<'t, 'o> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
    /// If the text is what a word said: the range of the word, for everything in it.
    pub(super) whole: Option<Range<usize>>,
    pub(super) out: &'o mut Output,
    /// Here-documents whose lines are still to come.
    pub(super) waiting: Vec<Waiting>,
}

/// Some of the bytes below 128.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsciiSet(u128);

impl AsciiSet {
    pub(super) const fn of(mut bytes: &[u8]) -> Self {
        let mut set = 0;
        while let [first, rest @ ..] = bytes {
            set |= 1 << *first;
            bytes = rest;
        }
        Self(set)
    }

    fn contains(self, byte: u8) -> bool {
        byte.is_ascii() && self.0 >> byte & 1 == 1
    }
}

impl<'t, 'o> Reader<'t, 'o> {
    pub(super) fn new(text: &'t str, whole: Option<Range<usize>>, out: &'o mut Output) -> Self {
        Self {
            text,
            at: 0,
            end: text.len(),
            whole,
            out,
            waiting: vec![],
        }
    }

    /// Reads all of the text.
    pub(super) fn script(&mut self) {
        self.list(Place::TOP, Close::End);
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if self.out.stopped || at >= self.end {
            return None;
        }
        self.text.as_bytes().get(at).copied()
    }

    pub(super) fn next_is(&self, text: &str) -> bool {
        let end = self.at + text.len();
        !self.out.stopped
            && end <= self.end
            && self.text.as_bytes().get(self.at..end) == Some(text.as_bytes())
    }

    pub(super) fn skip(&mut self, text: &str) -> bool {
        let found = self.next_is(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// What joins commands in the shells of Windows, whose ampersand alone runs the command behind it next; anything else
    /// is the end of a command.
    pub(super) fn windows_operator(&mut self) -> Join {
        let operators = [
            ("&&", Join::And),
            ("||", Join::Or),
            ("|", Join::Pipe),
            ("&", Join::Sequence),
        ];
        let found = operators.into_iter().find(|(text, _)| self.skip(text));
        found.map_or(Join::Sequence, |(_, join)| join)
    }

    /// One character, however many bytes it has.
    pub(super) fn skip_char(&mut self) {
        self.at += 1;
        while self.at < self.end && !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// Where something of this text stands in the text that was given.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        self.whole.clone().unwrap_or(range)
    }

    /// Reads up to the first byte that is one of these, or to the end.
    pub(super) fn until(&mut self, stops: AsciiSet) -> &'t str {
        let start = self.at;
        let rest = self
            .text
            .as_bytes()
            .get(start..self.end)
            .unwrap_or_default();
        let length = rest.iter().position(|byte| stops.contains(*byte));
        self.at = start + length.unwrap_or(rest.len());
        self.out.spend(self.at - start);
        self.slice(start..self.at)
    }

    /// Blanks and continued lines.
    pub(super) fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\r') if self.peek_at(1) == Some(b'\n') => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                _ => return,
            }
            self.out.spend(1);
        }
    }

    /// Blanks, comments and the ends of lines.
    pub(super) fn blank_lines(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => self.end_of_line(),
                Some(b'#') => self.comment(),
                _ => return,
            }
        }
    }

    pub(super) fn comment(&mut self) {
        self.until(AsciiSet::of(b"\n"));
    }

    /// The end of a line, and the here-documents that follow it.
    pub(super) fn end_of_line(&mut self) {
        self.at += 1;
        self.out.spend(1);
        if !self.waiting.is_empty() {
            self.heredocs();
        }
    }

    /// Reads a part of the text as if there were nothing behind it, and comes back.
    pub(super) fn within<T>(&mut self, part: Range<usize>, read: impl FnOnce(&mut Self) -> T) -> T {
        let (at, end) = (self.at, self.end);
        let waiting = std::mem::take(&mut self.waiting);
        (self.at, self.end) = (part.start, part.end);
        self.out.enter();
        let result = read(self);
        self.out.leave(1);
        (self.at, self.end) = (at, end);
        self.waiting = waiting;
        result
    }

    /// Reads text that is no part of this one: what a word says.
    pub(super) fn again(&mut self, text: &str, word: Range<usize>, place: Place) {
        self.out.enter();
        self.out.resplits += 1;
        if self.out.resplits > super::MAX_RESPLITS {
            self.out.incomplete();
        } else {
            self.out.spend(text.len());
            Reader::new(text, Some(word), self.out).list(place, Close::End);
        }
        self.out.resplits -= 1;
        self.out.leave(1);
    }
}
