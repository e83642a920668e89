//! The names of stages.

use super::{Checks, Place, Rule, Scope};
use crate::quote::quoted;
use std::collections::BTreeSet;

/// Looks at the names of all stages.
pub(crate) fn check<'n>(checks: &mut Checks, stages: impl Iterator<Item = (&'n str, Place)>) {
    let mut seen = BTreeSet::new();
    for (name, place) in stages {
        let mut report = |rule, message| checks.report(&Scope::default(), rule, place, message);
        if ["context", "scratch"].contains(&name) {
            report(
                Rule::ReservedStageName,
                format!(
                    "Stage name should not use the same name as reserved stage {}",
                    quoted(name)
                ),
            );
        }
        if !seen.insert(name) {
            report(
                Rule::DuplicateStageName,
                format!(
                    "Duplicate stage name {}, stage names should be unique",
                    quoted(name)
                ),
            );
        }
    }
}
