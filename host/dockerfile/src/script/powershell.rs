//! PowerShell text: its commands, as far as pipelines, quotes and blocks go.
//!
//! Expressions look like commands here; a policy that asks for a name is not misled by them.

use super::cursor::{AsciiSet, Reader};
use super::output::{Draft, Output, Place};
use super::word::{Value, is_name_byte};
use super::{Join, Redirect, Via};

/// What ends a word, or is special in it.
const SPECIAL: AsciiSet = AsciiSet::of(b" \t\r\n;|&(){}'\"`$<>,");

pub(super) fn split(text: &str, output: &mut Output) {
    let mut shell = PowerShell {
        reader: Reader::new(text, None, output),
    };
    shell.list(Place::TOP, None);
}

#[derive(Debug)]
struct PowerShell<'t, 'o> {
    reader: Reader<'t, 'o>,
}

impl PowerShell<'_, '_> {
    /// Commands up to the bracket that closes them, which is read too.
    fn list(&mut self, place: Place, close: Option<u8>) {
        self.reader.out.enter();
        let mut join = Join::First;
        loop {
            self.blanks();
            self.reader.out.spend(1);
            let Some(byte) = self.reader.peek() else {
                if close.is_some() {
                    self.reader.out.incomplete();
                }
                break;
            };
            if Some(byte) == close {
                self.reader.at += 1;
                break;
            }
            match byte {
                b'\n' | b';' => {
                    self.reader.at += 1;
                    join = Join::Sequence;
                }
                b'|' | b'&' => join = self.reader.windows_operator(),
                b')' | b'}' => {
                    self.reader.out.incomplete();
                    self.reader.at += 1;
                }
                _ => self.command(place, join),
            }
        }
        self.reader.out.leave(1);
    }

    /// Blanks, comments, and lines continued with a back-quote.
    fn blanks(&mut self) {
        loop {
            match self.reader.peek() {
                Some(b' ' | b'\t' | b'\r') => self.reader.at += 1,
                Some(b'#') => self.reader.comment(),
                Some(b'<') if self.reader.next_is("<#") => self.block_comment(),
                Some(b'`') if self.reader.skip("`\r\n") || self.reader.skip("`\n") => {}
                _ => return,
            }
            self.reader.out.spend(1);
        }
    }

    fn block_comment(&mut self) {
        self.reader.at += 2;
        loop {
            self.reader.until(AsciiSet::of(b"#"));
            if self.reader.skip("#>") {
                return;
            }
            if self.reader.peek().is_none() {
                return self.reader.out.incomplete();
            }
            self.reader.at += 1;
        }
    }

    fn command(&mut self, place: Place, join: Join) {
        let start = self.reader.at;
        let index = self.reader.out.begin(place, join, None);
        let mut draft = Draft::default();
        let mut end = start;
        loop {
            self.blanks();
            match self.reader.peek() {
                None | Some(b'\n' | b';' | b'|' | b')' | b'}') => break,
                Some(b'&') if self.reader.next_is("&&") => break,
                Some(b'&' | b',') => self.reader.at += 1,
                Some(b'>' | b'<') => self.redirect(&mut draft, index),
                Some(_) => {
                    let word = self.word(index);
                    draft.words.push(word);
                }
            }
            end = self.reader.at;
            self.reader.out.spend(1);
        }
        if draft.is_empty() {
            return self.reader.out.take_back(index);
        }
        let range = self.reader.place(start..end);
        if let Some(command) = self.reader.out.commands.get_mut(index) {
            command.words = draft.words.into_iter().map(|piece| piece.word).collect();
            command.redirects = draft.redirects;
            command.range = range;
        }
    }

