//! One image: the same questions whether it lies in a registry, a layout or an archive.

use crate::attach::{Attached, Attachment, Detached, LegacyLayer};
use crate::blob::BlobReader;
use crate::docker_archive::{DockerArchive, DockerImage, Found};
use crate::document::Document;
use crate::error::RegistryError;
use crate::layout::Layout;
use crate::platform::{IN_TOTO, claims_attestation};
use crate::push::Pushed;
use crate::referrers::{FallbackTag, LegacySignatures, LegacyTag, ListedBy, Referrers};
use crate::repository::Repository;
use crate::source::{Selector, Source};
use bytes::Bytes;
use model::Digest;
use oci_spec::image::Descriptor;

/// What `BuildKit` annotates the layers of an attestation manifest with.
const PREDICATE_TYPE: &str = "in-toto.io/predicate-type";

/// An opened source: one repository, layout or archive, and which of its images is meant.
///
/// Whatever is read through it has been held against the digest and the size it was asked by. Every future can be
/// dropped at any time.
#[derive(Clone, Debug)]
pub struct Image {
    source: Source,
    place: Place,
}

#[derive(Clone, Debug)]
pub(crate) enum Place {
    Repository(Repository),
    Layout(Layout, Option<Selector>),
    DockerArchive(DockerArchive),
}

/// What a source names.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// A manifest or an index.
    Document(Box<Document>),
    /// An image without a manifest, as old archives of `docker save` have it.
    DockerImage(Box<DockerImage>),
}

impl Image {
    pub(crate) fn new(source: Source, place: Place) -> Self {
        Self { source, place }
    }

    /// Where the image comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// What the source names now. A tag may name something else the next time.
    ///
    /// # Errors
    /// If there is nothing, or it cannot be had, or is neither a manifest nor an index.
    pub async fn resolve(&self) -> Result<Resolved, RegistryError> {
        let document = match &self.place {
            Place::Repository(repository) => repository.resolve().await?,
            Place::Layout(layout, selector) => layout.resolve(selector.as_ref()).await?,
            Place::DockerArchive(archive) => match archive.resolve().await? {
                Found::Document(document) => document,
                Found::Image(image) => return Ok(Resolved::DockerImage(Box::new(image))),
            },
        };
        Ok(Resolved::Document(Box::new(document)))
    }

    /// A manifest or an index that an index or a list of referrers names.
    ///
    /// # Errors
    /// If it cannot be had, or is not what the descriptor says.
    pub async fn manifest(&self, descriptor: &Descriptor) -> Result<Document, RegistryError> {
        match self.readable(descriptor)? {
            Readable::Repository(repository) => repository.manifest(descriptor).await,
            Readable::Layout(layout) => layout.manifest(descriptor).await,
        }
    }

    /// A small blob, whole.
    ///
    /// # Errors
    /// If it is larger than the limit, cannot be had, or is not what the descriptor says.
    pub async fn blob(&self, descriptor: &Descriptor, limit: u64) -> Result<Bytes, RegistryError> {
        match self.readable(descriptor)? {
            Readable::Repository(repository) => repository.blob(descriptor, limit).await,
            Readable::Layout(layout) => layout.blob(descriptor, limit).await,
        }
    }

    /// A blob of any size, piece by piece.
    ///
    /// # Errors
    /// If it cannot be had, or has another size than the descriptor says. Whether it has the digest is clear only when
    /// all of it was read.
    pub async fn blob_reader(&self, descriptor: &Descriptor) -> Result<BlobReader, RegistryError> {
        match self.readable(descriptor)? {
            Readable::Repository(repository) => repository.blob_reader(descriptor).await,
            Readable::Layout(layout) => layout.blob_reader(descriptor).await,
        }
    }

    /// The manifests that refer to a digest.
    ///
    /// # Errors
    /// If they cannot be had, or are too many.
    pub async fn referrers(&self, subject: &Digest) -> Result<Referrers, RegistryError> {
        let layout = match &self.place {
            Place::Repository(repository) => return repository.referrers(subject).await,
            Place::Layout(layout, _) => Some(layout),
            Place::DockerArchive(archive) => archive.layout(),
        };
        let entries = match layout {
            Some(layout) => layout.referrers(subject).await?,
            None => Vec::new(),
        };
        let count = entries.len();
        Ok(Referrers::new(&entries, count, ListedBy::Layout))
    }

    /// What stands at the fallback tag of a digest, whether or not the registry has a list of its own. What a layout has
    /// there is among its referrers.
    ///
    /// # Errors
    /// If it cannot be had, or lists too many.
    pub async fn fallback_tag(
        &self,
        subject: &Digest,
    ) -> Result<Option<FallbackTag>, RegistryError> {
        match &self.place {
            Place::Repository(repository) => repository.fallback(subject).await,
            Place::Layout(..) | Place::DockerArchive(_) => Ok(None),
        }
    }

    /// Whether an entry of an index is one of `BuildKit`'s attestations and no image: if its platform is
    /// unknown/unknown, it is annotated as one, and all layers of its manifest are in-toto statements. Every other entry
    /// may be run by somebody.
    ///
    /// # Errors
    /// If the entry claims to be one and its manifest cannot be had.
    pub async fn is_attestation_manifest(&self, entry: &Descriptor) -> Result<bool, RegistryError> {
        if !claims_attestation(entry) {
            return Ok(false);
        }
        let document = self.manifest(entry).await?;
        let layers = document
            .manifest()
            .map(|manifest| manifest.layers().as_slice());
        let layers = layers.unwrap_or_default();
        let are_statements = layers
            .iter()
            .all(|layer| layer.media_type().as_ref() == IN_TOTO);
        Ok(are_statements && !layers.is_empty())
    }

