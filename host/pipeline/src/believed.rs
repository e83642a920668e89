//! Which claims about an image are believed: those that enough of the signers state whom a trust policy names for them.

use crate::trust_policy::{TrustPolicy, TrustRule};
use ::attest::{Rejection, Trust, VerifiedStatement};
use model::{Digest, canonical};
use std::collections::{BTreeMap, BTreeSet};

/// What stands behind a claim that passed.
const PASSED: &str = "=passed";

/// Whom a policy set trusts when it comes to one image.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trusting<'p> {
    policy: Option<&'p TrustPolicy>,
    /// The rules about this image.
    rules: Vec<&'p TrustRule>,
    /// Everybody whom the policy names, whatever for.
    pub(crate) everybody: Trust,
}

impl<'p> Trusting<'p> {
    /// Whom a trust policy trusts when it comes to an image of a repository; none: of a file.
    pub(crate) fn by(policy: Option<&'p TrustPolicy>, repository: Option<&str>) -> Self {
        let Some(policy) = policy else {
            return Self::default();
        };
        Self {
            policy: Some(policy),
            rules: policy.rules_for(repository).collect(),
            everybody: policy.everybody(),
        }
    }

    /// The digest of the canonical policy, if there is one.
    pub(crate) fn digest(&self) -> Option<Digest> {
        canonical::digest(self.policy?.definition()?).ok()
    }
}

/// Who states what, by rule and claim.
#[derive(Clone, Debug, Default)]
pub(crate) struct Believed(BTreeMap<(usize, String), BTreeSet<String>>);

impl Believed {
    /// Takes note of a statement, as far as a rule accepts it.
    pub(crate) fn add(
        &mut self,
        trusting: &Trusting<'_>,
        verify: impl Fn(&TrustRule) -> Result<VerifiedStatement, Rejection>,
    ) {
        for (at, rule) in trusting.rules.iter().enumerate() {
            let Ok(statement) = verify(rule) else {
                continue;
            };
            let names = trusting.policy.map(|policy| {
                let names = policy.names_of(statement.signature().signer());
                let mut names = names.into_iter();
                // Whoever has several names still counts once.
                names.find(|name| rule.definition.signers.contains(*name))
            });
            let Some(name) = names.flatten() else {
                continue;
            };
            let claims = statement
                .claims()
                .iter()
                .filter(|claim| rule.decides(claim));
            for claim in claims {
                let signers = self.0.entry((at, claim.clone())).or_default();
                signers.insert(name.to_owned());
            }
        }
    }

    /// The claims, without `=passed`, that a rule which names them finds stated by as many as it asks for. Each rule is counted
    /// for itself.
    pub(crate) fn claims(&self, trusting: &Trusting<'_>) -> BTreeSet<String> {
        let is_enough = |at: usize, signers: &BTreeSet<String>| {
            let rule = trusting.rules.get(at);
            rule.is_some_and(|rule| signers.len() >= rule.definition.threshold)
        };
        let stated = self.0.iter();
        let believed = stated.filter(|((at, _), signers)| is_enough(*at, signers));
        believed
            .filter_map(|((_, claim), _)| claim.strip_suffix(PASSED))
            .map(str::to_owned)
            .collect()
    }
}
