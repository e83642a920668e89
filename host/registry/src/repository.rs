//! The pull side of one repository.

use crate::blob::{BlobReader, RemoteBlob};
use crate::client::{Client, Request};
use crate::document::{ACCEPTED, Document, DocumentError, essence, is_schema_one};
use crate::endpoint::Endpoint;
use crate::error::RegistryError;
use crate::limits::{MAX_MANIFEST_BYTES, SLOWEST_STREAM};
use crate::retry::{back_off, wait};
use crate::transport::Answer;
use crate::verify::{self, Verifier};
use bytes::{Bytes, BytesMut};
use model::excerpt;
use model::reference::parse_digest;
use model::{Digest, Reference};
use oci_spec::image::{Descriptor, MediaType};
use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

/// The header in which a registry says what it believes to have sent.
pub(crate) const CONTENT_DIGEST: &str = "docker-content-digest";

/// One repository of a registry, and what of it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(crate) client: Client,
    /// The registry itself, which takes what is pushed.
    pub(crate) endpoint: Endpoint,
    pub(crate) reference: Reference,
    /// Where it is read from, in this order.
    places: Arc<[Endpoint]>,
}

/// A manifest as it arrived.
struct Arrived {
    /// What it is, for messages.
    what: String,
    bytes: Bytes,
    media_type: Option<String>,
    /// What the registry believes to have sent.
    digest: Option<Digest>,
}

impl Repository {
    pub(crate) fn new(client: Client, reference: &Reference) -> Self {
        let endpoint = Endpoint::of(reference);
        Self {
            places: client.options().places(&endpoint).into(),
            client,
            endpoint,
            reference: reference.clone(),
        }
    }

    /// Registry and repository, for messages.
    pub(crate) fn name(&self) -> String {
        self.endpoint.name()
    }

    /// Who is asked what refers to a manifest: the registry itself, since a mirror that copies what it is asked for has no
    /// list of what there is; the first mirror only where the registry must not be asked.
    pub(crate) fn lists(&self) -> &Endpoint {
        let itself = &self.endpoint;
        match self.places.first() {
            Some(mirror) if !self.places.contains(itself) => mirror,
            _ => itself,
        }
    }

    /// The manifest or index that the reference names.
    pub(crate) async fn resolve(&self) -> Result<Document, RegistryError> {
        let what = format!("`{}`", self.reference);
        let Some(digest) = self.reference.digest() else {
            let tag = self.reference.tag().unwrap_or_default();
            let document = self.arrive(tag, &what).await?.into_document(None)?;
            if says_what_it_is(&document) {
                let fetched = self.client.fetched();
                fetched.keep(&document.digest, &document.bytes).await;
            }
            return Ok(document);
        };
        let mut fresh = None;
        let fetch = Box::pin(async {
            let arrived = self.arrive(digest.as_ref(), &what).await?;
            verify::check_digest(&arrived.bytes, digest, &arrived.what)?;
            let document = arrived.into_document(Some(digest))?;
            let (bytes, may_be_kept) = (document.bytes.clone(), says_what_it_is(&document));
            fresh = Some(document);
            Ok((bytes, may_be_kept))
        });
        let fetched = self.client.fetched();
        let bytes = fetched.get(digest, MAX_MANIFEST_BYTES, fetch).await?;
        match fresh {
            Some(document) => Ok(document),
            None => parse(bytes, digest, None, &what),
        }
    }

    /// The manifest that was asked for by a tag or a digest, which has to be there.
    async fn arrive(&self, reference: &str, what: &str) -> Result<Arrived, RegistryError> {
        let arrived = self
            .get_manifest(&self.places, reference, what, &ACCEPTED.join(", "))
            .await?;
        arrived.ok_or_else(|| RegistryError::UnknownImage {
            reference: self.reference.to_string(),
            host: self.last().registry.clone(),
        })
    }

    /// The manifest or index at a tag, if there is one.
    pub(crate) async fn tagged(&self, tag: &str) -> Result<Option<Document>, RegistryError> {
        let what = format!("`{}:{tag}`", self.name());
        let places = slice::from_ref(self.lists());
        let arrived = self
            .get_manifest(places, tag, &what, &ACCEPTED.join(", "))
            .await?;
        arrived
            .map(|arrived| arrived.into_document(None))
            .transpose()
    }

