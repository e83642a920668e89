//! Whether an image has statements that somebody accepts.

use crate::attached::{Content, Opened, open_all, open_layers};
use crate::error::VerifyError;
use crate::judge_statements::{AcceptedStatement, Judge, Place, RejectedStatement, StatedClaim};
use crate::statements;
use crate::subject;
use crate::trust_policy::TrustPolicy;
use ::attest::{ENVELOPE_MEDIA_TYPE, LegacyLayer, PredicateType, verify, verify_legacy_statement};
use ::registry::{
    Document, Image, LegacyTag, ListedBy, Registry, RegistryError, Resolved, Source, platform,
};
use bytes::Bytes;
use futures_util::StreamExt;
use jiff::{SignedDuration, Timestamp};
use model::{Digest, Platform};
use oci_spec::image::Descriptor;
use std::sync::Arc;

/// What is wanted of an image's statements.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// The manifest of one platform instead of what the reference names.
    pub platform: Option<Platform>,
    /// Whose statements count.
    pub trust: Arc<TrustPolicy>,
    /// The claims that are required, such as `security.scan=passed` or `security.scan`; none: any claim will do.
    pub require: Vec<String>,
    /// How old a statement may be, whatever the trust policy allows.
    pub max_age: Option<SignedDuration>,
    /// What time it is.
    pub now: Timestamp,
    /// Bundles that are at hand, instead of those that are attached.
    pub bundles: Vec<Bytes>,
}

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// The digest the image has.
    pub digest: Digest,
    /// Whether the claims that are required may be relied on; where none is, whether any may.
    pub verified: bool,
    /// Each claim that is required, or else each one that is made.
    pub claims: Vec<StatedClaim>,
    /// The statements that count, the newest first.
    pub accepted: Vec<AcceptedStatement>,
    /// The others, with the reason.
    pub rejected: Vec<RejectedStatement>,
    /// How many other things are attached, that are no bundles.
    pub others: usize,
    /// The repository of the image, where no rule of the trust policy is about it and what is required.
    pub without_rule: Option<String>,
}

/// Looks for statements about an image that count. It asks nobody but the registry, and reads from one place after the other,
/// each as a whole, until the claims that are required may be relied on: statements are about what passed, so another one can
/// take nothing away from them.
///
/// # Errors
/// If the image or the list of what refers to it cannot be had.
pub async fn verify_image(
    registry: &Registry,
    source: &Source,
    request: &VerifyRequest,
) -> Result<Verification, VerifyError> {
    let image = registry.open(source).await?;
    let is_offline = !request.bundles.is_empty();
    let digest = digest(&image, request.platform.as_ref(), is_offline).await?;
    let repository = subject::name(&image);
    let judge = Judge::new(
        &request.trust,
        repository.as_deref(),
        &request.require,
        &digest,
        request.max_age,
        request.now,
    );
    let mut search = Search {
        image: &image,
        digest,
        judge,
        others: 0,
    };
    let has_rules = search.judge.has_rules();
    if is_offline {
        for (number, bundle) in request.bundles.iter().enumerate() {
            search.judge_bundle(&Place::Given(number), bundle);
        }
    } else if has_rules {
        search.run().await?;
    }
    let without_rule = (!has_rules).then(|| repository.unwrap_or_else(|| source.to_string()));
    Ok(search.finish(without_rule))
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

/// The search for statements that is under way.
struct Search<'r> {
    image: &'r Image,
    digest: Digest,
    judge: Judge<'r>,
    others: usize,
}

impl Search<'_> {
    /// Reads from every place, until it is enough.
    async fn run(&mut self) -> Result<(), VerifyError> {
        let listed = self.image.referrers(&self.digest).await?;
        let known = listed.entries.clone();
        self.judge_all(listed.entries, listed.by).await;
        if !self.judge.is_met() && listed.by == ListedBy::Api {
            // A registry that got its list later may have forgotten what was attached before.
            let more = unlisted(self.image, &self.digest, &known).await?;
            self.judge_all(more, ListedBy::FallbackTag).await;
        }
        if !self.judge.is_met() {
            let tag = LegacyTag::Attestation;
            let document = self.image.legacy_document(&self.digest, tag).await?;
            if let Some(document) = document {
                self.judge_legacy(&document).await;
            }
        }
        Ok(())
    }

    async fn judge_all(&mut self, entries: Vec<Descriptor>, listed_by: ListedBy) {
        let subject = self.digest.clone();
        let mut opening = std::pin::pin!(open_all(self.image, &subject, entries));
        while let Some(Opened {
            digest, content, ..
        }) = opening.next().await
        {
            let place = Place::Referrer(digest, listed_by);
            match content {
                Content::Other => self.others += 1,
                Content::Bundle(bundle) => self.judge_bundle(&place, &bundle),
                Content::Unusable(reason) => self.judge.reject(place, reason),
            }
        }
    }

    fn judge_bundle(&mut self, place: &Place, bundle: &[u8]) {
        self.judge
            .judge(place, |trust, expected| verify(bundle, trust, expected));
    }

    /// Judges attestations of the older form: the layers of the manifest at their tag.
    async fn judge_legacy(&mut self, document: &Document) {
        let manifest = document.manifest();
        let layers = manifest.map(|manifest| manifest.layers().clone());
        let (layers, others): (Vec<_>, Vec<_>) = layers
            .unwrap_or_default()
            .into_iter()
            .partition(may_be_a_statement);
        self.others += others.len();
        let subject = self.digest.clone();
        let mut opening = std::pin::pin!(open_layers(self.image, &subject, layers));
        while let Some((layer, opened)) = opening.next().await {
            let place = Place::Legacy {
                manifest: document.digest.clone(),
                layer: layer.digest().clone(),
            };
            let annotations = layer.annotations().clone().unwrap_or_default();
            match opened {
                Err(reason) => self.judge.reject(place, reason),
                Ok(bytes) => {
                    let layer = LegacyLayer {
                        bytes: &bytes,
                        annotations: &annotations,
                    };
                    self.judge.judge(&place, |trust, expected| {
                        verify_legacy_statement(layer, trust, expected)
                    });
                }
            }
        }
    }

    fn finish(self, without_rule: Option<String>) -> Verification {
        let (verified, claims) = (self.judge.is_met(), self.judge.claims());
        let mut accepted = self.judge.accepted;
        accepted.sort_by_key(|it| std::cmp::Reverse(it.statement.time_created()));
        let mut rejected = self.judge.rejected;
        if verified {
            // By which other rules a statement would not have counted is of no interest.
            rejected.retain(|it| {
                it.rule.is_none() || accepted.iter().all(|other| other.place != it.place)
            });
        }
        Verification {
            digest: self.digest,
            verified,
            claims,
            accepted,
            rejected,
            others: self.others,
            without_rule,
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
