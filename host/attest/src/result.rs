//! What a verification result says, whatever the type of its predicate: the one place that reads such predicates.

use crate::json;
use crate::rejection::{Document, Rejection};
use crate::statement::{PredicateType, level};
use crate::verify::ResourceDescriptor;
use jiff::Timestamp;
use model::strict_json::Object;
use serde::Deserialize;
use serde_json::{Map, Value};

/// How a verification summary says that the image passed.
const PASSED: &str = "PASSED";

/// A verification result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultStatement {
    /// In which form it says it.
    pub(crate) predicate_type: PredicateType,
    /// Who verified.
    pub(crate) verifier_id: String,
    /// By what it was judged: packs, and the policy set.
    pub(crate) policies: Vec<ResourceDescriptor>,
    /// The policy set.
    pub(crate) policy_set: Option<ResourceDescriptor>,
    /// What it claims.
    pub(crate) claims: Vec<String>,
    /// When it was judged.
    pub(crate) time_created: Timestamp,
    /// Until when it counts, if it says so.
    pub(crate) valid_until: Option<Timestamp>,
    /// The extension field of polcheck, if it is there.
    pub(crate) evidence: Option<Map<String, Value>>,
}

impl ResultStatement {
    /// Reads a predicate by its type.
    ///
    /// # Errors
    /// If statements of that type make no claims, or the predicate has another form than its type says.
    pub(crate) fn read(predicate_type: &str, predicate: Value) -> Result<Self, Rejection> {
        match PredicateType::from_uri(predicate_type) {
            Some(PredicateType::Svr) => Self::of_svr(json::object(Document::Predicate, predicate)?),
            Some(PredicateType::Vsa) => Self::of_vsa(json::object(Document::Predicate, predicate)?),
            None => Err(Rejection::PredicateType {
                found: predicate_type.to_owned(),
            }),
        }
    }

    /// SPEC: SVR v0.2 §Fields.
    fn of_svr(predicate: PredicateJson) -> Result<Self, Rejection> {
        let Object(verifier) = predicate.verifier;
        let policies = verifier.policies.into_iter().map(|Object(policy)| policy);
        let policies: Vec<ResourceDescriptor> = policies.collect();
        Ok(Self {
            predicate_type: PredicateType::Svr,
            verifier_id: verifier.id,
            // polcheck puts it last.
            policy_set: policies.last().cloned(),
            policies,
            // SPEC: SVR v0.2 §Fields, properties: "Indicates the passing properties verified for the artifact."
            claims: predicate.properties,
            // SPEC: SVR v0.2 §Fields, timeCreated: "Timestamp indicating what time the verification occurred."
            time_created: parse_time(&predicate.time_created)?,
            valid_until: valid_until(predicate.evidence.as_ref())?,
            evidence: predicate.evidence,
        })
    }

    /// SPEC: VSA v1 §Fields.
    fn of_vsa(summary: SummaryJson) -> Result<Self, Rejection> {
        // SPEC: VSA v1 §How to verify: "Verify that the `verificationResult` is PASSED."
        if summary.verification_result != PASSED {
            return Err(Rejection::NotPassed {
                found: summary.verification_result,
            });
        }
        let Object(policy) = summary.policy;
        let evidence = summary.evidence.map(|Object(evidence)| evidence);
        let evidence = evidence.unwrap_or_default();
        let packs = evidence.packs.into_iter().map(|Object(pack)| pack);
        let levels = summary.verified_levels;
        Ok(Self {
            predicate_type: PredicateType::Vsa,
            verifier_id: summary.verifier.0.id,
            policies: packs.chain([policy.clone()]).collect(),
            policy_set: Some(policy),
            claims: claims_of(levels, evidence.claims),
            // SPEC: VSA v1 §Fields, timeVerified: "Timestamp indicating what time the verification occurred."
            time_created: parse_time(&summary.time_verified)?,
            valid_until: valid_until(Some(&evidence.all))?,
            evidence: (!evidence.all.is_empty()).then_some(evidence.all),
        })
    }
}

/// The claims behind levels, and the levels that are no claims of polcheck, such as `SLSA_BUILD_LEVEL_3`. A claim without
/// its level is none: other consumers would not see it.
fn claims_of(mut levels: Vec<String>, named: Vec<String>) -> Vec<String> {
    let claims: Vec<String> = named
        .into_iter()
        .filter(|claim| levels.contains(&level(claim)))
        .collect();
    levels.retain(|it| !claims.iter().any(|claim| level(claim) == *it));
    claims.into_iter().chain(levels).collect()
}

/// Until when a result counts, as the extension field of polcheck says it.
fn valid_until(evidence: Option<&Map<String, Value>>) -> Result<Option<Timestamp>, Rejection> {
    match evidence.and_then(|evidence| evidence.get("validUntil")) {
        None => Ok(None),
        Some(Value::String(until)) => parse_time(until).map(Some),
        Some(other) => Err(Rejection::Time {
            found: other.to_string(),
        }),
    }
}

/// SPEC: in-toto field types §Timestamp: "MUST be in RFC 3339 format in the UTC timezone (\"Z\")."
fn parse_time(text: &str) -> Result<Timestamp, Rejection> {
    let invalid = || Rejection::Time {
        found: text.to_owned(),
    };
    if !text.ends_with('Z') {
        return Err(invalid());
    }
    text.parse().map_err(|_| invalid())
}

/// SPEC: SVR v0.2 §Schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PredicateJson {
    verifier: Object<VerifierJson>,
    time_created: String,
    properties: Vec<String>,
    #[serde(rename = "polcheck_evidence")]
    evidence: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct VerifierJson {
    id: String,
    policies: Vec<Object<ResourceDescriptor>>,
}

/// SPEC: VSA v1 §Schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SummaryJson {
    verifier: Object<SummaryVerifierJson>,
    time_verified: String,
    policy: Object<ResourceDescriptor>,
    verification_result: String,
    verified_levels: Vec<String>,
    #[serde(rename = "polcheck_evidence")]
    evidence: Option<Object<SummaryEvidenceJson>>,
}

#[derive(Deserialize)]
struct SummaryVerifierJson {
    id: String,
}

/// What a summary has no field for.
#[derive(Default, Deserialize)]
struct SummaryEvidenceJson {
    #[serde(default)]
    packs: Vec<Object<ResourceDescriptor>>,
    #[serde(default)]
    claims: Vec<String>,
    /// The rest of it, which is as in a verification result.
    #[serde(flatten)]
    all: Map<String, Value>,
}
