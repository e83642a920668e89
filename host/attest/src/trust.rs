//! What somebody trusts, and what they expect of one image.

use crate::key::PublicKey;
use crate::statement::VERIFIER_ID;
use jiff::Timestamp;
use model::Digest;

/// What is trusted, whatever the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// The keys whose signatures count. They should sign nothing but statements of polcheck.
    pub keys: Vec<PublicKey>,
}

/// What is expected of one image. Where a list is empty, nothing of its kind is accepted, except for claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The digest of the image.
    pub subject: Digest,
    /// The verifiers that are accepted, by their ids.
    pub verifier_ids: Vec<String>,
    /// The policy sets that are accepted.
    pub policy_sets: Vec<AcceptedPolicySet>,
    /// The claims that must be made, such as `security.scan=passed`. Empty: any claim will do.
    pub claims: Vec<String>,
    /// What time it is.
    pub now: Timestamp,
}

impl Expected {
    /// Expects a statement about an image, by polcheck under its own name, and accepts no policy set yet.
    pub fn new(subject: Digest, now: Timestamp) -> Self {
        Self {
            subject,
            verifier_ids: vec![VERIFIER_ID.to_owned()],
            policy_sets: Vec::new(),
            claims: Vec::new(),
            now,
        }
    }
}

/// A policy set that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedPolicySet {
    /// Where it was published. None: the digest alone decides, which covers the URI that the set gives itself.
    pub uri: Option<String>,
    /// The canonical digest of the set.
    pub digest: Digest,
}
