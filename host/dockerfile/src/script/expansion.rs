//! `$…` and back-quotes.

use super::Via;
use super::cursor::{AsciiSet, Reader};
use super::list::Close;
use super::output::Place;
use super::word::{Value, is_name_byte};

/// Stands for a value of which nothing can be said, where text is split again.
const SOME_VARIABLE: &str = "$_";

impl Reader<'_, '_> {
    /// What begins with a dollar sign.
    pub(super) fn dollar(&mut self, value: &mut Value, owner: Option<usize>, quoted: bool) {
        let start = self.at;
        self.at += 1;
        match self.peek() {
            Some(b'(') => self.dollar_parenthesis(value, owner),
            Some(b'{') => self.braces(value, owner, quoted),
            Some(b'\'') if !quoted => self.ansi_quotes(value),
            // The dollar sign of `$"…"` only asks for a translation.
            Some(b'"') if !quoted => {}
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') => {
                self.at += 1;
                value.unknown(self.slice(start..self.at));
            }
            Some(byte) if is_name_byte(byte) => {
                while self.peek().is_some_and(is_name_byte) {
                    self.at += 1;
                }
                self.out.spend(self.at - start);
                value.unknown(self.slice(start..self.at));
            }
            _ => value.text.push('$'),
        }
    }

    fn dollar_parenthesis(&mut self, value: &mut Value, owner: Option<usize>) {
        if self.next_is("((") && self.arithmetic(owner) {
            value.unknown(SOME_VARIABLE);
            return;
        }
        self.at += 1;
        self.substitution(value, Place::new(owner, Via::Substitution));
    }

    /// The commands of a substitution, up to its closing parenthesis.
    pub(super) fn substitution(&mut self, value: &mut Value, place: Place) {
        self.out.enter();
        self.list(place, Close::Parenthesis);
        self.out.leave(1);
        value.unknown(SOME_VARIABLE);
    }

    /// `((…))`, if it is that: two parentheses may also be a subshell in a subshell.
    pub(super) fn arithmetic(&mut self, owner: Option<usize>) -> bool {
        let Some(end) = self.arithmetic_end() else {
            return false;
        };
        self.within(self.at + 2..end - 2, |inner| inner.expansions(owner));
        self.at = end;
        true
    }

    /// Where the arithmetic that begins here ends.
    fn arithmetic_end(&mut self) -> Option<usize> {
        let start = self.at;
        let mut at = start + 2;
        let mut open = 0_usize;
        let bytes = self.text.as_bytes().get(..self.end)?;
        let mut quote = None;
        let found = loop {
            let Some(&byte) = bytes.get(at) else {
                break None;
            };
            at += 1;
            match (byte, quote) {
                (b'\\', _) => at += 1,
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(begun)) if byte == begun => quote = None,
                (b'(', None) => open += 1,
                (b')', None) if open > 0 => open -= 1,
                (b')', None) => break (bytes.get(at) == Some(&b')')).then_some(at + 1),
                _ => {}
            }
        };
        self.out.spend(at - start);
        found
    }

    /// Text in which nothing is special but dollar signs, back-quotes and backslashes.
    pub(super) fn expansions(&mut self, owner: Option<usize>) -> Value {
        let mut value = Value::new();
        while let Some(byte) = self.peek() {
            self.out.spend(1);
            match byte {
                b'\\' => self.quoted_escape(&mut value, b"$`\\"),
                b'$' => self.dollar(&mut value, owner, true),
                b'`' => self.back_quotes(&mut value, owner, true),
                _ => {
                    let text = self.until(AsciiSet::of(b"\\$`"));
                    value.text.push_str(text);
                }
            }
        }
        value
    }

    /// `${…}`
    fn braces(&mut self, value: &mut Value, owner: Option<usize>, quoted: bool) {
        let start = self.at - 1;
        let commands = self.out.commands.len();
        self.at += 1;
        self.out.enter();
        let single_quotes = self.parameter() || !quoted;
        let mut ignored = Value::new();
        let closed = loop {
            let Some(byte) = self.peek() else {
                break false;
            };
            self.out.spend(1);
            ignored.text.clear();
            match byte {
                b'}' => break true,
                b'\\' => {
                    self.at += 1;
                    if self.peek().is_some() {
                        self.skip_char();
                    }
                }
                b'\'' if single_quotes => self.single_quotes(&mut ignored),
                b'"' => self.double_quotes(&mut ignored, owner),
                b'$' => self.dollar(&mut ignored, owner, quoted),
                b'`' => self.back_quotes(&mut ignored, owner, quoted),
                b'\'' => self.at += 1,
                _ => {
                    self.until(AsciiSet::of(b"}\\'\"$`"));
                }
            }
        };
        self.out.leave(1);
        if closed {
            self.at += 1;
        } else {
            self.out.incomplete();
        }
        // Commands in it were found; they must not be found again where the word is split as text.
        if closed && commands == self.out.commands.len() {
            value.unknown(self.slice(start..self.at));
        } else {
            value.unknown(SOME_VARIABLE);
        }
    }

    /// The name in `${…}`. Whether a pattern follows: only there single quotes are quotes within double quotes.
    fn parameter(&mut self) -> bool {
        let start = self.at;
        if matches!(self.peek(), Some(b'!' | b'#')) && self.peek_at(1) != Some(b'}') {
            self.at += 1;
        }
        while self.peek().is_some_and(is_name_byte) {
            self.at += 1;
        }
        self.out.spend(self.at - start);
        matches!(self.peek(), Some(b'#' | b'%' | b'/' | b'^' | b','))
    }

    /// `$'…'`
    fn ansi_quotes(&mut self, value: &mut Value) {
        self.at += 1;
        loop {
            let text = self.until(AsciiSet::of(b"'\\"));
            value.text.push_str(text);
            self.out.spend(1);
            match self.peek() {
                None => return self.out.incomplete(),
                Some(b'\'') => {
                    self.at += 1;
                    return;
                }
                Some(_) => {
                    self.at += 1;
                    self.ansi_escape(value);
                }
            }
        }
    }

    /// What stands behind a backslash in `$'…'`.
    fn ansi_escape(&mut self, value: &mut Value) {
        let Some(byte) = self.peek() else {
            return;
        };
        let number = match byte {
            b'0'..=b'7' => self.number(8, 3),
            b'x' => self.number_behind(2),
            b'u' => self.number_behind(4),
            b'U' => self.number_behind(8),
            _ => {
                let start = self.at;
                self.skip_char();
                match ansi_character(byte) {
                    Some(character) => value.text.push(character),
                    None if matches!(byte, b'\\' | b'\'' | b'"' | b'?') => {
                        value.text.push(char::from(byte));
                    }
                    None => {
                        value.text.push('\\');
                        value.text.push_str(self.slice(start..self.at));
                    }
                }
                return;
            }
        };
        // Bytes beyond ASCII may be half a character, which no text can hold.
        match number.and_then(char::from_u32) {
            Some(character) if character.is_ascii() || matches!(byte, b'u' | b'U') => {
                value.text.push(character);
            }
            _ => value.known = false,
        }
    }

    fn number_behind(&mut self, digits: usize) -> Option<u32> {
        self.at += 1;
        self.number(16, digits)
    }

    fn number(&mut self, radix: u32, digits: usize) -> Option<u32> {
        let start = self.at;
        while self.at - start < digits
            && self
                .peek()
                .is_some_and(|byte| char::from(byte).is_digit(radix))
        {
            self.at += 1;
        }
        u32::from_str_radix(self.slice(start..self.at), radix).ok()
    }

    /// Commands in back-quotes.
    pub(super) fn back_quotes(&mut self, value: &mut Value, owner: Option<usize>, quoted: bool) {
        let start = self.at;
        self.at += 1;
        let mut plain = true;
        loop {
            self.until(AsciiSet::of(b"`\\"));
            match self.peek() {
                Some(b'\\') => {
                    let escaped = self.peek_at(1);
                    plain &= !is_escaped(escaped, quoted);
                    self.at += 1;
                    if self.peek().is_some() {
                        self.skip_char();
                    }
                }
                Some(_) => break,
                None => {
                    self.out.incomplete();
                    break;
                }
            }
        }
        let inner = start + 1..self.at;
        let place = Place::new(owner, Via::Substitution);
        if plain {
            self.within(inner, |reader| reader.list(place, Close::End));
        } else {
            let text = unescape(self.slice(inner), quoted);
            let word = self.place(start..self.end.min(self.at + 1));
            self.again(&text, word, place);
        }
        self.skip("`");
        value.unknown(SOME_VARIABLE);
    }
}

fn ansi_character(letter: u8) -> Option<char> {
    Some(match letter {
        b'a' => '\x07',
        b'b' => '\x08',
        b'e' | b'E' => '\x1b',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\x0b',
        _ => return None,
    })
}

/// Whether back-quotes take the backslash before this byte away.
fn is_escaped(byte: Option<u8>, quoted: bool) -> bool {
    matches!(byte, Some(b'`' | b'\\' | b'$')) || quoted && byte == Some(b'"')
}

fn unescape(text: &str, quoted: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let next = rest.peek().and_then(|&next| u8::try_from(next).ok());
        match rest.peek() {
            Some(&escaped) if character == '\\' && is_escaped(next, quoted) => {
                plain.push(escaped);
                rest.next();
            }
            _ => plain.push(character),
        }
    }
    plain
}
