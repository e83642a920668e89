//! What `docker save` writes: since version 25 an OCI layout with a `manifest.json` beside it, before that the
//! `manifest.json` alone, and no manifest in the sense of registries.

use crate::archive::Archive;
use crate::blocking;
use crate::document::{ACCEPTED, Document};
use crate::error::RegistryError;
use crate::files::Files;
use crate::layout::Layout;
use crate::limits::{MAX_CONFIG_BYTES, MAX_LAYOUT_ENTRIES, MAX_MANIFEST_BYTES};
use crate::source::Selector;
use crate::verify::check_digest;
use bytes::Bytes;
use model::Digest;
use model::excerpt;
use model::strict_json::{self, Integers, check_field_names};
use oci_spec::image::Descriptor;
use serde::Deserialize;
use std::collections::VecDeque;
use std::sync::Arc;

const MANIFEST_FILE: &str = "manifest.json";
const FIELDS: [&str; 5] = ["Config", "RepoTags", "Layers", "Parent", "LayerSources"];
/// How many hexadecimal digits a SHA-256 digest has.
const SHA256_DIGITS: usize = 64;

/// One archive, and which of its images is meant.
#[derive(Clone, Debug)]
pub(crate) struct DockerArchive {
    archive: Arc<Archive>,
    layout: Option<Layout>,
    images: Vec<Entry>,
    selector: Option<Selector>,
}

/// An image that has a config and layers and no manifest: nothing about it is known by the digest that it has in a
/// registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerImage {
    /// Of the config, which is what Docker calls the image id.
    pub config_digest: Digest,
    /// The config.
    pub config: Bytes,
    /// The layers from the bottom up.
    pub layers: Vec<DockerLayer>,
    /// The tags, as `REPOSITORY:TAG`.
    pub tags: Vec<String>,
}

/// A layer in an archive, usually a plain tar archive itself. Only the config says which digest it should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DockerLayer {
    /// The entry of the archive.
    pub path: String,
    /// In bytes, as stored.
    pub size: u64,
}

/// One image in `manifest.json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Option<Vec<String>>,
}

/// What a docker archive has for a selector.
#[derive(Debug)]
pub(crate) enum Found {
    Document(Document),
    Image(DockerImage),
}

impl DockerArchive {
    /// Lists the images of an archive. Blocks.
    pub(crate) fn open(
        archive: Archive,
        selector: Option<Selector>,
    ) -> Result<Self, RegistryError> {
        let archive = Arc::new(archive);
        let files = Files::Archive(Arc::clone(&archive));
        let images = images(&archive, &files)?;
        let has_layout = archive.has("oci-layout") && archive.has("index.json");
        let layout = if has_layout {
            Some(Layout::open(archive.place().to_owned(), files)?)
        } else {
            None
        };
        Ok(Self {
            archive,
            layout,
            images,
            selector,
        })
    }

    /// The layout in the archive, if there is one.
    pub(crate) fn layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// The name of the archive, for messages.
    pub(crate) fn place(&self) -> &str {
        self.archive.place()
    }

    /// The image that is meant; the only one where none is named.
    pub(crate) async fn resolve(&self) -> Result<Found, RegistryError> {
        let entry = match self.selected() {
            Ok(entry) => entry.clone(),
            Err(error) => return self.in_layout(error).await,
        };
        let archive = Arc::clone(&self.archive);
        let image = blocking::run(move || entry.image(&archive)).await?;
        if let Some(layout) = &self.layout
            && let Some(document) = manifest_of(layout, &image.config_digest).await?
        {
            return Ok(Found::Document(document));
        }
        Ok(Found::Image(image))
    }

    /// What only the layout in the archive tells: an image of several platforms, which `manifest.json` has once for each,
    /// and one that is named by the digest of its manifest, as Docker does when containerd keeps its images.
    async fn in_layout(&self, error: RegistryError) -> Result<Found, RegistryError> {
        let is_told = matches!(self.selector, Some(Selector::Digest(_))) || self.is_one_name();
        let Some(layout) = self.layout.as_ref().filter(|_| is_told) else {
            return Err(error);
        };
        match layout.resolve(self.selector.as_ref()).await {
            Ok(document) => Ok(Found::Document(document)),
            Err(RegistryError::UnknownSelector { .. } | RegistryError::Ambiguous { .. }) => {
                Err(error)
            }
            Err(broken) => Err(broken),
        }
    }

    /// Whether what is meant are images that share all their tags.
    fn is_one_name(&self) -> bool {
        let fitting = self.fitting();
        let mut tags = fitting.iter().map(|image| image.tags());
        let first = tags.next().unwrap_or_default();
        !first.is_empty() && tags.all(|others| others == first)
    }

    fn fitting(&self) -> Vec<&Entry> {
        let images = self.images.iter();
        images
            .filter(|image| image.fits(self.selector.as_ref()))
            .collect()
    }

