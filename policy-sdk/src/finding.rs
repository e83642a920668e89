//! Findings, as rules write them.

use crate::bindings::polcheck::policy::types;
use crate::{Confidence, Severity};

/// One thing that is wrong. The severity is the rule's own unless [`Finding::severity`] says otherwise.
// In a box, so that what rules build it with is small: a component has many findings, and makes few of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding(Box<Parts>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    message: String,
    severity: Option<Severity>,
    confidence: Confidence,
    locations: Vec<Location>,
    help: Option<String>,
    url: Option<String>,
    edits: Vec<types::TextEdit>,
    key: String,
    evidence: Vec<(String, String)>,
}

/// What a finding points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// JSON pointer into the image config blob.
    Config(String),
    /// Index into the history.
    History(u32),
    /// Index into the layers.
    Layer(u32),
    /// The manifest, or one of its annotations.
    Manifest,
    /// A place in the Dockerfile.
    Dockerfile(types::Span),
}

impl Location {
    /// A place in the image config blob, by the keys that lead to it: `["config", "User"]`.
    pub fn config(keys: &[&str]) -> Self {
        Self::Config(keys.iter().fold(String::new(), |pointer, key| {
            pointer + "/" + &key.replace('~', "~0").replace('/', "~1")
        }))
    }
}

impl Finding {
    /// What is wrong, in one sentence: lower case, no final period, foreign words in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(message.into())
    }

    #[inline(never)]
    fn of(message: String) -> Self {
        Self(Box::new(Parts {
            message,
            severity: None,
            confidence: Confidence::High,
            locations: Vec::new(),
            help: None,
            url: None,
            edits: Vec::new(),
            key: String::new(),
            evidence: Vec::new(),
        }))
    }

    /// Where; the first one is where the report points.
    #[must_use]
    #[inline(never)]
    pub fn at(mut self, location: Location) -> Self {
        self.0.locations.push(location);
        self
    }

    /// What to do, in one sentence in the imperative.
    #[must_use]
    #[inline(never)]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// Where to read more.
    #[must_use]
    #[inline(never)]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.0.url = Some(url.into());
        self
    }

    /// What a machine may do about it without asking: put one text in the place of another. If the other one does not stand
    /// there, nothing is done. All edits of a finding are made, or none; and none of a finding without help, or of a rule that is not
    /// [`crate::Rule::fixable`].
    #[must_use]
    #[inline(never)]
    pub fn edit(mut self, span: types::Span, original: &str, replacement: &str) -> Self {
        self.0.edits.push(types::TextEdit {
            span,
            original: original.to_owned(),
            replacement: replacement.to_owned(),
        });
        self
    }

    /// Takes the edits of another finding, which is the same in another place.
    #[inline(never)]
    pub fn take_edits(&mut self, mut other: Self) {
        self.0.edits.append(&mut other.0.edits);
    }

    /// What the finding is about, without positions: `user=root`. Waivers and baselines know it by this. Unique among
    /// the findings of the rule; the message where there is none.
    #[must_use]
    #[inline(never)]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.key = key.into();
        self
    }

    /// A value that led to the finding. Never a secret.
    #[must_use]
    #[inline(never)]
    pub fn evidence(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.evidence.push((key.into(), value.into()));
        self
    }

    /// Another severity than the rule's own.
    #[must_use]
    #[inline(never)]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = Some(severity);
        self
    }

    /// How sure the rule is; high where nothing is said.
    #[must_use]
    #[inline(never)]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.0.confidence = confidence;
        self
    }

    pub(crate) fn finish(self, default_severity: Severity) -> types::Finding {
        let parts = *self.0;
        types::Finding {
            severity: parts.severity.unwrap_or(default_severity),
            confidence: parts.confidence,
            message: parts.message,
            locations: parts.locations.into_iter().map(Location::finish).collect(),
            remediation: parts.help.map(|text| types::Remediation {
                text,
                url: parts.url,
                edits: parts.edits,
            }),
            key: parts.key,
            evidence: parts
                .evidence
                .into_iter()
                .map(|(key, value)| types::KeyValue { key, value })
                .collect(),
        }
    }
}

impl Location {
    fn finish(self) -> types::Location {
        match self {
            Self::Config(pointer) => types::Location::Config(pointer),
            Self::History(index) => types::Location::History(index),
            Self::Layer(layer) => types::Location::Layer(layer),
            Self::Manifest => types::Location::Manifest,
            Self::Dockerfile(span) => types::Location::Dockerfile(span),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_pointer_are_escaped() {
        assert_eq!(
            Location::config(&["config", "Labels", "a/b~c"]),
            Location::Config("/config/Labels/a~1b~0c".into())
        );
    }
}
