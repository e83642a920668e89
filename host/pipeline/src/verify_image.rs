//! Whether an image has a statement that somebody accepts.

use crate::AT_ONCE;
use crate::error::VerifyError;
use ::attest::{Expected, MAX_BUNDLE_BYTES, Rejection, Trust, VerifiedStatement, verify};
use ::registry::{Image, Registry, RegistryError, Resolved, Source, platform};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use model::{Digest, Platform};
use oci_spec::image::Descriptor;

/// How the media types of bundles of all versions begin.
const BUNDLE_PREFIX: &str = "application/vnd.dev.sigstore.bundle";
/// What registries write where a manifest has no type of its own: it may be anything.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// What is wanted of an image's statements.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The manifest of one platform instead of what the reference names.
    pub platform: Option<Platform>,
    /// What is trusted.
    pub trust: Trust,
    /// What is expected, for whatever digest the image has.
    pub expected: Expected,
    /// A bundle that is at hand, instead of those that are attached.
    pub bundle: Option<Bytes>,
}

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// The digest the image has.
    pub digest: Digest,
    /// The statements that are accepted.
    pub accepted: Vec<VerifiedStatement>,
    /// The others, with the reason.
    pub rejected: Vec<Rejected>,
    /// How many other things are attached, that are no bundles.
    pub others: usize,
}

/// Something that is attached and does not count.
#[derive(Debug)]
pub struct Rejected {
    /// The manifest that attaches it; none for a bundle that was given.
    pub referrer: Option<Digest>,
    /// Why it does not count.
    pub reason: Reason,
}

/// Why something does not count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// It was read and is not accepted.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It could not be read.
    #[error(transparent)]
    Unreadable(#[from] RegistryError),
}

/// What became of one referrer.
enum Found {
    Accepted(Box<VerifiedStatement>),
    Rejected(Rejected),
    Other,
}

/// Looks for statements about an image that are accepted. It asks nobody but the registry.
///
/// # Errors
/// If the image or the list of what refers to it cannot be had.
pub async fn verify_image(
    registry: &Registry,
    source: &Source,
    request: &VerifyRequest,
) -> Result<Verification, VerifyError> {
    let image = registry.open(source).await?;
    let digest = digest(&image, request.platform.as_ref(), request.bundle.is_some()).await?;
    let expected = Expected {
        subject: digest.clone(),
        ..request.expected.clone()
    };
    let found = if let Some(bundle) = &request.bundle {
        vec![judge(bundle, None, request, &expected)]
    } else {
        let referrers = image.referrers(&digest).await?;
        let read = |referrer| read(&image, referrer, request, &expected);
        stream::iter(referrers.into_iter().map(read))
            .buffered(AT_ONCE)
            .collect()
            .await
    };
    let mut verification = Verification {
        digest,
        accepted: Vec::new(),
        rejected: Vec::new(),
        others: 0,
    };
    for found in found {
        match found {
            Found::Accepted(statement) => verification.accepted.push(*statement),
            Found::Rejected(rejected) => verification.rejected.push(rejected),
            Found::Other => verification.others += 1,
        }
    }
    Ok(verification)
}

/// The digest that a statement has to be about.
async fn digest(
    image: &Image,
    wanted: Option<&Platform>,
    is_offline: bool,
) -> Result<Digest, VerifyError> {
    let written = image
        .source()
        .reference()
        .and_then(model::Reference::digest);
    if let (Some(digest), None, true) = (written, wanted, is_offline) {
        return Ok(digest.clone());
    }
    let Resolved::Document(document) = image.resolve().await? else {
        return Err(VerifyError::NoManifest {
            image: image.source().to_string(),
        });
    };
    match (wanted, document.index()) {
        (Some(wanted), Some(index)) => Ok(platform::require(index, wanted, image.source())?
            .digest()
            .clone()),
        _ => Ok(document.digest),
    }
}

/// Opens a referrer, if it may be a bundle. What lists it may have lost its artifact type, so only another one rules it
/// out.
async fn read(
    image: &Image,
    referrer: Descriptor,
    request: &VerifyRequest,
    expected: &Expected,
) -> Found {
    let listed = referrer.artifact_type().as_ref().map(ToString::to_string);
    if listed.is_some_and(|listed| !listed.starts_with(BUNDLE_PREFIX) && listed != EMPTY) {
        return Found::Other;
    }
    match fetch(image, &referrer).await {
        Ok(None) => Found::Other,
        Ok(Some(bundle)) => judge(&bundle, Some(referrer.digest().clone()), request, expected),
        Err(error) => Found::Rejected(Rejected {
            referrer: Some(referrer.digest().clone()),
            reason: error.into(),
        }),
    }
}

/// The bundle of a referrer; none if it is something else.
async fn fetch(image: &Image, referrer: &Descriptor) -> Result<Option<Bytes>, RegistryError> {
    let document = image.manifest(referrer).await?;
    let layers = document
        .manifest()
        .map(|manifest| manifest.layers().as_slice());
    match layers {
        Some([layer]) if layer.media_type().as_ref().starts_with(BUNDLE_PREFIX) => {
            let limit = u64::try_from(MAX_BUNDLE_BYTES).unwrap_or(u64::MAX);
            Ok(Some(image.blob(layer, limit).await?))
        }
        _ => Ok(None),
    }
}

fn judge(
    bundle: &[u8],
    referrer: Option<Digest>,
    request: &VerifyRequest,
    expected: &Expected,
) -> Found {
    match verify(bundle, &request.trust, expected) {
        Ok(statement) => Found::Accepted(Box::new(statement)),
        Err(rejection) => Found::Rejected(Rejected {
            referrer,
            reason: rejection.into(),
        }),
    }
}
