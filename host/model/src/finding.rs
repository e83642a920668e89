//! Findings: what policies say is wrong.

use crate::edit::TextEdit;
use crate::facts::dockerfile::Span;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How bad it is, from the mildest to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A matter of hygiene.
    Low,
    /// Weakens the image.
    Medium,
    /// Exploitable together with something else.
    High,
    /// Exploitable as it is.
    Critical,
}

impl Severity {
    /// All of them, from the mildest to the worst.
    pub const ALL: [Self; 5] = [
        Self::Info,
        Self::Low,
        Self::Medium,
        Self::High,
        Self::Critical,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Not a severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity")]
pub struct InvalidSeverity(pub String);

impl FromStr for Severity {
    type Err = InvalidSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.name() == text)
            .ok_or_else(|| InvalidSeverity(text.to_owned()))
    }
}

/// How sure the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// It may well be wrong.
    Low,
    /// Usually right.
    Medium,
    /// Right.
    High,
}

/// What a finding points at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Location {
    /// A place in the image config blob.
    Config {
        /// JSON pointer (RFC 6901): `/config/User`.
        pointer: String,
    },
    /// A step of the history.
    History {
        /// Counted from the oldest, 0-based.
        index: u32,
    },
    /// A layer.
    Layer {
        /// Counted from the bottom, 0-based.
        layer: u32,
    },
    /// The manifest, or one of its annotations.
    Manifest,
    /// A place in the Dockerfile.
    #[serde(serialize_with = "by_name")]
    Dockerfile(Span),
}

/// A place with its lines and columns by their names, as programs that read reports know them.
fn by_name<S: Serializer>(span: &Span, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        start_line: u32,
        start_column: u32,
        end_line: u32,
        end_column: u32,
    }
    Named {
        start_line: span.start_line,
        start_column: span.start_column,
        end_line: span.end_line,
        end_column: span.end_column,
    }
    .serialize(serializer)
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { pointer } => write!(f, "config {pointer}"),
            Self::History { index } => write!(f, "history entry {index}"),
            Self::Layer { layer } => write!(f, "layer {layer}"),
            Self::Manifest => f.write_str("manifest"),
            Self::Dockerfile(span) => {
                write!(f, "Dockerfile:{}:{}", span.start_line, span.start_column)
            }
        }
    }
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Remediation {
    /// One sentence in the imperative.
    pub text: String,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What a machine may do about it without asking: all of it, or nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<TextEdit>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// How bad the rule says it is; the policy set may say otherwise.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// What is wrong, in one sentence.
    pub message: String,
    /// Where; the first is the one to show.
    pub locations: Vec<Location>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remediation: Option<Remediation>,
    /// What the finding is about, without positions; never empty.
    pub key: String,
    /// The values that led to the finding.
    pub evidence: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_from_the_mildest_to_the_worst() {
        assert!(Severity::ALL.is_sorted());
        assert!(Severity::Info < Severity::Critical);
    }

    #[test]
    fn every_severity_reads_back() {
        for severity in Severity::ALL {
            assert_eq!(severity.to_string().parse(), Ok(severity));
        }
        assert_eq!(
            "High".parse::<Severity>(),
            Err(InvalidSeverity("High".into()))
        );
    }
}
