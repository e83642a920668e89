//! What is attached to an image, whoever attached it.

use crate::attached::{Content, Opened, Reason, open_all, open_layers};
use crate::error::VerifyError;
use crate::trust_policy::TrustPolicy;
use crate::verify_image::{digest, unlisted};
use ::attest::{
    ClaimedSigner, Contents, ENVELOPE_MEDIA_TYPE, LegacyLayer, Rejection,
    SIMPLE_SIGNING_MEDIA_TYPE, Signer, Trust, VerifiedSignature, contents, verify_legacy_signature,
    verify_legacy_signer, verify_signer,
};
use ::registry::{Document, Image, LegacyTag, ListedBy, Registry, Source};
use futures_util::StreamExt;
use jiff::Timestamp;
use model::{Digest, Platform};
use oci_spec::image::Descriptor;

/// The annotation of a layer of the old form that says of which kind the attestation is.
pub(crate) const PREDICATE_TYPE: &str = ::attest::PREDICATE_TYPE_ANNOTATION;

/// What is wanted of the list.
#[derive(Clone, Debug)]
pub struct StatementsRequest {
    /// The manifest of one platform instead of what the reference names.
    pub platform: Option<Platform>,
    /// What is trusted; nothing: signatures are not checked.
    pub trust: Trust,
    /// What calls whoever signed by name.
    pub policy: Option<TrustPolicy>,
    /// What time it is.
    pub now: Timestamp,
}

/// What is attached to one digest.
#[derive(Debug)]
pub struct Statements {
    /// The digest the image has.
    pub digest: Digest,
    /// Who lists what refers to it.
    pub listed_by: ListedBy,
    /// All that refers to it, in the order in which it is listed.
    pub attached: Vec<AttachedStatement>,
    /// What stands at the tags of the old form.
    pub legacy: Vec<LegacyStatements>,
}

/// One thing that is attached. All but the state of a verified one is what strangers say.
#[derive(Debug)]
pub struct AttachedStatement {
    /// The manifest that attaches it.
    pub digest: Digest,
    /// The size of that manifest.
    pub size: u64,
    /// What it calls itself.
    pub artifact_type: Option<String>,
    /// When it was made, as it says itself.
    pub created: Option<String>,
    /// Who lists it.
    pub listed_by: ListedBy,
    /// What is in it, if it is a bundle that can be read.
    pub contents: Option<Contents>,
    /// What is known about it.
    pub state: State,
}

/// What is known about something that is attached.
#[derive(Debug)]
pub enum State {
    /// It is about this image, and signed by somebody trusted. What it says is not judged.
    Verified {
        /// Who signed.
        signer: Signer,
        /// What the trust policy calls them.
        names: Vec<String>,
    },
    /// It is not signed by anybody trusted, or is about something else.
    NotVerified(Rejection),
    /// Nobody checked it.
    NotChecked(NotChecked),
    /// It is no statement about this image that anybody could read.
    NotReadable(Reason),
}

/// Why nobody checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotChecked {
    /// Signed with a key, and none was given.
    #[error("no key was given")]
    NoKey,
    /// Signed with the certificate of an identity, and none was given.
    #[error("no identity was given")]
    NoIdentity,
    /// Something else than a bundle.
    #[error("it is not a Sigstore bundle")]
    NoBundle,
    /// Signed with whatever it may be, and nobody to trust was given.
    #[error("neither a key nor an identity was given")]
    Nobody,
    /// In a layer that is neither a signature nor an attestation.
    #[error("it is neither a signature nor an attestation of the older form")]
    NoLegacy,
}

/// What stands at one tag of the old form.
#[derive(Debug)]
pub struct LegacyStatements {
    /// Which of them.
    pub kind: LegacyTag,
    /// The tag.
    pub tag: String,
    /// What is there, or why that is not known.
    pub found: Result<LegacyManifest, Reason>,
}

