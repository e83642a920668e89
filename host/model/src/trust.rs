//! Whose statements count: a trust policy, resolved to the last detail so that a digest says all of it.

use oci_spec::image::Digest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A trust policy in effect, every default written out. Keys and trusted roots are in it by what they are, not by where
/// they lie, so that its canonical digest covers them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustDefinition {
    /// Whoever may sign, by the names that the rules call them by.
    pub signers: BTreeMap<String, SignerDefinition>,
    /// The digest of the trusted root; none: the one of the public Sigstore.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<Digest>,
    /// Which statements count, in the order in which they were written.
    pub statements: Vec<StatementRule>,
}

/// One signer: whoever holds one of the keys or has one of the identities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignerDefinition {
    /// The fingerprints of the keys.
    pub keys: BTreeSet<String>,
    /// The identities.
    pub identities: BTreeSet<IdentityDefinition>,
}

/// An identity, and who has to vouch for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityDefinition {
    /// Who signs.
    pub subject: TextDefinition,
    /// Who vouches for that.
    pub issuer: TextDefinition,
}

/// What a text has to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TextDefinition {
    /// Exactly this.
    Exact(String),
    /// One that this regular expression is found in.
    Regexp(String),
}

/// Which statements count for some claims about some images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementRule {
    /// The claims, as globs; `security.scan` stands for `security.scan=passed`, too.
    pub claims: BTreeSet<String>,
    /// The repositories of the images, as globs over `HOST/REPOSITORY`; none: all images, also those in no repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<BTreeSet<String>>,
    /// The policy sets that may have judged.
    pub policy_sets: Vec<TrustedPolicySet>,
    /// The verifiers that may have judged, by their ids.
    pub verifier_ids: BTreeSet<String>,
    /// Whose signatures count, by name.
    pub signers: BTreeSet<String>,
    /// How many of them have to state a claim.
    pub threshold: usize,
    /// How old a statement may be, in seconds; none: as old as it says itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<i64>,
    /// Which signatures have to be in a transparency log.
    pub log: LogRequirement,
    /// Whether signatures need a timestamp by an authority.
    pub timestamp: TimestampRequirement,
    /// Whether certificates need the promise of a certificate transparency log.
    pub sct: SctRequirement,
}

/// Policy sets that may have judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustedPolicySet {
    /// Where it was published; none: the digest alone decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Which one it is.
    #[serde(flatten)]
    pub by: TrustedBy,
}

/// How a policy set is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TrustedBy {
    /// By its canonical digest.
    Digest(Digest),
    /// By a signer who states that they published it.
    Publisher(String),
}

/// Which signatures have to be in a transparency log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogRequirement {
    /// All of them.
    Required,
    /// Those of identities.
    #[default]
    Identities,
    /// None: log entries count for nothing.
    Ignored,
}

/// Whether signatures need a timestamp by an authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampRequirement {
    /// They do.
    Required,
    /// They do not. One that is there is checked.
    #[default]
    Optional,
}

/// Whether certificates need the promise of a certificate transparency log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SctRequirement {
    /// They do.
    #[default]
    Required,
    /// They do not, and nobody looks at one.
    Ignored,
}
