//! Something attached to an image: a manifest that names the image as its subject, found by the referrers API, or by
//! the index at the fallback tag where a registry has no such API.

use crate::document::OCI_MANIFEST;
use crate::error::RegistryError;
use crate::limits::MAX_LISTINGS;
use crate::referrers::{ListedBy, Referrers};
use crate::repository::Repository;
use crate::retry::back_off;
use crate::shared_list::{Change, SharedList};
use crate::source::Selector;
use crate::verify::descriptor_of;
use bytes::Bytes;
use model::Digest;
use oci_spec::image::{Descriptor, MediaType};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// What is attached to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The artifact type of the manifest: by it others find what they look for.
    pub artifact_type: String,
    /// The media type of the one layer.
    pub layer_media_type: String,
    /// The one layer.
    pub bytes: Bytes,
    /// The annotations of the manifest.
    pub annotations: BTreeMap<String, String>,
}

/// An attestation in the form of cosign before version 3: one layer of a manifest at a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyLayer {
    /// The media type of the layer.
    pub media_type: String,
    /// The layer.
    pub bytes: Bytes,
    /// The annotations of its descriptor.
    pub annotations: BTreeMap<String, String>,
}

/// Something that was attached.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached {
    /// What names it.
    pub referrer: Descriptor,
    /// What others now find attached to the same subject. Where a registry says that it understood the subject and lists
    /// late, or not at all, what was attached is not among it.
    pub listed: Referrers,
}

/// What became of something that was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detached {
    /// It is gone.
    Removed,
    /// The registry refuses to delete it, as many do. Only a list of the registry's own still has it.
    NotDeleted,
    /// Somebody put it back into the index at the fallback tag, where it stays.
    PutBack,
}

impl Repository {
    /// Attaches something to a manifest or an index as cosign 3 does, so that all clients find it.
    pub(crate) async fn attach(
        &self,
        subject: &Descriptor,
        attachment: &Attachment,
    ) -> Result<Attached, RegistryError> {
        let empty = Bytes::from_static(b"{}");
        let config = self.push_blob(MediaType::EmptyJSON.as_ref(), empty).await?;
        let layer = self
            .push_blob(&attachment.layer_media_type, attachment.bytes.clone())
            .await?;
        let manifest = attachment.manifest(subject, &config, &layer);
        let mut referrer = descriptor_of(OCI_MANIFEST, &manifest);
        let at = Selector::Digest(referrer.digest().clone());
        let pushed = self.push_manifest(&at, OCI_MANIFEST, manifest).await?;

        referrer.set_artifact_type(Some(attachment.artifact_type.as_str().into()));
        let annotations: HashMap<_, _> = attachment.annotations.clone().into_iter().collect();
        referrer.set_annotations(Some(annotations).filter(|annotations| !annotations.is_empty()));

        let mut listed = self.referrers(subject.digest()).await?;
        // Writers decide by the one or by the other, and readers ask the API and then the tag: where one of both says that
        // there is no API, somebody looks for the tag.
        if !pushed.oci_subject || listed.by == ListedBy::FallbackTag {
            let change = Change::Add(attachment.entry(&referrer));
            self.change_list(SharedList::Referrers(subject.digest()), &change)
                .await?;
            listed = self.referrers(subject.digest()).await?;
        }
        if listed.by == ListedBy::Api && pushed.oci_subject {
            listed = self.listed_in_time(&referrer, subject, listed).await?;
        }
        Ok(Attached { referrer, listed })
    }

    /// The list of referrers, once more as long as it lacks a referrer: some registries list late.
    async fn listed_in_time(
        &self,
        referrer: &Descriptor,
        subject: &Descriptor,
        mut listed: Referrers,
    ) -> Result<Referrers, RegistryError> {
        for attempt in 0..MAX_LISTINGS {
            if listed.position(referrer.digest()).is_some() {
                break;
            }
            tokio::time::sleep(back_off(attempt)).await;
            listed = self.referrers(subject.digest()).await?;
        }
        Ok(listed)
    }