/// The manifest at a tag of the old form: a layer for each signature or attestation.
#[derive(Debug)]
pub struct LegacyManifest {
    /// Of the manifest.
    pub digest: Digest,
    /// The layers, in their order.
    pub layers: Vec<LegacyStatement>,
}

/// One signature or attestation of the old form. All but the state of a verified one is what strangers say.
#[derive(Debug)]
pub struct LegacyStatement {
    /// Of the layer.
    pub digest: Digest,
    /// Of which kind it says that it is.
    pub predicate_type: Option<String>,
    /// What is known about it.
    pub state: State,
}

impl LegacyManifest {
    /// What the layers say of which kind they are, each once, in their order.
    pub fn predicate_types(&self) -> Vec<&str> {
        let mut types = Vec::new();
        for named in self
            .layers
            .iter()
            .filter_map(|layer| layer.predicate_type.as_deref())
        {
            if !types.contains(&named) {
                types.push(named);
            }
        }
        types
    }
}

/// Lists what is attached to an image. It asks nobody but the registry.
///
/// # Errors
/// If the image or the list of what refers to it cannot be had.
pub async fn list_statements(
    registry: &Registry,
    source: &Source,
    request: &StatementsRequest,
) -> Result<Statements, VerifyError> {
    let image = registry.open(source).await?;
    let digest = digest(&image, request.platform.as_ref(), false).await?;
    let listed = image.referrers(&digest).await?;
    let more = match listed.by {
        ListedBy::Api => unlisted(&image, &digest, &listed.entries).await?,
        ListedBy::FallbackTag | ListedBy::Layout => Vec::new(),
    };
    let listed_by = listed.by;
    let mut attached = Vec::new();
    for (entries, by) in [(listed.entries, listed.by), (more, ListedBy::FallbackTag)] {
        attached.extend(of_list(&image, &digest, entries, by, request).await);
    }
    let mut legacy = Vec::new();
    for kind in LegacyTag::ALL {
        legacy.extend(at_legacy_tag(&image, &digest, kind, request).await);
    }
    Ok(Statements {
        digest,
        listed_by,
        attached,
        legacy,
    })
}

async fn of_list(
    image: &Image,
    digest: &Digest,
    entries: Vec<Descriptor>,
    listed_by: ListedBy,
    request: &StatementsRequest,
) -> Vec<AttachedStatement> {
    let described = |opened| std::future::ready(describe(opened, digest, listed_by, request));
    open_all(image, digest, entries)
        .then(described)
        .collect()
        .await
}

fn describe(
    opened: Opened,
    subject: &Digest,
    listed_by: ListedBy,
    request: &StatementsRequest,
) -> AttachedStatement {
    let (contents, state) = match opened.content {
        Content::Other => (None, State::NotChecked(NotChecked::NoBundle)),
        Content::Unusable(reason) => (None, State::NotReadable(reason)),
        Content::Bundle(bundle) => match contents(&bundle) {
            Err(rejection) => (None, State::NotReadable(rejection.into())),
            Ok(contents) => {
                let state = state(&bundle, &contents, subject, request);
                (Some(contents), state)
            }
        },
    };
    AttachedStatement {
        digest: opened.digest,
        size: opened.size,
        artifact_type: opened.artifact_type,
        created: opened.created,
        listed_by,
        contents,
        state,
    }
}

fn state(
    bundle: &[u8],
    contents: &Contents,
    subject: &Digest,
    request: &StatementsRequest,
) -> State {
    let StatementsRequest { trust, now, .. } = request;
    match contents.signer {
        ClaimedSigner::Key { .. } if trust.keys.is_empty() => {
            return State::NotChecked(NotChecked::NoKey);
        }
        ClaimedSigner::Certificate { .. } if trust.identities.is_empty() => {
            return State::NotChecked(NotChecked::NoIdentity);
        }
        _ => {}
    }
    verified_state(verify_signer(bundle, trust, subject, *now), request)
}

