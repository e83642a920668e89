//! Words and their quotes.

use super::cursor::{AsciiSet, Reader};
use super::output::{Piece, Place};
use super::{ShellWord, Via};
use std::ops::Range;

/// What ends a word, or is special in it.
const SPECIAL: AsciiSet = AsciiSet::of(b" \t\r\n;&|()<>'\"\\$`*?[");

/// A word while it is read.
#[derive(Debug)]
pub(super) struct Value {
    /// Its value, with variables for what is not known.
    pub(super) text: String,
    pub(super) known: bool,
    pub(super) glob: bool,
}

impl Value {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            known: true,
            glob: false,
        }
    }

    /// Something that only the run tells.
    pub(super) fn unknown(&mut self, variable: &str) {
        self.known = false;
        self.text.push_str(variable);
    }

    pub(super) fn into_piece(self, raw: &str, range: Range<usize>) -> Piece {
        let (literal, template) = if self.known {
            (Some(self.text), None)
        } else {
            (None, Some(self.text))
        };
        Piece {
            word: ShellWord {
                raw: raw.to_owned(),
                literal,
                glob: self.glob,
                range,
            },
            template,
        }
    }
}

impl Reader<'_, '_> {
    /// A word of the command `owner`. Empty where none begins.
    pub(super) fn word(&mut self, owner: Option<usize>) -> Piece {
        self.out.count_words(1);
        let start = self.at;
        let mut value = Value::new();
        while let Some(byte) = self.peek() {
            self.out.spend(1);
            match byte {
                b'\r' if self.peek_at(1) == Some(b'\n') => break,
                b'(' if self.is_array(start) => self.array(&mut value, owner),
                b'(' if self.is_extended_glob(start) => self.extended_glob(&mut value, owner),
                b'<' | b'>' if self.peek_at(1) == Some(b'(') => {
                    self.at += 2;
                    self.substitution(&mut value, Place::new(owner, Via::ProcessSubstitution));
                }
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                _ => self.part(byte, &mut value, owner),
            }
        }
        value.into_piece(self.slice(start..self.at), self.place(start..self.at))
    }

    /// A part of a word that begins with this byte.
    fn part(&mut self, byte: u8, value: &mut Value, owner: Option<usize>) {
        match byte {
            b'\'' => self.single_quotes(value),
            b'"' => self.double_quotes(value, owner),
            b'\\' => self.escape(value),
            b'$' => self.dollar(value, owner, false),
            b'`' => self.back_quotes(value, owner, false),
            b'*' | b'?' | b'[' => {
                value.glob = true;
                self.literally(value);
            }
            b'\r' => self.literally(value),
            _ => {
                let text = self.until(SPECIAL);
                value.text.push_str(text);
            }
        }
    }

    fn literally(&mut self, value: &mut Value) {
        let start = self.at;
        self.skip_char();
        value.text.push_str(self.slice(start..self.at));
    }

    /// A backslash outside of quotes: the next character is nothing but itself, and the end of a line is nothing.
    fn escape(&mut self, value: &mut Value) {
        self.at += 1;
        match self.peek() {
            None => value.text.push('\\'),
            Some(b'\n') => self.at += 1,
            Some(_) => self.literally(value),
        }
    }

    pub(super) fn single_quotes(&mut self, value: &mut Value) {
        self.at += 1;
        let text = self.until(AsciiSet::of(b"'"));
        value.text.push_str(text);
        if !self.skip("'") {
            self.out.incomplete();
        }
    }

    pub(super) fn double_quotes(&mut self, value: &mut Value, owner: Option<usize>) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.out.spend(1);
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.quoted_escape(value, b"$`\"\\"),
                b'$' => self.dollar(value, owner, true),
                b'`' => self.back_quotes(value, owner, true),
                _ => {
                    let text = self.until(AsciiSet::of(b"\"\\$`"));
                    value.text.push_str(text);
                }
            }
        }
        self.out.incomplete();
    }

    /// A backslash in double quotes or in a here-document: it only escapes what would be special there.
    pub(super) fn quoted_escape(&mut self, value: &mut Value, special: &[u8]) {
        self.at += 1;
        match self.peek() {
            Some(b'\n') => self.at += 1,
            Some(byte) if special.contains(&byte) => self.literally(value),
            _ => value.text.push('\\'),
        }
    }

    /// Whether a parenthesis here begins the elements of an array: `name=(`.
    fn is_array(&self, start: usize) -> bool {
        let before = self.slice(start..self.at).strip_suffix('=');
        before.is_some_and(|name| is_name(name.strip_suffix('+').unwrap_or(name)))
    }

    fn array(&mut self, value: &mut Value, owner: Option<usize>) {
        self.at += 1;
        self.out.enter();
        loop {
            self.blank_lines();
            match self.peek() {
                Some(b')') => {
                    self.at += 1;
                    break;
                }
                None => {
                    self.out.incomplete();
                    break;
                }
                Some(_) => {
                    let before = self.at;
                    self.word(owner);
                    if self.at == before {
                        self.out.incomplete();
                        self.skip_char();
                    }
                }
            }
        }
        self.out.leave(1);
        value.unknown("$_");
    }

    /// Whether a parenthesis here belongs to a pattern: `!(a|b)`.
    fn is_extended_glob(&self, start: usize) -> bool {
        self.slice(start..self.at)
            .ends_with(['!', '@', '*', '?', '+'])
    }

    fn extended_glob(&mut self, value: &mut Value, owner: Option<usize>) {
        self.out.enter();
        value.glob = true;
        self.literally(value);
        loop {
            match self.peek() {
                None => {
                    self.out.incomplete();
                    break;
                }
                Some(b')') => {
                    self.literally(value);
                    break;
                }
                Some(b'(') => self.extended_glob(value, owner),
                Some(byte @ (b'|' | b' ' | b'\t' | b'\n' | b';' | b'&' | b'<' | b'>')) => {
                    if byte != b'|' {
                        self.out.incomplete();
                    }
                    self.literally(value);
                }
                Some(byte) => self.part(byte, value, owner),
            }
            self.out.spend(1);
        }
        self.out.leave(1);
    }
}

/// Whether this can be the name of a variable.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(is_name_byte)
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
