//! Trust policies: whose statements count, for which claims about which images. Resolved from what people write, with the
//! keys, roots and bundles that it names.

mod publications;
mod resolved;

use crate::error::TrustPolicyError;
use crate::judge_statements::PASSED;
use crate::trust_document::TrustDocument;
use ::attest::{
    AcceptedPolicySet, Expected, Identity, LogPolicy, PublicKey, Signer, Trust, TrustedRoot,
};
use jiff::{SignedDuration, Timestamp};
use model::trust::{
    LogRequirement, SctRequirement, StatementRule, TimestampRequirement, TrustedBy,
    TrustedPolicySet,
};
use model::{Digest, TrustDefinition, matching};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A glob that means every claim.
const ANY: &str = "**";

/// Whose statements count, for which claims about which images.
#[derive(Clone, Debug)]
pub struct TrustPolicy {
    rules: Vec<TrustRule>,
    signers: BTreeMap<String, TrustedSigner>,
    root: Option<TrustedRoot>,
    root_file: Option<PathBuf>,
    definition: Option<TrustDefinition>,
}

/// One rule of a trust policy: which statements count for some claims about some images.
#[derive(Clone, Debug)]
pub struct TrustRule {
    /// Which rule of its policy it is, from 1; none: the command line says it.
    pub number: Option<usize>,
    /// What it says, every default written out.
    pub definition: StatementRule,
    /// Whose signatures it trusts, and what it requires of them.
    pub trust: Trust,
    /// The policy sets that it accepts. Those of publishers are among them.
    pub policy_sets: Vec<AcceptedPolicySet>,
}

/// One signer: whatever it signs with, it counts once.
#[derive(Clone, Debug, Default)]
pub struct TrustedSigner {
    /// Its keys.
    pub keys: Vec<PublicKey>,
    /// Its identities.
    pub identities: Vec<Identity>,
}

impl TrustPolicy {
    /// What the command line says: one rule, and nobody has a name.
    pub fn of_rule(rule: TrustRule) -> Self {
        Self {
            root: rule.trust.root.clone(),
            root_file: None,
            rules: vec![rule],
            signers: BTreeMap::new(),
            definition: None,
        }
    }

    /// Resolves a document: reads the files that it names, and looks up policy sets that lie in the binary.
    ///
    /// # Errors
    /// If a name in it means nothing, or what it names cannot be used.
    pub fn resolve(document: &TrustDocument) -> Result<Self, TrustPolicyError> {
        resolved::resolve(document, Timestamp::now())
    }

    /// What it says, every default written out; none where the command line says it.
    pub fn definition(&self) -> Option<&TrustDefinition> {
        self.definition.as_ref()
    }

    /// What certificates, log entries and timestamps are checked with; none: nothing of the kind is.
    pub fn root(&self) -> Option<&TrustedRoot> {
        self.root.as_ref()
    }

    /// The file of the trusted root that it names; none: it is the one of the public Sigstore.
    pub fn root_file(&self) -> Option<&Path> {
        self.root_file.as_deref()
    }

    /// All its rules.
    pub fn rules(&self) -> &[TrustRule] {
        &self.rules
    }

    /// The rules that are about images of a repository, `HOST/REPOSITORY`; none: about an image that is in no repository.
    pub fn rules_for(&self, repository: Option<&str>) -> impl Iterator<Item = &TrustRule> {
        self.rules
            .iter()
            .filter(move |rule| rule.is_about(repository))
    }

    /// Everybody whom it names, whatever for: to know who signed a document that makes no claims. Log entries and
    /// certificates are held to what nobody lowered.
    pub fn everybody(&self) -> Trust {
        let of_rules = self.rules.iter().filter(|_| self.signers.is_empty());
        let (of_rules, named) = (of_rules.map(|rule| &rule.trust), self.signers.values());
        let mut trust = Trust {
            root: self.root.clone(),
            ..Trust::default()
        };
        for (keys, identities) in of_rules
            .map(|it| (&it.keys, &it.identities))
            .chain(named.map(|it| (&it.keys, &it.identities)))
        {
            trust.keys.extend(keys.iter().cloned());
            trust.identities.extend(identities.iter().cloned());
        }
        trust
    }

    /// The names that the policy has for somebody who signed.
    pub fn names_of(&self, signer: &Signer) -> Vec<&str> {
        let named = self.signers.iter();
        named
            .filter(|(_, it)| it.is(signer))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

impl TrustRule {
    /// What the command line says: whom it trusts, for whatever they claim by these policy sets and verifiers.
    pub fn for_any_claim(
        trust: Trust,
        policy_sets: Vec<AcceptedPolicySet>,
        verifier_ids: BTreeSet<String>,
    ) -> Self {
        let accepted = |set: &AcceptedPolicySet| TrustedPolicySet {
            uri: set.uri.clone(),
            by: TrustedBy::Digest(set.digest.clone()),
        };
        Self {
            number: None,
            definition: StatementRule {
                claims: [ANY.to_owned()].into(),
                repositories: None,
                policy_sets: policy_sets.iter().map(accepted).collect(),
                verifier_ids,
                signers: BTreeSet::new(),
                threshold: 1,
                max_age: None,
                log: match trust.log {
                    LogPolicy::Everybody => LogRequirement::Required,
                    LogPolicy::Identities => LogRequirement::Identities,
                    LogPolicy::Nobody => LogRequirement::Ignored,
                },
                timestamp: TimestampRequirement::Optional,
                sct: if trust.ignore_scts {
                    SctRequirement::Ignored
                } else {
                    SctRequirement::Required
                },
            },
            trust,
            policy_sets,
        }
    }

    /// Whether it is about images of a repository.
    pub fn is_about(&self, repository: Option<&str>) -> bool {
        match (&self.definition.repositories, repository) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(globs), Some(repository)) => globs.iter().any(|glob| matches(glob, repository)),
        }
    }

    /// Whether it says whose word counts for a claim.
    pub fn decides(&self, claim: &str) -> bool {
        let is_of = |glob: &str| names_claim(glob, claim);
        self.definition.claims.iter().any(|glob| is_of(glob))
    }

    /// What it expects of a statement about an image. Which claims are wanted is for others to say.
    pub fn expected(&self, subject: &Digest, now: Timestamp) -> Expected {
        Expected {
            verifier_ids: self.definition.verifier_ids.iter().cloned().collect(),
            policy_sets: self.policy_sets.clone(),
            max_age: self.definition.max_age.map(SignedDuration::from_secs),
            ..Expected::new(subject.clone(), now)
        }
    }
}

impl TrustedSigner {
    /// Whether it was this one who signed.
    pub fn is(&self, signer: &Signer) -> bool {
        match signer {
            Signer::Key(fingerprint) => {
                self.keys.iter().any(|key| key.fingerprint() == fingerprint)
            }
            identity @ Signer::Identity { .. } => self.identities.iter().any(|it| it.is(identity)),
        }
    }
}

/// Whether a name, or a glob, means a claim: `security.scan` means `security.scan=passed`, too.
pub(crate) fn names_claim(name: &str, claim: &str) -> bool {
    let short = claim.strip_suffix(PASSED);
    matches(name, claim) || short.is_some_and(|short| matches(name, short))
}

/// Whether a glob matches. Those that cannot be used were refused before.
fn matches(glob: &str, text: &str) -> bool {
    matching::glob_matches(glob, text).unwrap_or(false)
}

#[cfg(test)]
mod tests;
