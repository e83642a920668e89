//! What somebody trusts, and what they expect of one image.

use crate::identity::Identity;
use crate::key::PublicKey;
use crate::root::TrustedRoot;
use crate::statement::VERIFIER_ID;
use jiff::{SignedDuration, Timestamp};
use model::Digest;

/// What is trusted, whatever the image.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The keys whose signatures count. They should sign nothing but statements of polcheck.
    pub keys: Vec<PublicKey>,
    /// The identities whose signatures count. It takes a trusted root to check who they are.
    pub identities: Vec<Identity>,
    /// The authorities and logs of a Sigstore. None: nothing of theirs can be checked.
    pub root: Option<TrustedRoot>,
    /// Which signatures have to be in a transparency log.
    pub log: LogPolicy,
    /// Whether every signature needs a timestamp by an authority.
    pub require_timestamp: bool,
    /// Whether certificates count without the promise of a certificate transparency log to publish them.
    pub ignore_scts: bool,
}

impl Trust {
    /// Trusts keys, and nobody else.
    pub fn of_keys(keys: Vec<PublicKey>) -> Self {
        Self {
            keys,
            ..Self::default()
        }
    }
}

/// Which signatures have to be in a transparency log. An entry that is there and is broken is never passed over, unless
/// entries are ignored altogether.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogPolicy {
    /// Those of identities. Entries of signatures with a key are checked where there is a trusted root.
    #[default]
    Identities,
    /// All of them.
    Everybody,
    /// None: entries count for nothing. Only the times that they witness do, where nothing else does; those are checked.
    Nobody,
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
    /// How old a statement may be; none: as old as it says itself.
    pub max_age: Option<SignedDuration>,
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
            max_age: None,
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
