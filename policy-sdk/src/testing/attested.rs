//! What a test says to be attached to an image, as JSON.

use model::facts::AttestationFacts;
use model::facts::attestations::{
    Attestation, AttestationKind, BaseSource, ImageBase, Signer, Verification,
};
use model::{Digest, Fact, FactError, canonical};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is attached to an image and to what it was built on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Document {
    /// Whether the policy set trusts anybody.
    #[serde(default)]
    trusts_nobody: bool,
    /// To the image.
    #[serde(default)]
    attached: Vec<Row>,
    /// To the image that it was built on.
    base: Option<Vec<Row>>,
    #[serde(default)]
    trusted_claims: BTreeSet<String>,
    built_on: Option<BuiltOn>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Row {
    predicate_type: Option<String>,
    artifact_type: Option<String>,
    verification: String,
    predicate: Option<Value>,
    /// The identity that signed.
    signer: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BuiltOn {
    reference: String,
    digest: Option<String>,
    said_by: Option<String>,
    tag_digest: Option<String>,
    layers_match: Option<bool>,
}

impl Document {
    pub(super) fn image_base(&self) -> Fact<ImageBase> {
        let built_on = self.built_on.as_ref().ok_or(FactError::Absent)?;
        let digest = |text: &Option<String>| text.as_deref().map(digest_of);
        Ok(ImageBase {
            reference: built_on.reference.clone(),
            digest: digest(&built_on.digest),
            said_by: match built_on.said_by.as_deref() {
                Some("verified-provenance") => BaseSource::VerifiedProvenance,
                Some("provenance") => BaseSource::Provenance,
                Some("label") => BaseSource::Label,
                Some("dockerfile") => BaseSource::Dockerfile,
                _ => BaseSource::Annotation,
            },
            tag_digest: digest(&built_on.tag_digest),
            layers_match: built_on.layers_match,
        })
    }

    pub(super) fn facts(&self) -> AttestationFacts {
        let mut signers = Vec::new();
        let image = rows(&self.attached, &mut signers);
        let base = self.base.as_ref().map(|base| rows(base, &mut signers));
        AttestationFacts {
            trust_policy: (!self.trusts_nobody).then(|| digest_of("the trust policy of a test")),
            image,
            base: base.map(Ok),
            signers,
            trusted_claims: self.trusted_claims.clone(),
        }
    }
}

fn rows(rows: &[Row], signers: &mut Vec<Signer>) -> Vec<Attestation> {
    let rows = rows.iter().zip(0_u32..);
    rows.map(|(row, index)| row.attestation(index, signers))
        .collect()
}

impl Row {
    fn attestation(&self, index: u32, signers: &mut Vec<Signer>) -> Attestation {
        let kind = match (&self.predicate_type, &self.artifact_type) {
            (Some(_), _) => AttestationKind::Statement,
            (None, Some(_)) => AttestationKind::Other,
            (None, None) => AttestationKind::Signature,
        };
        let verification = match self.verification.as_str() {
            "verified" => Verification::Verified,
            "untrusted" => Verification::Untrusted,
            "unsigned" => Verification::Unsigned,
            _ => Verification::Invalid,
        };
        let signer = (verification == Verification::Verified).then(|| {
            signers.push(Signer::Identity {
                identity: self.signer.clone().unwrap_or_default(),
                issuer: String::new(),
            });
            u32::try_from(signers.len() - 1).unwrap_or(u32::MAX)
        });
        Attestation {
            kind,
            digest: digest_of(&index.to_string()),
            predicate_type: self.predicate_type.clone(),
            artifact_type: self.artifact_type.clone(),
            verification,
            signer,
            signed_at: None,
            logged: false,
            predicate: match kind {
                AttestationKind::Statement => Ok(self.predicate.clone().unwrap_or_default()),
                _ => Err(FactError::Absent),
            },
        }
    }
}

/// A digest as it is written, or else that of a word.
fn digest_of(text: &str) -> Digest {
    text.parse()
        .unwrap_or_else(|_| canonical::sha256(text.as_bytes()))
}