    /// Takes referrers away again: out of the index at the fallback tag, and then out of the repository.
    ///
    /// The index comes first, since an entry without a manifest makes registries refuse the index, and readers fail.
    ///
    /// SPEC: distribution §Deleting Manifests: "When deleting an image or artifact manifest that contains a `subject`
    /// field, and the referrers API returns a 404, clients SHOULD: Pull the referrers list using the referrers tag schema.
    /// Remove the descriptor entry from the array of manifests that references the deleted manifest. Push the updated
    /// referrers list using the same referrers tag schema."
    pub(crate) async fn detach(
        &self,
        subject: &Digest,
        referrers: &[Digest],
    ) -> Result<Vec<Detached>, RegistryError> {
        let change = Change::Remove(referrers.to_vec());
        let list = SharedList::Referrers(subject);
        if !self.change_list(list, &change).await? {
            return Ok(vec![Detached::PutBack; referrers.len()]);
        }
        let mut detached = Vec::new();
        for referrer in referrers {
            if !self.delete_manifest(referrer).await? {
                // It is going to say the same of the others.
                break;
            }
            detached.push(Detached::Removed);
        }
        detached.resize(referrers.len(), Detached::NotDeleted);
        Ok(detached)
    }
}

impl Repository {
    /// Attaches an attestation in the form of cosign before version 3: as a layer of the manifest at the tag `.att`, beside
    /// those that are there.
    pub(crate) async fn attach_legacy(
        &self,
        subject: &Digest,
        layer: &LegacyLayer,
    ) -> Result<Descriptor, RegistryError> {
        let mut pushed = self
            .push_blob(&layer.media_type, layer.bytes.clone())
            .await?;
        let mut entry = essentials(&pushed);
        set(&mut entry, "annotations", json!(layer.annotations));
        self.change_list(SharedList::Attestations(subject), &Change::Add(entry))
            .await?;
        pushed.set_annotations(Some(layer.annotations.clone().into_iter().collect()));
        Ok(pushed)
    }

    /// Takes layers out of the manifest at the tag `.att`; what they hold stays until the registry cleans up.
    pub(crate) async fn detach_legacy(
        &self,
        subject: &Digest,
        layers: &[Digest],
    ) -> Result<Detached, RegistryError> {
        let change = Change::Remove(layers.to_vec());
        let stays = self
            .change_list(SharedList::Attestations(subject), &change)
            .await?;
        Ok(if stays {
            Detached::Removed
        } else {
            Detached::PutBack
        })
    }
}

impl Attachment {
    fn manifest(&self, subject: &Descriptor, config: &Descriptor, layer: &Descriptor) -> Bytes {
        let mut config = essentials(config);
        // As cosign writes it.
        set(
            &mut config,
            "artifactType",
            self.artifact_type.as_str().into(),
        );
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": self.artifact_type,
            "config": config,
            "layers": [essentials(layer)],
            "subject": essentials(subject),
        });
        if !self.annotations.is_empty() {
            set(&mut manifest, "annotations", json!(self.annotations));
        }
        manifest.to_string().into()
    }

    /// What stands in the index at the fallback tag.
    fn entry(&self, referrer: &Descriptor) -> Value {
        let mut entry = essentials(referrer);
        set(
            &mut entry,
            "artifactType",
            self.artifact_type.as_str().into(),
        );
        if !self.annotations.is_empty() {
            set(&mut entry, "annotations", json!(self.annotations));
        }
        entry
    }
}

/// The fields that every descriptor has.
pub(crate) fn essentials(descriptor: &Descriptor) -> Value {
    json!({
        "mediaType": descriptor.media_type(),
        "digest": descriptor.digest(),
        "size": descriptor.size(),
    })
}

/// Sets a field of what is an object.
pub(crate) fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(key.to_owned(), value);
    }
}
