//! Statements of our own that a newer one makes superfluous.

use crate::attached::{Content, Opened, open_all};
use ::attest::{Contents, ResultContents, StatementContents, Trust, contents, verify_signer};
use ::registry::{Attached, Detached, Image, ListedBy, RegistryError};
use futures_util::StreamExt;
use jiff::Timestamp;
use model::Digest;
use std::sync::Arc;

/// A statement that was superseded.
#[derive(Clone, Debug)]
pub struct Superseded {
    /// The manifest that attaches it.
    pub referrer: Digest,
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

/// Removes what a statement that was attached makes superfluous: older statements about the same image, signed with the
/// same key, by the same verifier and policy set, that claim nothing beyond it and do not count for longer. Of statements
/// that are attached at the same time the newest is older than none, so nobody removes it.
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
    let mut found = Vec::new();
    {
        let entries = attached.listed.entries.clone();
        let mut opening = std::pin::pin!(open_all(image, subject, entries));
        while let Some(Opened {
            digest, content, ..
        }) = opening.next().await
        {
            let Content::Bundle(bundle) = content else {
                continue;
            };
            if own(&bundle, subject, trust, now).is_some_and(|older| newest.supersedes(&older)) {
                found.push(digest);
            }
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let outcomes = match image.detach(subject, &found).await {
        Ok(detached) => detached.into_iter().map(Outcome::Detached).collect(),
        Err(error) => vec![Outcome::Unknown(Arc::new(error)); found.len()],
    };
    let superseded = found.into_iter().zip(outcomes);
    superseded
        .map(|(referrer, outcome)| Superseded { referrer, outcome })
        .collect()
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
