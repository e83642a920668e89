//! What a whole run comes to.

use super::Entry;
use crate::exit::Exit;
use jiff::Timestamp;
use model::Digest;
use model::report::Status;
use std::collections::BTreeSet;

/// The entries of a run, counted. An index speaks for its platforms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) undecided: usize,
    pub(crate) nothing: usize,
    /// Open findings, of every platform.
    pub(crate) findings: usize,
    /// How many reports there are: that of an index, too.
    pub(crate) reports: usize,
    /// The claims that are made of every entry.
    pub(crate) claims: BTreeSet<String>,
    /// Of the only entry.
    pub(crate) digest: Option<Digest>,
    /// The earliest and the latest time that rules were told.
    pub(crate) times: Option<(Timestamp, Timestamp)>,
}

impl Tally {
    /// Of one entry.
    pub(crate) fn of(entry: &Entry) -> Self {
        let exit = entry.exit();
        let judged = match entry {
            Entry::Judged { judged, .. } => judged.as_slice(),
            Entry::Failed { .. } | Entry::Nothing { .. } => &[],
        };
        let findings = judged.iter().flat_map(|judged| &judged.report.findings);
        let whole = judged.last().map(|judged| &judged.report);
        let claims = whole.into_iter().flat_map(|report| &report.claims);
        let is = |wanted| usize::from(exit == wanted);
        Self {
            passed: is(Exit::Passed),
            failed: is(Exit::Failed),
            undecided: is(Exit::Undecided),
            nothing: is(Exit::NothingToCheck),
            findings: findings.filter(|it| it.status == Status::Open).count(),
            reports: judged.len().max(1),
            claims: claims
                .filter(|claim| claim.issued)
                .map(|claim| claim.name.clone())
                .collect(),
            digest: whole.map(|report| report.subject.digest().clone()),
            times: whole
                .and_then(|report| report.evidence.as_ref())
                .map(|evidence| (evidence.time, evidence.time)),
        }
    }

    /// How many entries there are.
    pub(crate) fn entries(&self) -> usize {
        self.passed + self.failed + self.undecided + self.nothing
    }

    /// The verdict over all of them: that of the worst.
    pub(crate) fn exit(&self) -> Exit {
        let exits = [
            (self.passed, Exit::Passed),
            (self.failed, Exit::Failed),
            (self.undecided, Exit::Undecided),
            (self.nothing, Exit::NothingToCheck),
        ];
        let there = exits.into_iter().filter(|(count, _)| *count > 0);
        Exit::of_all(there.map(|(_, exit)| exit))
    }

    /// With those of other entries.
    pub(crate) fn and(self, other: &Self) -> Self {
        if self.entries() == 0 {
            return other.clone();
        }
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            undecided: self.undecided + other.undecided,
            nothing: self.nothing + other.nothing,
            findings: self.findings + other.findings,
            reports: self.reports + other.reports,
            claims: self.claims.intersection(&other.claims).cloned().collect(),
            digest: None,
            times: match (self.times, other.times) {
                (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                (one, other) => one.or(other),
            },
        }
    }
}

/// The word for a verdict over several subjects.
pub(crate) fn word(exit: Exit) -> &'static str {
    match exit {
        Exit::Passed => "passed",
        Exit::Failed => "failed",
        Exit::Undecided => "undecided",
        Exit::NothingToCheck => "nothing-to-check",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(exit: Exit, claims: &[&str]) -> Tally {
        let is = |wanted| usize::from(exit == wanted);
        Tally {
            passed: is(Exit::Passed),
            failed: is(Exit::Failed),
            reports: 1,
            claims: claims.iter().map(ToString::to_string).collect(),
            digest: Some(model::canonical::sha256(b"")),
            ..Tally::default()
        }
    }

    #[test]
    fn a_claim_of_several_subjects_is_made_of_each() {
        let one = with(Exit::Passed, &["a", "b"]);
        assert_eq!(Tally::default().and(&one), one);
        let both = one.and(&with(Exit::Failed, &["b"]));
        assert_eq!(both.claims, BTreeSet::from(["b".to_owned()]));
        assert_eq!((both.entries(), both.exit()), (2, Exit::Failed));
        assert_eq!(both.digest, None);
    }
}
