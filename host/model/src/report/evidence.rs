//! What a verdict was come to with.

use jiff::Timestamp;
use oci_spec::image::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A statement that answered instead of the policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reused {
    /// Who signed it.
    pub by: String,
    /// When was judged.
    pub time: Timestamp,
    /// What it claims.
    pub claims: Vec<String>,
}

/// What it takes to come to the same verdict again.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Of the canonical JSON of what the selected rules could see.
    pub facts: Digest,
    /// Of the canonical JSON of the verdict.
    pub verdict: Digest,
    /// The settings of the selected rules, digested.
    pub settings: Digest,
    /// The time that the rules were told, in whole seconds.
    pub time: Timestamp,
    /// The enforcement point that the rules were told.
    pub point: EnforcementPoint,
    /// The facts of the request that a rule read.
    pub context: BTreeMap<String, String>,
    /// For each pack the interfaces it imports: the most the verdict could depend on.
    pub imports: BTreeMap<String, Vec<String>>,
    /// The contract with the policies.
    pub contract: &'static str,
    /// What ran them.
    pub engine: &'static str,
    /// The fuel of one evaluation.
    pub fuel: u64,
    /// The version of polcheck.
    pub polcheck: &'static str,
    /// The documents that are not in the image.
    pub inputs: Vec<Input>,
}

/// A document that is not in the image, by what it contains: a Dockerfile that was given with what is known of its build, or what
/// registries answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Input {
    /// What it is to the verdict: `dockerfile`, `base-images`.
    pub name: String,
    /// Of its canonical JSON.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
}

/// Which of the four places asks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum EnforcementPoint {
    /// `polcheck check`.
    #[default]
    Ci,
    /// A push into a registry.
    Push,
    /// The admission of a Kubernetes object.
    Admission,
    /// A scan of what is already there.
    Scan,
}

impl EnforcementPoint {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ci, Self::Push, Self::Admission, Self::Scan];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ci => "ci",
            Self::Push => "push",
            Self::Admission => "admission",
            Self::Scan => "scan",
        }
    }
}
