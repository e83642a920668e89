//! Why a policy set or a pack cannot be used.

use super::TrustPolicyError;
use ::engine::LoadError;
use model::canonical::NotCanonical;
use model::matching::InvalidPattern;
use model::{Digest, RuleId};
use std::io;
use std::path::PathBuf;

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
    /// A pack that is not the one that the set means.
    #[error("the pack `{pack}` has the digest `{found}`")]
    OtherPack {
        /// The pack as given, with the digest it is meant to have.
        pack: String,
        /// The digest that it has.
        found: Digest,
    },
    /// Two packs claim one rule: neither can then be meant.
    #[error("the packs `{}` and `{}` both have a rule `{rule}`", packs[0], packs[1])]
    DuplicateRule {
        /// The rule.
        rule: RuleId,
        /// The ids of the packs.
        packs: [String; 2],
    },
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
    /// Different things about one rule under two of its names.
    #[error("`{}` and `{}` are one rule, and their `{what}` differs", names[0], names[1])]
    Conflict {
        /// The rule.
        rule: RuleId,
        /// Two of its names.
        names: [String; 2],
        /// What is said differently.
        what: &'static str,
    },
    /// Settings for one rule under two of its names.
    #[error("`{rule}` has settings under two names")]
    SettingsTwice {
        /// The rule.
        rule: RuleId,
    },
    /// A waiver that leaves out what somebody will want to know.
    #[error("the waiver `{id}` has no {what}")]
    WaiverWithout {
        /// Its id.
        id: String,
        /// What is missing.
        what: &'static str,
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
    /// What the set, or a file in its place, says about trust.
    #[error(transparent)]
    Trust(#[from] TrustPolicyError),
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
    /// The word of a policy set, a configuration or a file of waivers that is to blame, if it is one word.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::UnknownRule { name, .. } | Self::WaiverOfSeveral { name, .. } => Some(name),
            Self::Settings { rule, .. }
            | Self::NoSettings { rule }
            | Self::SettingsTwice { rule } => Some(rule.as_ref()),
            Self::Conflict { names, .. } => Some(&names[1]),
            Self::Waiver { id, .. } | Self::WaiverWithout { id, .. } | Self::SameWaiver { id } => {
                Some(id)
            }
            Self::Trust(error) => error.word(),
            Self::OtherPack { pack, .. } | Self::Pack { pack, .. } => Some(pack),
            Self::UnknownPack { .. }
            | Self::UnknownSet { .. }
            | Self::Read { .. }
            | Self::SetDocument { .. }
            | Self::ExtendsItself { .. }
            | Self::NoPacks { .. }
            | Self::ReservedUri { .. }
            | Self::DuplicateRule { .. }
            | Self::NotCanonical(_) => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::UnknownPack { known, .. } | Self::UnknownSet { known, .. } => Some(format!(
                "built in are `{}`; the path of a file works too",
                known.join("`, `")
            )),
            Self::Pack { source, .. } => source.help(),
            Self::Trust(error) => error.help(),
            Self::OtherPack { .. } => {
                Some("find out who changed it; name the new digest only if it was you".to_owned())
            }
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
            Self::SettingsTwice { rule } | Self::Conflict { rule, .. } => {
                Some(format!("name it `{rule}` everywhere"))
            }
            Self::WaiverWithout { what, .. } => Some(format!("say it: `{what}: …`")),
            Self::WaiverOfSeveral { .. } => {
                Some("waive each rule by its id, for a reason of its own".to_owned())
            }
            Self::ReservedUri { .. } => Some(
                "give the set a uri of your own, such as `https://example.com/policies/base`"
                    .to_owned(),
            ),
            Self::DuplicateRule { .. } => Some("leave one of the packs out".to_owned()),
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
