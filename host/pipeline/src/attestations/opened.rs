//! One thing that is attached: what it says, and whether anybody trusted stands for it.

use super::{Gathering, unsigned};
use crate::attached::{Content, Opened, Reason};
use crate::judge_statements::Place;
use ::attest::{
    Artifact, Contents, Document, ENVELOPE_MEDIA_TYPE, Expected, LegacyLayer, LogEntries,
    PredicateType, Rejection, SIMPLE_SIGNING_MEDIA_TYPE, StatementContents, Trust, Verified,
    VerifiedSignature, VerifiedStatement, contents, verify, verify_legacy_signature,
    verify_legacy_signer, verify_legacy_statement, verify_signature, verify_signer,
};
use ::registry::{LegacyTag, ListedBy};
use bytes::Bytes;
use model::facts::attestations::{Attestation, AttestationKind, Signer, Verification};
use model::strict_json::StrictJsonError;
use model::{Digest, Fact, FactError, canonical};
use oci_spec::image::Descriptor;
use serde_json::Value;

impl Gathering<'_> {
    /// Something that refers to the subject, or is listed as if it did.
    pub(super) fn opened(&mut self, opened: Opened, subject: &Digest) -> Fact<()> {
        let row = Attestation {
            artifact_type: opened.artifact_type,
            ..unsigned(opened.digest)
        };
        match opened.content {
            Content::Other => self.add(row, None),
            Content::Unusable(reason) => self.unusable(row, &reason)?,
            Content::Bundle(bundle) => self.bundle(row, &bundle, subject),
        }
        Ok(())
    }

    fn unusable(&mut self, row: Attestation, reason: &Reason) -> Fact<()> {
        let error = match reason {
            // What comes behind the limit nobody has seen.
            Reason::TooMuch { .. } => return Err(FactError::TooLarge(reason.to_string())),
            Reason::Rejected(rejection) => unreadable(rejection),
            Reason::Unreadable(error) => super::error_of(error),
            Reason::OtherSubject { .. } | Reason::NoBundle | Reason::OtherClaims { .. } => {
                FactError::Malformed(reason.to_string())
            }
        };
        self.invalid(row, error);
        Ok(())
    }

    fn invalid(&mut self, row: Attestation, error: FactError) {
        let row = Attestation {
            verification: Verification::Invalid,
            predicate: Err(error),
            ..row
        };
        self.add(row, None);
    }

    fn bundle(&mut self, row: Attestation, bundle: &[u8], subject: &Digest) {
        let trust = &self.trusting.everybody;
        let contents = match contents(bundle) {
            Ok(contents) => contents,
            Err(rejection) => return self.invalid(row, unreadable(&rejection)),
        };
        let signature = match &contents.statement {
            Some(_) => verify_signer(bundle, trust, subject, self.now),
            None => signature_of(bundle, trust, subject, self.now),
        };
        if is_result(&contents) {
            self.stated(&row.digest, |trust, expected| {
                verify(bundle, trust, expected)
            });
        }
        self.signed(row, contents, signature, subject);
    }

    /// Takes note of a statement, as far as it counts.
    fn stated(
        &mut self,
        digest: &Digest,
        verify: impl Fn(&Trust, &Expected) -> Result<VerifiedStatement, Rejection>,
    ) {
        if let Some(judge) = &mut self.judge {
            // Only the claims are asked for afterwards, not where they were found.
            judge.judge(&Place::Referrer(digest.clone(), ListedBy::Api), verify);
        }
    }

    /// A layer at a tag of the older form.
    pub(super) fn legacy_layer(
        &mut self,
        layer: &Descriptor,
        bytes: &Result<Bytes, Reason>,
        subject: &Digest,
        kind: LegacyTag,
    ) -> Fact<()> {
        let row = Attestation {
            artifact_type: Some(layer.media_type().to_string()),
            ..unsigned(layer.digest().clone())
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(reason) => return self.unusable(row, reason),
        };
        let annotations = layer.annotations().clone().unwrap_or_default();
        let annotations = &annotations;
        let signed = LegacyLayer { bytes, annotations };
        let trust = &self.trusting.everybody;
        match (kind, layer.media_type().as_ref()) {
            (LegacyTag::Signature, SIMPLE_SIGNING_MEDIA_TYPE) => {
                let verified = verify_legacy_signature(signed, subject, trust, self.now);
                let signature = verified.map(|verified| verified.signature().clone());
                let row = Attestation {
                    kind: AttestationKind::Signature,
                    ..row
                };
                self.judged(row, signature);
            }
            (LegacyTag::Attestation, ENVELOPE_MEDIA_TYPE) => match signed.contents() {
                Err(rejection) => self.invalid(row, unreadable(&rejection)),
                Ok(contents) => {
                    let signature = verify_legacy_signer(signed, trust, subject, self.now);
                    if is_result(&contents) {
                        self.stated(&row.digest, |trust, expected| {
                            verify_legacy_statement(signed, trust, expected)
                        });
                    }
                    self.signed(row, contents, signature, subject);
                }
            },
            _ => self.add(row, None),
        }
        Ok(())
    }

    /// What is signed, with what came of verifying it.
    fn signed(
        &mut self,
        row: Attestation,
        contents: Contents,
        signature: Result<VerifiedSignature, Rejection>,
        subject: &Digest,
    ) {
        let Some(statement) = contents.statement else {
            let row = Attestation {
                kind: AttestationKind::Signature,
                ..row
            };
            return self.judged(row, signature);
        };
        let is_about = statement.is_about(subject);
        let StatementContents {
            predicate_type,
            predicate: says,
            ..
        } = statement;
        let row = Attestation {
            kind: AttestationKind::Statement,
            predicate_type: Some(predicate_type),
            predicate: predicate(says),
            ..row
        };
        if is_about {
            self.judged(row, signature);
        } else {
            self.invalid(row, other_subject());
        }
    }

    fn judged(&mut self, row: Attestation, signature: Result<VerifiedSignature, Rejection>) {
        match signature {
            Ok(signature) => {
                let row = Attestation {
                    verification: Verification::Verified,
                    signed_at: signature
                        .signed_by()
                        .and_then(|time| u64::try_from(time.as_second()).ok()),
                    logged: signature.log_entries() == LogEntries::Verified,
                    ..row
                };
                self.add(row, Some(signer(signature.signer())));
            }
            Err(rejection) => {
                let verification = if is_of_somebody_else(&rejection) {
                    Verification::Untrusted
                } else {
                    Verification::Invalid
                };
                self.add(
                    Attestation {
                        verification,
                        ..row
                    },
                    None,
                );
            }
        }
    }
}

