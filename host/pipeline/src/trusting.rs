//! Whom a policy set trusts when it comes to one image.

use crate::judge_statements::{Judge, PASSED, StatedClaim};
use crate::trust_policy::TrustPolicy;
use ::attest::Trust;
use jiff::Timestamp;
use model::{Digest, canonical};
use std::collections::BTreeSet;

/// Whom a policy set trusts when it comes to one image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trusting<'p> {
    policy: Option<&'p TrustPolicy>,
    repository: Option<&'p str>,
    /// Everybody whom the policy names, whatever for.
    pub(crate) everybody: Trust,
}

impl<'p> Trusting<'p> {
    /// Whom a trust policy trusts when it comes to an image of a repository; none: of a file.
    pub(crate) fn by(policy: Option<&'p TrustPolicy>, repository: Option<&'p str>) -> Self {
        Self {
            policy,
            repository,
            everybody: policy.map(TrustPolicy::everybody).unwrap_or_default(),
        }
    }

    /// The digest of the canonical policy, if there is one.
    pub(crate) fn digest(&self) -> Option<Digest> {
        canonical::digest(self.policy?.definition()?).ok()
    }

    /// Judges what is stated about a digest; none: nobody is trusted.
    pub(crate) fn judge(&self, subject: &Digest, now: Timestamp) -> Option<Judge<'p>> {
        Some(Judge::new(
            self.policy?,
            self.repository,
            &[],
            subject,
            None,
            now,
        ))
    }
}

/// The claims, without `=passed`, that enough of those state whose word counts for them.
pub(crate) fn trusted_claims(judge: &Judge<'_>) -> BTreeSet<String> {
    let stated = judge.claims().into_iter().filter(StatedClaim::is_met);
    stated
        .filter_map(|stated| stated.claim.strip_suffix(PASSED).map(str::to_owned))
        .collect()
}
