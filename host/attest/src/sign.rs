//! Signing: a statement, in a DSSE envelope, in a Sigstore bundle.

use crate::bundle::signed_bytes;
use crate::key::SigningKey;
use crate::statement::Statement;
use jiff::Timestamp;
use serde::Serialize;
use sigstore_verify::types::{
    DsseEnvelope, DsseSignature, KeyId, MediaType, PayloadBytes, PublicKeyIdentifier,
    SignatureBytes,
};
use std::collections::BTreeMap;

/// The payload type of a statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The media type of a bundle: of the layer that holds it, and the artifact type of the manifest that attaches it.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A signed statement, ready to be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    bytes: Vec<u8>,
    predicate_type: &'static str,
}

impl Bundle {
    /// The bundle as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The media type of the bytes.
    pub fn media_type(&self) -> &'static str {
        BUNDLE_MEDIA_TYPE
    }

    /// The annotations of the manifest that attaches the bundle, as cosign writes them.
    pub fn annotations(&self, created: Timestamp) -> BTreeMap<String, String> {
        let created = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        [
            ("dev.sigstore.bundle.content", "dsse-envelope"),
            ("dev.sigstore.bundle.predicateType", self.predicate_type),
            ("org.opencontainers.image.created", &created),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
    }
}

/// Why a statement could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The system is broken, or has no random numbers.
    #[error("the statement could not be signed with key `{key}`")]
    Failed {
        /// The fingerprint of the key.
        key: String,
    },
    /// None that is known; every bundle has JSON.
    #[error("the bundle has no JSON")]
    NotJson(#[source] serde_json::Error),
}

impl SignError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        None
    }
}

/// Signs a statement.
///
/// # Errors
/// If the system has no random numbers.
pub fn sign(statement: &Statement, key: &SigningKey) -> Result<Bundle, SignError> {
    // SPEC: DSSE protocol §Protocol: "Serialize the message according to PAYLOAD_TYPE. Call the result SERIALIZED_BODY."
    let payload = statement.as_json().as_bytes();
    // SPEC: "Sign PAE(UTF8(PAYLOAD_TYPE), SERIALIZED_BODY). Call the result SIGNATURE."
    let signature = key
        .sign(&signed_bytes(PAYLOAD_TYPE, payload))
        .ok_or_else(|| SignError::Failed {
            key: key.public_key().fingerprint().to_string(),
        })?;
    // SPEC: "Optionally, compute a KEYID." cosign does not, and what is not there cannot differ from the hint.
    let signature = DsseSignature::new(SignatureBytes::new(signature), KeyId::default());
    let bundle = BundleJson {
        // SPEC: sigstore_bundle.proto, Bundle: "MUST be application/vnd.dev.sigstore.bundle.v0.3+json when […] encoded
        // as JSON."
        media_type: MediaType::Bundle0_3,
        verification_material: MaterialJson {
            // SPEC: sigstore_common.proto, PublicKeyIdentifier: "Implementors are RECOMMENDED to derive the value from
            // the public key as described in RFC 6962."
            public_key: PublicKeyIdentifier::new(key.public_key().hint()),
        },
        // SPEC: sigstore_bundle.proto, Bundle: "DSSE envelopes in a bundle MUST have exactly one signature."
        dsse_envelope: DsseEnvelope::new(
            PAYLOAD_TYPE,
            PayloadBytes::from_bytes(payload),
            signature,
        ),
    };
    Ok(Bundle {
        bytes: serde_json::to_vec(&bundle).map_err(SignError::NotJson)?,
        predicate_type: statement.predicate_type().uri(),
    })
}

/// The bundle as cosign writes it: without log entries and timestamps there is no field for them, not an empty one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleJson {
    media_type: MediaType,
    verification_material: MaterialJson,
    dsse_envelope: DsseEnvelope,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaterialJson {
    public_key: PublicKeyIdentifier,
}