/// Whether it is a verification result, which makes claims.
fn is_result(contents: &Contents) -> bool {
    let statement = contents.statement.as_ref();
    statement.is_some_and(|it| PredicateType::from_uri(&it.predicate_type).is_some())
}

/// Who made a signature of the image itself.
fn signature_of(
    bundle: &[u8],
    trust: &::attest::Trust,
    subject: &Digest,
    now: jiff::Timestamp,
) -> Result<VerifiedSignature, Rejection> {
    match verify_signature(bundle, Some(Artifact::Digest(subject)), trust, now)? {
        Verified::Artifact(signature) => Ok(signature),
        Verified::Envelope(_) => Err(Rejection::NoContent),
    }
}

fn signer(signer: &::attest::Signer) -> Signer {
    match signer {
        ::attest::Signer::Key(fingerprint) => Signer::Key {
            fingerprint: fingerprint.clone(),
        },
        ::attest::Signer::Identity { subject, issuer } => Signer::Identity {
            identity: subject.clone(),
            issuer: issuer.clone(),
        },
    }
}

/// Whether nothing is wrong with what was rejected, but that nobody trusted made it, or without the evidence that is asked for.
fn is_of_somebody_else(rejection: &Rejection) -> bool {
    matches!(
        rejection,
        Rejection::Keyless
            | Rejection::NothingTrusted
            | Rejection::NoTrustedRoot { .. }
            | Rejection::UntrustedKey { .. }
            | Rejection::CertificateChain { .. }
            | Rejection::UnknownLog { .. }
            | Rejection::NoLogEntry
            | Rejection::NoTimestamp
            | Rejection::Identity { .. }
            | Rejection::Issuer { .. }
    )
}

/// A predicate, if everybody reads the same in it and a digest can cover it.
pub(super) fn predicate(value: Value) -> Fact<Value> {
    match canonical::json(&value) {
        Ok(_) => Ok(value),
        Err(error) => Err(FactError::Unsupported(error.to_string())),
    }
}

/// What a document that cannot be read is as a fact.
pub(super) fn unreadable(rejection: &Rejection) -> FactError {
    match rejection {
        Rejection::TooLarge { .. }
        | Rejection::NotJson {
            source: StrictJsonError::TooManyValues,
            ..
        } => FactError::TooLarge(rejection.to_string()),
        _ => FactError::Malformed(rejection.to_string()),
    }
}

/// What a statement without a signature is that cannot be read: one that is only too long for us is what the index calls it.
pub(super) fn if_readable(rejection: &Rejection) -> Verification {
    match rejection {
        Rejection::NotJson {
            document: Document::Statement,
            source: StrictJsonError::TooManyValues,
        } => Verification::Unsigned,
        _ => Verification::Invalid,
    }
}

pub(super) fn other_subject() -> FactError {
    FactError::Malformed("it is about something else".to_owned())
}
