//! The facts of the interface `image`.

use crate::config::{self, Document};
use model::canonical::MAX_SAFE_INTEGER;
use model::facts::{ImageFacts, Layer, ManifestInfo};
use model::{Digest, Fact, FactError, Platform};
use oci_spec::image::{ImageManifest, MediaType};
use std::collections::{BTreeMap, HashMap};

/// The config of an OCI image.
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The config of an image in Docker's format.
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// A manifest, as it was fetched.
#[derive(Clone, Copy, Debug)]
pub struct ManifestDocument<'a> {
    /// Of its bytes.
    pub digest: &'a Digest,
    /// As it was served.
    pub media_type: &'a str,
    /// What it says.
    pub manifest: &'a ImageManifest,
    /// The index that named it, if one did.
    pub index: Option<IndexDocument<'a>>,
}

/// An index, as it was fetched.
#[derive(Clone, Copy, Debug)]
pub struct IndexDocument<'a> {
    /// Of its bytes.
    pub digest: &'a Digest,
    /// Its annotations.
    pub annotations: Option<&'a HashMap<String, String>>,
}

/// The subject is something else than an image: a chart, a signature, an SBOM. Mostly a reference that was mistaken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a container image: its config is `{media_type}`")]
pub struct NotAnImage {
    /// The media type of its config.
    pub media_type: String,
}

/// Whether a config of that media type is the config of an image.
///
/// # Errors
/// If it is not.
pub fn check_config_media_type(media_type: &MediaType) -> Result<(), NotAnImage> {
    let media_type = media_type.to_string();
    if media_type == OCI_CONFIG || media_type == DOCKER_CONFIG {
        Ok(())
    } else {
        Err(NotAnImage { media_type })
    }
}

/// The facts of an image, from its config blob and its manifest. An archive of `docker save` has no manifest.
pub fn image(config: &[u8], manifest: Option<ManifestDocument<'_>>) -> ImageFacts {
    let config = match config::read(config) {
        Ok(config) => config,
        Err(error) => return ImageFacts::unusable(&error),
    };
    let document = &config.document;
    ImageFacts {
        manifest: manifest.map_or(Err(FactError::Absent), |manifest| {
            manifest_info(manifest, document)
        }),
        config: Ok(document.image_config()),
        history: Ok(document.history()),
        layers: manifest.map_or(Err(FactError::Absent), |manifest| {
            layers(manifest.manifest, document)
        }),
        raw_config: Ok(config.raw),
    }
}

fn manifest_info(document: ManifestDocument<'_>, config: &Document) -> Fact<ManifestInfo> {
    let mut sizes = document
        .manifest
        .layers()
        .iter()
        .map(oci_spec::image::Descriptor::size);
    let compressed_size = sizes
        .try_fold(0_u64, u64::checked_add)
        .filter(|size| *size <= MAX_SAFE_INTEGER);
    let index_annotations = document.index.and_then(|index| index.annotations);
    Ok(ManifestInfo {
        digest: document.digest.clone(),
        index_digest: document.index.map(|index| index.digest.clone()),
        media_type: document.media_type.to_owned(),
        platform: platform(config),
        os_version: config
            .os_version
            .clone()
            .filter(|version| !version.is_empty()),
        annotations: sorted(document.manifest.annotations().as_ref()),
        index_annotations: sorted(index_annotations),
        compressed_size: compressed_size
            .ok_or_else(|| FactError::Malformed("the layers are impossibly large".to_owned()))?,
    })
}

/// What the config says it runs on; `unknown` where it does not say.
pub(crate) fn platform(config: &Document) -> Platform {
    let word = |text: &Option<String>| {
        text.clone()
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| "unknown".to_owned())
    };
    Platform::new(
        &word(&config.os),
        &word(&config.architecture),
        config.variant.as_deref(),
    )
}

fn sorted(annotations: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    annotations
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn layers(manifest: &ImageManifest, config: &Document) -> Fact<Vec<Layer>> {
    let (stored, diff_ids) = (manifest.layers(), config.diff_ids());
    if stored.len() != diff_ids.len() {
        let message = format!(
            "the manifest has {} layers and the config {}",
            stored.len(),
            diff_ids.len()
        );
        return Err(FactError::Malformed(message));
    }
    let layer = |(descriptor, diff_id): (&oci_spec::image::Descriptor, &Digest)| Layer {
        digest: descriptor.digest().clone(),
        diff_id: diff_id.clone(),
        media_type: descriptor.media_type().to_string(),
        compressed_size: descriptor.size(),
    };
    Ok(stored.iter().zip(diff_ids).map(layer).collect())
}