    /// The manifest or index that an index or a list of referrers names.
    pub(crate) async fn manifest(
        &self,
        descriptor: &Descriptor,
    ) -> Result<Document, RegistryError> {
        let digest = descriptor.digest();
        let what = format!("`{}@{digest}`", self.name());
        check_wanted(descriptor, MAX_MANIFEST_BYTES, &what)?;
        let media_type = descriptor.media_type().as_ref();
        let fetch = Box::pin(async {
            let arrived = self
                .get_manifest(&self.places, digest.as_ref(), &what, media_type)
                .await?;
            let arrived = arrived.ok_or_else(|| self.unknown_blob(digest))?;
            verify::check(&arrived.bytes, descriptor, &arrived.what)?;
            arrived.check_media_type(descriptor.media_type())?;
            Ok((arrived.bytes, true))
        });
        let bytes = self.fetch(descriptor, &what, fetch).await?;
        parse(bytes, digest, Some(media_type), &what)
    }

    /// What a descriptor names, if it was not fetched before.
    async fn fetch(
        &self,
        descriptor: &Descriptor,
        what: &str,
        fetch: impl Future<Output = Result<(Bytes, bool), RegistryError>>,
    ) -> Result<Bytes, RegistryError> {
        let fetched = self.client.fetched();
        // Not limited to the size: where the descriptor lies about it, that is said.
        let bytes = fetched.get(descriptor.digest(), u64::MAX, fetch).await?;
        if bytes.len() as u64 == descriptor.size() {
            return Ok(bytes);
        }
        Err(RegistryError::SizeMismatch {
            what: what.to_owned(),
            expected: descriptor.size(),
            actual: bytes.len() as u64,
        })
    }

    /// The answer of the first place that has something, and that place.
    async fn read<'a>(
        &self,
        places: &'a [Endpoint],
        request: &Request,
    ) -> Result<Option<(Answer, &'a Endpoint)>, RegistryError> {
        let Some((last, mirrors)) = places.split_last() else {
            return Ok(None);
        };
        for mirror in mirrors {
            if let Some(answer) = self.client.ask_mirror(mirror, request).await {
                return Ok(Some((answer, mirror)));
            }
        }
        let answer = self.client.send(last, request).await?;
        match answer.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT => Ok(Some((answer, last))),
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(self.client.unexpected(last, request, answer).await),
        }
    }

    async fn get_manifest(
        &self,
        places: &[Endpoint],
        reference: &str,
        what: &str,
        accept: &str,
    ) -> Result<Option<Arrived>, RegistryError> {
        let request = self
            .client
            .pull(Method::GET, format!("manifests/{reference}"))
            .header(ACCEPT, accept);
        let options = self.client.options();
        let mut attempt = 0;
        loop {
            let Some((answer, place)) = self.read(places, &request).await? else {
                return Ok(None);
            };
            let what = self.named(what, place);
            let media_type = answer.header("content-type").map(ToOwned::to_owned);
            let is_old = media_type.as_deref().and_then(essence);
            if is_old.is_some_and(is_schema_one) {
                // Its digest is about something else than its bytes.
                return Err(RegistryError::SchemaOne { what });
            }
            let digest = announced_digest(&answer);
            let bytes = match answer.body(MAX_MANIFEST_BYTES, &what).await {
                Err(RegistryError::Interrupted { host, .. }) if attempt < options.retries => {
                    wait(options, &host, back_off(attempt)).await;
                    attempt += 1;
                    continue;
                }
                body => body?,
            };
            return Ok(Some(Arrived {
                what,
                bytes,
                media_type,
                digest,
            }));
        }
    }

    /// A small blob, whole.
    pub(crate) async fn blob(
        &self,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Bytes, RegistryError> {
        let what = self.blob_name(descriptor.digest());
        check_wanted(descriptor, limit, &what)?;
        let fetch = Box::pin(async {
            let mut reader = self.reader(descriptor, Duration::ZERO).await?;
            let mut bytes = BytesMut::new();
            while let Some(piece) = reader.chunk().await? {
                bytes.extend_from_slice(&piece);
            }
            Ok((bytes.freeze(), true))
        });
        self.fetch(descriptor, &what, fetch).await
    }

    /// A blob of any size, piece by piece.
    pub(crate) async fn blob_reader(
        &self,
        descriptor: &Descriptor,
    ) -> Result<BlobReader, RegistryError> {
        let extra_time = Duration::from_secs(descriptor.size() / SLOWEST_STREAM);
        self.reader(descriptor, extra_time).await
    }

    async fn reader(
        &self,
        descriptor: &Descriptor,
        extra_time: Duration,
    ) -> Result<BlobReader, RegistryError> {
        let verifier = Verifier::new(descriptor, &self.blob_name(descriptor.digest()))?;
        let request = self
            .client
            .pull(Method::GET, format!("blobs/{}", descriptor.digest()))
            .extra_time(extra_time);
        let answer = self.get_blob(descriptor, &request).await?;
        if answer.status() != StatusCode::OK {
            return Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await);
        }
        verifier.check_announced(answer.announced())?;
        let remote = RemoteBlob::new(self.clone(), descriptor.clone(), request, answer);
        Ok(BlobReader::of_remote(remote, verifier))
    }

    /// The answer to a request for a blob, or for a part of one.
    pub(crate) async fn get_blob(
        &self,
        descriptor: &Descriptor,
        request: &Request,
    ) -> Result<Answer, RegistryError> {
        let found = self.read(&self.places, request).await?;
        found
            .map(|(answer, _)| answer)
            .ok_or_else(|| self.unknown_blob(descriptor.digest()))
    }

    /// Whether there is a manifest or an index with that tag or digest.
    pub(crate) async fn has_manifest(&self, reference: &str) -> Result<bool, RegistryError> {
        let request = self
            .client
            .pull(Method::HEAD, format!("manifests/{reference}"))
            .header(ACCEPT, &ACCEPTED.join(", "));
        let places = slice::from_ref(self.lists());
        Ok(self.read(places, &request).await?.is_some())
    }

    /// Something that a place sent, for messages: where it is a mirror, that is said.
    fn named(&self, what: &str, place: &Endpoint) -> String {
        if *place == self.endpoint {
            what.to_owned()
        } else {
            format!("{what} from the mirror `{}`", place.name())
        }
    }

    /// Who says in the end that there is nothing.
    fn last(&self) -> &Endpoint {
        self.places.last().unwrap_or(&self.endpoint)
    }

    fn blob_name(&self, digest: &Digest) -> String {
        format!("blob `{digest}` of `{}`", self.name())
    }

    fn unknown_blob(&self, digest: &Digest) -> RegistryError {
        RegistryError::UnknownBlob {
            place: self.name(),
            digest: digest.clone(),
        }
    }
}

