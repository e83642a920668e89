//! A pack: a policy that was loaded, compiled, linked and asked for its description.

use crate::bindings::PolicyPre;
use crate::error::DuplicateRule;
use crate::host::Host;
use crate::needs::Needs;
use crate::walk::Walk;
use model::{Digest, Interface, PackMetadata, RuleId, RuleMetadata};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// A policy, ready to be evaluated.
pub struct Pack {
    pub(crate) digest: Digest,
    pub(crate) metadata: PackMetadata,
    /// Of each of its rules.
    pub(crate) needs: Vec<Needs>,
    pub(crate) imports: BTreeSet<Interface>,
    pub(crate) policy: PolicyPre<Host>,
}

impl Pack {
    /// The digest of the component: what the pack is.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What the pack says of itself.
    pub fn metadata(&self) -> &PackMetadata {
        &self.metadata
    }

    /// The families of facts it imports: the most it can ever see.
    pub fn imports(&self) -> &BTreeSet<Interface> {
        &self.imports
    }

    /// One of its rules.
    pub fn rule(&self, id: &RuleId) -> Option<&RuleMetadata> {
        let rules = &self.metadata.rules;
        let at = rules.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        rules.get(at)
    }

    /// These rules, each with its needs; of one that it does not have: the id alone.
    pub(crate) fn select<'a>(
        &'a self,
        ids: &'a [RuleId],
    ) -> impl Iterator<Item = Result<(&'a RuleMetadata, &'a Needs), &'a RuleId>> {
        let mut rules = Walk::over(&self.metadata.rules);
        ids.iter().map(move |id| {
            let found = rules.find(|rule| rule.id == *id);
            found
                .and_then(|(at, rule)| Some((rule, self.needs.get(at)?)))
                .ok_or(id)
        })
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack")
            .field("id", &self.metadata.id)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// Finds the pack of each rule.
///
/// # Errors
/// If two packs claim the same rule: neither can then be meant.
pub fn rules_of<'a>(
    packs: impl IntoIterator<Item = &'a Pack>,
) -> Result<BTreeMap<RuleId, &'a Pack>, DuplicateRule> {
    let mut rules: BTreeMap<RuleId, &Pack> = BTreeMap::new();
    for pack in packs {
        for rule in &pack.metadata.rules {
            if let Some(first) = rules.insert(rule.id.clone(), pack) {
                return Err(DuplicateRule {
                    rule: rule.id.to_string(),
                    first: first.metadata.id.clone(),
                    second: pack.metadata.id.clone(),
                });
            }
        }
    }
    Ok(rules)
}
