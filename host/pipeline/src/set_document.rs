//! Policy sets as people write them, in YAML or JSON.

use crate::trust_document::TrustDocument;
use model::facts::Origin;
use model::report::EnforcementPoint;
use model::{Severity, Waiver};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A policy set as it was published.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetDocument {
    /// `standard`.
    pub name: String,
    /// Where it was published; consumers match it exactly.
    pub uri: Option<String>,
    /// The sets that this one is laid over, `builtin:NAME` or the path of a file beside the set's; the last one lies on top.
    #[serde(default)]
    pub extends: Vec<String>,
    /// An open finding of this severity or worse fails the subject; high where nobody says anything.
    pub fail_on: Option<Severity>,
    /// `builtin:NAME`, or the path of a component beside the set's file; with `@sha256:…` behind it, only the one with this
    /// digest.
    #[serde(default)]
    pub packs: Vec<String>,
    /// The rules that count, by id, alias, `GROUP.*` or `*`. What names a rule more exactly adds to what names it less
    /// exactly.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleDocument>,
    /// What a pass may be called.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimDocument>,
    /// Findings that are accepted.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// The tools whose comments in a Dockerfile silence findings; none where nobody says anything.
    pub suppressions: Option<BTreeSet<Tool>>,
    /// What the set is expected to look at and does not, with the reason: it is listed among what was not checked.
    #[serde(default)]
    pub not_covered: BTreeMap<String, String>,
    /// Whose statements count.
    pub trust: Option<TrustDocument>,
    /// What is otherwise at one of the places that ask.
    #[serde(default)]
    pub points: BTreeMap<EnforcementPoint, PointDocument>,
}

/// What a set says otherwise at one of the places that ask. It is laid over the rest of the set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PointDocument {
    /// In place of the set's.
    pub fail_on: Option<Severity>,
    /// Further ones.
    #[serde(default)]
    pub packs: Vec<String>,
    /// Laid over those of the set.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleDocument>,
    /// Each in place of the set's of that name.
    #[serde(default)]
    pub claims: BTreeMap<String, ClaimDocument>,
    /// Further ones.
    #[serde(default)]
    pub waivers: Vec<Waiver>,
    /// In place of the set's.
    pub suppressions: Option<BTreeSet<Tool>>,
    /// Further ones.
    #[serde(default)]
    pub not_covered: BTreeMap<String, String>,
    /// In place of the set's, as a whole.
    pub trust: Option<TrustDocument>,
}

/// A tool that a comment in a Dockerfile can silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// `# polcheck: ignore=user.final-root reason="…"`
    Polcheck,
    /// `# hadolint ignore=DL3008`
    Hadolint,
    /// `# trivy:ignore:DS-0002`
    Trivy,
    /// `# checkov:skip=CKV_DOCKER_3`
    Checkov,
    /// `# check=skip=UndefinedVar`
    Buildkit,
}

impl Tool {
    /// As facts call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Polcheck => "polcheck",
            Self::Hadolint => "hadolint",
            Self::Trivy => "trivy",
            Self::Checkov => "checkov",
            Self::Buildkit => "buildkit",
        }
    }
}

/// How a set uses a rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleDocument {
    /// False: the rule does not count, whatever names it less exactly.
    pub enabled: Option<bool>,
    /// Replaces the severity of the rule's findings.
    pub severity: Option<Severity>,
    /// Whether the subject is undecided where the rule cannot be evaluated.
    pub required: Option<bool>,
    /// Held against the rule's schema, and completed with its defaults.
    pub settings: Option<Value>,
    /// Whether it switches off what the set below it, or the rest of the set, switches on by the same name.
    #[serde(skip)]
    pub(crate) switches_off: bool,
}

/// What a claim stands for and what it tolerates.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimDocument {
    /// The rules it stands for, as in `rules`.
    pub rules: Vec<String>,
    /// Findings below this severity do not matter to it.
    #[serde(default = "high")]
    pub threshold: Severity,
    /// Rules that may lack a fact the image does not have.
    #[serde(default)]
    pub may_be_missing: Vec<String>,
    /// `count`: a waived finding counts as none. `ignore`, the default: it counts as open.
    #[serde(default)]
    pub waivers: Accepted,
    /// The same of findings that a comment of the Dockerfile silences.
    #[serde(default)]
    pub suppressions: Accepted,
    /// Where a Dockerfile may come from that decides one of its rules: `given`, `provenance`, `reconstructed`.
    #[serde(default)]
    pub origins: BTreeSet<Origin>,
}

/// Whether findings that somebody accepted count for a claim.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// They count as open.
    #[default]
    Ignore,
    /// They count as none.
    Count,
}

fn high() -> Severity {
    Severity::High
}
