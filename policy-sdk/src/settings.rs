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

    /// The keys of an object, sorted.
    pub fn keys(&self, pointer: &str) -> Vec<String> {
        self.source.keys(self.rule, pointer)
    }

    /// The members of an object whose values are strings, sorted by key.
    pub fn pairs(&self, pointer: &str) -> Vec<(String, String)> {
        let pair = |key: String| {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let value = self.text(&format!("{pointer}/{escaped}"))?;
            Some((key, value))
        };
        self.keys(pointer).into_iter().filter_map(pair).collect()
    }

    /// True or false.
    pub fn boolean(&self, pointer: &str) -> Option<bool> {
        self.source.boolean(self.rule, pointer)
    }
}
