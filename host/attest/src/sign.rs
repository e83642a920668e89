//! Signing: a statement, in a DSSE envelope, in a Sigstore bundle.

use crate::bundle::signed_bytes;
use crate::exchange::CertifiedKey;
use crate::identity::Identity;
use crate::key::{PublicKey, SigningKey};
use crate::legacy::{LegacyForm, NoLegacyForm, legacy_form};
use crate::root::TrustedRoot;
use crate::signing_config::LogVersion;
use crate::statement::{PredicateType, Statement};
use crate::trust::Trust;
use jiff::Timestamp;
use serde::Serialize;
use sigstore_verify::types::{
    DerCertificate, DsseEnvelope, DsseSignature, KeyId, MediaType, PayloadBytes,
    PublicKeyIdentifier, SignatureBytes, TimestampToken, TransparencyLogEntry,
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
    predicate_type: PredicateType,
    /// What leads from the certificate to its authority, where there is one. It is not in the bundle: whoever verifies one
    /// has it from the trusted root.
    chain: Vec<DerCertificate>,
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

    /// The same in the form of cosign before version 3.
    ///
    /// # Errors
    /// If it is in a log that is younger than that form.
    pub fn legacy_form(&self) -> Result<LegacyForm, NoLegacyForm> {
        Ok(legacy_form(&self.bytes)?.with_chain(&self.chain))
    }

    /// What kind of statement it is.
    pub fn predicate_type(&self) -> PredicateType {
        self.predicate_type
    }

    /// The annotations of the manifest that attaches the bundle, as cosign writes them.
    pub fn annotations(&self, created: Timestamp) -> BTreeMap<String, String> {
        let created = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        [
            ("dev.sigstore.bundle.content", "dsse-envelope"),
            (
                "dev.sigstore.bundle.predicateType",
                self.predicate_type.uri(),
            ),
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
    /// Whoever keeps the private key signed something else, or with another key.
    #[error("the signature that was made elsewhere does not verify with key `{key}`")]
    NotByKey {
        /// The fingerprint of the key.
        key: String,
    },
    /// Nobody could verify the entry, least of all polcheck.
    #[error("a signature with {scheme} cannot be logged in {version} so that it can be verified")]
    NotLoggable {
        /// How the key signs.
        scheme: String,
        /// The log.
        version: LogVersion,
    },
    /// None that is known; every bundle has JSON.
    #[error("the bundle has no JSON")]
    NotJson(#[from] serde_json::Error),
}

impl SignError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Failed { .. } | Self::NotJson(_) => None,
            Self::NotByKey { .. } => {
                Some("look which key and version of a key the name means".to_owned())
            }
            Self::NotLoggable { .. } => Some(
                "sign with a key for P-256, or with a signing config that names no transparency log"
                    .to_owned(),
            ),
        }
    }
}

/// Signs a statement, and tells nobody.
///
/// # Errors
/// If the system has no random numbers.
pub fn sign(statement: &Statement, key: &SigningKey) -> Result<Bundle, SignError> {
    SignedStatement::with_key(statement, key)?.bundle()
}

/// A statement that is signed, and what logs and authorities have said about it so far.
#[derive(Debug)]
pub struct SignedStatement {
    pub(crate) envelope: DsseEnvelope,
    /// What the signature is over.
    pub(crate) signed: Vec<u8>,
    pub(crate) verifier: Verifier,
    pub(crate) log_entries: Vec<TransparencyLogEntry>,
    pub(crate) timestamps: Vec<Timestamped>,
    predicate_type: PredicateType,
}

/// What a signature is verified with.
#[derive(Debug)]
pub(crate) enum Verifier {
    Key(PublicKey),
    Certificate {
        certificate: DerCertificate,
        chain: Vec<DerCertificate>,
        /// Whose it is.
        identity: Identity,
    },
}

