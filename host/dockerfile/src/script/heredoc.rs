//! Here-documents.

use super::cursor::{AsciiSet, Reader};
use super::list::Close;
use super::output::Place;
use super::word::Value;
use super::{ShellWord, Via};
use std::ops::Range;

/// A here-document whose lines are still to come.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) delimiter: String,
    /// Any quote in the delimiter makes the lines literal.
    pub(super) quoted: bool,
    /// Whether tabs before the lines are removed.
    pub(super) tabs: bool,
    pub(super) command: usize,
    /// Which of its redirections.
    pub(super) redirect: usize,
    /// The shell that reads the lines as commands.
    pub(super) script_of: Option<usize>,
}

impl Reader<'_, '_> {
    /// The delimiter of a here-document: quotes are removed, but nothing in it is expanded.
    pub(super) fn delimiter(&mut self) -> ShellWord {
        self.out.count_words(1);
        let start = self.at;
        let mut value = Value::new();
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => {
                    break;
                }
                b'\'' => self.single_quotes(&mut value),
                b'"' => {
                    self.at += 1;
                    let text = self.until(AsciiSet::of(b"\""));
                    value.text.push_str(text);
                    if !self.skip("\"") {
                        self.out.incomplete();
                    }
                }
                b'\\' => self.at += 1,
                _ => {
                    let from = self.at;
                    self.skip_char();
                    value.text.push_str(self.slice(from..self.at));
                }
            }
            self.out.spend(1);
        }
        let raw = self.slice(start..self.at);
        value.into_piece(raw, self.place(start..self.at)).word
    }

    /// The lines of all here-documents that are waiting.
    pub(super) fn heredocs(&mut self) {
        for waiting in std::mem::take(&mut self.waiting) {
            let lines = self.lines(&waiting);
            let body = self.body(&waiting, lines);
            let command = self.out.commands.get_mut(waiting.command);
            if let Some(redirect) = command.and_then(|it| it.redirects.get_mut(waiting.redirect)) {
                redirect.body = Some(body);
            }
        }
    }

    /// Where the lines of a here-document are. Reads the line that ends them too.
    fn lines(&mut self, waiting: &Waiting) -> Range<usize> {
        let start = self.at;
        while self.at < self.end && !self.out.stopped {
            let line = self.at;
            let text = self.until(AsciiSet::of(b"\n"));
            self.at = self.end.min(self.at + 1);
            self.out.spend(1);
            let text = if waiting.tabs {
                text.trim_start_matches('\t')
            } else {
                text
            };
            if text.strip_suffix('\r').unwrap_or(text) == waiting.delimiter {
                return start..line;
            }
        }
        self.out.incomplete();
        start..self.end.max(start)
    }

    fn body(&mut self, waiting: &Waiting, lines: Range<usize>) -> ShellWord {
        let raw = self.slice(lines.clone());
        let mut value = Value::new();
        if let Some(shell) = waiting.script_of {
            let place = Place::new(Some(shell), Via::Heredoc);
            self.within(lines.clone(), |reader| reader.list(place, Close::End));
            // What is expanded in it is found as part of its commands.
            value.known = waiting.quoted || !raw.contains(['$', '`', '\\']);
            value.text.push_str(raw);
        } else if waiting.quoted {
            value.text.push_str(raw);
        } else {
            let owner = Some(waiting.command);
            value = self.within(lines.clone(), |reader| reader.expansions(owner));
        }
        if waiting.tabs {
            let stripped = value.text.split_inclusive('\n');
            value.text = stripped.map(|it| it.trim_start_matches('\t')).collect();
        }
        value.into_piece(raw, self.place(lines)).word
    }
}