fn verified_state(
    verified: Result<VerifiedSignature, Rejection>,
    request: &StatementsRequest,
) -> State {
    match verified {
        Ok(signature) => State::Verified {
            names: names(request.policy.as_ref(), signature.signer()),
            signer: signature.signer().clone(),
        },
        Err(rejection) => State::NotVerified(rejection),
    }
}

fn names(policy: Option<&TrustPolicy>, signer: &Signer) -> Vec<String> {
    let names = policy.map(|policy| policy.names_of(signer));
    let names = names.unwrap_or_default().into_iter();
    names.map(ToOwned::to_owned).collect()
}

/// What stands at a tag of the old form; none where there is no such tag.
async fn at_legacy_tag(
    image: &Image,
    subject: &Digest,
    kind: LegacyTag,
    request: &StatementsRequest,
) -> Option<LegacyStatements> {
    let found = match image.legacy_document(subject, kind).await {
        Ok(document) => Ok(legacy_manifest(image, subject, kind, &document?, request).await),
        Err(error) => Err(error.into()),
    };
    Some(LegacyStatements {
        kind,
        tag: kind.of(subject),
        found,
    })
}

/// The layers of a manifest. They are only fetched where there is somebody who may have signed them.
async fn legacy_manifest(
    image: &Image,
    subject: &Digest,
    kind: LegacyTag,
    document: &Document,
    request: &StatementsRequest,
) -> LegacyManifest {
    let manifest = document.manifest();
    let layers = manifest.map(|manifest| manifest.layers().clone());
    let layers = layers.unwrap_or_default();
    let expected = match kind {
        LegacyTag::Signature => SIMPLE_SIGNING_MEDIA_TYPE,
        LegacyTag::Attestation => ENVELOPE_MEDIA_TYPE,
    };
    let trusts_nobody = request.trust.keys.is_empty() && request.trust.identities.is_empty();
    let unchecked = |layer: &Descriptor| match layer.media_type().as_ref() {
        found if found != expected => Some(NotChecked::NoLegacy),
        _ if trusts_nobody => Some(NotChecked::Nobody),
        _ => None,
    };
    let fetched = layers.iter().filter(|layer| unchecked(layer).is_none());
    let mut opening = std::pin::pin!(open_layers(image, subject, fetched.cloned().collect()));
    let mut states = Vec::with_capacity(layers.len());
    for layer in &layers {
        let state = match unchecked(layer) {
            Some(why) => State::NotChecked(why),
            None => match opening.next().await {
                Some((_, Ok(bytes))) => legacy_state(&bytes, layer, kind, subject, request),
                Some((_, Err(reason))) => State::NotReadable(reason),
                None => State::NotChecked(NotChecked::Nobody),
            },
        };
        states.push(LegacyStatement {
            digest: layer.digest().clone(),
            predicate_type: annotation(layer, PREDICATE_TYPE),
            state,
        });
    }
    LegacyManifest {
        digest: document.digest.clone(),
        layers: states,
    }
}

fn legacy_state(
    bytes: &[u8],
    layer: &Descriptor,
    kind: LegacyTag,
    subject: &Digest,
    request: &StatementsRequest,
) -> State {
    let StatementsRequest { trust, now, .. } = request;
    let annotations = layer.annotations().clone().unwrap_or_default();
    let layer = LegacyLayer {
        bytes,
        annotations: &annotations,
    };
    let verified = match kind {
        LegacyTag::Signature => verify_legacy_signature(layer, subject, trust, *now)
            .map(|verified| verified.signature().clone()),
        LegacyTag::Attestation => verify_legacy_signer(layer, trust, subject, *now),
    };
    verified_state(verified, request)
}

fn annotation(layer: &Descriptor, name: &str) -> Option<String> {
    layer.annotations().as_ref()?.get(name).cloned()
}
