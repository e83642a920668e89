//! The images that the stages of a Dockerfile begin with, as they are now.

use ::registry::{Content, MAX_CONFIG_BYTES, Registry, RegistryError, Resolved, Source, platform};
use model::facts::dockerfile::Stage;
use model::facts::{BaseImage, DockerfileFacts};
use model::{Fact, FactError, Platform};
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
    let source: Source = reference
        .parse()
        .map_err(|error: ::registry::InvalidSource| FactError::Malformed(error.to_string()))?;
    // A Dockerfile names images in registries, never files of whoever judges it.
    let Some(name) = source.reference().map(ToString::to_string) else {
        return Err(FactError::Malformed(format!(
            "`{reference}` is no reference"
        )));
    };
    let unavailable = |error: RegistryError| FactError::Unavailable(error.to_string());
    let image = registry.open(&source).await.map_err(unavailable)?;
    let Resolved::Document(document) = image.resolve().await.map_err(unavailable)? else {
        return Err(FactError::Unsupported("it has no manifest".to_owned()));
    };
    let digest = document.digest.clone();
    let manifest = match document.content {
        Content::Manifest(manifest) => manifest,
        Content::Index(index) => {
            let entry = platform::require(&index, wanted, &source).map_err(unavailable)?;
            match image.manifest(entry).await.map_err(unavailable)?.content {
                Content::Manifest(manifest) => manifest,
                Content::Index(_) => {
                    return Err(FactError::Unsupported(
                        "it is an index in an index".to_owned(),
                    ));
                }
            }
        }
    };
    let config = image.blob(manifest.config(), MAX_CONFIG_BYTES).await;
    Ok(BaseImage {
        reference: name,
        digest: Some(digest),
        config: ::facts::base_config(&config.map_err(unavailable)?)?.config,
    })
}
