//! The verdict over one subject.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What follows from all outcomes. Only `Passed` is a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No open finding at or above the threshold, and nothing that could hide one.
    Passed,
    /// An open finding at or above the threshold.
    Failed,
    /// Something that had to be known could not be.
    Undecided,
    /// Nothing that was selected could be evaluated at all.
    NothingToCheck,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Undecided => "undecided",
            Self::NothingToCheck => "nothing to check",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