    /// The in-toto statements of an attestation manifest, each with its predicate type.
    ///
    /// # Errors
    /// If the manifest cannot be had.
    pub async fn statements(
        &self,
        attestation: &Descriptor,
    ) -> Result<Vec<(String, Descriptor)>, RegistryError> {
        let document = self.manifest(attestation).await?;
        let layers = document
            .manifest()
            .map(|manifest| manifest.layers().clone());
        let statement = |layer: Descriptor| {
            let annotations = layer.annotations().as_ref();
            let predicate_type = annotations?.get(PREDICATE_TYPE)?.clone();
            (layer.media_type().as_ref() == IN_TOTO).then_some((predicate_type, layer))
        };
        let layers = layers.unwrap_or_default().into_iter();
        Ok(layers.filter_map(statement).collect())
    }

    /// Stores a blob in the repository, unless it is there.
    ///
    /// # Errors
    /// If the source is no registry, or the registry does not take it.
    pub async fn push_blob(
        &self,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Descriptor, RegistryError> {
        self.writable()?.push_blob(media_type, bytes).await
    }

    /// Stores a manifest in the repository, at a tag or at its digest. What it names has to be there.
    ///
    /// # Errors
    /// If the source is no registry, the digest is not that of the bytes, or the registry does not take it.
    pub async fn push_manifest(
        &self,
        at: &Selector,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Pushed, RegistryError> {
        self.writable()?.push_manifest(at, media_type, bytes).await
    }

    /// Attaches something to a manifest or an index in the repository, as cosign 3 does, and says what names it and what
    /// else is attached there now.
    ///
    /// # Errors
    /// If the source is no registry, or the registry does not take it. Blobs that were stored by then stay, and nothing
    /// names them.
    pub async fn attach(
        &self,
        subject: &Descriptor,
        attachment: &Attachment,
    ) -> Result<Attached, RegistryError> {
        self.writable()?.attach(subject, attachment).await
    }

    /// Takes away what was attached, as far as the registry allows it; and says of each what became of it.
    ///
    /// # Errors
    /// If the source is no registry, or the registry does not answer.
    pub async fn detach(
        &self,
        subject: &Digest,
        referrers: &[Digest],
    ) -> Result<Vec<Detached>, RegistryError> {
        self.writable()?.detach(subject, referrers).await
    }

    /// Attaches an attestation in the form of cosign before version 3, beside those that are there, and says what names its
    /// layer.
    ///
    /// # Errors
    /// If the source is no registry, the registry does not take it, or something else stands at the tag.
    pub async fn attach_legacy(
        &self,
        subject: &Digest,
        layer: &LegacyLayer,
    ) -> Result<Descriptor, RegistryError> {
        self.writable()?.attach_legacy(subject, layer).await
    }

    /// Takes such attestations away again, and says what became of them.
    ///
    /// # Errors
    /// If the source is no registry, or the registry does not take what is left.
    pub async fn detach_legacy(
        &self,
        subject: &Digest,
        layers: &[Digest],
    ) -> Result<Detached, RegistryError> {
        self.writable()?.detach_legacy(subject, layers).await
    }

    /// Whether a manifest has signatures of the old form, which cosign 3 does not look at any more once something new
    /// is attached. A layout has none.
    ///
    /// # Errors
    /// If the registry does not say.
    pub async fn legacy_signatures(
        &self,
        subject: &Digest,
    ) -> Result<LegacySignatures, RegistryError> {
        match &self.place {
            Place::Repository(repository) => repository.legacy_signatures(subject).await,
            Place::Layout(..) | Place::DockerArchive(_) => Ok(LegacySignatures::default()),
        }
    }

    /// What stands at one of the tags of the old form, if there is something.
    ///
    /// # Errors
    /// If it cannot be had.
    pub async fn legacy_document(
        &self,
        subject: &Digest,
        kind: LegacyTag,
    ) -> Result<Option<Document>, RegistryError> {
        let tag = kind.of(subject);
        match &self.place {
            Place::Repository(repository) => repository.tagged(&tag).await,
            Place::Layout(layout, _) => layout.tagged(&tag).await,
            Place::DockerArchive(_) => Ok(None),
        }
    }

    fn readable(&self, wanted: &Descriptor) -> Result<Readable<'_>, RegistryError> {
        let layout = match &self.place {
            Place::Repository(repository) => return Ok(Readable::Repository(repository)),
            Place::Layout(layout, _) => Some(layout),
            Place::DockerArchive(archive) => archive.layout(),
        };
        layout
            .map(Readable::Layout)
            .ok_or_else(|| RegistryError::UnknownBlob {
                place: self.source.to_string(),
                digest: wanted.digest().clone(),
            })
    }

    fn writable(&self) -> Result<&Repository, RegistryError> {
        match &self.place {
            Place::Repository(repository) => Ok(repository),
            Place::Layout(..) | Place::DockerArchive(_) => Err(RegistryError::NotWritable {
                place: self.source.to_string(),
            }),
        }
    }
}

enum Readable<'a> {
    Repository(&'a Repository),
    Layout(&'a Layout),
}
