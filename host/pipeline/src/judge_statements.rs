//! Which of an image's statements count by a trust policy, and whether they say enough. It asks nobody.

use crate::attached::Reason;
use crate::trust_policy::{TrustPolicy, TrustRule};
use ::attest::{Expected, Rejection, Signer, Trust, VerifiedStatement};
use ::registry::ListedBy;
use jiff::{SignedDuration, Timestamp};
use model::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// Where something was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// It was given: which of those, from 0.
    Given(usize),
    /// A manifest that refers to the image, and who lists it.
    Referrer(Digest, ListedBy),
    /// A layer of the manifest at the tag of the older form.
    Legacy {
        /// The manifest.
        manifest: Digest,
        /// The layer.
        layer: Digest,
    },
}

/// A statement that counts.
#[derive(Debug)]
pub struct AcceptedStatement {
    /// Where it was found.
    pub place: Place,
    /// What it says.
    pub statement: VerifiedStatement,
    /// The rules by which it counts.
    pub by: Vec<AcceptedBy>,
}

/// A rule by which a statement counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedBy {
    /// Which rule of the trust policy it is, from 1; none: the command line says it.
    pub rule: Option<usize>,
    /// Which of the claims count by it.
    pub claims: Vec<String>,
    /// What the policy calls whoever signed.
    pub signers: Vec<String>,
}

/// Something that was found and does not count.
#[derive(Debug)]
pub struct RejectedStatement {
    /// Where it was found.
    pub place: Place,
    /// The rule of the trust policy by which it does not; none: whatever the rules say.
    pub rule: Option<usize>,
    /// Why it does not count.
    pub reason: Reason,
}

/// Whether enough signers state a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedClaim {
    /// The claim, as it is required or made.
    pub claim: String,
    /// The rule of the trust policy that decides it; none: the command line does, or no rule.
    pub rule: Option<usize>,
    /// Whoever states it, by the names that the policy has for them.
    pub signers: BTreeSet<String>,
    /// How many distinct signers state it.
    pub count: usize,
    /// How many have to; none: no rule says whose word counts.
    pub threshold: Option<usize>,
}

impl StatedClaim {
    /// Whether it may be relied on.
    pub fn is_met(&self) -> bool {
        self.threshold.is_some_and(|needed| self.count >= needed)
    }
}

/// What a signer states by a rule: a key or an identity counts once, and so does a name.
struct Vote<'v> {
    signer: &'v Signer,
    names: &'v [String],
}

/// Judges statements about one image one by one.
#[derive(Debug)]
pub(crate) struct Judge<'r> {
    policy: &'r TrustPolicy,
    rules: Vec<(&'r TrustRule, Expected)>,
    require: &'r [String],
    pub(crate) accepted: Vec<AcceptedStatement>,
    pub(crate) rejected: Vec<RejectedStatement>,
}

