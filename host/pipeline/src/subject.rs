//! What a source names: one manifest, or an index and those of its manifests that are asked for.

use crate::error::CheckError;
use ::facts::{IndexDocument, ManifestDocument, check_config_media_type};
use ::registry::{Content, DockerImage, Document, Image, MAX_CONFIG_BYTES, Resolved, platform};
use bytes::Bytes;
use model::facts::ImageFacts;
use model::report::Gap;
use model::{Digest, Facts, Platform};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest};
use std::collections::HashMap;

/// How many manifests of one index are judged. Real ones have a dozen.
const MAX_MANIFESTS: usize = 256;

/// Which platforms of an index are judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Platforms {
    /// The one a container engine would run here: linux on the architecture of this machine.
    #[default]
    Host,
    /// One.
    One(Platform),
    /// All, and with them the index.
    All,
}

impl Platforms {
    pub(crate) fn one(&self) -> Option<Platform> {
        match self {
            Self::Host => Some(Platform::new("linux", std::env::consts::ARCH, None)),
            Self::One(platform) => Some(platform.clone()),
            Self::All => None,
        }
    }
}

/// What is judged.
#[derive(Debug)]
pub(crate) struct Subjects {
    /// Each on its own.
    pub(crate) manifests: Vec<Manifest>,
    /// After them the index, where all of its platforms are asked for.
    pub(crate) index: Option<Index>,
    /// Platforms of the index that nobody asked for.
    pub(crate) left_out: Vec<Gap>,
}

/// An index, all of whose manifests are asked for.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) descriptor: Descriptor,
    /// Entries that somebody may run and that cannot be judged.
    pub(crate) open: Vec<Gap>,
}

/// A manifest, or an image that has none.
#[derive(Debug)]
pub(crate) struct Manifest {
    kind: Kind,
    /// The index that named it.
    index: Option<(Digest, HashMap<String, String>)>,
    /// What that index calls `BuildKit`'s attestations about it.
    pub(crate) attestation: Option<Descriptor>,
}

#[derive(Debug)]
enum Kind {
    Document {
        document: Document,
        manifest: Box<ImageManifest>,
    },
    DockerImage(Box<DockerImage>),
}

impl Manifest {
    /// What is judged: the digest of the manifest, or of the config where there is no manifest.
    pub(crate) fn digest(&self) -> &Digest {
        match &self.kind {
            Kind::Document { document, .. } => &document.digest,
            Kind::DockerImage(image) => &image.config_digest,
        }
    }

    pub(crate) fn index_digest(&self) -> Option<&Digest> {
        self.index.as_ref().map(|(digest, _)| digest)
    }

    pub(crate) fn descriptor(&self) -> Option<Descriptor> {
        match &self.kind {
            Kind::Document { document, .. } => Some(document.descriptor()),
            Kind::DockerImage(_) => None,
        }
    }

    /// The config blob.
    pub(crate) async fn config(&self, image: &Image) -> Result<Bytes, CheckError> {
        match &self.kind {
            Kind::Document { manifest, .. } => {
                Ok(image.blob(manifest.config(), MAX_CONFIG_BYTES).await?)
            }
            Kind::DockerImage(image) => Ok(image.config.clone()),
        }
    }

    /// What facts are made of beside the config.
    pub(crate) fn document(&self) -> Option<ManifestDocument<'_>> {
        let Kind::Document { document, manifest } = &self.kind else {
            return None;
        };
        let index = self.index.as_ref();
        Some(ManifestDocument {
            digest: &document.digest,
            media_type: document.media_type.as_ref(),
            manifest,
            index: index.map(|(digest, annotations)| IndexDocument {
                digest,
                annotations: Some(annotations),
            }),
        })
    }
}

/// The manifests that a document stands for: itself, or those that it lists, as far as any index is judged.
pub(crate) fn manifests(document: &Document) -> Vec<Digest> {
    match document.index() {
        None => vec![document.digest.clone()],
        Some(index) => {
            let entries = index.manifests().iter().take(MAX_MANIFESTS);
            entries.map(|entry| entry.digest().clone()).collect()
        }
    }
}

/// What an image's source names now.
pub(crate) async fn resolve(image: &Image, platforms: &Platforms) -> Result<Subjects, CheckError> {
    let document = match image.resolve().await? {
        Resolved::Document(document) => *document,
        Resolved::DockerImage(docker_image) => {
            let manifest = Manifest {
                kind: Kind::DockerImage(docker_image),
                index: None,
                attestation: None,
            };
            return Ok(Subjects {
                manifests: vec![manifest],
                index: None,
                left_out: Vec::new(),
            });
        }
    };
    match document.content.clone() {
        Content::Manifest(manifest) => {
            let manifest = of_image(image, document, manifest, None)?;
            Ok(Subjects {
                manifests: vec![manifest],
                index: None,
                left_out: Vec::new(),
            })
        }
        Content::Index(index) => match platforms.one() {
            Some(wanted) => one(image, &document, &index, &wanted).await,
            None => all(image, &document, &index).await,
        },
    }
}

