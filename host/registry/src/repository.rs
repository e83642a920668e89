//! The pull side of one repository.

use crate::blob::BlobReader;
use crate::client::Client;
use crate::document::{ACCEPTED, Document, DocumentError, essence, is_schema_one};
use crate::endpoint::Endpoint;
use crate::error::RegistryError;
use crate::limits::{MAX_MANIFEST_BYTES, SLOWEST_STREAM};
use crate::transport::Answer;
use crate::verify::{self, Verifier};
use bytes::Bytes;
use model::excerpt;
use model::reference::parse_digest;
use model::{Digest, Reference};
use oci_spec::image::{Descriptor, MediaType};
use reqwest::header::ACCEPT;
use reqwest::{Method, StatusCode};
use std::time::Duration;

/// The header in which a registry says what it believes to have sent.
pub(crate) const CONTENT_DIGEST: &str = "docker-content-digest";

/// One repository of a registry, and what of it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(crate) client: Client,
    pub(crate) endpoint: Endpoint,
    pub(crate) reference: Reference,
}

/// A manifest as it arrived.
struct Arrived {
    bytes: Bytes,
    media_type: Option<String>,
    /// What the registry believes to have sent.
    digest: Option<Digest>,
}

impl Repository {
    pub(crate) fn new(client: Client, reference: &Reference) -> Self {
        Self {
            client,
            endpoint: Endpoint::of(reference),
            reference: reference.clone(),
        }
    }

    /// Registry and repository, for messages.
    pub(crate) fn name(&self) -> String {
        self.endpoint.name()
    }

    /// The manifest or index that the reference names.
    pub(crate) async fn resolve(&self) -> Result<Document, RegistryError> {
        let what = format!("`{}`", self.reference);
        let (reference, expected) = match (self.reference.digest(), self.reference.tag()) {
            (Some(digest), _) => (digest.as_ref(), Some(digest)),
            (None, tag) => (tag.unwrap_or_default(), None),
        };
        let arrived = self
            .get_manifest(reference, &what, &ACCEPTED.join(", "))
            .await?;
        let arrived = arrived.ok_or_else(|| RegistryError::UnknownImage {
            reference: self.reference.to_string(),
            host: self.endpoint.registry.clone(),
        })?;
        if let Some(expected) = expected {
            verify::check_digest(&arrived.bytes, expected, &what)?;
        }
        arrived.into_document(expected, &what)
    }

    /// The manifest or index at a tag, if there is one.
    pub(crate) async fn tagged(&self, tag: &str) -> Result<Option<Document>, RegistryError> {
        let what = format!("`{}:{tag}`", self.name());
        let arrived = self.get_manifest(tag, &what, &ACCEPTED.join(", ")).await?;
        arrived
            .map(|arrived| arrived.into_document(None, &what))
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
        let arrived = self
            .get_manifest(digest.as_ref(), &what, media_type)
            .await?;
        let arrived = arrived.ok_or_else(|| self.unknown_blob(digest))?;
        verify::check(&arrived.bytes, descriptor, &what)?;
        arrived.check_media_type(descriptor.media_type(), &what)?;
        parse(arrived.bytes, digest, Some(media_type), &what)
    }

