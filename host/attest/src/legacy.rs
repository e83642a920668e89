//! Signatures and attestations of the older form, which cosign kept in `.sig` and `.att` tags: a layer, and annotations
//! that hold what a bundle holds. They are verified as the bundle they would be.

mod form;

pub use form::{LegacyForm, NoLegacyForm, legacy_form};

use crate::bundle::{self, MAX_BUNDLE_BYTES};
use crate::contents::{Contents, of_received};
use crate::json;
use crate::rejection::{Detail, Document, Rejection};
use crate::signature::{Artifact, Verified, VerifiedEnvelope, VerifiedSignature, verify_received};
use crate::trust::{Expected, Trust};
use crate::verify::{VerifiedStatement, verify_statement};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use model::Digest;
use model::strict_json::Object;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sigstore_verify::types::{DerCertificate, Sha256Hash};
use std::collections::HashMap;

/// The media type of a layer that is signed by its annotation.
pub const SIMPLE_SIGNING_MEDIA_TYPE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The media type of a layer that is an envelope.
pub const ENVELOPE_MEDIA_TYPE: &str = "application/vnd.dsse.envelope.v1+json";
/// The annotation of a layer that says of which kind its statement is.
pub const PREDICATE_TYPE_ANNOTATION: &str = "predicateType";

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG_ENTRY: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";
/// What the payload of a signature calls itself.
const SIGNATURE_TYPE: &str = "cosign container image signature";
const END_OF_CERTIFICATE: &str = "-----END CERTIFICATE-----";
/// The form that has a promise of the log, and no proof.
const WITH_PROMISE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";
const WITHOUT_PROMISE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.2";

/// One layer of a `.sig` or `.att` tag.
#[derive(Clone, Copy, Debug)]
pub struct LegacyLayer<'a> {
    /// The layer.
    pub bytes: &'a [u8],
    /// The annotations of its descriptor.
    pub annotations: &'a HashMap<String, String>,
}

/// A signature of an image in the older form that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedImageSignature {
    signature: VerifiedSignature,
    reference: String,
    annotations: Map<String, Value>,
}

impl VerifiedImageSignature {
    /// Who signed.
    pub fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }

    /// How the signer called the image.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What else was signed: cosign's `-a KEY=VALUE`.
    pub fn annotations(&self) -> &Map<String, Value> {
        &self.annotations
    }
}

/// Verifies a layer of a `.sig` tag: cosign's signature of an image, with the payload of simple signing.
///
/// # Errors
/// The first reason why it is not accepted.
pub fn verify_legacy_signature(
    layer: LegacyLayer<'_>,
    subject: &Digest,
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedImageSignature, Rejection> {
    let signature = layer.annotation(SIGNATURE).ok_or(Rejection::NoContent)?;
    let content = ("messageSignature", json!({ "signature": signature }));
    let artifact = Artifact::Bytes(layer.bytes);
    let Verified::Artifact(signature) =
        verify_received(layer.received(content)?, Some(artifact), trust, now)?
    else {
        return Err(Rejection::NoContent);
    };
    // SPEC: cosign SIGNATURE_SPEC §Simple Signing: "The `critical.type` value used to identify `cosign` signatures is:
    // `cosign container image signature`."
    let payload: PayloadJson = json::read(Document::Payload, layer.bytes)?;
    let Object(critical) = payload.critical;
    if critical.kind != SIGNATURE_TYPE {
        return Err(Rejection::SignatureType {
            found: critical.kind,
        });
    }
    if critical.image.0.digest != subject.as_ref() {
        return Err(Rejection::Subject {
            expected: subject.clone(),
            found: vec![critical.image.0.digest],
        });
    }
    Ok(VerifiedImageSignature {
        signature,
        reference: critical.identity.0.reference,
        annotations: payload.optional.unwrap_or_default(),
    })
}

/// Verifies a layer of an `.att` tag: the statement in an envelope.
///
/// # Errors
/// The first reason why it is not accepted.
pub fn verify_legacy_statement(
    layer: LegacyLayer<'_>,
    trust: &Trust,
    expected: &Expected,
) -> Result<VerifiedStatement, Rejection> {
    verify_statement(&layer.envelope(trust, expected.now)?, expected)
}

/// Verifies that a layer of an `.att` tag holds a statement of any kind about an image, signed by somebody trusted; and says by
/// whom. What it says of the image is not judged.
///
/// # Errors
/// The first reason why that is not so.
pub fn verify_legacy_signer(
    layer: LegacyLayer<'_>,
    trust: &Trust,
    subject: &Digest,
    now: Timestamp,
) -> Result<VerifiedSignature, Rejection> {
    let envelope = layer.envelope(trust, now)?;
    envelope.subject(subject)?;
    Ok(envelope.signature().clone())
}

impl LegacyLayer<'_> {
    /// The envelope of a layer of an `.att` tag, its signature verified.
    fn envelope(&self, trust: &Trust, now: Timestamp) -> Result<VerifiedEnvelope, Rejection> {
        match verify_received(self.attestation()?, None, trust, now)? {
            Verified::Envelope(envelope) => Ok(envelope),
            Verified::Artifact(_) => Err(Rejection::MessageSignature),
        }
    }

    /// What an annotation says, if it says anything.
    fn annotation(&self, name: &str) -> Option<&str> {
        let text = self.annotations.get(name)?;
        (!text.is_empty()).then_some(text)
    }

    /// What a layer of an `.att` tag says. It is not verified.
    ///
    /// # Errors
    /// If it is no envelope, or what it holds is no statement.
    pub fn contents(&self) -> Result<Contents, Rejection> {
        of_received(self.attestation()?)
    }

    /// The bundle that a layer of an `.att` tag would be.
    ///
    /// # Errors
    /// If it is none that anybody could read.
    pub fn as_bundle(&self) -> Result<Vec<u8>, Rejection> {
        Ok(self.attestation()?.bundle.to_string().into_bytes())
    }

    fn attestation(&self) -> Result<bundle::Received, Rejection> {
        let envelope = json::value(Document::Envelope, self.bytes)?;
        self.received(("dsseEnvelope", envelope))
    }

    /// The bundle that it would be.
    fn received(&self, content: (&str, Value)) -> Result<bundle::Received, Rejection> {
        let annotations = self.annotations.values().map(String::len).sum::<usize>();
        let bytes = self.bytes.len().saturating_add(annotations);
        if bytes > MAX_BUNDLE_BYTES {
            return Err(Rejection::TooLarge {
                bytes,
                limit: MAX_BUNDLE_BYTES,
            });
        }
        let mut material = match self.annotation(CERTIFICATE) {
            Some(leaf) => {
                let chain = self.annotation(CHAIN).unwrap_or_default();
                json!({"x509CertificateChain": {"certificates": certificates(leaf, chain)?}})
            }
            None => json!({ "publicKey": {} }),
        };
        let entry = self.annotation(LOG_ENTRY).map(log_entry).transpose()?;
        let media_type = if entry.is_some() {
            WITH_PROMISE
        } else {
            WITHOUT_PROMISE
        };
        if let (Some(material), Some(entry)) = (material.as_object_mut(), entry) {
            material.insert("tlogEntries".to_owned(), json!([entry]));
        }
        if let (Some(material), Some(text)) = (material.as_object_mut(), self.annotation(TIMESTAMP))
        {
            let timestamp: TimestampJson = json::read(Document::Annotation, text.as_bytes())?;
            let timestamps = json!([{ "signedTimestamp": timestamp.timestamp }]);
            let timestamps = json!({ "rfc3161Timestamps": timestamps });
            material.insert("timestampVerificationData".to_owned(), timestamps);
        }
        let (name, content) = content;
        bundle::from_value(json!({
            "mediaType": media_type,
            "verificationMaterial": material,
            name: content,
        }))
    }
}

