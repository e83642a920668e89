//! OCI layouts: an index of images and their blobs, in a directory or in an archive. The directories of Skopeo's `dir:`
//! are read as layouts of one image, whose files have other names.

use crate::blob::BlobReader;
use crate::blocking;
use crate::document::{ACCEPTED, Document};
use crate::error::RegistryError;
use crate::files::{Files, Segment};
use crate::limits::{MAX_LAYOUT_ENTRIES, MAX_MANIFEST_BYTES};
use crate::referrers::{fallback_tag, index};
use crate::repository::{check_wanted, parse};
use crate::source::Selector;
use crate::verify::{self, Verifier};
use bytes::Bytes;
use model::Digest;
use model::excerpt;
use model::strict_json::{self, Integers};
use oci_spec::image::{Descriptor, ImageIndex};
use std::sync::Arc;

/// The annotation that holds the tag of a manifest in a layout.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const INDEX_FILE: &str = "index.json";
/// The manifest of a directory of `dir:`.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";
const LAYOUT_FILE: &str = "oci-layout";
/// The only version there is.
const LAYOUT_VERSION: &str = "1.0.0";
const MAX_LAYOUT_FILE_BYTES: u64 = 64 << 10;

/// One layout.
#[derive(Clone, Debug)]
pub(crate) struct Layout(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// For messages.
    place: String,
    files: Files,
    names: Names,
    index: ImageIndex,
}

/// Under which names the blobs lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// `blobs/ALGORITHM/DIGITS`
    Oci,
    /// Skopeo's `dir:`: `manifest.json`, `DIGITS.manifest.json` for what it names if it is an index, `DIGITS` for all
    /// other blobs.
    Dir {
        /// Of `manifest.json`.
        manifest: Digest,
    },
}

impl Layout {
    /// Opens a layout, and looks at no image yet. Blocks.
    pub(crate) fn open(place: String, files: Files) -> Result<Self, RegistryError> {
        let not_a_layout = |reason: String| RegistryError::NotALayout {
            place: place.clone(),
            reason,
        };
        let marker = files.read(LAYOUT_FILE, MAX_LAYOUT_FILE_BYTES)?;
        let marker =
            marker.ok_or_else(|| not_a_layout(format!("there is no file `{LAYOUT_FILE}`")))?;
        let marker = strict_json::parse(&marker, Integers::Any)
            .map_err(|error| not_a_layout(format!("of `{LAYOUT_FILE}`, {error}")))?;
        let version = marker.get("imageLayoutVersion");
        if version.and_then(serde_json::Value::as_str) != Some(LAYOUT_VERSION) {
            return Err(not_a_layout(format!(
                "`{LAYOUT_FILE}` does not have the version {LAYOUT_VERSION}"
            )));
        }
        let bytes = files.read(INDEX_FILE, MAX_MANIFEST_BYTES)?;
        let bytes =
            bytes.ok_or_else(|| not_a_layout(format!("there is no file `{INDEX_FILE}`")))?;
        let what = format!("`{INDEX_FILE}` of `{place}`");
        let digest = model::canonical::sha256(&bytes);
        let index = index(parse(bytes, &digest, None, &what)?, &what)?;
        Ok(Self::new(place, files, Names::Oci, index))
    }

    pub(crate) fn new(place: String, files: Files, names: Names, index: ImageIndex) -> Self {
        Self(Arc::new(Inner {
            place,
            files,
            names,
            index,
        }))
    }

    /// What is in the layout.
    pub(crate) fn entries(&self) -> &[Descriptor] {
        self.0.index.manifests()
    }

    /// The manifest or index that is meant; the only one where none is named.
    pub(crate) async fn resolve(
        &self,
        selector: Option<&Selector>,
    ) -> Result<Document, RegistryError> {
        let fitting: Vec<_> = self
            .entries()
            .iter()
            .filter(|entry| fits(entry, selector))
            .collect();
        match (fitting.as_slice(), selector) {
            // One manifest under several tags is one image.
            ([entry, rest @ ..], _)
                if rest.iter().all(|other| other.digest() == entry.digest()) =>
            {
                self.manifest(entry).await
            }
            ([], Some(Selector::Digest(digest))) => self.manifest_by_digest(digest).await,
            ([], Some(selector)) => Err(RegistryError::UnknownSelector {
                place: self.0.place.clone(),
                selector: selector.to_string(),
                available: self.list(),
            }),
            (several, _) => Err(RegistryError::Ambiguous {
                place: self.0.place.clone(),
                count: several.len(),
                available: self.list(),
            }),
        }
    }

    /// A manifest that is not in `index.json` but below one that is.
    async fn manifest_by_digest(&self, digest: &Digest) -> Result<Document, RegistryError> {
        let (layout, digest) = (self.clone(), digest.clone());
        blocking::run(move || {
            let what = layout.what(&digest);
            let segment = layout.find(&digest)?;
            let segment = segment.ok_or_else(|| RegistryError::UnknownSelector {
                place: layout.0.place.clone(),
                selector: digest.to_string(),
                available: layout.list(),
            })?;
            let bytes = segment.read(MAX_MANIFEST_BYTES)?;
            verify::check_digest(&bytes, &digest, &what)?;
            parse(bytes, &digest, None, &what)
        })
        .await
    }