impl<'r> Judge<'r> {
    /// Judges by the rules that are about a repository, for those claims that are required; none: for any.
    pub(crate) fn new(
        policy: &'r TrustPolicy,
        repository: Option<&str>,
        require: &'r [String],
        subject: &Digest,
        max_age: Option<SignedDuration>,
        now: Timestamp,
    ) -> Self {
        let is_asked = |rule: &&TrustRule| {
            let mut claims = require.iter();
            require.is_empty() || claims.any(|claim| decides(rule, claim))
        };
        let expected = |rule: &'r TrustRule| {
            let mut expected = rule.expected(subject, now);
            expected.max_age = expected.max_age.into_iter().chain(max_age).min();
            (rule, expected)
        };
        Self {
            policy,
            rules: policy
                .rules_for(repository)
                .filter(is_asked)
                .map(expected)
                .collect(),
            require,
            accepted: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Whether any rule is about what is asked.
    pub(crate) fn has_rules(&self) -> bool {
        !self.rules.is_empty()
    }

    /// Takes note of what could not be read.
    pub(crate) fn reject(&mut self, place: Place, reason: Reason) {
        self.rejected.push(RejectedStatement {
            place,
            rule: None,
            reason,
        });
    }

    /// Judges one statement by every rule.
    pub(crate) fn judge(
        &mut self,
        place: &Place,
        verify: impl Fn(&Trust, &Expected) -> Result<VerifiedStatement, Rejection>,
    ) {
        let mut verified = None;
        let mut by = Vec::new();
        for (rule, expected) in &self.rules {
            let judged = verify(&rule.trust, expected).map_err(Reason::from);
            let judged = judged.and_then(|statement| {
                let claims = self.counted(rule, statement.claims())?;
                Ok((statement, claims))
            });
            match judged {
                Ok((statement, claims)) => {
                    by.push(AcceptedBy {
                        rule: rule.number,
                        claims,
                        signers: self.names(rule, statement.signature().signer()),
                    });
                    verified = Some(statement);
                }
                Err(reason) => self.rejected.push(RejectedStatement {
                    place: place.clone(),
                    rule: rule.number,
                    reason,
                }),
            }
        }
        if let Some(statement) = verified {
            self.accepted.push(AcceptedStatement {
                place: place.clone(),
                statement,
                by,
            });
        }
    }

    /// The claims of a statement that a rule is about, and that are asked for.
    fn counted(&self, rule: &TrustRule, made: &[String]) -> Result<Vec<String>, Reason> {
        let is_required = |claim: &&String| {
            let mut required = self.require.iter();
            self.require.is_empty() || required.any(|it| is_stated_by(it, claim))
        };
        let required: Vec<String> = made.iter().filter(is_required).cloned().collect();
        if required.is_empty() {
            let missing = self.require.iter().filter(|claim| decides(rule, claim));
            return Err(Reason::Rejected(Rejection::MissingClaims {
                missing: missing.cloned().collect(),
                made: made.to_vec(),
            }));
        }
        let counted = required.iter().filter(|claim| rule.decides(claim));
        let counted: Vec<String> = counted.cloned().collect();
        if counted.is_empty() {
            return Err(Reason::OtherClaims { claims: required });
        }
        Ok(counted)
    }

    fn names(&self, rule: &TrustRule, signer: &Signer) -> Vec<String> {
        let names = self.policy.names_of(signer).into_iter();
        names
            .filter(|name| rule.definition.signers.contains(*name))
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Each claim that is required, or else each one that is made, and whether it may be relied on.
    pub(crate) fn claims(&self) -> Vec<StatedClaim> {
        if !self.require.is_empty() {
            return self
                .require
                .iter()
                .map(|claim| self.stated(claim))
                .collect();
        }
        let by = self.accepted.iter().flat_map(|it| &it.by);
        let made: BTreeSet<&String> = by.flat_map(|by| &by.claims).collect();
        made.into_iter().map(|claim| self.stated(claim)).collect()
    }

    /// Whether the claims that are required may be relied on; where none is, whether any claim may.
    pub(crate) fn is_met(&self) -> bool {
        let claims = self.claims();
        if self.require.is_empty() {
            claims.iter().any(StatedClaim::is_met)
        } else {
            claims.iter().all(StatedClaim::is_met)
        }
    }

    /// Whether a claim may be relied on: by the first rule that says so, else by the one that lacks least.
    fn stated(&self, claim: &str) -> StatedClaim {
        let rules = self.rules.iter().map(|(rule, _)| *rule);
        let states = rules
            .filter(|rule| decides(rule, claim))
            .map(|rule| self.stated_by(rule, claim));
        let mut best = StatedClaim {
            claim: claim.to_owned(),
            rule: None,
            signers: BTreeSet::new(),
            count: 0,
            threshold: None,
        };
        for state in states {
            if state.is_met() {
                return state;
            }
            if best.threshold.is_none() || state.count > best.count {
                best = state;
            }
        }
        best
    }

    fn stated_by(&self, rule: &TrustRule, claim: &str) -> StatedClaim {
        let mut votes = Vec::new();
        let mut signers = BTreeSet::new();
        for accepted in &self.accepted {
            let by = accepted.by.iter().filter(|by| by.rule == rule.number);
            let states = |by: &&AcceptedBy| by.claims.iter().any(|it| is_stated_by(claim, it));
            for by in by.filter(states) {
                votes.push(Vote {
                    signer: accepted.statement.signature().signer(),
                    names: &by.signers,
                });
                signers.extend(by.signers.iter().cloned());
            }
        }
        StatedClaim {
            claim: claim.to_owned(),
            rule: rule.number,
            signers,
            count: distinct(&votes),
            threshold: Some(rule.definition.threshold),
        }
    }
}

/// What a pass is called behind the name of a claim.
pub(crate) const PASSED: &str = "=passed";

/// Whether a claim is the one that is required: `security.scan` is `security.scan=passed`.
fn is_stated_by(required: &str, claim: &str) -> bool {
    claim == required || claim.strip_suffix(PASSED) == Some(required)
}

/// Whether a rule says whose word counts for a claim that is required.
fn decides(rule: &TrustRule, required: &str) -> bool {
    rule.decides(required) || rule.decides(&format!("{required}{PASSED}"))
}

/// How many distinct signers vote. Each key or identity counts once, and each name does: as many pairs of a signer and one of
/// its names as can be made, with none of them in two pairs. Where nobody has a name, each signer counts.
fn distinct(votes: &[Vote<'_>]) -> usize {
    let mut signers: Vec<&Vote<'_>> = Vec::new();
    for vote in votes {
        if !signers.iter().any(|it| it.signer == vote.signer) {
            signers.push(vote);
        }
    }
    if signers.iter().all(|vote| vote.names.is_empty()) {
        return signers.len();
    }
    let mut pairs = BTreeMap::new();
    (0..signers.len())
        .filter(|&signer| pair(signer, &signers, &mut pairs, &mut BTreeSet::new()))
        .count()
}

/// Finds a name for a signer, if need be by finding another one for whoever has it.
fn pair<'v>(
    signer: usize,
    signers: &[&Vote<'v>],
    pairs: &mut BTreeMap<&'v str, usize>,
    tried: &mut BTreeSet<&'v str>,
) -> bool {
    let names = signers.get(signer).map_or(&[][..], |vote| vote.names);
    for name in names {
        if !tried.insert(name) {
            continue;
        }
        let owner = pairs.get(name.as_str()).copied();
        if owner.is_none_or(|owner| pair(owner, signers, pairs, tried)) {
            pairs.insert(name, signer);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
