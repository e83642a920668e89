//! What is attached to an image, opened: the one way in which bundles are found.

use crate::AT_ONCE;
use ::attest::{MAX_BUNDLE_BYTES, Rejection};
use ::registry::{Document, Image, RegistryError};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use model::Digest;
use oci_spec::image::Descriptor;
use std::sync::atomic::{AtomicU64, Ordering};

/// How the media types of bundles of all versions begin.
const BUNDLE_PREFIX: &str = "application/vnd.dev.sigstore.bundle";
/// What registries write where a manifest has no type of its own: it may be anything.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// How much is read of what is attached to one image. 256 MiB.
const MAX_ATTACHED_BYTES: u64 = 256 << 20;
const CREATED: &str = "org.opencontainers.image.created";

/// One thing that is attached, or that is listed as if it were.
pub(crate) struct Opened {
    /// The manifest that attaches it.
    pub(crate) digest: Digest,
    /// The size of the manifest.
    pub(crate) size: u64,
    /// What it is, as its manifest says, or else as it is listed.
    pub(crate) artifact_type: Option<String>,
    /// When it was made, as its annotations say.
    pub(crate) created: Option<String>,
    pub(crate) content: Content,
}

/// What is inside.
pub(crate) enum Content {
    Bundle(Bytes),
    /// Something else, which was not opened.
    Other,
    Unusable(Reason),
}

/// Why something that is attached does not count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It was read and is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It could not be read.
    #[error(transparent)]
    Unreadable(#[from] RegistryError),
    /// By somebody whom the trust policy trusts for other claims.
    #[error("the statement claims `{}`, which the rule is not about", claims.join("`, `"))]
    OtherClaims {
        /// What it claims.
        claims: Vec<String>,
    },
    /// More is attached than anybody needs. Somebody's script ran wild, or an attack.
    #[error("more than {limit} bytes are attached, and this is beyond them")]
    TooMuch {
        /// The limit.
        limit: u64,
    },
    /// A manifest that is listed for this image and refers to another one. Whoever wrote the list.
    #[error("its manifest refers to {}", .found.as_ref().map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`")))]
    OtherSubject {
        /// What it refers to.
        found: Option<Digest>,
    },
    /// It is called a bundle and is something else.
    #[error("it is called a bundle, and its manifest has none")]
    NoBundle,
}

impl Reason {
    /// Whether it might be acceptable, if only it could be read.
    pub fn leaves_open(&self) -> bool {
        matches!(self, Self::Unreadable(_) | Self::TooMuch { .. })
    }

    /// What to do about it where a trust policy says who is trusted.
    pub fn help_in_policy(&self) -> Option<String> {
        match self {
            Self::Rejected(rejection) => rejection.help_in_policy(),
            other => other.help(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Rejected(rejection) => rejection.help(),
            Self::Unreadable(error) => error.help(),
            Self::TooMuch { .. } => {
                Some("remove what nobody needs any more from the image's referrers".to_owned())
            }
            Self::OtherClaims { .. } => Some(
                "add the claim to the rule of the trust policy, if its signers may state it"
                    .to_owned(),
            ),
            Self::OtherSubject { .. } | Self::NoBundle => None,
        }
    }
}

/// Opens what may be a bundle, a few at a time, in the order in which it is listed.
pub(crate) fn open_all<'i>(
    image: &'i Image,
    subject: &'i Digest,
    entries: Vec<Descriptor>,
) -> impl Stream<Item = Opened> + 'i {
    let opening = Opening::new(image, subject);
    let open = move |entry| {
        let opening = std::sync::Arc::clone(&opening);
        async move { opening.open(entry).await }
    };
    stream::iter(entries).map(open).buffered(AT_ONCE)
}

/// Opens layers of the older form, a few at a time, in their order.
pub(crate) fn open_layers<'i>(
    image: &'i Image,
    subject: &'i Digest,
    layers: Vec<Descriptor>,
) -> impl Stream<Item = (Descriptor, Result<Bytes, Reason>)> + 'i {
    let opening = Opening::new(image, subject);
    let open = move |layer| {
        let opening = std::sync::Arc::clone(&opening);
        async move {
            let opened = opening.bundle(&layer).await;
            (layer, opened)
        }
    };
    stream::iter(layers).map(open).buffered(AT_ONCE)
}

struct Opening<'i> {
    image: &'i Image,
    subject: &'i Digest,
    /// How much may still be read.
    allowance: AtomicU64,
}

impl<'i> Opening<'i> {
    fn new(image: &'i Image, subject: &'i Digest) -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self {
            image,
            subject,
            allowance: AtomicU64::new(MAX_ATTACHED_BYTES),
        })
    }

    /// Opens a referrer, if it may be a bundle. What lists it may have lost its artifact type, so only another one rules
    /// it out.
    async fn open(&self, entry: Descriptor) -> Opened {
        let listed = entry.artifact_type().as_ref().map(ToString::to_string);
        let mut opened = Opened {
            digest: entry.digest().clone(),
            size: entry.size(),
            created: created(entry.annotations().as_ref()),
            artifact_type: listed.clone(),
            content: Content::Other,
        };
        if listed
            .as_deref()
            .is_some_and(|listed| !listed.starts_with(BUNDLE_PREFIX) && listed != EMPTY)
        {
            return opened;
        }
        let document = match self.manifest(&entry).await {
            Ok(document) => document,
            Err(reason) => {
                opened.content = Content::Unusable(reason);
                return opened;
            }
        };
        let manifest = document.manifest();
        let annotations = manifest.and_then(|manifest| manifest.annotations().as_ref());
        opened.created = created(annotations).or(opened.created);
        let artifact_type = manifest.and_then(|manifest| manifest.artifact_type().clone());
        opened.artifact_type = artifact_type.map(|it| it.to_string()).or(listed);
        opened.content = self
            .content(&document, opened.artifact_type.as_deref())
            .await;
        opened
    }

    async fn manifest(&self, entry: &Descriptor) -> Result<Document, Reason> {
        self.take(entry.size())?;
        Ok(self.image.manifest(entry).await?)
    }

    async fn content(&self, document: &Document, artifact_type: Option<&str>) -> Content {
        let found = document.subject().map(Descriptor::digest);
        if found != Some(self.subject) {
            return Content::Unusable(Reason::OtherSubject {
                found: found.cloned(),
            });
        }
        let layers = document
            .manifest()
            .map(|manifest| manifest.layers().as_slice());
        match layers {
            Some([layer]) if layer.media_type().as_ref().starts_with(BUNDLE_PREFIX) => self
                .bundle(layer)
                .await
                .map_or_else(Content::Unusable, Content::Bundle),
            _ if artifact_type.is_some_and(|it| it.starts_with(BUNDLE_PREFIX)) => {
                Content::Unusable(Reason::NoBundle)
            }
            _ => Content::Other,
        }
    }

    async fn bundle(&self, layer: &Descriptor) -> Result<Bytes, Reason> {
        let limit = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX);
        if layer.size() <= limit {
            self.take(layer.size())?;
        }
        Ok(self.image.blob(layer, limit).await?)
    }

    /// Counts what is going to be read. Whoever has more than its descriptor says is refused by then.
    fn take(&self, bytes: u64) -> Result<(), Reason> {
        let rest = |rest: u64| rest.checked_sub(bytes);
        self.allowance
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest)
            .map(|_| ())
            .map_err(|_| Reason::TooMuch {
                limit: MAX_ATTACHED_BYTES,
            })
    }
}

fn created(annotations: Option<&std::collections::HashMap<String, String>>) -> Option<String> {
    annotations?.get(CREATED).cloned()
}