    fn redirect(&mut self, draft: &mut Draft, index: usize) {
        let start = self.reader.at;
        let operators = [">>", ">&", ">", "<"];
        let found = operators.into_iter().find(|text| self.reader.skip(text));
        self.blanks();
        // `2>` is read as a word that ends at the operator.
        let descriptor = draft.words.last().map(|piece| &piece.word);
        let descriptor = descriptor.filter(|word| {
            word.range.end == start && matches!(word.raw.as_bytes(), [b'1'..=b'6' | b'*'])
        });
        let descriptor = descriptor.map(|word| word.raw.clone());
        if descriptor.is_some() {
            draft.words.pop();
        }
        let target = self.word(index).word;
        draft.redirects.push(Redirect {
            descriptor,
            operator: found.unwrap_or_default().to_owned(),
            target,
            body: None,
        });
    }

    fn word(&mut self, index: usize) -> super::output::Piece {
        self.reader.out.count_words(1);
        let start = self.reader.at;
        let mut value = Value::new();
        while let Some(byte) = self.reader.peek() {
            self.reader.out.spend(1);
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'|' | b'&' | b',' | b')' | b'}' | b'<'
                | b'>' => break,
                b'\'' => self.single_quotes(&mut value),
                b'"' => self.double_quotes(&mut value, index),
                b'`' => self.escape(&mut value),
                b'$' => self.dollar(&mut value, index),
                b'(' | b'{' => self.block(&mut value, index),
                _ => {
                    let text = self.reader.until(SPECIAL);
                    value.text.push_str(text);
                }
            }
        }
        let range = start..self.reader.at;
        value.into_piece(self.reader.slice(range.clone()), self.reader.place(range))
    }

    /// `'it''s'`
    fn single_quotes(&mut self, value: &mut Value) {
        loop {
            self.reader.single_quotes(value);
            if self.reader.peek() != Some(b'\'') {
                return;
            }
            value.text.push('\'');
        }
    }

    fn double_quotes(&mut self, value: &mut Value, index: usize) {
        self.reader.at += 1;
        while let Some(byte) = self.reader.peek() {
            self.reader.out.spend(1);
            match byte {
                b'"' => {
                    self.reader.at += 1;
                    if !self.reader.skip("\"") {
                        return;
                    }
                    value.text.push('"');
                }
                b'`' => self.escape(value),
                b'$' => self.dollar(value, index),
                _ => {
                    let text = self.reader.until(AsciiSet::of(b"\"`$"));
                    value.text.push_str(text);
                }
            }
        }
        self.reader.out.incomplete();
    }

    fn escape(&mut self, value: &mut Value) {
        self.reader.at += 1;
        let start = self.reader.at;
        let Some(byte) = self.reader.peek() else {
            return;
        };
        self.reader.skip_char();
        match byte {
            b'\n' => {}
            b'n' => value.text.push('\n'),
            b'r' => value.text.push('\r'),
            b't' => value.text.push('\t'),
            b'0' => value.text.push('\0'),
            _ => value
                .text
                .push_str(self.reader.slice(start..self.reader.at)),
        }
    }

    fn dollar(&mut self, value: &mut Value, index: usize) {
        let start = self.reader.at;
        self.reader.at += 1;
        match self.reader.peek() {
            Some(b'(') => self.block(value, index),
            Some(b'{') => {
                self.reader.until(AsciiSet::of(b"}"));
                if !self.reader.skip("}") {
                    self.reader.out.incomplete();
                }
                value.unknown(self.reader.slice(start..self.reader.at));
            }
            Some(byte) if is_name_byte(byte) || matches!(byte, b'?' | b'$' | b'^') => {
                self.reader.at += 1;
                while let Some(byte) = self.reader.peek() {
                    if !is_name_byte(byte) && byte != b':' {
                        break;
                    }
                    self.reader.at += 1;
                    self.reader.out.spend(1);
                }
                value.unknown(self.reader.slice(start..self.reader.at));
            }
            _ => value.text.push('$'),
        }
    }

    /// `( … )` or `{ … }`: commands of their own.
    fn block(&mut self, value: &mut Value, index: usize) {
        let close = if self.reader.peek() == Some(b'(') {
            b')'
        } else {
            b'}'
        };
        self.reader.at += 1;
        self.list(Place::new(Some(index), Via::Substitution), Some(close));
        value.unknown("$_");
    }
}
