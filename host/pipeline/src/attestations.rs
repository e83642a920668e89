//! What is attached to an image, verified, as policies are told of it.

mod opened;

use crate::attached::{open_all, open_layers};
use crate::judge_statements::Judge;
use crate::subject::Manifest;
use crate::trusting::{Trusting, trusted_claims};
use crate::verify_image::unlisted;
use ::attest::statement_contents;
use ::registry::{Document, Image, LegacyTag, ListedBy, RegistryError};
use futures_util::StreamExt;
use futures_util::future::try_join3;
use jiff::Timestamp;
use model::facts::AttestationFacts;
use model::facts::attestations::{Attestation, AttestationKind, Signer, Verification};
use model::{Digest, Fact, FactError};
use oci_spec::image::Descriptor;
use std::collections::BTreeSet;

/// The largest statement that is read without a bundle around it. `BuildKit` refuses more than 40 MiB itself; lists of what is in
/// an image reach some.
const MAX_STATEMENT_BYTES: u64 = 16 << 20;

/// What is gathered for the selected rules.
#[derive(Debug)]
pub(crate) struct Gathering<'t> {
    pub(crate) trusting: &'t Trusting<'t>,
    /// When.
    pub(crate) now: Timestamp,
    rows: Vec<Row>,
    /// Judges what is stated about the digest that is looked at; none: nobody is trusted.
    judge: Option<Judge<'t>>,
    /// The claims that are stated by enough of those whose word counts.
    claims: BTreeSet<String>,
}

/// One thing that is attached, and who signed it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    attestation: Attestation,
    signer: Option<Signer>,
}

/// What is attached to the manifest, to the index that led to it, and what the builder put beside it.
pub(crate) async fn of_image(
    image: &Image,
    manifest: &Manifest,
    trusting: &Trusting<'_>,
    now: Timestamp,
) -> Fact<AttestationFacts> {
    if manifest.descriptor().is_none() {
        // A file without a manifest has no digest that anything could refer to.
        return Err(FactError::Absent);
    }
    let mut gathering = Gathering::new(trusting, now);
    let subjects = [Some(manifest.digest()), manifest.index_digest()];
    for subject in subjects.into_iter().flatten() {
        gathering.attached(image, subject).await?;
    }
    if let Some(attestation) = &manifest.attestation {
        gathering
            .beside(image, attestation, manifest.digest())
            .await?;
    }
    Ok(gathering.facts())
}

/// What is attached to a base image: to any of the digests that it goes by. Claims about it are not ours.
pub(crate) async fn of_base(
    image: &Image,
    digests: &[Digest],
    facts: &mut AttestationFacts,
    trusting: &Trusting<'_>,
    now: Timestamp,
) -> Fact<Vec<Attestation>> {
    let mut gathering = Gathering::new(trusting, now);
    for digest in digests {
        gathering.attached(image, digest).await?;
    }
    Ok(rows_with(gathering.rows, &mut facts.signers))
}

impl<'t> Gathering<'t> {
    fn new(trusting: &'t Trusting<'t>, now: Timestamp) -> Self {
        Self {
            trusting,
            now,
            rows: Vec::new(),
            judge: None,
            claims: BTreeSet::new(),
        }
    }

    /// Everything that anybody lists as attached to a digest, in all forms.
    async fn attached(&mut self, image: &Image, subject: &Digest) -> Fact<()> {
        let [signature, attestation] = [LegacyTag::Signature, LegacyTag::Attestation];
        let asked = try_join3(
            listed(image, subject),
            image.legacy_document(subject, signature),
            image.legacy_document(subject, attestation),
        );
        let (entries, signatures, attestations) = asked.await.map_err(error)?;
        self.judge = self.trusting.judge(subject, self.now);
        let mut opening = std::pin::pin!(open_all(image, subject, entries));
        while let Some(opened) = opening.next().await {
            self.opened(opened, subject)?;
        }
        for (kind, document) in [(signature, signatures), (attestation, attestations)] {
            if let Some(document) = document {
                self.legacy(image, &document, subject, kind).await?;
            }
        }
        self.claims
            .extend(self.judge.take().iter().flat_map(trusted_claims));
        Ok(())
    }

    async fn legacy(
        &mut self,
        image: &Image,
        document: &Document,
        subject: &Digest,
        kind: LegacyTag,
    ) -> Fact<()> {
        let manifest = document.manifest();
        let layers = manifest.map(|manifest| manifest.layers().clone());
        let layers = layers.unwrap_or_default();
        let mut opening = std::pin::pin!(open_layers(image, subject, layers));
        while let Some((layer, bytes)) = opening.next().await {
            self.legacy_layer(&layer, &bytes, subject, kind)?;
        }
        Ok(())
    }

