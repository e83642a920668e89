//! BuildKit's shell lexer in an empty environment, where unset variables stay as they are.
//!
//! BuildKit's lexer calls itself for each `${`. Here a stack of its own keeps it linear, and safe however deep it gets.

use std::borrow::Cow;

const MISSING_BRACE: &str = "syntax error: missing '}'";
const MISSING_SLASH: &str = "syntax error: missing '/' in ${}";
const ESCAPE: char = '\\';

/// What the lexer does not understand.
pub(crate) type Error = Cow<'static, str>;

fn unsupported(before: &str, modifier: Option<char>) -> Error {
    let modifier = modifier.unwrap_or(char::REPLACEMENT_CHARACTER);
    format!("unsupported modifier ({before}{modifier}) in substitution").into()
}

fn is_digit(read: char) -> bool {
    read.is_ascii_digit() || (!read.is_ascii() && read.is_numeric())
}

/// Splits a text into words; quotes and escapes are kept if they are raw.
pub(crate) fn words(text: &str, raw_quotes: bool, raw_escapes: bool) -> Result<Vec<String>, Error> {
    let mut lexer = Lexer {
        // Go's scanner leaves out a byte order mark.
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        raw_quotes,
        raw_escapes,
        open: Vec::new(),
        item: String::new(),
        word: String::new(),
        words: Vec::new(),
    };
    match lexer.run() {
        Ok(()) => Ok(lexer.words),
        Err(error) => Err(lexer.explain(error)),
    }
}

/// What is open and how it ends; the flag is whether escapes were kept before it.
#[derive(Clone, Copy)]
enum Open {
    /// `"`
    Quote,
    /// `${name:-word`, ended by `}`.
    Word(bool),
    /// `${name/pattern`, ended by `/`.
    Pattern(bool),
}

struct Lexer<'a> {
    rest: &'a str,
    raw_quotes: bool,
    raw_escapes: bool,
    open: Vec<Open>,
    /// A quoted string or a variable, until it is complete.
    item: String,
    word: String,
    words: Vec<String>,
}

