//! The fields of a statement.

use model::Digest;
use model::report::EnforcementPoint;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A digest as in-toto writes it: `{"sha256": "…"}`.
pub(super) type DigestSet<'r> = BTreeMap<&'r str, &'r str>;

pub(super) fn digest_set(digest: &Digest) -> DigestSet<'_> {
    BTreeMap::from([(digest.algorithm().as_ref(), digest.digest())])
}

/// SPEC: in-toto Statement v1 §Schema. The statement itself has no field of ours: cosign refuses those.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatementJson<'r, P> {
    #[serde(rename = "_type")]
    pub(super) statement_type: &'static str,
    pub(super) subject: [Descriptor<'r>; 1],
    pub(super) predicate_type: &'static str,
    pub(super) predicate: P,
}

#[derive(Serialize)]
pub(super) struct Descriptor<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uri: Option<&'r str>,
    pub(super) digest: DigestSet<'r>,
}

/// What it takes to come to the same verdict again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EvidenceJson<'r> {
    pub(super) facts: FactsJson<'r>,
    pub(super) inputs: Vec<InputJson<'r>>,
    pub(super) verdict: VerdictJson<'r>,
    pub(super) rules: BTreeSet<&'r str>,
    pub(super) settings: DigestSet<'r>,
    pub(super) waivers: BTreeSet<&'r str>,
    pub(super) point: EnforcementPoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject_name: Option<&'r str>,
    pub(super) context: &'r BTreeMap<String, String>,
    pub(super) contract: &'r str,
    pub(super) engine: &'r str,
    pub(super) polcheck: &'r str,
    pub(super) fuel: u64,
    pub(super) imports: &'r BTreeMap<String, Vec<String>>,
    pub(super) not_checked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) valid_until: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FactsJson<'r> {
    pub(super) digest: DigestSet<'r>,
    pub(super) media_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InputJson<'r> {
    pub(super) name: &'r str,
    pub(super) digest: DigestSet<'r>,
    pub(super) media_type: &'r str,
}

#[derive(Serialize)]
pub(super) struct VerdictJson<'r> {
    pub(super) digest: DigestSet<'r>,
}
