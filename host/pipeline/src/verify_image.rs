//! Whether an image has a statement that somebody accepts.

use crate::attached::{Content, Opened, Reason, open_all, open_layers};
use crate::error::VerifyError;
use crate::statements;
use ::attest::{
    ENVELOPE_MEDIA_TYPE, Expected, LegacyLayer, PredicateType, Rejection, Trust, VerifiedStatement,
    verify, verify_legacy_statement,
};
use ::registry::{
    Document, Image, LegacyTag, ListedBy, Registry, RegistryError, Resolved, Source, platform,
};
use bytes::Bytes;
use futures_util::StreamExt;
use model::{Digest, Platform};
use oci_spec::image::Descriptor;

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
    let mut verification = Verification {
        digest: digest.clone(),
        accepted: Vec::new(),
        rejected: Vec::new(),
        others: 0,
    };
    if let Some(bundle) = &request.bundle {
        verification.judge(bundle, None, request, &expected);
        return Ok(verification);
    }
    let listed = image.referrers(&digest).await?;
    let known = listed.entries.clone();
    verification
        .judge_all(&image, listed.entries, request, &expected)
        .await;
    if verification.accepted.is_empty() && listed.by == ListedBy::Api {
        // A registry that got its list later may have forgotten what was attached before.
        let more = unlisted(&image, &digest, &known).await?;
        verification
            .judge_all(&image, more, request, &expected)
            .await;
    }
    if verification.accepted.is_empty()
        && let Some(document) = image
            .legacy_document(&digest, LegacyTag::Attestation)
            .await?
    {
        verification
            .judge_legacy(&image, &document, request, &expected)
            .await;
    }
    Ok(verification)
}

/// What stands in the index at the fallback tag, and not in the list that the registry keeps.
pub(crate) async fn unlisted(
    image: &Image,
    subject: &Digest,
    listed: &[Descriptor],
) -> Result<Vec<Descriptor>, RegistryError> {
    let tagged = image.fallback_tag(subject).await?;
    let mut entries = tagged.and_then(|tagged| tagged.entries).unwrap_or_default();
    entries.retain(|entry| !listed.iter().any(|it| it.digest() == entry.digest()));
    Ok(entries)
}

impl Verification {
    async fn judge_all(
        &mut self,
        image: &Image,
        entries: Vec<Descriptor>,
        request: &VerifyRequest,
        expected: &Expected,
    ) {
        let subject = self.digest.clone();
        let mut opening = std::pin::pin!(open_all(image, &subject, entries));
        while let Some(Opened {
            digest, content, ..
        }) = opening.next().await
        {
            match content {
                Content::Other => self.others += 1,
                Content::Bundle(bundle) => self.judge(&bundle, Some(digest), request, expected),
                Content::Unusable(reason) => self.rejected.push(Rejected {
                    referrer: Some(digest),
                    reason,
                }),
            }
        }
    }

    fn judge(
        &mut self,
        bundle: &[u8],
        referrer: Option<Digest>,
        request: &VerifyRequest,
        expected: &Expected,
    ) {
        let verified = verify(bundle, &request.trust, expected);
        self.count(verified.map_err(Rejection::into), referrer);
    }

    /// Judges attestations of the older form: the layers of the manifest at their tag.
    async fn judge_legacy(
        &mut self,
        image: &Image,
        document: &Document,
        request: &VerifyRequest,
        expected: &Expected,
    ) {
        let manifest = document.manifest();
        let layers = manifest.map(|manifest| manifest.layers().clone());
        let (layers, others): (Vec<_>, Vec<_>) = layers
            .unwrap_or_default()
            .into_iter()
            .partition(may_be_a_statement);
        self.others += others.len();
        let mut opening = std::pin::pin!(open_layers(image, &expected.subject, layers));
        while let Some((layer, opened)) = opening.next().await {
            let annotations = layer.annotations().clone().unwrap_or_default();
            let verified = opened.and_then(|bytes| {
                let layer = LegacyLayer {
                    bytes: &bytes,
                    annotations: &annotations,
                };
                Ok(verify_legacy_statement(layer, &request.trust, expected)?)
            });
            self.count(verified, Some(document.digest.clone()));
        }
    }

    fn count(&mut self, verified: Result<VerifiedStatement, Reason>, referrer: Option<Digest>) {
        match verified {
            Ok(statement) => self.accepted.push(statement),
            Err(reason) => self.rejected.push(Rejected { referrer, reason }),
        }
    }
}

/// Whether a layer of the older form is an envelope, and does not say itself that it holds another kind of statement.
fn may_be_a_statement(layer: &Descriptor) -> bool {
    let annotations = layer.annotations().as_ref();
    let named = annotations.and_then(|annotations| annotations.get(statements::PREDICATE_TYPE));
    layer.media_type().as_ref() == ENVELOPE_MEDIA_TYPE
        && named.is_none_or(|named| PredicateType::from_uri(named).is_some())
}

/// The digest that a statement has to be about.
pub(crate) async fn digest(
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
