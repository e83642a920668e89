//! The push side of one repository.

use crate::client::Request;
use crate::error::RegistryError;
use crate::limits::SLOWEST_STREAM;
use crate::repository::{Repository, announced_digest};
use crate::source::Selector;
use crate::transport::Answer;
use crate::verify::{check_digest, descriptor_of};
use bytes::Bytes;
use model::Digest;
use oci_spec::image::Descriptor;
use reqwest::header::{CONTENT_TYPE, HeaderName};
use reqwest::{Method, StatusCode};
use std::time::Duration;

/// A manifest that was pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// Of its bytes.
    pub digest: Digest,
    /// Whether the registry understood the manifest's subject, so that it lists the manifest as a referrer.
    pub oci_subject: bool,
}

impl Repository {
    /// Stores a blob, unless it is there.
    pub(crate) async fn push_blob(
        &self,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Descriptor, RegistryError> {
        let descriptor = descriptor_of(media_type, &bytes);
        let digest = descriptor.digest();
        let request = self.client.push(Method::HEAD, format!("blobs/{digest}"));
        let answer = self.client.send(&self.endpoint, &request).await?;
        match answer.status() {
            StatusCode::OK => return Ok(descriptor),
            StatusCode::FORBIDDEN => {
                return Err(self
                    .client
                    .unexpected(&self.endpoint, &request, answer)
                    .await);
            }
            // Whatever else it is, the upload is going to say it better.
            _ => {}
        }

        // In two requests, POST and PUT, which every registry knows.
        let request = self.client.push(Method::POST, "blobs/uploads/".to_owned());
        let answer = self.client.send(&self.endpoint, &request).await?;
        if answer.status() != StatusCode::ACCEPTED {
            return Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await);
        }
        let location = answer.location()?;
        let mut location = location.ok_or_else(|| RegistryError::NoUploadLocation {
            host: answer.host(),
        })?;
        // The registry keeps the state of the upload in the query that is there.
        location
            .query_pairs_mut()
            .append_pair("digest", digest.as_ref());
        let request = self
            .client
            .push_to(Method::PUT, location)
            .header(CONTENT_TYPE, "application/octet-stream")
            .extra_time(Duration::from_secs(descriptor.size() / SLOWEST_STREAM))
            .body(bytes.clone());
        let answer = self.client.send(&self.endpoint, &request).await?;
        if !answer.status().is_success() {
            return Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await);
        }
        check_stored(
            &answer,
            &bytes,
            &format!("blob `{digest}` of `{}`", self.name()),
        )?;
        Ok(descriptor)
    }

    /// Stores a manifest at a tag or at its digest.
    pub(crate) async fn push_manifest(
        &self,
        at: &Selector,
        media_type: &str,
        bytes: Bytes,
    ) -> Result<Pushed, RegistryError> {
        let (request, digest) = self.manifest_push(at, media_type, &bytes)?;
        let answer = self.client.send(&self.endpoint, &request).await?;
        self.pushed(&request, answer, digest, &bytes).await
    }

    /// Stores a manifest at a tag if a condition holds that the registry may know; none where it does not hold.
    pub(crate) async fn push_manifest_if(
        &self,
        at: &Selector,
        media_type: &str,
        bytes: Bytes,
        condition: Option<(HeaderName, &str)>,
    ) -> Result<Option<Pushed>, RegistryError> {
        let (mut request, digest) = self.manifest_push(at, media_type, &bytes)?;
        let is_conditional = condition.is_some();
        if let Some((name, value)) = condition {
            request = request.header(name, value);
        }
        let answer = self.client.send(&self.endpoint, &request).await?;
        if is_conditional && answer.status() == StatusCode::PRECONDITION_FAILED {
            return Ok(None);
        }
        self.pushed(&request, answer, digest, &bytes)
            .await
            .map(Some)
    }

    /// The request that stores a manifest, and the digest of the manifest.
    fn manifest_push(
        &self,
        at: &Selector,
        media_type: &str,
        bytes: &Bytes,
    ) -> Result<(Request, Digest), RegistryError> {
        let digest = match at {
            Selector::Tag(tag) => {
                self.reference.tagged(tag)?;
                model::canonical::sha256(bytes)
            }
            Selector::Digest(digest) => {
                check_digest(bytes, digest, &self.manifest_name(digest))?;
                digest.clone()
            }
        };
        let request = self
            .client
            .push(Method::PUT, format!("manifests/{at}"))
            .header(CONTENT_TYPE, media_type)
            .body(bytes.clone());
        Ok((request, digest))
    }

    async fn pushed(
        &self,
        request: &Request,
        answer: Answer,
        digest: Digest,
        bytes: &Bytes,
    ) -> Result<Pushed, RegistryError> {
        if !answer.status().is_success() {
            return Err(self
                .client
                .unexpected(&self.endpoint, request, answer)
                .await);
        }
        check_stored(&answer, bytes, &self.manifest_name(&digest))?;
        Ok(Pushed {
            digest,
            // SPEC: distribution §Pushing Manifests with Subject: "a registry implementation that supports the referrers
            // API MUST respond with the response header `OCI-Subject: <subject digest>` to indicate to the client that
            // the registry processed the request's `subject`."
            oci_subject: answer.headers().contains_key("oci-subject"),
        })
    }

    /// Removes a manifest; says whether the registry lets it go. One that is gone already is removed.
    ///
    /// SPEC: distribution §Deleting Manifests: "Upon success, the registry MUST respond with a `202 Accepted` code. If
    /// tag deletion is disabled, the registry MUST respond with either a `400 Bad Request` or a `405 Method Not Allowed`."
    pub(crate) async fn delete_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let request = self.client.delete(format!("manifests/{digest}"));
        let answer = match self.client.send(&self.endpoint, &request).await {
            // Who may push need not be allowed to delete.
            Err(RegistryError::Unauthorized { .. } | RegistryError::Denied { .. }) => {
                return Ok(false);
            }
            answer => answer?,
        };
        let status = answer.status();
        match status {
            StatusCode::NOT_FOUND => Ok(true),
            _ if status.is_success() => Ok(true),
            StatusCode::NOT_IMPLEMENTED => Ok(false),
            // Registries refuse it in many ways, and none of them is a failure of ours.
            _ if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => Ok(false),
            _ => Err(self
                .client
                .unexpected(&self.endpoint, &request, answer)
                .await),
        }
    }

    fn manifest_name(&self, digest: &Digest) -> String {
        format!("`{}@{digest}`", self.name())
    }
}

/// Refuses a registry that stored something else than it was given.
fn check_stored(answer: &Answer, bytes: &Bytes, what: &str) -> Result<(), RegistryError> {
    match announced_digest(answer) {
        Some(stored) => check_digest(bytes, &stored, what),
        None => Ok(()),
    }
}
