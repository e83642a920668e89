//! The trusted root: the authorities and logs of a Sigstore.

use crate::json;
use crate::rejection::{Detail, Document, InvalidJson, Rejection};
use jiff::Timestamp;
use serde::Deserialize;
use sigstore_verify::Verifier;
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot as Parsed};
use std::fmt;
use std::sync::Arc;

/// The largest trusted root that is read; the one of the public Sigstore has 7,000 bytes.
const MAX_TRUSTED_ROOT_BYTES: usize = 4 * 1024 * 1024;
/// SPEC: `sigstore_trustroot.proto`, `TrustedRoot`: "MUST be application/vnd.dev.sigstore.trustedroot.v0.2+json when
/// encoded as JSON. Clients MAY choose to also support" the older ones.
const MEDIA_TYPES: [&str; 3] = [
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
];

/// The certificate authorities, logs and timestamp authorities that are trusted, read and found usable.
#[derive(Clone)]
pub struct TrustedRoot(Arc<Inner>);

struct Inner {
    root: Parsed,
    verifier: Verifier,
}

impl TrustedRoot {
    /// Reads a trusted root: a `trusted_root.json`, as `cosign trusted-root create` writes it and every Sigstore publishes
    /// it.
    ///
    /// # Errors
    /// If it is none, or if one of its keys, certificates or periods cannot be used.
    pub fn from_json(bytes: &[u8]) -> Result<Self, TrustedRootError> {
        if bytes.len() > MAX_TRUSTED_ROOT_BYTES {
            return Err(TrustedRootError::TooLarge {
                limit: MAX_TRUSTED_ROOT_BYTES,
            });
        }
        let value = json::value(Document::TrustedRoot, bytes).map_err(Box::new)?;
        let found = value.get("mediaType").and_then(serde_json::Value::as_str);
        if !found.is_some_and(|found| MEDIA_TYPES.contains(&found)) {
            return Err(TrustedRootError::MediaType {
                found: found.unwrap_or_default().to_owned(),
            });
        }
        let root = Parsed::deserialize(value).map_err(|error| TrustedRootError::Malformed {
            source: error.into(),
        })?;
        let verifier = Verifier::new(&root).map_err(|error| TrustedRootError::Unusable {
            source: Detail::new(&error),
        })?;
        Ok(Self(Arc::new(Inner { root, verifier })))
    }

    /// The trusted root of the public Sigstore, as it was when polcheck was built. [`as_of`](Self::as_of) says how old it
    /// is.
    ///
    /// # Errors
    /// None that is known; it was found usable when polcheck was tested.
    pub fn public_good() -> Result<Self, TrustedRootError> {
        Self::from_json(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    /// When the newest of its keys and authorities began to be valid: it knows of nothing that came later.
    pub fn as_of(&self) -> Option<Timestamp> {
        let Parsed {
            tlogs,
            ctlogs,
            certificate_authorities,
            timestamp_authorities,
            ..
        } = &self.0.root;
        let logs = tlogs.iter().map(|log| log.public_key.valid_for);
        let certificate_logs = ctlogs.iter().map(|log| log.public_key.valid_for);
        let authorities = certificate_authorities.iter().map(|ca| ca.valid_for);
        let witnesses = timestamp_authorities.iter().map(|tsa| tsa.valid_for);
        logs.chain(certificate_logs)
            .chain(authorities)
            .chain(witnesses)
            .flatten()
            .map(|period| period.start)
            .max()
    }

    pub(crate) fn parsed(&self) -> &Parsed {
        &self.0.root
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedRoot")
            .field("as_of", &self.as_of())
            .finish_non_exhaustive()
    }
}

/// Why there is no trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustedRootError {
    /// Another file was given.
    #[error("the trusted root is larger than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: usize,
    },
    /// Another file was given, or several roots in one file.
    #[error(transparent)]
    NotJson(#[from] Box<Rejection>),
    /// Another file was given, often a bundle or a signing config.
    #[error("`{}` is not the media type of a trusted root", model::excerpt(.found))]
    MediaType {
        /// What the file calls itself.
        found: String,
    },
    /// Written by hand.
    #[error("the trusted root has not the form that its specification says")]
    Malformed {
        /// What is wrong.
        #[source]
        source: InvalidJson,
    },
    /// It names something that cannot be checked with, so nobody should think that it is.
    #[error("the trusted root cannot be used")]
    Unusable {
        /// What is wrong.
        #[source]
        source: Detail,
    },
}

impl TrustedRootError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some("give a `trusted_root.json`, as `cosign trusted-root create` writes it".to_owned())
    }
}