    /// What `BuildKit` puts beside an image in its index: statements that nobody signed.
    async fn beside(
        &mut self,
        image: &Image,
        attestation: &Descriptor,
        subject: &Digest,
    ) -> Fact<()> {
        let statements = image.statements(attestation).await.map_err(error)?;
        for (predicate_type, descriptor) in statements {
            let mut row = Attestation {
                kind: AttestationKind::Statement,
                predicate_type: Some(predicate_type),
                ..unsigned(descriptor.digest().clone())
            };
            let read = image.blob(&descriptor, MAX_STATEMENT_BYTES).await;
            match read.map_err(error) {
                Err(error) => row.predicate = Err(error),
                Ok(bytes) => match statement_contents(&bytes) {
                    Err(rejection) => {
                        row.predicate = Err(opened::unreadable(&rejection));
                        row.verification = opened::if_readable(&rejection);
                    }
                    // Whoever made the index says what it is about, if the statement does not.
                    Ok(contents) if contents.subjects.is_empty() || contents.is_about(subject) => {
                        row.predicate_type = Some(contents.predicate_type);
                        row.predicate = opened::predicate(contents.predicate);
                    }
                    Ok(contents) => {
                        row.predicate_type = Some(contents.predicate_type);
                        row.verification = Verification::Invalid;
                        row.predicate = Err(opened::other_subject());
                    }
                },
            }
            self.add(row, None);
        }
        Ok(())
    }

    fn add(&mut self, attestation: Attestation, signer: Option<Signer>) {
        self.rows.push(Row {
            attestation,
            signer,
        });
    }

    fn facts(self) -> AttestationFacts {
        let mut signers = Vec::new();
        AttestationFacts {
            trust_policy: self.trusting.digest(),
            trusted_claims: self.claims,
            image: rows_with(self.rows, &mut signers),
            signers,
            base: None,
        }
    }
}

/// The rows in an order that does not depend on who listed them when, each once.
fn rows_with(mut rows: Vec<Row>, signers: &mut Vec<Signer>) -> Vec<Attestation> {
    let key = |row: &Row| {
        let attestation = &row.attestation;
        (
            attestation.digest.to_string(),
            attestation.predicate_type.clone(),
            attestation.verification,
        )
    };
    rows.sort_by_cached_key(key);
    rows.dedup_by_key(|row| key(row));
    let numbered = rows.into_iter().map(|row| Attestation {
        signer: row.signer.map(|signer| number_of(signer, signers)),
        ..row.attestation
    });
    numbered.collect()
}

/// What refers to a digest, in the order of the registry and then of the fallback tag.
async fn listed(image: &Image, subject: &Digest) -> Result<Vec<Descriptor>, RegistryError> {
    let listed = image.referrers(subject).await?;
    let mut entries = listed.entries;
    if listed.by == ListedBy::Api {
        // A registry that got its list later may have forgotten what was attached before.
        entries.extend(unlisted(image, subject, &entries).await?);
    }
    Ok(entries)
}

/// The place of a signer among all of them.
fn number_of(signer: Signer, signers: &mut Vec<Signer>) -> u32 {
    let known = signers.iter().position(|known| *known == signer);
    let at = known.unwrap_or_else(|| {
        signers.push(signer);
        signers.len() - 1
    });
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Something that is attached, of which nothing is known but that it is there.
fn unsigned(digest: Digest) -> Attestation {
    Attestation {
        kind: AttestationKind::Other,
        digest,
        predicate_type: None,
        artifact_type: None,
        verification: Verification::Unsigned,
        signer: None,
        signed_at: None,
        logged: false,
        predicate: Err(FactError::Absent),
    }
}

/// What an error of the registry is to a fact.
#[expect(clippy::needless_pass_by_value, reason = "so it can be mapped over")]
pub(crate) fn error(error: RegistryError) -> FactError {
    error_of(&error)
}

fn error_of(error: &RegistryError) -> FactError {
    let text = error.to_string();
    match error {
        RegistryError::TooManyReferrers { .. } | RegistryError::TooLarge { .. } => {
            FactError::TooLarge(text)
        }
        RegistryError::DigestMismatch { .. }
        | RegistryError::SizeMismatch { .. }
        | RegistryError::InvalidDocument { .. }
        | RegistryError::SchemaOne { .. }
        | RegistryError::UnknownBlob { .. } => FactError::Malformed(text),
        RegistryError::UnsupportedDigest { .. } => FactError::Unsupported(text),
        _ => FactError::Unavailable(text),
    }
}
