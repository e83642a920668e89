//! The predicate Simple Verification Result v0.2.

use super::json::{Descriptor, EvidenceJson};
use super::{Passed, packs, policy_set};
use serde::Serialize;
use std::collections::BTreeSet;

/// SPEC: SVR v0.2 §Schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Predicate<'p> {
    verifier: Verifier<'p>,
    time_created: &'p str,
    properties: &'p BTreeSet<String>,
    // SPEC: in-toto attestation v1 §Parsing rules: "Producers MAY add extension fields to any JSON object."
    #[serde(rename = "polcheck_evidence")]
    evidence: &'p EvidenceJson<'p>,
}

#[derive(Serialize)]
struct Verifier<'p> {
    id: &'p str,
    policies: Vec<Descriptor<'p>>,
}

pub(super) fn predicate<'p>(passed: &'p Passed<'_>) -> Predicate<'p> {
    let packs = packs(passed.report, passed.verifier);
    Predicate {
        verifier: Verifier {
            id: &passed.verifier.id,
            // Verification takes the last one to be the policy set.
            policies: packs
                .chain([policy_set(&passed.report.policy_set)])
                .collect(),
        },
        time_created: &passed.time,
        // SPEC: SVR v0.2 §Fields, properties: "Indicates the passing properties verified for the artifact."
        properties: &passed.claims,
        evidence: &passed.evidence,
    }
}