    async fn get_manifest(
        &self,
        reference: &str,
        what: &str,
        accept: &str,
    ) -> Result<Option<Arrived>, RegistryError> {
        let request = self
            .client
            .pull(Method::GET, format!("manifests/{reference}"))
            .header(ACCEPT, accept);
        let answer = self.client.send(&self.endpoint, &request).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => {
                return Err(self
                    .client
                    .unexpected(&self.endpoint, &request, answer)
                    .await);
            }
        }
        let media_type = answer.header("content-type").map(ToOwned::to_owned);
        if media_type
            .as_deref()
            .and_then(essence)
            .is_some_and(is_schema_one)
        {
            // Its digest is about something else than its bytes.
            return Err(RegistryError::SchemaOne {
                what: what.to_owned(),
            });
        }
        let digest = announced_digest(&answer);
        Ok(Some(Arrived {
            bytes: answer.body(MAX_MANIFEST_BYTES, what).await?,
            media_type,
            digest,
        }))
    }

    /// A small blob, whole.
    pub(crate) async fn blob(
        &self,
        descriptor: &Descriptor,
        limit: u64,
    ) -> Result<Bytes, RegistryError> {
        let what = self.blob_name(descriptor.digest());
        check_wanted(descriptor, limit, &what)?;
        let mut verifier = Verifier::new(descriptor, &what)?;
        let answer = self.get_blob(descriptor, Duration::ZERO).await?;
        verifier.check_announced(answer.announced())?;
        // One byte over what is announced is enough to know that it is too much.
        let bytes = match answer.body(descriptor.size(), &what).await {
            Err(RegistryError::TooLarge { .. }) => {
                return Err(RegistryError::SizeMismatch {
                    what,
                    expected: descriptor.size(),
                    actual: descriptor.size().saturating_add(1),
                });
            }
            result => result?,
        };
        verifier.take(&bytes)?;
        verifier.finish()?;
        Ok(bytes)
    }

    /// A blob of any size, piece by piece.
    pub(crate) async fn blob_reader(
        &self,
        descriptor: &Descriptor,
    ) -> Result<BlobReader, RegistryError> {
        let verifier = Verifier::new(descriptor, &self.blob_name(descriptor.digest()))?;
        let extra_time = Duration::from_secs(descriptor.size() / SLOWEST_STREAM);
        let answer = self.get_blob(descriptor, extra_time).await?;
        verifier.check_announced(answer.announced())?;
        Ok(BlobReader::of_answer(answer, verifier))
    }

    async fn get_blob(
        &self,
        descriptor: &Descriptor,
        extra_time: Duration,
    ) -> Result<Answer, RegistryError> {
        let request = self
            .client
            .pull(Method::GET, format!("blobs/{}", descriptor.digest()))
            .extra_time(extra_time);
        let answer = self.client.send(&self.endpoint, &request).await?;
        match answer.status() {
            StatusCode::OK => Ok(answer),
            StatusCode::NOT_FOUND => Err(self.unknown_blob(descriptor.digest())),
            _ => Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await),
        }
    }

    /// Whether there is a manifest or an index with that tag or digest.
    pub(crate) async fn has_manifest(&self, reference: &str) -> Result<bool, RegistryError> {
        let request = self
            .client
            .pull(Method::HEAD, format!("manifests/{reference}"))
            .header(ACCEPT, &ACCEPTED.join(", "));
        let answer = self.client.send(&self.endpoint, &request).await?;
        match answer.status() {
            StatusCode::OK => Ok(true),
            StatusCode::NOT_FOUND => Ok(false),
            _ => Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await),
        }
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
    fn into_document(
        self,
        expected: Option<&Digest>,
        what: &str,
    ) -> Result<Document, RegistryError> {
        if let Some(claimed) = &self.digest {
            verify::check_digest(&self.bytes, claimed, what)?;
        }
        let digest = match expected {
            Some(expected) => expected.clone(),
            None => model::canonical::sha256(&self.bytes),
        };
        parse(self.bytes, &digest, self.media_type.as_deref(), what)
    }

    fn check_media_type(&self, expected: &MediaType, what: &str) -> Result<(), RegistryError> {
        let announced = self.media_type.as_deref().and_then(essence);
        match announced.filter(|announced| *announced != expected.as_ref()) {
            None => Ok(()),
            Some(announced) => Err(RegistryError::InvalidDocument {
                what: what.to_owned(),
                source: Box::new(DocumentError::MediaType {
                    announced: excerpt(announced),
                    actual: excerpt(expected.as_ref()),
                }),
            }),
        }
    }
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
