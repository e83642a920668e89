//! What rejections name.

use model::excerpt;
use std::fmt;

/// The document that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The bundle.
    Bundle,
    /// The statement: the payload of its envelope.
    Statement,
    /// The predicate of the statement.
    Predicate,
    /// The trusted root.
    TrustedRoot,
    /// The envelope that is a layer.
    Envelope,
    /// The payload of simple signing.
    Payload,
    /// An annotation of a layer.
    Annotation,
    /// The entry of a log.
    LogEntry,
    /// The signing config.
    SigningConfig,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bundle => "bundle",
            Self::Statement => "statement",
            Self::Predicate => "predicate",
            Self::TrustedRoot => "trusted root",
            Self::Envelope => "envelope",
            Self::Payload => "payload",
            Self::Annotation => "annotation",
            Self::LogEntry => "log entry",
            Self::SigningConfig => "signing config",
        })
    }
}

/// What a trusted root is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The certificate of an identity.
    Certificate,
    /// Entries of a transparency log.
    LogEntries,
    /// Timestamps by an authority.
    Timestamps,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Certificate => "certificate",
            Self::LogEntries => "log entries",
            Self::Timestamps => "timestamps",
        })
    }
}

/// What is wrong with JSON, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}", excerpt(.0))]
pub struct InvalidJson(String);

impl From<serde_json::Error> for InvalidJson {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// What is wrong, in the words of the library that checked it.
#[derive(Debug, thiserror::Error)]
#[error("{}", excerpt(.0))]
pub struct Detail(String);

impl Detail {
    pub(crate) fn new(source: &impl fmt::Display) -> Self {
        Self(source.to_string())
    }
}
