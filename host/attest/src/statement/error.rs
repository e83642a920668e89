//! Why there is no statement.

use super::VERIFIER_ID;
use jiff::{SignedDuration, Timestamp};
use model::{Verdict, canonical};

/// Why there is no statement for a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The image did not pass. Nothing is wrong with polcheck.
    #[error("the verdict over `{subject}` is {verdict}, and only a pass is signed")]
    NotPassed {
        /// The image.
        subject: String,
        /// Its verdict.
        verdict: Verdict,
    },
    /// The policy set defines no claim, or the run withheld them all, often because flags changed the set.
    #[error("no claim was issued for `{subject}`")]
    NoClaim {
        /// The image.
        subject: String,
        /// The reasons why claims were withheld, each as `NAME: REASON`.
        withheld: Vec<String>,
    },
    /// A claim was issued, and nothing says on what: our mistake.
    #[error("the report about `{subject}` has no evidence")]
    NoEvidence {
        /// The image.
        subject: String,
    },
    /// A claim was issued by a set that the run changed: our mistake, and refused here a second time.
    #[error("the policy set `{set}` is not in effect as it was published")]
    NotAsPublished {
        /// The set.
        set: String,
    },
    /// The user's `--verifier-id` is not a URI.
    #[error("the verifier id `{id}` is not a URI")]
    VerifierId {
        /// The id.
        id: String,
    },
    /// The user's validity period is negative, has a fraction of a second, or ends after the year 9999.
    #[error("`{valid_for}` is not a period that a statement can be valid for")]
    Validity {
        /// The period.
        valid_for: SignedDuration,
    },
    /// The evaluation was told a time with a fraction of a second, which a replay would not be: our mistake.
    #[error("the time of the evaluation, {time}, is not in whole seconds")]
    Time {
        /// The time.
        time: Timestamp,
    },
    /// The fuel is a number that JSON cannot carry exactly: our mistake, or a limit set too high.
    #[error("the fuel of the evaluation, {fuel}, is larger than a number in JSON can be")]
    Fuel {
        /// The fuel.
        fuel: u64,
    },
    /// A verification summary names its policy by a URI, and the user's set has none.
    #[error("the policy set `{set}` has no `uri`, and a verification summary needs one")]
    NoPolicyUri {
        /// The set.
        set: String,
    },
    /// The user's set has two claims that a verification summary cannot tell apart.
    #[error("the claims `{one}` and `{other}` would both be `{level}` in a verification summary")]
    SameLevel {
        /// A claim.
        one: String,
        /// Another one.
        other: String,
        /// The level of both.
        level: String,
    },
    /// None that is known; every statement has canonical JSON.
    #[error("the statement has no canonical JSON")]
    NotCanonical(#[from] canonical::NotCanonical),
}

impl StatementError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotPassed { .. } => {
                Some("the findings of the report say what to change in the image".to_owned())
            }
            Self::NoClaim { withheld, .. } if withheld.is_empty() => {
                Some("use a policy set that defines a claim".to_owned())
            }
            Self::NoClaim { withheld, .. } => {
                Some(format!("claims were withheld: {}", withheld.join("; ")))
            }
            Self::VerifierId { .. } => Some(format!("use a URI such as `{VERIFIER_ID}`")),
            Self::Validity { .. } => Some("use a period such as `720h`".to_owned()),
            Self::NoPolicyUri { .. } => Some(
                "add `uri:` to the set, or sign a verification result with `--predicate svr`"
                    .to_owned(),
            ),
            Self::SameLevel { .. } => Some(
                "rename one of them, or sign a verification result with `--predicate svr`"
                    .to_owned(),
            ),
            Self::NoEvidence { .. }
            | Self::NotAsPublished { .. }
            | Self::Time { .. }
            | Self::Fuel { .. }
            | Self::NotCanonical(_) => None,
        }
    }
}
