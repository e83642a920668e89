//! Variables in a text, expanded as BuildKit does it: much like a shell, but not quite.

mod budget;
mod character;
mod error;
mod machine;
mod pattern;
mod substitution;
mod template;

pub use error::{Cause, ExpandError};
use machine::Machine;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::ops::Range;

/// What has become of a text, and how much work it was.
type Measured<T> = (Result<T, ExpandError>, usize);

/// Where variables have their values from.
pub trait Environment {
    /// The value of a variable, if it is set.
    fn get(&self, name: &str) -> Option<&str>;
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

impl<S: BuildHasher> Environment for HashMap<String, String, S> {
    fn get(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

/// How to expand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "BuildKit's options, which are independent of each other"
)]
pub struct Expander {
    /// The escape character of the Dockerfile.
    pub escape: char,
    /// Keep quotes.
    pub raw_quotes: bool,
    /// Keep escape characters, except in the words of substitutions.
    pub raw_escapes: bool,
    /// Quotes are characters like any others.
    pub skip_process_quotes: bool,
    /// Keep the variables that are not set.
    pub skip_unset: bool,
}

/// An expanded word.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Expansion {
    /// What has become of it.
    pub text: String,
    /// The variables that were looked up, in that order: those in the default of a variable come before it, whether the
    /// default is needed or not.
    pub uses: Vec<Use>,
}

/// A variable that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its name; BuildKit looks up the empty name, too: `${+a}`.
    pub name: String,
    /// The bytes of `$NAME` or `${…}` in the text.
    pub range: Range<usize>,
    /// Whether it was set.
    pub found: bool,
}

impl Expander {
    /// BuildKit's usual way: quotes and escape characters vanish, variables that are not set are empty.
    pub fn new(escape: char) -> Self {
        Self {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            skip_process_quotes: false,
            skip_unset: false,
        }
    }

    /// Expands a text into one word, blanks and all.
    ///
    /// # Errors
    /// If quotes or substitutions are malformed, a required variable is missing, or a limit is exceeded.
    pub fn word(
        &self,
        word: &str,
        environment: &dyn Environment,
    ) -> Result<Expansion, ExpandError> {
        self.measured_word(word, environment).0
    }

    /// The same, and how much work it was beyond the text that came out.
    pub(crate) fn measured_word(
        &self,
        word: &str,
        environment: &dyn Environment,
    ) -> Measured<Expansion> {
        let (outcome, effort) = self.run(word, environment);
        let outcome = outcome.map(|(machine, text)| Expansion {
            text,
            uses: machine.uses,
        });
        let text = outcome.as_ref().map_or(0, |expansion| expansion.text.len());
        (outcome, effort.saturating_sub(text))
    }

    /// Expands a text and splits it at its blanks, those in values of variables too. Where a substitution has a word inside,
    /// BuildKit forgets what stands before it in the same word; so does this.
    ///
    /// # Errors
    /// As for [`Self::word`].
    pub fn words(
        &self,
        text: &str,
        environment: &dyn Environment,
    ) -> Result<(Vec<String>, Vec<Use>), ExpandError> {
        self.measured_words(text, environment).0
    }

    /// The same, and how much work it was.
    pub(crate) fn measured_words(
        &self,
        text: &str,
        environment: &dyn Environment,
    ) -> Measured<(Vec<String>, Vec<Use>)> {
        let (outcome, effort) = self.run(text, environment);
        let outcome = outcome.map(|(machine, _)| (machine.words.finish(), machine.uses));
        (outcome, effort)
    }

    fn run<'a>(
        &'a self,
        source: &'a str,
        environment: &'a dyn Environment,
    ) -> Measured<(Machine<'a>, String)> {
        let mut machine = Machine::new(self, source, environment);
        let outcome = machine.run();
        let effort = machine.budget.spent();
        let outcome = match outcome {
            Ok(text) => Ok((machine, text)),
            Err(cause) => Err(ExpandError {
                word: source.to_owned(),
                cause,
                uses: machine.uses,
            }),
        };
        (outcome, effort)
    }
}

#[cfg(test)]
mod tests;
