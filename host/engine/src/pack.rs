//! A pack: a policy that was loaded, compiled, linked and asked for its description.

use crate::bindings::PolicyPre;
use crate::host::Host;
use crate::needs::Needs;
use crate::walk::Walk;
use model::{PackDescription, RuleId, RuleMetadata};
use std::fmt;
use std::sync::Arc;

/// A policy, ready to be evaluated.
pub struct Pack {
    description: Arc<PackDescription>,
    /// Of each of its rules.
    needs: Vec<Needs>,
    pub(crate) policy: PolicyPre<Host>,
}

impl Pack {
    pub(crate) fn new(description: Arc<PackDescription>, policy: PolicyPre<Host>) -> Self {
        Self {
            needs: description.metadata.rules.iter().map(Needs::of).collect(),
            description,
            policy,
        }
    }

    /// What is known of it before it runs.
    pub fn description(&self) -> &Arc<PackDescription> {
        &self.description
    }

    /// These rules, each with its needs; of one that it does not have: the id alone.
    pub(crate) fn select<'a>(
        &'a self,
        ids: &'a [RuleId],
    ) -> impl Iterator<Item = Result<(&'a RuleMetadata, &'a Needs), &'a RuleId>> {
        let mut rules = Walk::over(&self.description.metadata.rules);
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
            .field("id", &self.description.metadata.id)
            .field("digest", &self.description.digest)
            .finish_non_exhaustive()
    }
}
