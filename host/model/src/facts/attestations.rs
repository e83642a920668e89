//! The facts of the interface `attestations`, and what an image was built on.

use super::{Fact, FactError};
use crate::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What is attached to an image and to its base, each with what came of verifying it.
///
/// What a registry answers when it is asked what refers to an image may be otherwise tomorrow. These facts are what it
/// answered, sorted, by digests: a replay reads the same documents again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AttestationFacts {
    /// What is trusted: the digest of the canonical trust policy. None: nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<Digest>,
    /// Whose signatures were verified.
    pub signers: Vec<Signer>,
    /// What is attached to the image: to its manifest, or to the index that led to it.
    pub image: Vec<Attestation>,
    /// What is attached to the image that it was built on. None: no rule names it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::fact_or_error",
        deserialize_with = "super::reading::fact_or_error"
    )]
    pub base: Option<Fact<Vec<Attestation>>>,
    /// The claims of statements that are accepted for this image.
    pub trusted_claims: BTreeSet<String>,
}

/// Somebody whose signature was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Signer {
    /// A key.
    Key {
        /// Its fingerprint.
        fingerprint: Digest,
    },
    /// Whoever the certificate names.
    Identity {
        /// The name.
        identity: String,
        /// Who vouches for it.
        issuer: String,
    },
}

/// One thing that is attached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Attestation {
    /// What it is.
    pub kind: AttestationKind,
    /// Of the manifest that attaches it; or of the blob, where a manifest attaches several.
    pub digest: Digest,
    /// Of a statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// As its manifest says, or else as it is listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// What came of verifying it.
    pub verification: Verification,
    /// Index into the signers, where it is verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<u32>,
    /// When it was signed at the latest, in seconds since 1970, as somebody trusted has witnessed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<u64>,
    /// Whether it is proven to be in a transparency log.
    pub logged: bool,
    /// What a statement says.
    #[serde(with = "said")]
    pub predicate: Fact<Value>,
}

/// What is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttestationKind {
    /// An in-toto statement.
    Statement,
    /// A signature of the image itself.
    Signature,
    /// Anything else, or what cannot be read.
    Other,
}

/// What came of verifying something that is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verification {
    /// It is about its subject, and signed by somebody trusted.
    Verified,
    /// Signed by somebody else, or without the evidence that is asked for.
    Untrusted,
    /// It cannot be read, its signature does not verify, or it is about something else.
    Invalid,
    /// Nobody signed it.
    Unsigned,
}

impl AttestationFacts {
    /// All that is attached, first to the image and then to its base: what an id counts.
    pub fn all(&self) -> impl Iterator<Item = &Attestation> {
        let base = self.base.iter().flatten().flatten();
        self.image.iter().chain(base)
    }

    /// Whether there is something that nobody trusted stands for.
    pub fn has_unverified(&self) -> bool {
        self.all()
            .any(|attestation| attestation.verification != Verification::Verified)
    }

    /// What could not be had of it.
    pub(super) fn errors(&self) -> impl Iterator<Item = (&'static str, &FactError)> {
        let base = self.base.iter().filter_map(|base| base.as_ref().err());
        // What is too large or cannot be read counts for nothing, whatever else is attached; what could not be had may count.
        let rows = self.all().filter_map(|row| row.predicate.as_ref().err());
        let unavailable = rows.filter(|error| matches!(error, FactError::Unavailable(_)));
        let base = base.map(|error| ("base", error));
        base.chain(unavailable.map(|error| ("attached", error)))
    }
}

/// What a statement says, so that nothing it says can be taken for a reason why it cannot be had.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Said<V> {
    Value(V),
    Unusable(FactError),
}

mod said {
    use super::{Deserialize, Fact, Said, Serialize, Value};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        predicate: &Fact<Value>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let said = match predicate {
            Ok(value) => Said::Value(value),
            Err(error) => Said::Unusable(error.clone()),
        };
        said.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Fact<Value>, D::Error> {
        Ok(match Said::deserialize(deserializer)? {
            Said::Value(value) => Ok(value),
            Said::Unusable(error) => Err(error),
        })
    }
}

/// The image that an image was built on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ImageBase {
    /// As it is named, with the defaults of the distribution specification's clients.
    pub reference: String,
    /// What it was when the image was built, if somebody wrote it down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Who says so.
    pub said_by: BaseSource,
    /// What its tag names now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_digest: Option<Digest>,
    /// Whether the layers of the image begin with those of its base, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers_match: Option<bool>,
}

/// Who says what an image was built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaseSource {
    /// Verified provenance.
    VerifiedProvenance,
    /// Provenance that is not verified.
    Provenance,
    /// Annotations of the manifest.
    Annotation,
    /// Labels.
    Label,
    /// The Dockerfile.
    Dockerfile,
}
