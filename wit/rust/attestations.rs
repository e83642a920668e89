//! What is attached in the contract's form, for whoever makes Rust types of `wit/`: the host, and the SDK's tests.

use super::contract::{attestations as wit, base_image};
use super::image::fact_error;
use model::facts::attestations::{
    Attestation, AttestationFacts, AttestationKind, BaseSource, ImageBase, Signer, Verification,
};
use model::{Fact, FactError, canonical};
use serde_json::Value;

/// What a function of the interface answers.
pub(crate) type Answer<T> = Result<T, super::contract::types::FactError>;

/// What of a statement may be shown to whom.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    /// What nobody trusted signed.
    pub(crate) unverified: bool,
    /// What is attached to the base image.
    pub(crate) base: bool,
}

pub(crate) fn signer(signer: &Signer) -> wit::Signer {
    match signer {
        Signer::Key { fingerprint } => wit::Signer {
            kind: wit::SignerKind::Key,
            name: fingerprint.to_string(),
            issuer: None,
        },
        Signer::Identity { identity, issuer } => wit::Signer {
            kind: wit::SignerKind::Identity,
            name: identity.clone(),
            issuer: Some(issuer.clone()),
        },
    }
}

pub(crate) fn signers(facts: &AttestationFacts) -> Vec<wit::Signer> {
    facts.signers.iter().map(signer).collect()
}

/// What is attached, of these types; of none: everything.
pub(crate) fn attached(
    facts: &AttestationFacts,
    subject: wit::Subject,
    predicate_types: &[String],
    shown: Shown,
) -> Answer<Vec<wit::Attestation>> {
    let (first, rows) = match (subject, &facts.base) {
        (wit::Subject::Image, _) => (0, &facts.image),
        (wit::Subject::Base, Some(base)) if shown.base => {
            let rows = base.as_ref().map_err(fact_error)?;
            (facts.image.len(), rows)
        }
        (wit::Subject::Base, _) => return Err(fact_error(&FactError::Denied)),
    };
    let first = u32::try_from(first).unwrap_or(u32::MAX);
    let is_wanted = |row: &Attestation| {
        let predicate_type = row.predicate_type.as_ref();
        predicate_types.is_empty() || predicate_type.is_some_and(|it| predicate_types.contains(it))
    };
    let rows = (first..).zip(rows).filter(|(_, row)| is_wanted(row));
    Ok(rows.map(|(id, row)| attestation(id, row)).collect())
}

fn attestation(id: u32, row: &Attestation) -> wit::Attestation {
    wit::Attestation {
        id,
        kind: match row.kind {
            AttestationKind::Statement => wit::Kind::Statement,
            AttestationKind::Signature => wit::Kind::Signature,
            AttestationKind::Other => wit::Kind::Other,
        },
        digest: row.digest.to_string(),
        predicate_type: row.predicate_type.clone(),
        artifact_type: row.artifact_type.clone(),
        verification: match row.verification {
            Verification::Verified => wit::Verification::Verified,
            Verification::Untrusted => wit::Verification::Untrusted,
            Verification::Invalid => wit::Verification::Invalid,
            Verification::Unsigned => wit::Verification::Unsigned,
        },
        signer: row.signer,
        signed_at: row.signed_at,
        logged: row.logged,
    }
}

/// The largest predicate, or part of one, that is handed over in one piece.
const MAX_PREDICATE_BYTES: usize = 8 << 20;

/// The predicate of a statement, for whoever may see it.
fn predicate(facts: &AttestationFacts, id: u32, shown: Shown) -> Answer<&Value> {
    let at = usize::try_from(id).unwrap_or(usize::MAX);
    let is_of_base = at >= facts.image.len();
    let denied = || fact_error(&FactError::Denied);
    if is_of_base && !shown.base {
        return Err(denied());
    }
    let row = facts.all().nth(at);
    let row = row.ok_or_else(|| fact_error(&FactError::Absent))?;
    if row.verification != Verification::Verified && !shown.unverified {
        return Err(denied());
    }
    row.predicate.as_ref().map_err(fact_error)
}

fn text(value: &Value) -> Answer<String> {
    let text: Fact<String> =
        canonical::json(value).map_err(|error| FactError::Unsupported(error.to_string()));
    let text = text.and_then(|text| match text.len() {
        bytes if bytes > MAX_PREDICATE_BYTES => Err(FactError::TooLarge(format!(
            "{bytes} bytes, and {MAX_PREDICATE_BYTES} are allowed"
        ))),
        _ => Ok(text),
    });
    text.map_err(|error| fact_error(&error))
}

/// The whole predicate as canonical JSON.
pub(crate) fn predicate_json(facts: &AttestationFacts, id: u32, shown: Shown) -> Answer<String> {
    text(predicate(facts, id, shown)?)
}

/// One value of it as canonical JSON.
pub(crate) fn predicate_value(
    facts: &AttestationFacts,
    id: u32,
    pointer: &str,
    shown: Shown,
) -> Answer<Option<String>> {
    let found = predicate(facts, id, shown)?.pointer(pointer);
    found.map(text).transpose()
}

/// One string of it.
pub(crate) fn predicate_text(
    facts: &AttestationFacts,
    id: u32,
    pointer: &str,
    shown: Shown,
) -> Answer<Option<String>> {
    let found = predicate(facts, id, shown)?.pointer(pointer);
    Ok(found.and_then(Value::as_str).map(str::to_owned))
}

pub(crate) fn image_base(base: &ImageBase) -> base_image::ImageBase {
    base_image::ImageBase {
        reference: base.reference.clone(),
        digest: base.digest.as_ref().map(ToString::to_string),
        said_by: match base.said_by {
            BaseSource::VerifiedProvenance => base_image::BaseSource::VerifiedProvenance,
            BaseSource::Provenance => base_image::BaseSource::Provenance,
            BaseSource::Annotation => base_image::BaseSource::Annotation,
            BaseSource::Label => base_image::BaseSource::Label,
            BaseSource::Dockerfile => base_image::BaseSource::Dockerfile,
        },
        tag_digest: base.tag_digest.as_ref().map(ToString::to_string),
        layers_match: base.layers_match,
    }
}
