//! Why an image could not be judged.

use ::attest::{SignError, StatementError};
use ::engine::{DuplicateRule, LoadError};
use ::facts::NotAnImage;
use ::registry::RegistryError;
use model::canonical::NotCanonical;
use model::matching::InvalidPattern;
use model::{Digest, Platform, RuleId};
use std::io;
use std::path::PathBuf;

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
    Sign(#[from] SignError),
    /// It could not be attached.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A file has no registry where others would find a statement.
    #[error("a statement cannot be attached to `{image}`, which is not in a registry")]
    NotInARegistry {
        /// The source as given.
        image: String,
    },
    /// cosign 3 would not look at the image's older signatures any more.
    #[error(
        "`{image}` has signatures of the old form, which cosign 3 ignores as soon as a bundle is attached"
    )]
    HidesSignatures {
        /// The source as given.
        image: String,
    },
}

impl AttestError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Statement(error) => error.help(),
            Self::Sign(error) => error.help(),
            Self::Registry(error) => error.help(),
            Self::NotInARegistry { .. } => Some("push the image and name it by its reference, or keep the bundle: `--no-upload --bundle FILE`".to_owned()),
            Self::HidesSignatures { .. } => Some("sign the image again with cosign 3 first, or attach all the same: `--attach bundle`".to_owned()),
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

/// Why a policy set or a pack cannot be used. Mostly the fault of whoever wrote or named it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoliciesError {
    /// No pack of that name lies in the binary.
    #[error("there is no built-in pack `{name}`")]
    UnknownPack {
        /// As given.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// No set of that name lies in the binary.
    #[error("there is no built-in policy set `{name}`")]
    UnknownSet {
        /// As given.
        name: String,
        /// What there is.
        known: Vec<&'static str>,
    },
    /// A set or a pack that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A set that is not one.
    #[error("`{set}` is not a policy set: {reason}")]
    SetDocument {
        /// The set as given.
        set: String,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A set that is laid over itself, or over more sets than anybody can follow.
    #[error("the policy set extends itself, or more sets than can be read: `{}`", sets.join("` → `"))]
    ExtendsItself {
        /// From the one that was named to the one that is too many.
        sets: Vec<String>,
    },
    /// A set that has its rules from nowhere.
    #[error("`{set}` names no pack, and extends no policy set")]
    NoPacks {
        /// The set as given.
        set: String,
    },
    /// A set that takes a uri of the built-in ones.
    #[error(
        "`{set}` has a uri that begins with `polcheck:`, which is reserved for built-in policy sets"
    )]
    ReservedUri {
        /// The set as given.
        set: String,
    },
    /// A pack that cannot be run.
    #[error("cannot use the pack `{pack}`")]
    Pack {
        /// The pack as given.
        pack: String,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// Two packs claim one rule.
    #[error(transparent)]
    DuplicateRule(#[from] DuplicateRule),
    /// A name that means no rule.
    #[error("there is no rule `{name}`")]
    UnknownRule {
        /// As given.
        name: String,
        /// The most similar name there is.
        nearest: Option<String>,
    },
    /// Settings that the rule's schema does not allow.
    #[error("the settings of `{rule}` are not valid{}: {reason}", at(pointer))]
    Settings {
        /// The rule.
        rule: RuleId,
        /// Where, as a JSON pointer.
        pointer: String,
        /// What is wrong.
        reason: String,
    },
    /// Settings for a rule that has none.
    #[error("`{rule}` takes no settings")]
    NoSettings {
        /// The rule.
        rule: RuleId,
    },
    /// Settings for one rule under two of its names.
    #[error("`{rule}` has settings under two names")]
    SettingsTwice {
        /// The rule.
        rule: RuleId,
    },
    /// A waiver for more than one rule.
    #[error("the waiver `{id}` is for `{name}`, which means several rules")]
    WaiverOfSeveral {
        /// Its id.
        id: String,
        /// As given.
        name: String,
    },
    /// A waiver whose scope cannot be read.
    #[error("the waiver `{id}` cannot be used")]
    Waiver {
        /// Its id.
        id: String,
        /// Why.
        #[source]
        source: InvalidPattern,
    },
    /// Two waivers of one id.
    #[error("two waivers have the id `{id}`")]
    SameWaiver {
        /// The id.
        id: String,
    },
    /// A set that has no digest.
    #[error("the policy set has no digest")]
    NotCanonical(#[from] NotCanonical),
}

fn at(pointer: &str) -> String {
    if pointer.is_empty() {
        String::new()
    } else {
        format!(" at `{pointer}`")
    }
}

impl PoliciesError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownPack { known, .. } | Self::UnknownSet { known, .. } => Some(format!(
                "built in are `{}`; the path of a file works too",
                known.join("`, `")
            )),
            Self::Pack { source, .. } => source.help(),
            Self::UnknownRule {
                nearest: Some(nearest),
                ..
            } => Some(format!("did you mean `{nearest}`?")),
            Self::UnknownRule { nearest: None, .. } => {
                Some("`polcheck rules` lists them".to_owned())
            }
            Self::Settings { rule, .. } | Self::NoSettings { rule } => {
                Some(format!("`polcheck explain {rule}` shows what it takes"))
            }
            Self::SettingsTwice { rule } => Some(format!("name it `{rule}` everywhere")),
            Self::WaiverOfSeveral { .. } => {
                Some("waive each rule by its id, for a reason of its own".to_owned())
            }
            Self::ReservedUri { .. } => Some(
                "give the set a uri of your own, such as `https://example.com/policies/base`"
                    .to_owned(),
            ),
            Self::DuplicateRule(_) => Some("leave one of the packs out".to_owned()),
            Self::Read { .. } => Some("check the path".to_owned()),
            Self::SameWaiver { .. } => Some("give each waiver an id of its own".to_owned()),
            Self::Waiver { .. } => {
                Some("`*` stands for any text without `/`, `**` for any text".to_owned())
            }
            Self::ExtendsItself { .. } => Some("take one of them out of `extends`".to_owned()),
            Self::NoPacks { .. } | Self::SetDocument { .. } => Some(
                "the smallest set is `{ name: own, packs: [builtin:core], rules: { '*': {} } }`"
                    .to_owned(),
            ),
            Self::NotCanonical(_) => None,
        }
    }
}
