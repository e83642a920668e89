//! Why an image could not be judged.

mod policies;
mod trust_policy;

pub use policies::PoliciesError;
pub use trust_policy::TrustPolicyError;

use crate::evidence::EvidenceError;
use ::attest::{NoLegacyForm, StatementError};
use ::facts::NotAnImage;
use ::registry::RegistryError;
use ::sigstore::SigningError;
use model::canonical::NotCanonical;
use model::{Digest, Platform};

/// Why an image could not be judged. What a policy does wrong is part of a report, and none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The image cannot be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A chart, a signature or another artifact. Mostly a reference that was mistaken.
    #[error("`{image}` cannot be checked")]
    NotAnImage {
        /// The source as given.
        image: String,
        /// What it is.
        #[source]
        source: NotAnImage,
    },
    /// An index names an index where a manifest should be.
    #[error("`{image}` has an index for this platform, `{digest}`, where a manifest should be")]
    NestedIndex {
        /// The source as given.
        image: String,
        /// Of the inner index.
        digest: Digest,
    },
    /// An index without a single image.
    #[error("`{image}` is an index without an image")]
    EmptyIndex {
        /// The source as given.
        image: String,
    },
    /// An index with more manifests than anybody builds.
    #[error("`{image}` is an index of {found} manifests, and {limit} are judged at most")]
    TooManyManifests {
        /// The source as given.
        image: String,
        /// How many it has.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// The image is for one platform, and another one was asked for.
    #[error("`{image}` is for `{found}`, not for `{wanted}`")]
    OtherPlatform {
        /// The source as given.
        image: String,
        /// What was asked for.
        wanted: Box<Platform>,
        /// What the image is for.
        found: Box<Platform>,
    },
    /// Facts, settings or a verdict without a digest: a number that no JSON can carry.
    #[error("the verdict has no digest")]
    NotCanonical(#[from] NotCanonical),
    /// The process is about to end.
    #[error("polcheck is shutting down")]
    ShuttingDown,
}

impl CheckError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.help(),
            Self::NotAnImage { .. } => Some(
                "name an image; charts, signatures and other artifacts have no config to check"
                    .to_owned(),
            ),
            Self::NestedIndex { image, digest } => Some(format!(
                "check the inner index: `{}@{digest}`",
                without_tag(image)
            )),
            Self::OtherPlatform { .. } => Some(
                "leave `--platform` out, or name an image that is built for that platform"
                    .to_owned(),
            ),
            Self::EmptyIndex { .. }
            | Self::TooManyManifests { .. }
            | Self::NotCanonical(_)
            | Self::ShuttingDown => None,
        }
    }
}

/// `HOST/REPOSITORY` of a reference as it was typed.
fn without_tag(image: &str) -> &str {
    let name = image.split('@').next().unwrap_or(image);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        _ => name,
    }
}

/// Why a statement could not be made or attached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// There is no statement to be made.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// It could not be signed.
    #[error(transparent)]
    Sign(#[from] SigningError),
    /// It could not be attached.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// Its evidence cannot be written down.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// A file has no registry where others would find a statement.
    #[error("a statement cannot be attached to `{image}`, which is not in a registry")]
    NotInARegistry {
        /// The source as given.
        image: String,
    },
    /// The older form was wanted, or is the one that does no harm, and there is none.
    #[error(transparent)]
    Legacy(#[from] NoLegacyForm),
}

impl AttestError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Statement(error) => error.help(),
            Self::Sign(error) => error.help(),
            Self::Evidence(error) => error.help(),
            Self::Registry(error) => error.help(),
            Self::NotInARegistry { .. } => Some("push the image and name it by its reference, or keep the bundle: `--no-upload --bundle FILE`".to_owned()),
            Self::Legacy(error) => error.help(),
        }
    }
}

/// Why it could not be found out whether an image has a statement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The image, or what refers to it, cannot be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A file has no digest that a statement could be about.
    #[error("`{image}` has no manifest that a statement could be about")]
    NoManifest {
        /// The source as given.
        image: String,
    },
}

impl VerifyError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Registry(error) => error.help(),
            Self::NoManifest { .. } => Some("name the image in its registry".to_owned()),
        }
    }
}
