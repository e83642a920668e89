//! What services of Sigstore are asked, and what their answers mean. Asking them is for others.

mod certificate;
mod log;
mod timestamp;

pub use certificate::{CertifiedKey, ShortLivedKey};
pub use log::LogAnswer;
pub use timestamp::TimestampRequest;

use crate::rejection::{Detail, InvalidJson};
use model::excerpt;
use std::fmt;

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Who gives out certificates: Fulcio.
    CertificateAuthority,
    /// Who logs signatures: Rekor.
    Log,
    /// Who says when.
    TimestampAuthority,
    /// Who vouches for people.
    Issuer,
    /// Who publishes trusted roots.
    Repository,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::CertificateAuthority => "certificate authority",
            Self::Log => "transparency log",
            Self::TimestampAuthority => "timestamp authority",
            Self::Issuer => "issuer of identities",
            Self::Repository => "repository of trusted roots",
        })
    }
}

/// Why the answer of a service is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Something else answers there, or another version of it.
    #[error("the {service} answered in a form that is not the one of its interface")]
    Malformed {
        /// Who answered.
        service: Service,
        /// What is wrong.
        #[source]
        source: InvalidJson,
    },
    /// Something else answers there, or another version of it.
    #[error("the {service} answered with something that cannot be read")]
    Unreadable {
        /// Who answered.
        service: Service,
        /// What is wrong.
        #[source]
        source: Detail,
    },
    /// The authority is set up without a log that signs into certificates.
    #[error("the certificate authority gave a certificate without a promise of a log in it")]
    NoEmbeddedPromise,
    /// The authority mixed up answers.
    #[error("the certificate authority gave a certificate for another key")]
    OtherKey,
    /// The authority would not sign.
    #[error("the timestamp authority refused with status {status}{}", quoted(.text))]
    TimestampRefused {
        /// The status of RFC 3161 §2.4.2.
        status: u64,
        /// What it says about it.
        text: String,
    },
    /// The answer is to another request.
    #[error("the timestamp authority answered another request")]
    OtherRequest,
}

impl AnswerError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Malformed { .. } | Self::Unreadable { .. } => {
                "check the address and version of the service in the signing config".to_owned()
            }
            Self::NoEmbeddedPromise => {
                "run the authority with a log of certificates (`--ct-log-url`)".to_owned()
            }
            Self::OtherKey | Self::OtherRequest => {
                "try again; if it stays so, tell whoever runs the service".to_owned()
            }
            Self::TimestampRefused { .. } => {
                "ask whoever runs the timestamp authority, or name another one".to_owned()
            }
        })
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(": `{}`", excerpt(text))
}

fn malformed(service: Service) -> impl Fn(serde_json::Error) -> AnswerError {
    move |error| AnswerError::Malformed {
        service,
        source: error.into(),
    }
}