    fn selected(&self) -> Result<&Entry, RegistryError> {
        match (self.fitting().as_slice(), &self.selector) {
            ([image], _) => Ok(image),
            ([], Some(selector)) => Err(RegistryError::UnknownSelector {
                place: self.place().to_owned(),
                selector: selector.to_string(),
                available: self.list(),
            }),
            (several, _) => Err(RegistryError::Ambiguous {
                place: self.place().to_owned(),
                count: several.len(),
                available: self.list(),
            }),
        }
    }

    /// What there is, for messages.
    fn list(&self) -> String {
        let name = |image: &Entry| {
            let id = image.id().map(|id| format!("@sha256:{id}"));
            let tags = image.tags().iter().take(20).map(|tag| excerpt(tag));
            let names: Vec<_> = tags.chain(id).collect();
            names.join(" = ")
        };
        let names: Vec<_> = self.images.iter().take(20).map(name).collect();
        names.join(", ")
    }
}

fn images(archive: &Archive, files: &Files) -> Result<Vec<Entry>, RegistryError> {
    let bytes = files.read(MANIFEST_FILE, MAX_MANIFEST_BYTES)?;
    let bytes = bytes.ok_or_else(|| archive.not_an_archive("there is no `manifest.json` in it"))?;
    let broken = |reason: String| {
        archive.not_an_archive(&format!("of `{MANIFEST_FILE}`, {}", excerpt(&reason)))
    };
    let manifest =
        strict_json::parse(&bytes, Integers::Any).map_err(|error| broken(error.to_string()))?;
    for entry in manifest.as_array().into_iter().flatten() {
        check_field_names(entry, &FIELDS).map_err(|error| broken(error.to_string()))?;
    }
    serde_json::from_value(manifest).map_err(|error| broken(error.to_string()))
}

/// The manifest in a layout that has this config.
async fn manifest_of(layout: &Layout, config: &Digest) -> Result<Option<Document>, RegistryError> {
    let mut waiting: VecDeque<Descriptor> = layout.entries().to_vec().into();
    let mut opened = 0;
    while let Some(descriptor) = waiting.pop_front() {
        if !ACCEPTED.contains(&descriptor.media_type().as_ref()) {
            continue;
        }
        opened += 1;
        if opened > MAX_LAYOUT_ENTRIES {
            break;
        }
        let document = match layout.manifest(&descriptor).await {
            Ok(document) => document,
            // `docker save` writes only the manifests of the platforms that are there.
            Err(RegistryError::UnknownBlob { .. }) => continue,
            Err(error) => return Err(error),
        };
        match (document.manifest(), document.index()) {
            (Some(manifest), _) if manifest.config().digest() == config => {
                return Ok(Some(document));
            }
            (_, Some(index)) => waiting.extend(index.manifests().iter().cloned()),
            _ => {}
        }
    }
    Ok(None)
}

impl Entry {
    fn tags(&self) -> &[String] {
        self.repo_tags.as_deref().unwrap_or_default()
    }

    fn fits(&self, selector: Option<&Selector>) -> bool {
        match selector {
            None => true,
            Some(Selector::Tag(wanted)) => self
                .tags()
                .iter()
                .any(|tag| tag.rsplit_once(':').is_some_and(|(_, tag)| tag == wanted)),
            Some(Selector::Digest(wanted)) => {
                wanted.algorithm().as_ref() == "sha256" && self.id() == Some(wanted.digest())
            }
        }
    }

    /// The digits of the digest in the name of the config, if it has one.
    fn id(&self) -> Option<&str> {
        let name = self.config.rsplit('/').next()?;
        let name = name.strip_suffix(".json").unwrap_or(name);
        let is_digest = name.len() == SHA256_DIGITS
            && name
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_digest.then_some(name)
    }

    /// Blocks.
    fn image(&self, archive: &Archive) -> Result<DockerImage, RegistryError> {
        let missing =
            |path: &str| archive.not_an_archive(&format!("there is no `{}` in it", excerpt(path)));
        let config = archive
            .open(&self.config)?
            .ok_or_else(|| missing(&self.config))?;
        let config = config.read(MAX_CONFIG_BYTES)?;
        let mut config_digest = model::canonical::sha256(&config);
        if let Some(id) = self.id() {
            let claimed = format!("sha256:{id}").parse().unwrap_or(config_digest);
            check_digest(
                &config,
                &claimed,
                &format!("`{}` of `{}`", self.config, archive.place()),
            )?;
            config_digest = claimed;
        }
        let mut layers = Vec::new();
        for path in self.layers.iter().flatten() {
            let segment = archive.open(path)?.ok_or_else(|| missing(path))?;
            layers.push(DockerLayer {
                path: path.clone(),
                size: segment.size(),
            });
        }
        Ok(DockerImage {
            config_digest,
            config,
            layers,
            tags: self.tags().to_vec(),
        })
    }
}
