//! Something attached to an image: a manifest that names the image as its subject, found by the referrers API, or by
//! the index at the fallback tag where a registry has no such API.

use crate::document::{OCI_INDEX, OCI_MANIFEST};
use crate::error::RegistryError;
use crate::limits::MAX_FALLBACK_WRITES;
use crate::referrers::{fallback_tag, index};
use crate::repository::Repository;
use crate::retry::jitter;
use crate::source::Selector;
use crate::verify::descriptor_of;
use bytes::Bytes;
use model::Digest;
use model::strict_json::{self, Integers};
use oci_spec::image::{Descriptor, MediaType};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

/// How often the entry has to be seen in the index at the fallback tag, with a pause between, before it counts as
/// stored: another writer that read the index before the entry was in it may still overwrite it.
const SIGHTINGS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(150);

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

/// Signatures and attestations in the form of cosign before version 3, which are tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegacySignatures {
    /// There is a tag `sha256-….sig`.
    pub signature: bool,
    /// There is a tag `sha256-….att`.
    pub attestation: bool,
}

impl Repository {
    /// Attaches something to a manifest or an index as cosign 3 does, so that all clients find it.
    pub(crate) async fn attach(
        &self,
        subject: &Descriptor,
        attachment: &Attachment,
    ) -> Result<Descriptor, RegistryError> {
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
        if !pushed.oci_subject {
            let entry = attachment.entry(&referrer);
            self.add_to_fallback(subject.digest(), &entry).await?;
        }
        Ok(referrer)
    }

    /// Whether an image has signatures that clients stop looking at once a bundle is attached to it.
    pub(crate) async fn legacy_signatures(
        &self,
        subject: &Digest,
    ) -> Result<LegacySignatures, RegistryError> {
        let tag = fallback_tag(subject);
        Ok(LegacySignatures {
            signature: self.has_tag(&format!("{tag}.sig")).await?,
            attestation: self.has_tag(&format!("{tag}.att")).await?,
        })
    }

    /// Adds an entry to the index at the fallback tag, and adds it again if another writer drops it.
    ///
    /// SPEC: distribution §Pushing Manifests with Subject: "When pushing a manifest with the `subject` field and the
    /// `OCI-Subject` header was not set, the client MUST: Pull the current referrers list using the referrers tag
    /// schema. … Push the updated referrers list using the same referrers tag schema."
    async fn add_to_fallback(&self, subject: &Digest, entry: &Value) -> Result<(), RegistryError> {
        let tag = fallback_tag(subject);
        let mut sightings = 0;
        let mut writes = 0;
        loop {
            let index = self.fallback_index(&tag).await?;
            if has_entry(&index, entry) {
                sightings += 1;
                if sightings == SIGHTINGS {
                    return Ok(());
                }
                tokio::time::sleep(jitter(PAUSE)).await;
                continue;
            }
            if writes == MAX_FALLBACK_WRITES {
                return Err(RegistryError::LostReferrer {
                    repository: self.name(),
                    tag,
                });
            }
            let index = with_entry(index, entry).to_string();
            self.push_manifest(&Selector::Tag(tag.clone()), OCI_INDEX, index.into())
                .await?;
            sightings = 0;
            // Writers that overwrote one another look again at different times.
            tokio::time::sleep(jitter(PAUSE / 2 * writes)).await;
            writes += 1;
        }
    }

    /// The index at the fallback tag with all its fields, those among them that this program does not know; an empty
    /// one where there is none.
    async fn fallback_index(&self, tag: &str) -> Result<Value, RegistryError> {
        let Some(document) = self.tagged(tag).await? else {
            return Ok(json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [] }));
        };
        let bytes = document.bytes.clone();
        let what = format!("`{}:{tag}`", self.name());
        // SPEC: distribution §Pushing Manifests with Subject: "If that pull returns a manifest other than the expected
        // image index, the client SHOULD report a failure and skip the remaining steps. If the tag returns a 404, the
        // client MUST begin with an empty image index."
        index(document, &what)?;
        strict_json::parse(&bytes, Integers::Safe).map_err(|source| {
            RegistryError::InvalidDocument {
                what,
                source: Box::new(source.into()),
            }
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
fn essentials(descriptor: &Descriptor) -> Value {
    json!({
        "mediaType": descriptor.media_type(),
        "digest": descriptor.digest(),
        "size": descriptor.size(),
    })
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(key.to_owned(), value);
    }
}

fn has_entry(index: &Value, entry: &Value) -> bool {
    let entries = index.get("manifests").and_then(Value::as_array);
    entries.is_some_and(|entries| entries.iter().any(|other| is_same(other, entry)))
}

/// The index with the entry in front, where clients that read only the first page find it, and nowhere else.
fn with_entry(mut index: Value, entry: &Value) -> Value {
    let mut entries = match index.get("manifests") {
        Some(Value::Array(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    entries.retain(|other| !is_same(other, entry));
    entries.insert(0, entry.clone());
    set(&mut index, "manifests", entries.into());
    index
}

fn is_same(one: &Value, other: &Value) -> bool {
    one.get("digest") == other.get("digest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_first_and_only_once_and_the_rest_stays() {
        let [old, new] = [
            json!({ "digest": "old", "size": 1 }),
            json!({ "digest": "new" }),
        ];
        let index = json!({ "manifests": [old, new], "annotations": { "a": "b" } });
        let index = with_entry(index, &new);
        assert_eq!(
            index,
            json!({ "manifests": [new, old], "annotations": { "a": "b" } })
        );
        assert!(has_entry(&index, &new));
    }

    #[test]
    fn a_list_that_is_null_is_empty() {
        let index = with_entry(json!({ "manifests": null }), &json!({ "digest": "new" }));
        assert_eq!(index, json!({ "manifests": [{ "digest": "new" }] }));
    }
}
