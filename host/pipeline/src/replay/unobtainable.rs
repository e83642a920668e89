//! What a verdict was come to with, and cannot be had again.

use crate::error::{CheckError, PoliciesError};
use crate::evidence::EvidenceError;
use ::engine::LoadError;
use ::registry::RegistryError;
use jiff::Timestamp;
use model::{Digest, RuleId};

/// What a verdict was come to with, and cannot be had again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unobtainable {
    /// Neither built in, nor among the files, nor kept.
    #[error("the pack `{id}` with the digest `{digest}` is not to be had")]
    Pack {
        /// What it calls itself.
        id: String,
        /// Of its component.
        digest: Digest,
    },
    /// It is there and cannot be run.
    #[error("the pack `{id}` with the digest `{digest}` cannot be run")]
    BrokenPack {
        /// What it calls itself.
        id: String,
        /// Of its component.
        digest: Digest,
        /// Why not.
        #[source]
        source: LoadError,
    },
    /// Packs that cannot be used together.
    #[error(transparent)]
    Policies(#[from] PoliciesError),
    /// A rule that the pack it is said to come from does not have. Somebody wrote evidence by hand.
    #[error("no pack of the recorded policy set has the rule `{rule}`")]
    Rule {
        /// Which.
        rule: RuleId,
    },
    /// No set with that digest is at hand.
    #[error("the policy set with the digest `{digest}` is not to be had")]
    PolicySet {
        /// Its canonical digest.
        digest: Digest,
    },
    /// Policies were told things that this polcheck does not tell.
    #[error(
        "the verdict was come to with the contract `{recorded}`, and this polcheck serves `{served}`"
    )]
    Contract {
        /// The one that was recorded.
        recorded: String,
        /// The one that is served.
        served: &'static str,
    },
    /// More fuel than anybody gives an evaluation.
    #[error("the verdict was come to with {recorded} units of fuel, and {limit} are given at most")]
    Fuel {
        /// What was recorded.
        recorded: u64,
        /// The limit.
        limit: u64,
    },
    /// A clock was wrong, or the evidence is forged.
    #[error("the verdict is of `{time}`, which is in the future")]
    FromTheFuture {
        /// When it is said to have been come to.
        time: Timestamp,
    },
    /// The evidence is about something else.
    #[error("the evidence is about `{found}`, not about `{wanted}`")]
    OtherSubject {
        /// What it is about.
        found: Digest,
        /// What was asked for.
        wanted: Digest,
    },
    /// Nothing that is attached or was given has what is needed.
    #[error(
        "the {name} that the verdict was come to with is not to be had: its digest is `{digest}`"
    )]
    Input {
        /// What it was to the verdict.
        name: String,
        /// Its digest.
        digest: String,
    },
    /// What is attached now was verified by nobody's keys then.
    #[error("what was attached to `{subject}` when the verdict was come to is not to be had")]
    Attestations {
        /// The digest of the image.
        subject: Digest,
    },
    /// The statement is of another verifier, or of a polcheck that did not write it down.
    #[error("the statement does not say what its verdict was come to with")]
    NothingRecorded,
    /// Evidence that cannot be read.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// The image cannot be had.
    #[error(transparent)]
    Image(#[from] CheckError),
    /// What is attached to it cannot be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl Unobtainable {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Pack { .. } => Some("give the component with `--pack FILE`".to_owned()),
            Self::PolicySet { .. } | Self::Attestations { .. } => Some(
                "have the evidence attached (`polcheck attest --attach-evidence`), or give it with `--evidence`"
                    .to_owned(),
            ),
            Self::Contract { .. } => Some("use the polcheck that judged, or a newer one".to_owned()),
            Self::Input { .. } => Some(
                "have the evidence attached (`polcheck attest --attach-evidence`), or give the file with `--dockerfile`"
                    .to_owned(),
            ),
            Self::OtherSubject { .. } => Some("give the evidence of this image".to_owned()),
            Self::Policies(error) => error.help(),
            Self::BrokenPack { source, .. } => source.help(),
            Self::Evidence(error) => error.help(),
            Self::Image(error) => error.help(),
            Self::Registry(error) => error.help(),
            Self::Rule { .. }
            | Self::Fuel { .. }
            | Self::FromTheFuture { .. }
            | Self::NothingRecorded => None,
        }
    }
}
