//! Baselines: findings of an earlier report, which are not new.

use crate::recorded::{RecordedFinding, RecordedStatus};
use std::collections::HashSet;

/// The fingerprints of findings that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: HashSet<String>,
}

impl Baseline {
    /// A baseline of fingerprints.
    pub fn of(known: impl IntoIterator<Item = String>) -> Self {
        Self {
            known: known.into_iter().collect(),
        }
    }

    /// The findings of a report that nobody accepted. Who accepted the others said until when.
    pub fn of_findings(findings: Vec<RecordedFinding>) -> Self {
        let is_known = |finding: &RecordedFinding| {
            matches!(finding.status, RecordedStatus::Open | RecordedStatus::Known)
        };
        Self::of(
            findings
                .into_iter()
                .filter(is_known)
                .map(|finding| finding.fingerprint),
        )
    }

    /// Whether a finding is known.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.known.contains(fingerprint)
    }
}
