//! What a registry keeps: for each repository its blobs, its manifests by digest, and tags that point to them.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The digest of bytes: `sha256:` and 64 hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// The digest of bytes by the algorithm of another digest.
pub(crate) fn digest_like(digest: &str, bytes: &[u8]) -> String {
    if digest.starts_with("sha512:") {
        format!("sha512:{}", hex(&Sha512::digest(bytes)))
    } else {
        sha256(bytes)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    })
}

/// Everything in one registry.
#[derive(Debug, Default)]
pub(crate) struct Store {
    repositories: BTreeMap<String, Repository>,
    next_upload: usize,
}

impl Store {
    /// A repository, which exists from the moment somebody asks for it.
    pub(crate) fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    /// Opens an upload and names it.
    pub(crate) fn begin_upload(&mut self, name: &str) -> String {
        self.next_upload += 1;
        let id = format!("upload-{}", self.next_upload);
        self.repository(name).uploads.insert(id.clone(), Vec::new());
        id
    }
}

/// One repository.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) blobs: BTreeMap<String, Bytes>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) uploads: BTreeMap<String, Vec<u8>>,
    /// In the order in which they came.
    manifests: Vec<StoredManifest>,
}

/// A manifest as it was pushed.
#[derive(Clone, Debug)]
pub(crate) struct StoredManifest {
    pub(crate) digest: String,
    pub(crate) media_type: String,
    pub(crate) bytes: Bytes,
}

impl StoredManifest {
    /// The digest of the manifest that this one refers to.
    pub(crate) fn subject(&self) -> Option<String> {
        let manifest = self.document()?;
        manifest["subject"]["digest"].as_str().map(str::to_owned)
    }

    /// The descriptor under which the referrers API lists this manifest.
    pub(crate) fn referrer(&self) -> Value {
        let manifest = self.document().unwrap_or_default();
        // SPEC: distribution §Listing Referrers: "If the `artifactType` is empty or missing in the image manifest,
        // the value of `artifactType` MUST be set to the config descriptor `mediaType` value."
        let artifact_type = manifest["artifactType"]
            .as_str()
            .or_else(|| manifest["config"]["mediaType"].as_str());
        let mut descriptor = json!({
            "mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len(),
        });
        if let Some(artifact_type) = artifact_type {
            descriptor["artifactType"] = artifact_type.into();
        }
        if manifest["annotations"].is_object() {
            descriptor["annotations"] = manifest["annotations"].clone();
        }
        descriptor
    }

    fn document(&self) -> Option<Value> {
        serde_json::from_slice(&self.bytes).ok()
    }
}

impl Repository {
    /// The manifest behind a tag or a digest.
    pub(crate) fn manifest(&self, reference: &str) -> Option<&StoredManifest> {
        let digest = self.tags.get(reference).map_or(reference, String::as_str);
        self.manifests.iter().find(|stored| stored.digest == digest)
    }

    /// All manifests that refer to a digest, oldest first.
    pub(crate) fn referrers(&self, subject: &str) -> Vec<Value> {
        self.manifests
            .iter()
            .filter(|manifest| manifest.subject().as_deref() == Some(subject))
            .map(StoredManifest::referrer)
            .collect()
    }

    /// Stores a manifest under its digest and, where the reference is one, under a tag.
    pub(crate) fn put_manifest(
        &mut self,
        reference: &str,
        media_type: &str,
        bytes: Bytes,
    ) -> String {
        let digest = digest_like(reference, &bytes);
        self.manifests.retain(|stored| stored.digest != digest);
        self.manifests.push(StoredManifest {
            digest: digest.clone(),
            media_type: media_type.to_owned(),
            bytes,
        });
        if !reference.contains(':') {
            self.tags.insert(reference.to_owned(), digest.clone());
        }
        digest
    }

    /// Puts other bytes behind a digest, as no honest registry would.
    pub(crate) fn replace(&mut self, digest: &str, bytes: Bytes) {
        match self
            .manifests
            .iter_mut()
            .find(|stored| stored.digest == digest)
        {
            Some(manifest) => manifest.bytes = bytes,
            None => *self.blobs.get_mut(digest).expect("nothing has this digest") = bytes,
        }
    }

    /// Removes a tag, or a manifest and all its tags; says whether there was one.
    pub(crate) fn delete_manifest(&mut self, reference: &str) -> bool {
        if self.tags.remove(reference).is_some() {
            return true;
        }
        let before = self.manifests.len();
        self.manifests.retain(|stored| stored.digest != reference);
        self.tags.retain(|_, digest| digest != reference);
        self.manifests.len() < before
    }
}