/// The certificates of both annotations, as a bundle has them.
fn certificates(leaf: &str, chain: &str) -> Result<Vec<Value>, Rejection> {
    [leaf, chain]
        .iter()
        .flat_map(|text| text.split_inclusive(END_OF_CERTIFICATE))
        .filter(|block| block.contains(END_OF_CERTIFICATE))
        .map(|block| {
            let der = DerCertificate::from_pem(block).map_err(|error| Rejection::Certificate {
                source: Detail::new(&error),
            })?;
            Ok(json!({ "rawBytes": der.to_base64() }))
        })
        .collect()
}

/// The log entry of an annotation, as a bundle has it.
fn log_entry(text: &str) -> Result<Value, Rejection> {
    let LogEntryJson {
        promise,
        payload: Object(payload),
    } = json::read(Document::Annotation, text.as_bytes())?;
    let malformed = |source: &dyn std::fmt::Display| Rejection::LogEntry {
        source: Detail::new(&source),
    };
    let body = STANDARD
        .decode(&payload.body)
        .map_err(|error| malformed(&error))?;
    let kind: KindJson = json::read(Document::LogEntry, &body)?;
    let log = Sha256Hash::from_hex(&payload.log_id).map_err(|error| malformed(&error))?;
    Ok(json!({
        "logIndex": payload.log_index,
        "logId": {"keyId": log.to_base64()},
        "kindVersion": {"kind": kind.kind, "version": kind.version},
        "integratedTime": payload.integrated_time,
        "inclusionPromise": {"signedEntryTimestamp": promise},
        "canonicalizedBody": payload.body,
    }))
}

#[derive(Deserialize)]
struct LogEntryJson {
    #[serde(rename = "SignedEntryTimestamp")]
    promise: String,
    #[serde(rename = "Payload")]
    payload: Object<LogPayloadJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogPayloadJson {
    body: String,
    integrated_time: i64,
    log_index: i64,
    #[serde(rename = "logID")]
    log_id: String,
}

#[derive(Deserialize)]
struct KindJson {
    kind: String,
    #[serde(rename = "apiVersion")]
    version: String,
}

#[derive(Deserialize)]
struct TimestampJson {
    #[serde(rename = "SignedRFC3161Timestamp")]
    timestamp: String,
}

#[derive(Deserialize)]
struct PayloadJson {
    critical: Object<CriticalJson>,
    optional: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct CriticalJson {
    identity: Object<IdentityJson>,
    image: Object<ImageJson>,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct IdentityJson {
    #[serde(rename = "docker-reference")]
    reference: String,
}

#[derive(Deserialize)]
struct ImageJson {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}
