//! Evidence as a referrer of the image that it is about.

use super::{
    EVIDENCE_LAYER_TYPE, EVIDENCE_TYPE, EvidenceDocument, EvidenceError, MAX_EVIDENCE_BYTES,
};
use crate::error::AttestError;
use crate::replay::Unobtainable;
use crate::{Judged, Pipeline, subject};
use ::registry::{Attachment, Image, Registry, RegistryError, Resolved, Source};
use bytes::Bytes;
use model::Digest;
use oci_spec::image::Descriptor;
use std::collections::BTreeMap;

const CREATED: &str = "org.opencontainers.image.created";
/// Whoever looks for evidence need not open that of other policy sets.
const POLICY_SET: &str = "dev.polcheck.policy-set";
/// How much evidence of one image is opened. There is one of each policy set.
const MAX_OPENED: usize = 16;

impl Pipeline {
    /// Attaches the evidence of what has a claim, in the place of older evidence of the same policy set. Answers what was
    /// attached.
    ///
    /// # Errors
    /// If it cannot be written down or attached. That older evidence cannot be removed is no error.
    pub async fn attach_evidence(
        &self,
        source: &Source,
        judged: &[Judged],
    ) -> Result<Vec<Descriptor>, AttestError> {
        let image = self.registry.open(source).await?;
        let mut attached = Vec::new();
        for judged in judged {
            let has_claim = judged.report.claims.iter().any(|claim| claim.issued);
            if let (Some(evidence), Some(subject), true) =
                (&judged.recorded, &judged.descriptor, has_claim)
            {
                attached.push(attach(&image, subject, evidence).await?);
            }
        }
        Ok(attached)
    }
}

async fn attach(
    image: &Image,
    subject: &Descriptor,
    evidence: &EvidenceDocument,
) -> Result<Descriptor, AttestError> {
    let set = evidence.digests.policy_set.to_string();
    let attachment = Attachment {
        artifact_type: EVIDENCE_TYPE.to_owned(),
        layer_media_type: EVIDENCE_LAYER_TYPE.to_owned(),
        bytes: Bytes::from(evidence.to_bytes()?),
        annotations: BTreeMap::from([
            (CREATED.to_owned(), evidence.circumstances.time.to_string()),
            (POLICY_SET.to_owned(), set.clone()),
        ]),
    };
    let attached = image.attach(subject, &attachment).await?;
    let is_older = |entry: &&Descriptor| {
        is_evidence(entry)
            && entry.digest() != attached.referrer.digest()
            && annotation(entry, POLICY_SET) == Some(&set)
    };
    let entries = attached.listed.entries.iter().filter(is_older);
    let older: Vec<Digest> = entries.map(|entry| entry.digest().clone()).collect();
    if !older.is_empty() {
        // Some readers refuse images with many referrers; where a registry deletes nothing, that is how it is.
        let _ = image.detach(subject.digest(), &older).await;
    }
    Ok(attached.referrer)
}

fn is_evidence(entry: &Descriptor) -> bool {
    let found = entry.artifact_type().as_ref().map(AsRef::as_ref);
    found == Some(EVIDENCE_TYPE)
}

fn annotation<'a>(entry: &'a Descriptor, name: &str) -> Option<&'a String> {
    entry.annotations().as_ref()?.get(name)
}

/// The evidence that is attached to a digest, of one policy set or of all, the last one first. What cannot be used says why.
///
/// # Errors
/// If the list cannot be had.
pub(crate) async fn find(
    image: &Image,
    subject: &Digest,
    set: Option<&Digest>,
) -> Result<Vec<Result<EvidenceDocument, Unobtainable>>, RegistryError> {
    let listed = image.referrers(subject).await?;
    let is_wanted = |entry: &&Descriptor| {
        let of_set = annotation(entry, POLICY_SET);
        is_evidence(entry)
            && (of_set.is_none()
                || set.is_none_or(|set| of_set.is_some_and(|it| it == set.as_ref())))
    };
    let mut entries: Vec<&Descriptor> = listed.entries.iter().filter(is_wanted).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(annotation(entry, CREATED)));
    let mut found = Vec::new();
    for entry in entries.into_iter().take(MAX_OPENED) {
        found.push(open(image, subject, entry).await);
    }
    Ok(found)
}

/// The evidence that is attached to an image: to the manifest that it is, or to those of the index that it is.
///
/// # Errors
/// If the image, or what refers to it, cannot be had.
pub async fn attached_evidence(
    registry: &Registry,
    source: &Source,
) -> Result<Vec<Result<EvidenceDocument, Unobtainable>>, Unobtainable> {
    let image = registry.open(source).await?;
    let Resolved::Document(document) = image.resolve().await? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for subject in subject::manifests(&document) {
        all.extend(find(&image, &subject, None).await?);
    }
    Ok(all)
}

async fn open(
    image: &Image,
    subject: &Digest,
    entry: &Descriptor,
) -> Result<EvidenceDocument, Unobtainable> {
    let document = image.manifest(entry).await?;
    let manifest = document.manifest();
    let layers = manifest.map(|manifest| manifest.layers().as_slice());
    let Some([layer]) = layers else {
        return Err(EvidenceError::NotEvidence {
            reason: "its manifest has not one layer".to_owned(),
        }
        .into());
    };
    // By its descriptor, before anything of it is read.
    if layer.size() > MAX_EVIDENCE_BYTES {
        return Err(EvidenceError::TooLarge {
            limit: MAX_EVIDENCE_BYTES,
            unpacked: false,
        }
        .into());
    }
    let bytes = image.blob(layer, MAX_EVIDENCE_BYTES).await?;
    let evidence = EvidenceDocument::read(&bytes)?;
    let found = evidence.subject.digest();
    if found == subject {
        Ok(evidence)
    } else {
        Err(Unobtainable::OtherSubject {
            found: found.clone(),
            wanted: subject.clone(),
        })
    }
}
