//! The settings of a rule.

use crate::Source;

/// The settings of one rule: validated against its schema and completed with its defaults. Values are read by JSON
/// pointer (RFC 6901).
#[derive(Debug)]
pub struct Settings<'a> {
    pub(crate) rule: &'a str,
    pub(crate) source: &'a Source,
}

impl Settings<'_> {
    /// A string.
    pub fn text(&self, pointer: &str) -> Option<String> {
        self.source.text(self.rule, pointer)
    }

    /// A list of strings.
    pub fn texts(&self, pointer: &str) -> Vec<String> {
        self.source.texts(self.rule, pointer)
    }

    /// A number without a fraction.
    pub fn integer(&self, pointer: &str) -> Option<i64> {
        self.source.integer(self.rule, pointer)
    }

    /// True or false.
    pub fn boolean(&self, pointer: &str) -> Option<bool> {
        self.source.boolean(self.rule, pointer)
    }
}