impl Arrived {
    fn into_document(self, expected: Option<&Digest>) -> Result<Document, RegistryError> {
        if let Some(claimed) = &self.digest {
            verify::check_digest(&self.bytes, claimed, &self.what)?;
        }
        let digest = match expected {
            Some(expected) => expected.clone(),
            None => model::canonical::sha256(&self.bytes),
        };
        parse(self.bytes, &digest, self.media_type.as_deref(), &self.what)
    }

    fn check_media_type(&self, expected: &MediaType) -> Result<(), RegistryError> {
        let announced = self.media_type.as_deref().and_then(essence);
        match announced.filter(|announced| *announced != expected.as_ref()) {
            None => Ok(()),
            Some(announced) => Err(RegistryError::InvalidDocument {
                what: self.what.clone(),
                source: Box::new(DocumentError::MediaType {
                    announced: excerpt(announced),
                    actual: excerpt(expected.as_ref()),
                }),
            }),
        }
    }
}

/// Whether the bytes alone say what the registry that sent them said about them: what is kept has nothing else.
fn says_what_it_is(document: &Document) -> bool {
    Document::parse(document.bytes.clone(), document.digest.clone(), None)
        .is_ok_and(|alone| alone.media_type == document.media_type)
}

/// Refuses to ask for what is going to be too large, or cannot be checked.
pub(crate) fn check_wanted(
    descriptor: &Descriptor,
    limit: u64,
    what: &str,
) -> Result<(), RegistryError> {
    if descriptor.size() > limit {
        return Err(RegistryError::TooLarge {
            what: what.to_owned(),
            limit,
        });
    }
    Verifier::new(descriptor, what).map(|_| ())
}

/// The digest that a registry announces; one that cannot be read says nothing.
pub(crate) fn announced_digest(answer: &Answer) -> Option<Digest> {
    parse_digest(answer.header(CONTENT_DIGEST)?).ok()
}

/// Reads a document whose digest has been checked.
pub(crate) fn parse(
    bytes: Bytes,
    digest: &Digest,
    announced: Option<&str>,
    what: &str,
) -> Result<Document, RegistryError> {
    let what = what.to_owned();
    Document::parse(bytes, digest.clone(), announced).map_err(|error| match error {
        DocumentError::SchemaOne => RegistryError::SchemaOne { what },
        source => RegistryError::InvalidDocument {
            what,
            source: Box::new(source),
        },
    })
}
