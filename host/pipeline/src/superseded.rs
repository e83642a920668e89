//! Statements of our own that a newer one makes superfluous.

use crate::attach_form::Forms;
use crate::attached::{Content, open_all, open_layers};
use crate::error::AttestError;
use ::attest::{
    ClaimedSigner, Contents, ENVELOPE_MEDIA_TYPE, LegacyLayer, ResultContents, Statement,
    StatementContents, Trust, contents, statement_contents, verify_signer,
};
use ::registry::{Attached, Detached, Document, Image, LegacyTag, ListedBy, RegistryError};
use futures_util::StreamExt;
use jiff::Timestamp;
use model::Digest;
use oci_spec::image::Descriptor;
use std::future::ready;
use std::sync::Arc;

/// A statement that was superseded.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// The manifest that attaches it, or the layer where it has the older form.
    pub digest: Digest,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a statement that was superseded.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// What the registry made of its removal.
    Detached(Detached),
    /// It is not known.
    Unknown(Arc<RegistryError>),
}

/// A statement that would be superseded, if whoever signs next is who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The manifest that attaches it, or the layer where it has the older form.
    pub digest: Digest,
    /// By whom it says that it is signed.
    pub signer: ClaimedSigner,
}

impl Superseded {
    /// Whether no list that others read has it any more.
    pub(crate) fn is_unlisted(&self, by: ListedBy) -> bool {
        match self.outcome {
            Outcome::Detached(Detached::Removed) => true,
            Outcome::Detached(Detached::NotDeleted) => by == ListedBy::FallbackTag,
            Outcome::Detached(Detached::PutBack) | Outcome::Unknown(_) => false,
        }
    }
}

/// Removes what a statement that was attached makes superfluous: older statements about the same image, by the same signer,
/// verifier and policy set, that claim nothing beyond it and do not count for longer. Of statements that are attached at
/// the same time the newest is older than none, so nobody removes it.
pub(crate) async fn remove(
    image: &Image,
    attached: &Attached,
    newest: &[u8],
    subject: &Digest,
    trust: &Trust,
    now: Timestamp,
) -> Vec<Superseded> {
    let Some(newest) = own(newest, subject, trust, now) else {
        return Vec::new();
    };
    let is_older = |bundle: &[u8]| is_older(bundle, &newest, subject, trust, now);
    let entries = attached.listed.entries.clone();
    let found = bundles(image, subject, entries, |digest, bundle| {
        is_older(bundle).then_some(digest)
    });
    let found = found.await;
    if found.is_empty() {
        return Vec::new();
    }
    let outcomes = match image.detach(subject, &found).await {
        Ok(detached) => detached.into_iter().map(Outcome::Detached).collect(),
        Err(error) => vec![Outcome::Unknown(Arc::new(error)); found.len()],
    };
    let superseded = found.into_iter().zip(outcomes);
    superseded
        .map(|(digest, outcome)| Superseded { digest, outcome })
        .collect()
}

/// Removes the same of what has the older form.
pub(crate) async fn remove_legacy(
    image: &Image,
    newest: &[u8],
    subject: &Digest,
    trust: &Trust,
    now: Timestamp,
) -> Vec<Superseded> {
    let Some(newest) = own(newest, subject, trust, now) else {
        return Vec::new();
    };
    let is_older = |bundle: &[u8]| is_older(bundle, &newest, subject, trust, now);
    let found = layers(image, subject, |digest, bundle| {
        is_older(bundle).then_some(digest)
    });
    // What cannot be looked at stays.
    let found = found.await.unwrap_or_default();
    if found.is_empty() {
        return Vec::new();
    }
    let outcome = match image.detach_legacy(subject, &found).await {
        Ok(detached) => Outcome::Detached(detached),
        Err(error) => Outcome::Unknown(Arc::new(error)),
    };
    let superseded = found.into_iter().map(|digest| Superseded {
        digest,
        outcome: outcome.clone(),
    });
    superseded.collect()
}

/// What a statement would make superfluous, once it was signed and attached in these forms. No signature is checked.
pub(crate) async fn candidates(
    image: &Image,
    subject: &Digest,
    newest: &Statement,
    forms: Forms,
) -> Result<Vec<Candidate>, AttestError> {
    let newest = statement_contents(newest.as_json().as_bytes()).ok();
    let Some(newest) = newest.and_then(|newest| newest.result) else {
        return Ok(Vec::new());
    };
    let candidate = |digest: Digest, bundle: &[u8]| {
        let Contents { signer, statement } = contents(bundle).ok()?;
        let StatementContents {
            subjects, result, ..
        } = statement?;
        let is_about_it = subjects.iter().any(|it| {
            let named = it.digest.get(subject.algorithm().as_ref());
            named.map(String::as_str) == Some(subject.digest())
        });
        (is_about_it && newest.supersedes(&result?)).then_some(Candidate { digest, signer })
    };
    let mut found = Vec::new();
    if forms.bundle {
        let listed = image.referrers(subject).await?;
        found.extend(bundles(image, subject, listed.entries, candidate).await);
    }
    if forms.legacy {
        found.extend(layers(image, subject, candidate).await?);
    }
    Ok(found)
}

/// What is found in the bundles among referrers, each given with the manifest that attaches it.
async fn bundles<T>(
    image: &Image,
    subject: &Digest,
    listed: Vec<Descriptor>,
    find: impl Fn(Digest, &[u8]) -> Option<T>,
) -> Vec<T> {
    let opened = open_all(image, subject, listed);
    let found = opened.filter_map(|opened| {
        ready(match opened.content {
            Content::Bundle(bundle) => find(opened.digest, &bundle),
            Content::Other | Content::Unusable(_) => None,
        })
    });
    found.collect().await
}

/// What is found in attestations of the older form, each given as the bundle that it would be, with its layer.
async fn layers<T>(
    image: &Image,
    subject: &Digest,
    find: impl Fn(Digest, &[u8]) -> Option<T>,
) -> Result<Vec<T>, RegistryError> {
    let document = image
        .legacy_document(subject, LegacyTag::Attestation)
        .await?;
    let manifest = document.as_ref().and_then(Document::manifest);
    let layers = manifest.map(|manifest| manifest.layers().as_slice());
    let layers = layers.unwrap_or_default().iter();
    let envelopes = layers.filter(|layer| layer.media_type().as_ref() == ENVELOPE_MEDIA_TYPE);
    let opened = open_layers(image, subject, envelopes.cloned().collect());
    let found = opened.filter_map(|(layer, opened)| {
        let annotations = layer.annotations().clone().unwrap_or_default();
        let bundle = opened.ok().and_then(|bytes| {
            let layer = LegacyLayer {
                bytes: &bytes,
                annotations: &annotations,
            };
            layer.as_bundle().ok()
        });
        ready(bundle.and_then(|bundle| find(layer.digest().clone(), &bundle)))
    });
    Ok(found.collect().await)
}

/// Whether it is a statement of ours that the newest supersedes.
fn is_older(
    bundle: &[u8],
    newest: &ResultContents,
    subject: &Digest,
    trust: &Trust,
    now: Timestamp,
) -> bool {
    own(bundle, subject, trust, now).is_some_and(|older| newest.supersedes(&older))
}

/// What a statement of ours says; none where it is not verified as ours.
fn own(bundle: &[u8], subject: &Digest, trust: &Trust, now: Timestamp) -> Option<ResultContents> {
    verify_signer(bundle, trust, subject, now).ok()?;
    let Ok(Contents {
        statement: Some(StatementContents { result, .. }),
        ..
    }) = contents(bundle)
    else {
        return None;
    };
    result
}
