//! Outcomes: what became of one rule on one subject.

use crate::facts::FactError;
use crate::finding::Finding;
use crate::report::RuleState;
use crate::rule::RuleId;
use serde::Serialize;

/// What became of one rule. Only the first, with no findings, is good news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule was evaluated; without a finding it holds.
    Evaluated {
        /// What is wrong.
        findings: Vec<Finding>,
    },
    /// The rule says that it has nothing to say about this subject.
    NotApplicable {
        /// Why.
        reason: String,
    },
    /// The rule says that it saw too little to conclude.
    Inconclusive {
        /// Why.
        reason: String,
    },
    /// The host did not call the rule, since a group of its needs is not served.
    NotEvaluated {
        /// The group that is not served.
        needs: Vec<String>,
        /// Why it is not.
        cause: FactError,
    },
    /// The rule could not do its work.
    Broken(Broken),
}

impl Outcome {
    /// The rule holds.
    pub const HOLDS: Self = Self::Evaluated {
        findings: Vec::new(),
    };

    /// The outcome in a word.
    pub fn state(&self) -> RuleState {
        match self {
            Self::Evaluated { findings } if findings.is_empty() => RuleState::Holds,
            Self::Evaluated { .. } => RuleState::Findings,
            Self::NotApplicable { .. } => RuleState::NotApplicable,
            Self::Inconclusive { .. } => RuleState::Inconclusive,
            Self::NotEvaluated { .. } => RuleState::NotEvaluated,
            Self::Broken(_) => RuleState::Broken,
        }
    }

    /// The findings, if the rule was evaluated.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Evaluated { findings } => findings,
            _ => &[],
        }
    }
}

/// Why a rule could not do its work. Never a pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Broken {
    /// The kind, for programs.
    pub kind: BrokenKind,
    /// The reason, for people.
    pub message: String,
}

/// The ways in which a rule can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrokenKind {
    /// The rule says that it cannot use its settings.
    Settings,
    /// The rule says that a fact is missing.
    MissingFact,
    /// The rule says that it failed.
    Internal,
    /// It used up its fuel.
    OutOfFuel,
    /// It ran longer than allowed.
    Deadline,
    /// It wanted more memory than allowed.
    Memory,
    /// It wanted larger tables than allowed.
    Table,
    /// It called itself too deeply.
    Stack,
    /// It handed the host more text than allowed, in all calls together.
    HostBytes,
    /// It called the host more often than allowed.
    HostCalls,
    /// It reported more findings than allowed.
    Findings,
    /// It logged more than allowed.
    Log,
    /// It panicked.
    Panic,
    /// It was stopped by WebAssembly itself.
    Trap,
    /// It asked for a family of facts that it had not declared.
    UndeclaredFact,
    /// What it handed to the host in one piece, a text or its answer, was too large or not well-formed.
    Handover,
    /// It was asked for and not answered.
    NotAnswered,
    /// It was answered more than once.
    AnsweredTwice,
    /// The pack answered for a rule it was not asked for.
    UnknownRule,
    /// The machine could not start the evaluation.
    Unavailable,
}

/// The outcome of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleOutcome {
    /// Which rule.
    pub rule: RuleId,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}