impl Lexer<'_> {
    fn run(&mut self) -> Result<(), Error> {
        loop {
            // Variables are split into words, quoted strings are not.
            let is_variable = self.open.is_empty() && self.rest.starts_with('$');
            let more = self.item(is_variable);
            if !more? {
                break;
            }
        }
        self.end_word();
        Ok(())
    }

    /// Reads up to the end of something that is not nested; false at the end of the text.
    fn item(&mut self, is_variable: bool) -> Result<bool, Error> {
        loop {
            let more = match self.open.last().copied() {
                Some(Open::Quote) => self.quoted()?,
                open => self.unquoted(open)?,
            };
            if self.open.is_empty() {
                let item = std::mem::take(&mut self.item);
                if is_variable {
                    item.chars().for_each(|read| self.add(read));
                } else {
                    self.word.push_str(&item);
                }
                // The capacity is needed again.
                self.item = item;
                self.item.clear();
                return Ok(more);
            }
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut rest = self.rest.chars();
        let read = rest.next();
        self.rest = rest.as_str();
        read
    }

    fn add(&mut self, read: char) {
        if read.is_whitespace() {
            self.end_word();
        } else {
            self.word.push(read);
        }
    }

    fn end_word(&mut self) {
        if !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
        }
    }

    fn unquoted(&mut self, open: Option<Open>) -> Result<bool, Error> {
        let Some(read) = self.next() else {
            return if open.is_some() {
                Err(MISSING_BRACE.into())
            } else {
                Ok(false)
            };
        };
        match (read, open) {
            ('}', Some(Open::Word(raw))) => {
                self.item.push('}');
                self.raw_escapes = raw;
                self.open.pop();
            }
            ('/', Some(Open::Pattern(raw))) => {
                self.item.push('/');
                self.open.pop();
                self.open.push(Open::Word(raw));
            }
            ('$', _) => self.variable()?,
            ('<', _) => self.angle_bracket(),
            ('\'', _) => self.single_quoted()?,
            ('"', _) => {
                if self.raw_quotes {
                    self.item.push('"');
                }
                self.open.push(Open::Quote);
            }
            (ESCAPE, _) => return Ok(self.escaped()),
            (read, None) => self.add(read),
            (read, Some(_)) => self.item.push(read),
        }
        Ok(true)
    }

    fn escaped(&mut self) -> bool {
        if self.raw_escapes {
            self.item.push(ESCAPE);
        }
        let read = self.next();
        self.item.extend(read);
        read.is_some()
    }

    fn single_quoted(&mut self) -> Result<(), Error> {
        let Some((inside, rest)) = self.rest.split_once('\'') else {
            self.rest = "";
            return Err(
                "unexpected end of statement while looking for matching single-quote".into(),
            );
        };
        let quote = if self.raw_quotes { "'" } else { "" };
        self.item.extend([quote, inside, quote]);
        self.rest = rest;
        Ok(())
    }

    fn quoted(&mut self) -> Result<bool, Error> {
        let Some(mut read) = self.next() else {
            return Err(
                "unexpected end of statement while looking for matching double-quote".into(),
            );
        };
        match read {
            '"' => {
                if self.raw_quotes {
                    self.item.push('"');
                }
                self.open.pop();
                return Ok(true);
            }
            '$' => {
                self.variable()?;
                return Ok(true);
            }
            ESCAPE => {
                if self.raw_escapes {
                    self.item.push(ESCAPE);
                }
                match self.peek() {
                    None => return Ok(true),
                    Some(next @ ('"' | '$' | ESCAPE)) => {
                        self.next();
                        read = next;
                    }
                    Some(_) => {}
                }
            }
            _ => {}
        }
        self.item.push(read);
        Ok(true)
    }

    /// Behind a dollar sign.
    fn variable(&mut self) -> Result<(), Error> {
        self.item.push('$');
        if self.peek() != Some('{') {
            self.name();
            return Ok(());
        }
        self.next();
        self.item.push('{');
        match self.peek() {
            None => return Err(MISSING_BRACE.into()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".into()),
            Some(_) => {}
        }
        self.name();
        let modifier = self.next();
        self.item.extend(modifier);
        match modifier {
            Some('}') => {}
            Some(':') => {
                let modifier = self.next();
                self.item.extend(modifier);
                if matches!(modifier, Some('#' | '%')) {
                    return Err(unsupported(":", modifier));
                }
                self.nest(Open::Word, false);
            }
            Some('+' | '-' | '?') => self.nest(Open::Word, false),
            Some('#' | '%') => self.nest(Open::Word, true),
            Some('/') => {
                if self.peek() == Some('/') {
                    self.next();
                }
                self.nest(Open::Pattern, true);
            }
            _ => return Err(unsupported("", modifier)),
        }
        Ok(())
    }

    fn nest(&mut self, open: fn(bool) -> Open, raw_escapes: bool) {
        self.open.push(open(self.raw_escapes));
        self.raw_escapes = raw_escapes;
        // BuildKit uses one buffer for the words of all levels: what stood before is lost.
        self.word.clear();
    }

    fn name(&mut self) {
        let is_name = |read: char| read.is_alphabetic() || is_digit(read) || read == '_';
        let end = match self.peek() {
            Some(first) if is_digit(first) => self.rest.find(|read| !is_digit(read)),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => Some(1),
            _ => self.rest.find(|read| !is_name(read)),
        };
        let (name, rest) = end
            .and_then(|end| self.rest.split_at_checked(end))
            .unwrap_or((self.rest, ""));
        self.item.push_str(name);
        self.rest = rest;
    }

    /// Blanks behind `<<` belong to the word.
    fn angle_bracket(&mut self) {
        self.item.push('<');
        if self.peek() != Some('<') {
            return;
        }
        self.next();
        self.item.push('<');
        while let Some(blank @ ('\t' | '\r' | ' ')) = self.peek() {
            self.next();
            self.item.push(blank);
        }
    }

    /// Each level of BuildKit's lexer says at the end of the text that its own bracket is missing.
    fn explain(&self, error: Error) -> Error {
        if !self.rest.is_empty() {
            return error;
        }
        let outermost = self.open.iter().find(|open| !matches!(open, Open::Quote));
        match outermost {
            Some(Open::Pattern(_)) => MISSING_SLASH.into(),
            Some(_) => MISSING_BRACE.into(),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::words;
    use rstest::rstest;

    #[rstest]
    #[case("a  'b c' \"d\\\"e\"f", true, true, &["a", "'b c'", "\"d\\\"e\"f"])]
    #[case("a  'b c' \"d\\\"e\"f", false, false, &["a", "b c", "d\"ef"])]
    #[case("\"a\\b\"", true, true, &["\"a\\\\b\""])]
    #[case("a$b ${c:-d e}f", true, true, &["a$b", "${c:-d", "e}f"])]
    #[case("a${b:-c}", true, true, &["${b:-c}"])]
    #[case("${a/b/c} ${d//e/f}", true, true, &["${a/b/c}", "${d/e/f}"])]
    #[case("a << b<<c", true, true, &["a", "<< b<<c"])]
    #[case("a\\ b\\", false, false, &["a b"])]
    fn words_are_split_as_buildkit_does_it(
        #[case] text: &str,
        #[case] raw_quotes: bool,
        #[case] raw_escapes: bool,
        #[case] expected: &[&str],
    ) {
        assert_eq!(words(text, raw_quotes, raw_escapes).unwrap(), expected);
    }

    #[rstest]
    #[case(
        "'a",
        "unexpected end of statement while looking for matching single-quote"
    )]
    #[case(
        "\"a",
        "unexpected end of statement while looking for matching double-quote"
    )]
    #[case("${", "syntax error: missing '}'")]
    #[case("${}", "syntax error: bad substitution")]
    #[case("${a", "unsupported modifier (\u{fffd}) in substitution")]
    #[case("${a:#b}", "unsupported modifier (:#) in substitution")]
    #[case("${a^b}", "unsupported modifier (^) in substitution")]
    #[case("${a/${b", "syntax error: missing '/' in ${}")]
    #[case("${a/b/'", "syntax error: missing '}'")]
    #[case("${a:-${}}", "syntax error: bad substitution")]
    fn errors_are_those_of_buildkit(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(words(text, false, false).unwrap_err(), expected);
    }
}
