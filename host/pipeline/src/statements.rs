//! What is attached to an image, whoever attached it.

use crate::attached::{Content, Opened, Reason, open_all};
use crate::error::VerifyError;
use crate::verify_image::{digest, unlisted};
use ::attest::{ClaimedSigner, Contents, Rejection, Signer, Trust, contents, verify_signer};
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
    /// The form of cosign before version 3.
    #[error("it has the form of cosign before version 3, which this list does not check")]
    Legacy,
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
    /// How many layers it has.
    pub count: usize,
    /// What the layers say of which kind they are, each once, in their order.
    pub predicate_types: Vec<String>,
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
        legacy.extend(at_legacy_tag(&image, &digest, kind).await);
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
    match verify_signer(bundle, trust, subject, *now) {
        Ok(signature) => State::Verified {
            signer: signature.signer().clone(),
        },
        Err(rejection) => State::NotVerified(rejection),
    }
}

/// What stands at a tag of the old form; none where there is no such tag.
async fn at_legacy_tag(
    image: &Image,
    subject: &Digest,
    kind: LegacyTag,
) -> Option<LegacyStatements> {
    let found = match image.legacy_document(subject, kind).await {
        Ok(document) => Ok(LegacyManifest::of(&document?)),
        Err(error) => Err(error.into()),
    };
    Some(LegacyStatements {
        kind,
        tag: kind.of(subject),
        found,
    })
}

impl LegacyManifest {
    fn of(document: &Document) -> Self {
        let manifest = document.manifest();
        let layers = manifest.map(|manifest| manifest.layers().as_slice());
        let layers = layers.unwrap_or_default();
        let mut predicate_types = Vec::new();
        for layer in layers {
            let annotations = layer.annotations().as_ref();
            let named = annotations.and_then(|annotations| annotations.get(PREDICATE_TYPE));
            if let Some(named) = named.filter(|named| !predicate_types.contains(*named)) {
                predicate_types.push(named.clone());
            }
        }
        Self {
            digest: document.digest.clone(),
            count: layers.len(),
            predicate_types,
        }
    }
}