/// The manifest of one platform.
async fn one(
    image: &Image,
    document: &Document,
    index: &ImageIndex,
    wanted: &Platform,
) -> Result<Subjects, CheckError> {
    let entry = platform::require(index, wanted, image.source())?;
    let child = image.manifest(entry).await?;
    let Content::Manifest(manifest) = child.content.clone() else {
        return Err(CheckError::NestedIndex {
            image: image.source().to_string(),
            digest: child.digest,
        });
    };
    let others = platform::platforms(index)
        .into_iter()
        .filter(|platform| platform != wanted);
    let why = || format!("only `{wanted}` was asked for");
    Ok(Subjects {
        manifests: vec![of_image(image, child, manifest, Some((document, index)))?],
        index: None,
        left_out: others
            .map(|platform| Gap {
                what: format!("platform {platform}"),
                why: why(),
            })
            .collect(),
    })
}

/// Every manifest of the index that somebody may run. What is neither one nor an attestation of `BuildKit` stays open,
/// and the index cannot pass.
async fn all(
    image: &Image,
    document: &Document,
    index: &ImageIndex,
) -> Result<Subjects, CheckError> {
    if index.manifests().len() > MAX_MANIFESTS {
        return Err(CheckError::TooManyManifests {
            image: image.source().to_string(),
            found: index.manifests().len(),
            limit: MAX_MANIFESTS,
        });
    }
    let mut manifests: Vec<Manifest> = Vec::new();
    let mut open = Vec::new();
    for entry in index.manifests() {
        let is_known = manifests
            .iter()
            .any(|manifest| manifest.digest() == entry.digest());
        if is_known || image.is_attestation_manifest(entry).await? {
            continue;
        }
        let child = image.manifest(entry).await?;
        let gap = |why: String| Gap {
            what: child.digest.to_string(),
            why,
        };
        match child.content.clone() {
            Content::Index(_) => open.push(gap("it is an index in an index".to_owned())),
            Content::Manifest(manifest) => {
                match check_config_media_type(manifest.config().media_type()) {
                    Err(error) => open.push(gap(error.to_string())),
                    Ok(()) => {
                        manifests.push(of_image(image, child, manifest, Some((document, index)))?);
                    }
                }
            }
        }
    }
    Ok(Subjects {
        manifests,
        index: Some(Index {
            descriptor: document.descriptor(),
            open,
        }),
        left_out: Vec::new(),
    })
}

fn of_image(
    image: &Image,
    document: Document,
    manifest: Box<ImageManifest>,
    index: Option<(&Document, &ImageIndex)>,
) -> Result<Manifest, CheckError> {
    check_config_media_type(manifest.config().media_type()).map_err(|source| {
        CheckError::NotAnImage {
            image: image.source().to_string(),
            source,
        }
    })?;
    let annotations = |index: &ImageIndex| index.annotations().clone().unwrap_or_default();
    let attestation = index
        .and_then(|(_, index)| platform::attestation_of(index, &document.digest))
        .cloned();
    Ok(Manifest {
        attestation,
        kind: Kind::Document { document, manifest },
        index: index.map(|(document, index)| (document.digest.clone(), annotations(index))),
    })
}

/// A manifest that no index named is for whatever platform it is for; asking for another one is a mistake.
pub(crate) fn check_platform(
    platforms: &Platforms,
    image: &Image,
    facts: &Facts,
) -> Result<(), CheckError> {
    let manifest = facts
        .image
        .as_ref()
        .and_then(|facts| facts.manifest.as_ref().ok());
    match (platforms, manifest) {
        (Platforms::One(wanted), Some(manifest)) if manifest.platform != *wanted => {
            Err(CheckError::OtherPlatform {
                image: image.source().to_string(),
                wanted: Box::new(wanted.clone()),
                found: Box::new(manifest.platform.clone()),
            })
        }
        _ => Ok(()),
    }
}

/// What an image runs on, or what this machine does where it does not say.
pub(crate) fn platform(facts: &ImageFacts) -> Platform {
    let manifest = facts.manifest.as_ref().ok();
    manifest.map_or_else(
        || Platform::new("linux", std::env::consts::ARCH, None),
        |manifest| manifest.platform.clone(),
    )
}

/// Registry and repository; none for files.
pub(crate) fn name(image: &Image) -> Option<String> {
    image.source().reference().map(model::Reference::name)
}
