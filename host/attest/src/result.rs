//! What a verification result says, whatever the type of its predicate: the one place that reads such predicates.

use crate::json;
use crate::rejection::{Document, Rejection};
use crate::statement::PREDICATE_TYPE;
use crate::verify::ResourceDescriptor;
use jiff::Timestamp;
use model::strict_json::Object;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The predicate types of statements that make claims.
pub const RESULT_TYPES: [&str; 1] = [PREDICATE_TYPE];

/// A verification result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ResultStatement {
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
        match predicate_type {
            PREDICATE_TYPE => Self::of_svr(json::object(Document::Predicate, predicate)?),
            other => Err(Rejection::PredicateType {
                found: other.to_owned(),
            }),
        }
    }

    /// SPEC: SVR v0.2 §Fields.
    fn of_svr(predicate: PredicateJson) -> Result<Self, Rejection> {
        let Object(verifier) = predicate.verifier;
        let policies = verifier.policies.into_iter().map(|Object(policy)| policy);
        let policies: Vec<ResourceDescriptor> = policies.collect();
        Ok(Self {
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
