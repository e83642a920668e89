//! `$x` and `${x…}`

use super::error::Cause;
use super::machine::Machine;
use super::pattern::{InvalidEscape, Pattern};
use std::borrow::Cow;

/// A substitution with a modifier, as far as it has been read.
#[derive(Clone, Copy)]
struct Substitution<'a> {
    name: &'a str,
    /// The byte of its dollar.
    start: usize,
    /// The modifier without its colon.
    kind: char,
    /// Whether the modifier has a colon: an empty variable is as good as none.
    colon: bool,
}

impl Substitution<'_> {
    fn modifier(self) -> String {
        if self.colon {
            format!(":{}", self.kind)
        } else {
            self.kind.to_string()
        }
    }

    fn unsupported(self) -> Cause {
        Cause::UnsupportedModifier {
            modifier: self.modifier(),
        }
    }
}

impl<'a> Machine<'a> {
    /// Expands what begins with the dollar at the position.
    pub(super) fn dollar(&mut self) -> Result<Cow<'a, str>, Cause> {
        let start = self.position;
        self.next();
        if self.peek() == Some('{') {
            self.next();
            return self.braces(start);
        }
        let name = self.name();
        if name.is_empty() {
            return Ok("$".into());
        }
        let value = self.look_up(name, start);
        Ok(self.value_or_source(value, start))
    }

    fn braces(&mut self, start: usize) -> Result<Cow<'a, str>, Cause> {
        match self.peek() {
            None => return Err(Cause::MissingBrace),
            Some('{' | '}' | ':') => return Err(Cause::BadSubstitution),
            Some(_) => {}
        }
        let name = self.name();
        // Go prints the end of the text as this, too.
        let kind = self.next().unwrap_or(char::REPLACEMENT_CHARACTER);
        let mut substitution = Substitution {
            name,
            start,
            kind,
            colon: false,
        };
        match kind {
            '}' => {
                let value = self.look_up(name, start);
                Ok(self.value_or_source(value, start))
            }
            ':' => {
                substitution.kind = self.next().unwrap_or(char::REPLACEMENT_CHARACTER);
                substitution.colon = true;
                self.word_modifier(substitution)
            }
            '+' | '-' | '?' | '#' | '%' => self.word_modifier(substitution),
            '/' => self.replacement(substitution),
            _ => Err(substitution.unsupported()),
        }
    }

    /// The value of a plain variable, or else nothing, or all that has been read of it.
    fn value_or_source(&self, value: Option<&'a str>, start: usize) -> Cow<'a, str> {
        match value {
            Some(value) => value.into(),
            None if self.settings.skip_unset => self.since(start).into(),
            None => "".into(),
        }
    }

    /// A word inside of a substitution. Whatever goes wrong at the end of the text, BuildKit blames the end.
    fn inner_word(&mut self, stop: char, raw_escapes: bool, end: Cause) -> Result<String, Cause> {
        match self.until(stop, raw_escapes) {
            Ok(Some(word)) => Ok(word),
            Err(limit @ (Cause::TooLong | Cause::TooDeep)) => Err(limit),
            Err(cause) if self.peek().is_some() => Err(cause),
            Ok(None) | Err(_) => Err(end),
        }
    }

    fn word_modifier(&mut self, substitution: Substitution<'_>) -> Result<Cow<'a, str>, Cause> {
        let Substitution {
            name,
            start,
            kind,
            colon,
        } = substitution;
        let is_pattern = matches!(kind, '#' | '%');
        if is_pattern && colon {
            return Err(substitution.unsupported());
        }
        let word = self.inner_word('}', is_pattern, Cause::MissingBrace)?;
        let value = self.look_up(name, start);
        if value.is_none() && self.settings.skip_unset {
            return Ok(format!("${{{name}{}{word}}}", substitution.modifier()).into());
        }
        let present = value.filter(|value| !(colon && value.is_empty()));
        match (kind, present) {
            ('-' | '?', Some(value)) => Ok(value.into()),
            ('-', None) | ('+', Some(_)) => Ok(word.into()),
            ('+', None) => Ok("".into()),
            ('?', None) => Err(required(name, word, value.is_some())),
            ('#', _) => self.trim_start(&word, value.unwrap_or_default()),
            ('%', _) => self.trim_end(&word, value.unwrap_or_default()),
            _ => Err(substitution.unsupported()),
        }
    }

    fn trim_start(&mut self, word: &str, value: &'a str) -> Result<Cow<'a, str>, Cause> {
        let (pattern, longest) = greed(word, '#');
        let end = parse(pattern)?.end(value, longest, &mut self.budget)?;
        Ok(value
            .get(end.unwrap_or_default()..)
            .unwrap_or_default()
            .into())
    }

    /// The shortest end of a text is the shortest beginning of the reversed one.
    fn trim_end(&mut self, word: &str, value: &'a str) -> Result<Cow<'a, str>, Cause> {
        let (pattern, longest) = greed(word, '%');
        let reversed: String = value.chars().rev().collect();
        let end = parse(&reversed_pattern(pattern))?.end(&reversed, longest, &mut self.budget)?;
        Ok(value
            .get(..value.len() - end.unwrap_or_default())
            .unwrap_or_default()
            .into())
    }

    fn replacement(&mut self, substitution: Substitution<'_>) -> Result<Cow<'a, str>, Cause> {
        let Substitution { name, start, .. } = substitution;
        let all = self.peek() == Some('/');
        if all {
            self.next();
        }
        let pattern = self.inner_word('/', true, Cause::MissingSlash)?;
        let replacement = self.inner_word('}', true, Cause::MissingBrace)?;
        let value = self.look_up(name, start);
        if value.is_none() && self.settings.skip_unset {
            return Ok(format!("${{{name}/{pattern}/{replacement}}}").into());
        }
        let value = value.unwrap_or_default();
        let pattern = parse(&pattern)?;
        let text = if all {
            pattern.replace_all(value, &replacement, &mut self.budget)?
        } else {
            pattern.replace_first(value, &replacement, &mut self.budget)?
        };
        Ok(text.into())
    }
}

fn required(name: &str, word: String, is_set: bool) -> Cause {
    let message = match (word.is_empty(), is_set) {
        (false, _) => word,
        (true, true) => "is not allowed to be empty".to_owned(),
        (true, false) => "is not allowed to be unset".to_owned(),
    };
    Cause::Required {
        name: name.to_owned(),
        message,
    }
}

/// The pattern, and whether a doubled modifier asks for the longest match.
fn greed(word: &str, modifier: char) -> (&str, bool) {
    word.strip_prefix(modifier)
        .map_or((word, false), |pattern| (pattern, true))
}

fn parse(pattern: &str) -> Result<Pattern, Cause> {
    Pattern::parse(pattern).map_err(|InvalidEscape(escaped)| Cause::InvalidPattern {
        pattern: pattern.to_owned(),
        escaped,
    })
}

/// A pattern from its end to its beginning; a backslash stays before what it escapes.
fn reversed_pattern(pattern: &str) -> String {
    let mut reversed = Vec::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\').then(|| characters.next()).flatten();
        reversed.extend(escaped);
        reversed.push(character);
    }
    reversed.into_iter().rev().collect()
}
