//! Rules, as their files declare them.

use crate::bindings::polcheck::policy::types::PolicyError;
use crate::{FactError, Facts, Finding, Settings, Severity};

/// One check: `pub const RULE: Rule = Rule { severity: Severity::High, ..Rule::of(check) };`
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The severity of its findings where they and the policy set say nothing else.
    pub severity: Severity,
    /// Ids of the same check in other tools.
    pub aliases: &'static [&'static str],
    /// Whether it counts only where a policy set names it, and not by `*` or `GROUP.*`.
    pub opt_in: bool,
    /// Whether its findings may have edits.
    pub fixable: bool,
    /// Interfaces without which it cannot be evaluated; every group must be served by one of its members.
    pub needs: &'static [&'static [&'static str]],
    /// Interfaces that make it better.
    pub uses: &'static [&'static str],
    /// JSON Schema of its settings, with defaults; empty: it takes none.
    pub settings: &'static str,
    /// Where to read more.
    pub url: Option<&'static str>,
    /// The check itself: a pure function.
    pub check: fn(&Facts, &Settings<'_>) -> Judgement,
}

impl Rule {
    /// A rule of medium severity over the image config, without settings.
    pub const fn of(check: fn(&Facts, &Settings<'_>) -> Judgement) -> Self {
        Self {
            severity: Severity::Medium,
            aliases: &[],
            opt_in: false,
            fixable: false,
            needs: &[&["image"]],
            uses: &[],
            settings: "",
            url: None,
            check,
        }
    }
}

/// What a rule says: its findings, none of them where it holds, or why it cannot say.
pub type Judgement = Result<Vec<Finding>, Unsettled>;

/// Why a rule has no findings to give, and does not hold either.
#[derive(Clone, Debug)]
pub enum Unsettled {
    /// It has nothing to say about this subject.
    NotApplicable(String),
    /// It saw too little to conclude. Never a pass of a claim.
    Inconclusive(String),
    /// It cannot use its settings. Never a pass.
    Settings(String),
    /// A fact it cannot do without is not there. Never a pass.
    Missing(String),
    /// It failed. Never a pass.
    Failed(String),
}

/// That a part of what the rule needs is absent leaves it open; that it cannot be used breaks the rule.
impl From<FactError> for Unsettled {
    fn from(error: FactError) -> Self {
        match error {
            FactError::Absent => {
                Self::Inconclusive("a fact that it looks at is not there".to_owned())
            }
            FactError::Denied => Self::Missing("it is denied".to_owned()),
            FactError::TooLarge(why) => Self::Missing(["it is too large: ", &why].concat()),
            FactError::Malformed(why) => Self::Missing(["it cannot be read: ", &why].concat()),
            FactError::Unsupported(why) => Self::Missing(["it is not supported: ", &why].concat()),
            FactError::Unavailable(why) => Self::Missing(["it could not be had: ", &why].concat()),
        }
    }
}

impl Unsettled {
    pub(crate) fn finish(self) -> crate::pack::Outcome {
        use crate::pack::Outcome;
        match self {
            Self::NotApplicable(reason) => Outcome::NotApplicable(reason),
            Self::Inconclusive(reason) => Outcome::Inconclusive(reason),
            Self::Settings(message) => Outcome::Broken(PolicyError::Settings(message)),
            Self::Missing(message) => Outcome::Broken(PolicyError::Missing(message)),
            Self::Failed(message) => Outcome::Broken(PolicyError::Internal(message)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_that_cannot_be_used_is_missed_with_its_reason() {
        let missed = Unsettled::from(FactError::TooLarge("1001 rows".to_owned()));
        let Unsettled::Missing(why) = missed else {
            panic!("{missed:?}")
        };
        assert_eq!(why, "it is too large: 1001 rows");
    }
}
