//! Policy sets: which rules count where, resolved to the last detail so that a digest says all of it.

use crate::canonical::{self, NotCanonical};
use crate::facts::Origin;
use crate::finding::Severity;
use crate::rule::RuleId;
use crate::trust::TrustDefinition;
use crate::waiver::Waivers;
use oci_spec::image::Digest;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A policy set in effect: the published one with whatever a run changed, every default written out.
///
/// Its canonical digest covers packs, rules, severities, settings, thresholds, claims, waivers and whose statements count. A claim is only made
/// where the digest in effect is the published one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PolicySet {
    /// `standard`.
    pub name: String,
    /// `polcheck:set/standard`; none for a set that nobody published under one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// The packs its rules come from.
    pub packs: Vec<PackReference>,
    /// The rules that count.
    pub rules: BTreeMap<RuleId, SelectedRule>,
    /// An open finding of this severity or worse fails the subject.
    pub fail_on: Severity,
    /// What a pass of this set may be called.
    pub claims: BTreeMap<String, ClaimDefinition>,
    /// Findings that are accepted.
    pub waivers: Waivers,
    /// The tools whose comments in a Dockerfile silence findings: `polcheck`, `hadolint`, `trivy`, `checkov`, `buildkit`.
    pub suppressions: BTreeSet<String>,
    /// What it is expected to look at and does not, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_covered: BTreeMap<String, String>,
    /// Whose statements count; none: nobody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<TrustDefinition>,
}

/// A pack, by what it is and by what it is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackReference {
    /// The name the pack gives itself.
    pub id: String,
    /// The digest of its component.
    pub digest: Digest,
}

/// How a set uses a rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SelectedRule {
    /// The id of its pack.
    pub pack: String,
    /// Replaces the severity of the rule's findings; none: each finding keeps its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Whether the subject is undecided where the rule comes to no conclusion.
    pub required: Required,
    /// Complete: with the defaults of the rule's schema.
    pub settings: serde_json::Value,
}

/// Whether a subject is undecided where a rule comes to no conclusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Required {
    /// It is.
    Always,
    /// An image is: it has what the rule needs. A Dockerfile alone may leave it open.
    OfImages,
    /// It is not; that the rule was not checked is said.
    Never,
}

/// What a claim stands for and what it tolerates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ClaimDefinition {
    /// The rules it stands for.
    pub rules: Vec<RuleId>,
    /// Findings of those rules below this severity do not matter to it.
    pub threshold: Severity,
    /// Rules that may lack a fact the image does not have.
    pub may_be_missing: Vec<RuleId>,
    /// Whether a waived finding may count as none.
    pub tolerates_waivers: bool,
    /// Whether a finding that a comment of the Dockerfile silences may count as none.
    pub tolerates_suppressions: bool,
    /// Where a Dockerfile may come from that decides one of its rules. None of them is computed by the host.
    pub origins: BTreeSet<Origin>,
}

impl PolicySet {
    /// The digest of the set's canonical JSON.
    ///
    /// # Errors
    /// If the settings have no canonical JSON.
    pub fn digest(&self) -> Result<Digest, NotCanonical> {
        canonical::digest(self)
    }
}
