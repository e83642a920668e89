//! A bundle, said again in the older form.

use super::{CERTIFICATE, CHAIN, LOG_ENTRY, PREDICATE_TYPE_ANNOTATION, SIGNATURE, TIMESTAMP};
use crate::bundle;
use crate::json;
use crate::library;
use crate::rejection::{Detail, Document, Rejection};
use serde::Deserialize;
use serde_json::json;
use sigstore_verify::types::{
    Bundle, DerCertificate, Sha256Hash, SignatureContent, TransparencyLogEntry,
    VerificationMaterialContent,
};
use std::collections::BTreeMap;

/// An attestation in the form of cosign before version 3: a layer, and the annotations of its descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyForm {
    /// The layer: the envelope.
    pub envelope: Vec<u8>,
    /// What a bundle has beside it.
    pub annotations: BTreeMap<String, String>,
}

/// Why a bundle has no older form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoLegacyForm {
    /// The log is one that makes no promises, such as version 2 of Rekor. The form is older than such logs.
    #[error(
        "the older form cannot hold an entry of a transparency log that makes no promise, such as Rekor v2"
    )]
    NoPromise,
    /// There is no statement in it.
    #[error("the bundle cannot be said in the older form")]
    NoStatement(#[from] Rejection),
    /// None that is known; every envelope has JSON.
    #[error("the older form has no JSON")]
    NotJson(#[from] serde_json::Error),
}

impl NoLegacyForm {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoPromise => Some("attach it as a bundle, or sign with a signing config that names a log of version 1 of Rekor, or none".to_owned()),
            Self::NoStatement(rejection) => rejection.help(),
            Self::NotJson(_) => None,
        }
    }
}

impl LegacyForm {
    /// With what leads from the certificate to its authority.
    pub(crate) fn with_chain(mut self, chain: &[DerCertificate]) -> Self {
        if !chain.is_empty() {
            self.annotations.insert(CHAIN.to_owned(), pem(chain));
        }
        self
    }
}

/// Says a bundle that holds a statement in the older form.
///
/// # Errors
/// If it has an entry of a log that the older form cannot hold, or no statement.
pub fn legacy_form(bundle: &[u8]) -> Result<LegacyForm, NoLegacyForm> {
    let Bundle {
        content,
        verification_material: material,
        ..
    } = library::bundle(&bundle::read(bundle)?)?;
    let SignatureContent::DsseEnvelope(envelope) = content else {
        return Err(Rejection::MessageSignature.into());
    };
    let payload = envelope.payload.as_bytes();
    let statement: StatementJson = json::read(Document::Statement, payload)?;
    let mut annotations = BTreeMap::from([
        // SPEC: cosign ATTESTATION_SPEC §Predicate type annotation.
        (PREDICATE_TYPE_ANNOTATION, statement.predicate_type),
        // SPEC: cosign ATTESTATION_SPEC: the signatures are in the envelope; cosign writes the annotation all the same.
        (SIGNATURE, String::new()),
    ]);
    let (leaf, chain) = certificates(&material.content);
    if let Some(leaf) = leaf {
        annotations.insert(CERTIFICATE, leaf.to_pem());
    }
    if let Some(entry) = material.tlog_entries.first() {
        annotations.insert(LOG_ENTRY, log_entry(entry)?);
    }
    let timestamps = material.timestamp_verification_data.rfc3161_timestamps;
    if let Some(timestamp) = timestamps.first() {
        let timestamp = timestamp.signed_timestamp.to_base64();
        let timestamp = json!({ "SignedRFC3161Timestamp": timestamp });
        annotations.insert(TIMESTAMP, timestamp.to_string());
    }
    let annotations = annotations.into_iter();
    let form = LegacyForm {
        // As it was logged: the entry has the digest of these bytes, and cosign compares.
        envelope: serde_json::to_vec(&envelope)?,
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    Ok(form.with_chain(&chain))
}

/// The certificate that the signature is verified with, and those that lead from it to an authority.
fn certificates(
    content: &VerificationMaterialContent,
) -> (Option<&DerCertificate>, Vec<DerCertificate>) {
    match content {
        VerificationMaterialContent::Certificate(certificate) => {
            (Some(&certificate.raw_bytes), Vec::new())
        }
        VerificationMaterialContent::X509CertificateChain { certificates } => {
            let mut certificates = certificates.iter().map(|it| &it.raw_bytes);
            (certificates.next(), certificates.cloned().collect())
        }
        _ => (None, Vec::new()),
    }
}

fn pem(certificates: &[DerCertificate]) -> String {
    let blocks: Vec<String> = certificates.iter().map(DerCertificate::to_pem).collect();
    blocks.concat()
}

/// The annotation with a log entry.
fn log_entry(entry: &TransparencyLogEntry) -> Result<String, NoLegacyForm> {
    let promise = entry.inclusion_promise.as_ref();
    let (Some(promise), Some(time)) = (promise, entry.integrated_time) else {
        return Err(NoLegacyForm::NoPromise);
    };
    let log = Sha256Hash::from_base64(&entry.log_id.key_id.to_base64()).map_err(|error| {
        Rejection::LogEntry {
            source: Detail::new(&error),
        }
    })?;
    let entry = json!({
        "SignedEntryTimestamp": promise.signed_entry_timestamp.to_base64(),
        "Payload": {
            "body": entry.canonicalized_body.to_base64(),
            "integratedTime": time.as_second(),
            "logIndex": entry.log_index.as_i64(),
            "logID": log.to_hex(),
        },
    });
    Ok(entry.to_string())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatementJson {
    predicate_type: String,
}
