//! Text for `cmd`: its commands, as far as separators, quotes and carets go.

use super::cursor::{AsciiSet, Reader};
use super::output::{Draft, Output, Piece, Place};
use super::word::Value;
use super::{Compound, Join, Redirect};

/// What ends a word, or is special in it.
const SPECIAL: AsciiSet = AsciiSet::of(b" \t\r\n&|<>()^\"%!");

pub(super) fn split(text: &str, output: &mut Output) {
    let mut shell = Cmd {
        reader: Reader::new(text, None, output),
        groups: 0,
    };
    shell.list();
}

#[derive(Debug)]
struct Cmd<'t, 'o> {
    reader: Reader<'t, 'o>,
    groups: usize,
}

impl Cmd<'_, '_> {
    fn list(&mut self) {
        let mut join = Join::First;
        loop {
            self.blanks();
            self.reader.out.spend(1);
            let Some(byte) = self.reader.peek() else {
                break;
            };
            match byte {
                b'\n' => {
                    self.reader.at += 1;
                    join = Join::Sequence;
                }
                b'&' | b'|' => join = self.reader.windows_operator(),
                b'@' => self.reader.at += 1,
                b'(' => {
                    self.reader.at += 1;
                    self.groups += 1;
                    self.reader.out.enter();
                }
                b')' if self.groups > 0 => {
                    self.reader.at += 1;
                    self.groups -= 1;
                    self.reader.out.leave(1);
                    join = Join::Compound;
                }
                b')' => {
                    self.reader.out.incomplete();
                    self.reader.at += 1;
                }
                _ => self.command(join),
            }
        }
        if self.groups > 0 {
            self.reader.out.incomplete();
        }
    }

    /// Blanks, and lines continued with a caret.
    fn blanks(&mut self) {
        loop {
            match self.reader.peek() {
                Some(b' ' | b'\t' | b'\r') => self.reader.at += 1,
                Some(b'^') if self.reader.skip("^\r\n") || self.reader.skip("^\n") => {}
                _ => return,
            }
            self.reader.out.spend(1);
        }
    }

    fn command(&mut self, join: Join) {
        let start = self.reader.at;
        let inside = (self.groups > 0).then_some(Compound::Group);
        let index = self.reader.out.begin(Place::TOP, join, inside);
        let mut draft = Draft::default();
        let mut end = start;
        loop {
            self.blanks();
            match self.reader.peek() {
                None | Some(b'\n' | b'&' | b'|') => break,
                Some(b')') if self.groups > 0 => break,
                // The body of `if` and `for`.
                Some(b'(') if !draft.words.is_empty() => break,
                Some(b'<' | b'>') => self.redirect(&mut draft),
                Some(_) => {
                    let word = self.word();
                    draft.words.push(word);
                }
            }
            end = self.reader.at;
            self.reader.out.spend(1);
        }
        let range = self.reader.place(start..end);
        if let Some(command) = self.reader.out.commands.get_mut(index) {
            // Only redirections belong to a group that ended: `else` follows it.
            if join == Join::Compound && !draft.words.is_empty() {
                command.joined = Join::Sequence;
            }
            command.words = draft.words.into_iter().map(|piece| piece.word).collect();
            command.redirects = draft.redirects;
            command.range = range;
        }
    }

    fn redirect(&mut self, draft: &mut Draft) {
        let start = self.reader.at;
        let operators = [">>", ">&", ">", "<&", "<"];
        let found = operators.into_iter().find(|text| self.reader.skip(text));
        self.blanks();
        // `2>` is read as a word that ends at the operator.
        let descriptor = draft.words.last().map(|piece| &piece.word);
        let descriptor = descriptor
            .filter(|word| word.range.end == start && matches!(word.raw.as_bytes(), [b'0'..=b'9']));
        let descriptor = descriptor.map(|word| word.raw.clone());
        let target = self.word().word;
        if descriptor.is_some() {
            draft.words.pop();
        }
        draft.redirects.push(Redirect {
            descriptor,
            operator: found.unwrap_or_default().to_owned(),
            target,
            body: None,
        });
    }

    fn word(&mut self) -> Piece {
        self.reader.out.count_words(1);
        let start = self.reader.at;
        let mut value = Value::new();
        let mut quoted = false;
        while let Some(byte) = self.reader.peek() {
            self.reader.out.spend(1);
            match byte {
                b'"' => {
                    self.reader.at += 1;
                    quoted = !quoted;
                }
                b'%' | b'!' => self.variable(&mut value),
                b'\n' => break,
                b'^' if !quoted => {
                    self.reader.at += 1;
                    self.literally(&mut value);
                }
                b' ' | b'\t' | b'\r' | b'&' | b'|' | b'<' | b'>' if !quoted => break,
                b')' if !quoted && self.groups > 0 => break,
                b'(' | b')' | b' ' | b'\t' | b'\r' | b'&' | b'|' | b'<' | b'>' | b'^' => {
                    self.literally(&mut value);
                }
                _ => {
                    let text = self.reader.until(SPECIAL);
                    value.text.push_str(text);
                }
            }
        }
        if quoted {
            self.reader.out.incomplete();
        }
        let range = start..self.reader.at;
        value.into_piece(self.reader.slice(range.clone()), self.reader.place(range))
    }

    fn literally(&mut self, value: &mut Value) {
        let start = self.reader.at;
        if self.reader.peek().is_some() {
            self.reader.skip_char();
        }
        value
            .text
            .push_str(self.reader.slice(start..self.reader.at));
    }

    /// `%NAME%`, `!NAME!`, `%1`, `%%i`: anything may be behind them.
    fn variable(&mut self, value: &mut Value) {
        let start = self.reader.at;
        self.reader.at += 1;
        value.known = false;
        value
            .text
            .push_str(self.reader.slice(start..self.reader.at));
    }
}
