//! Reads a text once, from the left to the right, and expands what it meets.

use super::budget::Budget;
use super::character;
use super::error::Cause;
use super::{Environment, Expander, Use};
use std::borrow::Cow;
use std::mem;

/// The state of an expansion.
pub(super) struct Machine<'a> {
    pub(super) settings: &'a Expander,
    environment: &'a dyn Environment,
    source: &'a str,
    /// The byte that is read next.
    pub(super) position: usize,
    /// Whether escape characters are kept here: always in patterns, never in other words of a substitution.
    raw_escapes: bool,
    pub(super) budget: Budget,
    pub(super) uses: Vec<Use>,
    pub(super) words: Words,
}

/// The words of a text.
#[derive(Default)]
pub(super) struct Words {
    complete: Vec<String>,
    /// The one that is being read.
    open: String,
}

impl Words {
    /// Adds what was quoted, escaped or otherwise cannot end a word.
    fn add(&mut self, piece: &str) {
        self.open.push_str(piece);
    }

    /// Adds what ends a word at every blank.
    fn split(&mut self, piece: &str) {
        for character in piece.chars() {
            if !character.is_whitespace() {
                self.open.push(character);
            } else if !self.open.is_empty() {
                self.complete.push(mem::take(&mut self.open));
            }
        }
    }

    /// All of them.
    pub(super) fn finish(mut self) -> Vec<String> {
        if !self.open.is_empty() {
            self.complete.push(self.open);
        }
        self.complete
    }
}

impl<'a> Machine<'a> {
    pub(super) fn new(
        settings: &'a Expander,
        source: &'a str,
        environment: &'a dyn Environment,
    ) -> Self {
        Self {
            settings,
            environment,
            source,
            // Go's scanner drops a byte order mark.
            position: source.len() - source.strip_prefix('\u{feff}').unwrap_or(source).len(),
            raw_escapes: settings.raw_escapes,
            budget: Budget::new(),
            uses: Vec::new(),
            words: Words::default(),
        }
    }

    /// Expands all of the text.
    pub(super) fn run(&mut self) -> Result<String, Cause> {
        let mut text = String::with_capacity(self.source.len());
        while let Some(character) = self.peek() {
            let piece = self.piece(character)?;
            match character {
                '$' => self.words.split(&piece),
                _ if self.is_special(character) => self.words.add(&piece),
                _ if character == self.settings.escape => self.words.add(&piece),
                _ => self.words.split(&piece),
            }
            self.budget.append(&mut text, &piece)?;
        }
        Ok(text)
    }

    /// Expands up to a character, which is skipped; nothing if the text ends before it.
    pub(super) fn until(&mut self, stop: char, raw_escapes: bool) -> Result<Option<String>, Cause> {
        self.budget.descend()?;
        let outer = mem::replace(&mut self.raw_escapes, raw_escapes);
        // BuildKit gathers the words of both levels in the same place, and so loses what the outer word began with.
        self.words.open.clear();
        let text = self.until_stop(stop);
        self.raw_escapes = outer;
        self.budget.ascend();
        text
    }

    fn until_stop(&mut self, stop: char) -> Result<Option<String>, Cause> {
        let mut text = String::new();
        while let Some(character) = self.peek() {
            if character == stop {
                self.next();
                return Ok(Some(text));
            }
            let piece = self.piece(character)?;
            self.budget.append(&mut text, &piece)?;
        }
        Ok(None)
    }

    /// Whether a character does more than stand for itself; the escape character does not count.
    fn is_special(&self, character: char) -> bool {
        match character {
            '$' | '<' => true,
            '\'' | '"' => !self.settings.skip_process_quotes,
            _ => false,
        }
    }

    /// Reads the next piece, which begins with the given character.
    fn piece(&mut self, character: char) -> Result<Cow<'a, str>, Cause> {
        if self.is_special(character) {
            return match character {
                '$' => self.dollar(),
                '<' => Ok(self.angle().into()),
                '\'' => self.single_quote(),
                _ => Ok(self.double_quote()?.into()),
            };
        }
        let start = self.position;
        self.next();
        if character != self.settings.escape {
            return Ok(self.since(start).into());
        }
        let escaped = self.position;
        self.next();
        Ok(self
            .since(if self.raw_escapes { start } else { escaped })
            .into())
    }

    /// `<<` takes the blanks behind it along, so that they do not end a word.
    fn angle(&mut self) -> &'a str {
        let start = self.position;
        self.next();
        if self.peek() == Some('<') {
            self.next();
            while matches!(self.peek(), Some('\t' | '\r' | ' ')) {
                self.next();
            }
        }
        self.since(start)
    }

    fn single_quote(&mut self) -> Result<Cow<'a, str>, Cause> {
        let start = self.position;
        self.next();
        let inner = self.position;
        loop {
            let end = self.position;
            match self.next() {
                None => return Err(Cause::OpenSingleQuote),
                Some('\'') if self.settings.raw_quotes => return Ok(self.since(start).into()),
                Some('\'') => return Ok(self.source.get(inner..end).unwrap_or_default().into()),
                Some(_) => {}
            }
        }
    }

    fn double_quote(&mut self) -> Result<String, Cause> {
        self.next();
        let quote = if self.settings.raw_quotes { "\"" } else { "" };
        let mut text = quote.to_owned();
        loop {
            let piece = match self.peek() {
                None => return Err(Cause::OpenDoubleQuote),
                Some('"') => {
                    self.next();
                    text.push_str(quote);
                    return Ok(text);
                }
                Some('$') => self.dollar()?,
                Some(character) if character == self.settings.escape => self.quoted_escape(),
                Some(_) => {
                    let start = self.position;
                    self.next();
                    self.since(start).into()
                }
            };
            self.budget.append(&mut text, &piece)?;
        }
    }

    /// The escape character within double quotes: it stands for itself before anything that needs no escape, and then
    /// BuildKit keeps it twice where it is to be kept.
    fn quoted_escape(&mut self) -> Cow<'a, str> {
        let start = self.position;
        self.next();
        let escaped = self.position;
        let kept = self.source.get(start..escaped).unwrap_or_default();
        match self.peek() {
            Some(next) if matches!(next, '"' | '$') || next == self.settings.escape => {
                self.next();
                let from = if self.raw_escapes { start } else { escaped };
                self.since(from).into()
            }
            Some(_) if self.raw_escapes => kept.repeat(2).into(),
            Some(_) => kept.into(),
            None => "".into(),
        }
    }

    /// The name of a variable, which may be empty: letters, digits and underscores; digits alone where it begins with
    /// one; or one special character.
    pub(super) fn name(&mut self) -> &'a str {
        let start = self.position;
        match self.peek() {
            Some(first) if character::is_digit(first) => self.skip_while(character::is_digit),
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.next();
            }
            _ => self.skip_while(character::is_name),
        }
        self.since(start)
    }

    fn skip_while(&mut self, belongs: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&belongs) {
            self.next();
        }
    }

    /// Looks a variable up whose use starts at the given byte and has just ended.
    pub(super) fn look_up(&mut self, name: &str, start: usize) -> Option<&'a str> {
        let value = self.environment.get(name);
        self.uses.push(Use {
            name: name.to_owned(),
            range: start..self.position,
            found: value.is_some(),
        });
        value
    }

    /// The text from a byte to the position.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.source.get(start..self.position).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.source
            .get(self.position..)
            .and_then(|rest| rest.chars().next())
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }
}
