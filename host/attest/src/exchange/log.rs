//! Entries of transparency logs (Rekor 1 and Rekor 2).

use super::{AnswerError, Service, malformed};
use crate::key::Scheme;
use crate::rejection::Detail;
use crate::sign::{SignError, SignedStatement, Verifier};
use crate::signing_config::LogVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_verify::rekor::LogEntry;
use sigstore_verify::types::{EntryUuid, KindVersion, TransparencyLogEntry};
use std::collections::HashMap;

/// The entry that a log made.
#[derive(Debug)]
pub struct LogAnswer(TransparencyLogEntry);

impl LogAnswer {
    /// Reads the answer of a log.
    ///
    /// # Errors
    /// If it is no entry.
    pub fn read(version: LogVersion, answer: &[u8]) -> Result<Self, AnswerError> {
        let malformed = malformed(Service::Log);
        let entry = match version {
            LogVersion::Two => serde_json::from_slice(answer).map_err(malformed)?,
            LogVersion::One => {
                let unreadable = |source| AnswerError::Unreadable {
                    service: Service::Log,
                    source,
                };
                let entries: HashMap<EntryUuid, LogEntry> =
                    serde_json::from_slice(answer).map_err(malformed)?;
                let entry = entries.into_values().next();
                entry
                    .ok_or_else(|| unreadable(Detail::new(&"there is no entry")))?
                    .to_bundle_entry(KindVersion::DsseV001)
                    .map_err(|error| unreadable(Detail::new(&error)))?
            }
        };
        Ok(Self(entry))
    }
}

impl SignedStatement {
    /// What to post to a log: to `/api/v1/log/entries` or to `/api/v2/log/entries`, in JSON.
    ///
    /// # Errors
    /// If the log could not be believed what it says about such a signature.
    pub fn log_request(&self, version: LogVersion) -> Result<Vec<u8>, SignError> {
        let scheme = self.scheme()?;
        if !scheme.is_verified_in(version) {
            return Err(SignError::NotLoggable {
                scheme: scheme.to_string(),
                version,
            });
        }
        let request = match version {
            LogVersion::One => self.dsse_0_0_1()?,
            LogVersion::Two => self.hashedrekord_0_0_2(scheme),
        };
        Ok(serde_json::to_vec(&request)?)
    }

    /// Adds what a log answered.
    pub fn add_log_entry(&mut self, LogAnswer(entry): LogAnswer) {
        self.log_entries.push(entry);
    }

    fn scheme(&self) -> Result<Scheme, SignError> {
        let signature = self.envelope.signature.sig.as_bytes();
        match &self.verifier {
            Verifier::Certificate { .. } => Ok(Scheme::P256Sha256),
            Verifier::Key(key) => {
                key.scheme(&self.signed, signature)
                    .ok_or_else(|| SignError::NotByKey {
                        key: key.fingerprint().to_string(),
                    })
            }
        }
    }

    /// SPEC: Rekor 1, `dsse_v0_0_1_schema.json`: the envelope as text, and what it is verified with as PEM in base64.
    fn dsse_0_0_1(&self) -> Result<Value, SignError> {
        let verifier = match &self.verifier {
            Verifier::Key(key) => key.to_pem(),
            Verifier::Certificate { certificate, .. } => certificate.to_pem(),
        };
        Ok(json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "proposedContent": {
                    "envelope": serde_json::to_string(&self.envelope)?,
                    "verifiers": [STANDARD.encode(verifier)],
                },
            },
        }))
    }

    /// SPEC: Rekor 2, `CreateEntryRequest`. Envelopes are logged by the digest of what their signature is over.
    fn hashedrekord_0_0_2(&self, scheme: Scheme) -> Value {
        let (field, der) = match &self.verifier {
            Verifier::Key(key) => ("publicKey", key.der()),
            Verifier::Certificate { certificate, .. } => {
                ("x509Certificate", certificate.as_bytes())
            }
        };
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.signed);
        json!({
            "hashedRekordRequestV002": {
                "digest": STANDARD.encode(digest),
                "signature": {
                    "content": STANDARD.encode(self.envelope.signature.sig.as_bytes()),
                    "verifier": {
                        field: {"rawBytes": STANDARD.encode(der)},
                        "keyDetails": scheme.to_string(),
                    },
                },
            },
        })
    }
}