    pub(crate) async fn manifest(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Document, RegistryError> {
        let bytes = self.blob(descriptor, MAX_MANIFEST_BYTES).await?;
        let media_type = descriptor.media_type().as_ref();
        let what = self.what(descriptor.digest());
        parse(bytes, descriptor.digest(), Some(media_type), &what)
    }

    pub(crate) async fn blob(
        &self,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Bytes, RegistryError> {
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        blocking::run(move || {
            let what = layout.what(descriptor.digest());
            check_wanted(&descriptor, limit, &what)?;
            let (segment, _) = layout.open_blob(&descriptor)?;
            let bytes = segment.read(limit)?;
            verify::check(&bytes, &descriptor, &what)?;
            Ok(bytes)
        })
        .await
    }

    pub(crate) async fn blob_reader(
        &self,
        descriptor: &Descriptor,
    ) -> Result<BlobReader, RegistryError> {
        let (layout, descriptor) = (self.clone(), descriptor.clone());
        blocking::run(move || {
            let (segment, verifier) = layout.open_blob(&descriptor)?;
            Ok(BlobReader::of_segment(segment, verifier))
        })
        .await
    }

    /// The manifest or index with a tag, if there is one.
    pub(crate) async fn tagged(&self, tag: &str) -> Result<Option<Document>, RegistryError> {
        let selector = Selector::Tag(tag.to_owned());
        match self.entries().iter().find(|it| fits(it, Some(&selector))) {
            Some(entry) => Ok(Some(self.manifest(entry).await?)),
            None => Ok(None),
        }
    }

    /// The manifests in the layout that refer to a digest: those that say so themselves, and those that an index at the
    /// fallback tag lists, as some tools copy it out of a registry.
    pub(crate) async fn referrers(
        &self,
        subject: &Digest,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let too_many = || RegistryError::TooManyReferrers {
            subject: subject.clone(),
            limit: MAX_LAYOUT_ENTRIES,
        };
        let mut referrers = Vec::new();
        let manifests = self
            .entries()
            .iter()
            .filter(|entry| ACCEPTED.contains(&entry.media_type().as_ref()));
        for (number, entry) in manifests.enumerate() {
            if number == MAX_LAYOUT_ENTRIES {
                return Err(too_many());
            }
            let document = self.manifest(entry).await?;
            if document
                .subject()
                .is_some_and(|other| other.digest() == subject)
            {
                referrers.push(document.referrer());
            }
        }
        let listed = self.tagged(&fallback_tag(subject)).await?;
        let listed = listed.as_ref().and_then(Document::index);
        referrers.extend(
            listed
                .into_iter()
                .flat_map(|index| index.manifests().clone()),
        );
        if referrers.len() > MAX_LAYOUT_ENTRIES {
            return Err(too_many());
        }
        Ok(referrers)
    }

    /// A blob whose size is right; the digest is for whoever reads it.
    fn open_blob(&self, descriptor: &Descriptor) -> Result<(Segment, Verifier), RegistryError> {
        let digest = descriptor.digest();
        let verifier = Verifier::new(descriptor, &self.what(digest))?;
        let segment = self.find(digest)?;
        let segment = segment.ok_or_else(|| RegistryError::UnknownBlob {
            place: self.0.place.clone(),
            digest: digest.clone(),
        })?;
        verifier.check_announced(Some(segment.size()))?;
        Ok((segment, verifier))
    }

    /// The file of a digest, if it is there.
    fn find(&self, digest: &Digest) -> Result<Option<Segment>, RegistryError> {
        for path in self.0.names.of(digest)? {
            if let Some(segment) = self.0.files.open(&path)? {
                return Ok(Some(segment));
            }
        }
        Ok(None)
    }

    fn what(&self, digest: &Digest) -> String {
        format!("blob `{digest}` of `{}`", self.0.place)
    }

    /// What there is, for messages.
    fn list(&self) -> String {
        let names: Vec<_> = self
            .entries()
            .iter()
            .take(20)
            .map(|entry| tag(entry).map_or_else(|| format!("@{}", entry.digest()), excerpt))
            .collect();
        names.join(", ")
    }
}

fn fits(entry: &Descriptor, selector: Option<&Selector>) -> bool {
    match selector {
        None => true,
        Some(Selector::Tag(wanted)) => tag(entry) == Some(wanted),
        Some(Selector::Digest(wanted)) => entry.digest() == wanted,
    }
}

fn tag(entry: &Descriptor) -> Option<&str> {
    let annotations = entry.annotations().as_ref()?;
    annotations.get(REF_NAME).map(String::as_str)
}

impl Names {
    /// Where the blob of a digest may be. Digests of other algorithms may have characters that mean something to a file
    /// system.
    fn of(&self, digest: &Digest) -> Result<Vec<String>, RegistryError> {
        let digits = digest.digest();
        let algorithm = digest.algorithm().as_ref();
        if !matches!(algorithm, "sha256" | "sha512") {
            return Err(RegistryError::UnsupportedDigest {
                digest: digest.clone(),
            });
        }
        Ok(match self {
            Self::Oci => vec![format!("blobs/{algorithm}/{digits}")],
            Self::Dir { manifest } if manifest == digest => vec![MANIFEST_FILE.to_owned()],
            Self::Dir { .. } => vec![digits.to_owned(), format!("{digits}.{MANIFEST_FILE}")],
        })
    }
}
