//! The images that the stages of a Dockerfile begin with, as they are now.

use ::registry::{
    Content, Document, Image, MAX_CONFIG_BYTES, Registry, RegistryError, Resolved, Source, platform,
};
use bytes::Bytes;
use model::facts::dockerfile::Stage;
use model::facts::{BaseImage, DockerfileFacts};
use model::{Digest, Fact, FactError, Platform};
use oci_spec::image::ImageManifest;
use std::collections::BTreeMap;

/// Base images by their references, so that none is fetched twice.
#[derive(Debug, Default)]
pub struct KnownBases(BTreeMap<String, Fact<BaseImage>>);

/// Fetches manifest and config of the bases of the stages that are wanted.
pub(crate) async fn fetch(
    registry: &Registry,
    file: &DockerfileFacts,
    wanted: &Platform,
    is_wanted: impl Fn(&Stage) -> bool,
    known: &mut KnownBases,
) -> BTreeMap<u32, Fact<BaseImage>> {
    let KnownBases(known) = known;
    let mut bases = BTreeMap::new();
    let stages = file.stages.iter().filter(|stage| is_wanted(stage));
    for stage in stages.filter(|stage| !stage.from_scratch && stage.base_stage.is_none()) {
        let base = match known.get(&stage.base) {
            Some(base) => base.clone(),
            None => one(registry, &stage.base, wanted).await,
        };
        known.insert(stage.base.clone(), base.clone());
        bases.insert(stage.index, base);
    }
    bases
}

async fn one(registry: &Registry, reference: &str, wanted: &Platform) -> Fact<BaseImage> {
    let source = source(reference)?;
    let name = source.reference().map(ToString::to_string);
    let image = registry.open(&source).await.map_err(unavailable)?;
    let found = Found::resolve(&image, wanted).await?;
    Ok(BaseImage {
        reference: name.unwrap_or_default(),
        digest: Some(found.digest.clone()),
        config: ::facts::base_config(&found.config(&image).await?)?.config,
    })
}

/// An image that a Dockerfile, or somebody else, names: in a registry, never a file of whoever judges it.
pub(crate) fn source(reference: &str) -> Fact<Source> {
    let source: Source = reference
        .parse()
        .map_err(|error: ::registry::InvalidSource| FactError::Malformed(error.to_string()))?;
    match source.reference() {
        Some(_) => Ok(source),
        None => Err(FactError::Malformed(format!(
            "`{reference}` is no reference"
        ))),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so it can be mapped over")]
fn unavailable(error: RegistryError) -> FactError {
    FactError::Unavailable(error.to_string())
}

/// What a reference names, for one platform.
pub(crate) struct Found {
    /// What it names: a manifest, or an index.
    pub(crate) digest: Digest,
    /// The manifest of the platform; the same where it names a manifest.
    pub(crate) platform_digest: Digest,
    manifest: Box<ImageManifest>,
}

impl Found {
    pub(crate) async fn resolve(image: &Image, wanted: &Platform) -> Fact<Self> {
        let Resolved::Document(document) = image.resolve().await.map_err(unavailable)? else {
            return Err(FactError::Unsupported("it has no manifest".to_owned()));
        };
        Self::of(image, *document, wanted).await
    }

    pub(crate) async fn of(image: &Image, document: Document, wanted: &Platform) -> Fact<Self> {
        let digest = document.digest;
        let index = match document.content {
            Content::Manifest(manifest) => {
                let platform_digest = digest.clone();
                return Ok(Self {
                    digest,
                    platform_digest,
                    manifest,
                });
            }
            Content::Index(index) => index,
        };
        let entry = platform::require(&index, wanted, image.source()).map_err(unavailable)?;
        match image.manifest(entry).await.map_err(unavailable)?.content {
            Content::Manifest(manifest) => Ok(Self {
                digest,
                platform_digest: entry.digest().clone(),
                manifest,
            }),
            Content::Index(_) => Err(FactError::Unsupported(
                "it is an index in an index".to_owned(),
            )),
        }
    }

    /// The config blob.
    pub(crate) async fn config(&self, image: &Image) -> Fact<Bytes> {
        let config = image.blob(self.manifest.config(), MAX_CONFIG_BYTES).await;
        config.map_err(unavailable)
    }
}