impl SignedStatement {
    /// Signs with a key.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn with_key(statement: &Statement, key: &SigningKey) -> Result<Self, SignError> {
        let signed = to_be_signed(statement);
        let signature = own_signature(key, &signed)?;
        let verifier = Verifier::Key(key.public_key().clone());
        Ok(Self::new(statement, signed, signature, verifier))
    }

    /// Signs with the key that belongs to a certificate.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn with_certificate(statement: &Statement, key: &CertifiedKey) -> Result<Self, SignError> {
        let signed = to_be_signed(statement);
        let signature = own_signature(&key.key, &signed)?;
        let verifier = Verifier::Certificate {
            certificate: key.certificate.clone(),
            chain: key.chain.clone(),
            identity: key.identity.clone(),
        };
        Ok(Self::new(statement, signed, signature, verifier))
    }

    /// Takes a signature that was made elsewhere over [`to_be_signed`].
    ///
    /// # Errors
    /// If it is not one of this key over this statement.
    pub fn with_signature(
        statement: &Statement,
        signature: Vec<u8>,
        key: &PublicKey,
    ) -> Result<Self, SignError> {
        let signed = to_be_signed(statement);
        if !key.verifies(&signed, &signature) {
            return Err(SignError::NotByKey {
                key: key.fingerprint().to_string(),
            });
        }
        let verifier = Verifier::Key(key.clone());
        Ok(Self::new(statement, signed, signature, verifier))
    }

    fn new(statement: &Statement, signed: Vec<u8>, signature: Vec<u8>, verifier: Verifier) -> Self {
        // SPEC: DSSE protocol: "Optionally, compute a KEYID." cosign does not, and what is not there cannot differ from
        // the hint.
        let signature = DsseSignature::new(SignatureBytes::new(signature), KeyId::default());
        let payload = PayloadBytes::from_bytes(statement.as_json().as_bytes());
        Self {
            // SPEC: sigstore_bundle.proto, Bundle: "DSSE envelopes in a bundle MUST have exactly one signature."
            envelope: DsseEnvelope::new(PAYLOAD_TYPE, payload, signature),
            signed,
            verifier,
            log_entries: Vec::new(),
            timestamps: Vec::new(),
            predicate_type: statement.predicate_type(),
        }
    }

    /// Trusts whoever signed it, by what a root bears out, and nobody else.
    pub fn trust(&self, root: Option<TrustedRoot>) -> Trust {
        let (keys, identities) = match &self.verifier {
            Verifier::Key(key) => (vec![key.clone()], Vec::new()),
            Verifier::Certificate { identity, .. } => (Vec::new(), vec![identity.clone()]),
        };
        Trust {
            keys,
            identities,
            root,
            ..Trust::default()
        }
    }

    /// The bundle of all that is there.
    ///
    /// # Errors
    /// None that is known.
    pub fn bundle(self) -> Result<Bundle, SignError> {
        let (public_key, certificate) = match &self.verifier {
            // SPEC: sigstore_common.proto, PublicKeyIdentifier: "Implementors are RECOMMENDED to derive the value from
            // the public key as described in RFC 6962."
            Verifier::Key(key) => (Some(PublicKeyIdentifier::new(key.hint())), None),
            Verifier::Certificate { certificate, .. } => (
                None,
                Some(CertificateJson {
                    raw_bytes: certificate,
                }),
            ),
        };
        let timestamps = TimestampsJson {
            rfc3161_timestamps: &self.timestamps,
        };
        let bundle = BundleJson {
            // SPEC: sigstore_bundle.proto, Bundle: "MUST be application/vnd.dev.sigstore.bundle.v0.3+json when […]
            // encoded as JSON."
            media_type: MediaType::Bundle0_3,
            verification_material: MaterialJson {
                public_key,
                certificate,
                tlog_entries: &self.log_entries,
                timestamp_verification_data: (!self.timestamps.is_empty()).then_some(timestamps),
            },
            dsse_envelope: &self.envelope,
        };
        Ok(Bundle {
            bytes: serde_json::to_vec(&bundle)?,
            predicate_type: self.predicate_type,
            chain: match self.verifier {
                Verifier::Key(_) => Vec::new(),
                Verifier::Certificate { chain, .. } => chain,
            },
        })
    }
}

/// What a signature of a statement has to be over, for whoever keeps the private key.
pub fn to_be_signed(statement: &Statement) -> Vec<u8> {
    // SPEC: DSSE protocol §Protocol: "Serialize the message according to PAYLOAD_TYPE. Call the result SERIALIZED_BODY.
    // Sign PAE(UTF8(PAYLOAD_TYPE), SERIALIZED_BODY). Call the result SIGNATURE."
    signed_bytes(PAYLOAD_TYPE, statement.as_json().as_bytes())
}

/// A signature with a key of ours.
pub(crate) fn own_signature(key: &SigningKey, message: &[u8]) -> Result<Vec<u8>, SignError> {
    key.sign(message).ok_or_else(|| SignError::Failed {
        key: key.public_key().fingerprint().to_string(),
    })
}

/// The bundle as cosign writes it: without log entries and timestamps there is no field for them, not an empty one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BundleJson<'b> {
    media_type: MediaType,
    verification_material: MaterialJson<'b>,
    dsse_envelope: &'b DsseEnvelope,
}

/// SPEC: `sigstore_bundle.proto`, `VerificationMaterial`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MaterialJson<'b> {
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<PublicKeyIdentifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<CertificateJson<'b>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tlog_entries: &'b [TransparencyLogEntry],
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp_verification_data: Option<TimestampsJson<'b>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateJson<'b> {
    raw_bytes: &'b DerCertificate,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimestampsJson<'b> {
    rfc3161_timestamps: &'b [Timestamped],
}

/// A timestamp by an authority.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timestamped {
    pub(crate) signed_timestamp: TimestampToken,
}
