//! Exit codes. They are frozen: scripts depend on them.

use model::Verdict;
use std::process::{ExitCode, Termination};

/// How polcheck ends, from the best to the worst for several subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: passed, or the work is done.
    Passed,
    /// 1: failed by policy, or no accepted statement.
    Failed,
    /// 2: could not be decided, from a wrong option to a broken policy.
    Undecided,
    /// 3: there was nothing to check.
    NothingToCheck,
}

impl Exit {
    /// The code over several subjects: 2 if one is undecided, else 1 if one failed, else 3 if one had nothing to check.
    pub(crate) fn of_all(exits: impl IntoIterator<Item = Self>) -> Self {
        let rank = |exit: &Self| match exit {
            Self::Passed => 0,
            Self::NothingToCheck => 1,
            Self::Failed => 2,
            Self::Undecided => 3,
        };
        exits.into_iter().max_by_key(rank).unwrap_or(Self::Passed)
    }

    /// The same, where findings must not fail the run.
    pub(crate) fn without_failure(self) -> Self {
        if self == Self::Failed {
            Self::Passed
        } else {
            self
        }
    }
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::Undecided => Self::Undecided,
            Verdict::NothingToCheck => Self::NothingToCheck,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::Undecided => 2,
            Self::NothingToCheck => 3,
        })
    }
}

/// Shows a wrong command line, or the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> Exit {
    // Nobody reads it: there is nothing left to do about that.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Undecided
    } else {
        Exit::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::Exit::{Failed, NothingToCheck, Passed, Undecided};
    use super::*;

    #[test]
    fn the_worst_subject_decides() {
        assert_eq!(Exit::of_all([]), Passed);
        assert_eq!(
            Exit::of_all([Passed, NothingToCheck, Passed]),
            NothingToCheck
        );
        assert_eq!(Exit::of_all([NothingToCheck, Failed, Passed]), Failed);
        assert_eq!(Exit::of_all([Failed, Undecided, NothingToCheck]), Undecided);
    }

    #[test]
    fn only_a_failure_can_be_forgiven() {
        assert_eq!(
            [Passed, Failed, Undecided, NothingToCheck].map(Exit::without_failure),
            [Passed, Passed, Undecided, NothingToCheck]
        );
    }
}
