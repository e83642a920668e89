//! Verifying: the specifications in their order, each step under the sentence it obeys.

use crate::json;
use crate::rejection::{Document, Rejection};
use crate::result::ResultStatement;
use crate::sign::PAYLOAD_TYPE;
use crate::signature::{
    CLOCK_SKEW, Verified, VerifiedEnvelope, VerifiedSignature, verify_signature,
};
use crate::statement::STATEMENT_TYPE;
use crate::trust::{Expected, Trust};
use jiff::Timestamp;
use model::Digest;
use model::strict_json::Object;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The `_type`s of statements. Version 0.1 says the same as version 1 with the same fields, and cosign 3.1 writes it.
pub(crate) const STATEMENT_TYPES: [&str; 2] = [STATEMENT_TYPE, "https://in-toto.io/Statement/v0.1"];
/// The algorithms of digests that count.
const SECURE_ALGORITHMS: [&str; 3] = ["sha256", "sha384", "sha512"];
/// How many subjects a rejection names.
const NAMED_SUBJECTS: usize = 3;

/// A resource descriptor: something named by what it contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceDescriptor {
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Its digests, by algorithm.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
}

impl ResourceDescriptor {
    // SPEC: in-toto DigestSet §Guidelines: "Consumers MUST only accept algorithms that they consider secure and MUST ignore
    // unrecognized or unaccepted algorithms."
    pub(crate) fn has(&self, digest: &Digest) -> bool {
        let algorithm = digest.algorithm().as_ref();
        let found = self.digest.get(algorithm).map(String::as_str);
        SECURE_ALGORITHMS.contains(&algorithm) && found == Some(digest.digest())
    }

    /// Its digests by algorithms that count.
    pub(crate) fn secure_digests(&self) -> impl Iterator<Item = String> {
        let digests = self.digest.iter();
        digests
            .filter(|(algorithm, _)| SECURE_ALGORITHMS.contains(&algorithm.as_str()))
            .map(|(algorithm, value)| format!("{algorithm}:{value}"))
    }

    fn digests(&self) -> impl Iterator<Item = String> {
        self.digest
            .iter()
            .map(|(algorithm, value)| format!("{algorithm}:{value}"))
    }
}

/// A statement that was verified. Everything it tells was signed by the signer it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedStatement {
    signature: VerifiedSignature,
    subject: ResourceDescriptor,
    result: ResultStatement,
    policy_set: ResourceDescriptor,
}

impl VerifiedStatement {
    /// Its signature.
    pub fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }

    /// The image that was expected, as the statement names it.
    pub fn subject(&self) -> &ResourceDescriptor {
        &self.subject
    }

    /// All claims that it makes, not only those that were expected.
    pub fn claims(&self) -> &[String] {
        &self.result.claims
    }

    /// Who verified.
    pub fn verifier_id(&self) -> &str {
        &self.result.verifier_id
    }

    /// By what it was judged: packs, and the policy set.
    pub fn policies(&self) -> impl Iterator<Item = &ResourceDescriptor> {
        self.result.policies.iter()
    }

    /// The policy set, which is one of those that are accepted.
    pub fn policy_set(&self) -> &ResourceDescriptor {
        &self.policy_set
    }

    /// When it was judged.
    pub fn time_created(&self) -> Timestamp {
        self.result.time_created
    }

    /// Until when it counts, if it says so.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.result.valid_until
    }

    /// What it takes to come to the same verdict again: the extension field of polcheck, if it is there.
    pub fn evidence(&self) -> Option<&Map<String, Value>> {
        self.result.evidence.as_ref()
    }
}

/// Verifies the statement in a bundle, without asking anybody.
///
/// # Errors
/// The first reason why it is not accepted.
pub fn verify(
    bundle: &[u8],
    trust: &Trust,
    expected: &Expected,
) -> Result<VerifiedStatement, Rejection> {
    match verify_signature(bundle, None, trust, expected.now)? {
        Verified::Envelope(envelope) => verify_statement(&envelope, expected),
        Verified::Artifact(_) => Err(Rejection::MessageSignature),
    }
}

/// Verifies that a bundle holds a statement of any kind about an image, signed by somebody trusted; and says by whom.
/// What it says of the image is not judged.
///
/// # Errors
/// The first reason why that is not so.
pub fn verify_signer(
    bundle: &[u8],
    trust: &Trust,
    subject: &Digest,
    now: Timestamp,
) -> Result<VerifiedSignature, Rejection> {
    match verify_signature(bundle, None, trust, now)? {
        Verified::Envelope(envelope) => {
            envelope.subject(subject)?;
            Ok(envelope.signature)
        }
        Verified::Artifact(_) => Err(Rejection::MessageSignature),
    }
}

impl VerifiedEnvelope {
    /// The subject of its statement that has a digest, whatever the statement says about it.
    ///
    /// # Errors
    /// If its payload is no statement, or one about something else.
    pub fn subject(&self, digest: &Digest) -> Result<ResourceDescriptor, Rejection> {
        read_statement(self, digest).map(|(subject, _, _)| subject)
    }
}

/// Verifies the statement in an envelope whose signature was verified.
pub(crate) fn verify_statement(
    envelope: &VerifiedEnvelope,
    expected: &Expected,
) -> Result<VerifiedStatement, Rejection> {
    let (subject, predicate_type, predicate) = read_statement(envelope, &expected.subject)?;
    // SPEC: in-toto Envelope §Fields: "Consumer SHOULD only rely on the `predicateType` field in the Statement layer."
    let result = ResultStatement::read(&predicate_type, predicate)?;
    let policy_set = accepted_policy_set(&result, expected)?;
    require_validity(&result, expected)?;
    require_claims(&result.claims, &expected.claims)?;
    Ok(VerifiedStatement {
        signature: envelope.signature().clone(),
        subject,
        result,
        policy_set,
    })
}

/// The subject that is expected, with the type of the predicate and the predicate.
fn read_statement(
    envelope: &VerifiedEnvelope,
    expected: &Digest,
) -> Result<(ResourceDescriptor, String, Value), Rejection> {
    let statement = read_envelope(envelope)?;
    let subject = matched_subject(statement.subject, expected)?;
    Ok((subject, statement.predicate_type, statement.predicate))
}

/// The statement in an envelope, whatever it is about.
pub(crate) fn read_envelope(envelope: &VerifiedEnvelope) -> Result<StatementJson, Rejection> {
    // SPEC: DSSE protocol §Protocol: "Reject if PAYLOAD_TYPE is not a supported type."
    if envelope.payload_type() != PAYLOAD_TYPE {
        return Err(Rejection::PayloadType {
            found: envelope.payload_type().to_owned(),
        });
    }
    // SPEC: DSSE protocol §Protocol: "Parse SERIALIZED_BODY according to PAYLOAD_TYPE. Reject if the parsing fails."
    StatementJson::read(envelope.payload())
}

impl StatementJson {
    /// SPEC: in-toto attestation v1 §Parsing rules: "Consumers MUST ignore unrecognized fields unless otherwise noted in the
    /// predicate specification."
    pub(crate) fn read(payload: &[u8]) -> Result<Self, Rejection> {
        let statement: Self = json::read(Document::Statement, payload)?;
        // SPEC: in-toto validation model: "Reject if `statement.type` != `https://in-toto.io/Statement/v1`".
        if !STATEMENT_TYPES.contains(&statement.statement_type.as_str()) {
            return Err(Rejection::StatementType {
                found: statement.statement_type,
            });
        }
        Ok(statement)
    }
}

/// SPEC: in-toto validation model: "`matchedSubjects` := the subset of entries `s` in `statement.subject` where: there
/// exists at least one `(alg, value)` in `s.digest` […]. Reject if `matchedSubjects` is empty"
fn matched_subject(
    subjects: Vec<Object<ResourceDescriptor>>,
    expected: &Digest,
) -> Result<ResourceDescriptor, Rejection> {
    let found = subjects
        .iter()
        .flat_map(|Object(subject)| subject.digests())
        .take(NAMED_SUBJECTS)
        .collect();
    subjects
        .into_iter()
        .map(|Object(subject)| subject)
        .find(|subject| subject.has(expected))
        .ok_or_else(|| Rejection::Subject {
            expected: expected.clone(),
            found,
        })
}

/// The policy set of an accepted verifier, if it is accepted too.
fn accepted_policy_set(
    result: &ResultStatement,
    expected: &Expected,
) -> Result<ResourceDescriptor, Rejection> {
    // SPEC: SVR v0.2 §Fields, verifier.id: "This allows consumers to distinguish between verifier versions and make trust
    // decisions accordingly."
    if !expected.verifier_ids.contains(&result.verifier_id) {
        return Err(Rejection::VerifierId {
            found: result.verifier_id.clone(),
        });
    }
    // SPEC: SVR v0.2 §Fields, verifier.policies: "Identifies the policy artifacts used by the verifier when producing
    // this result." A claim counts only for the set it was made with.
    let set = result.policy_set.as_ref().ok_or(Rejection::NoPolicySet)?;
    let is_accepted = expected.policy_sets.iter().any(|accepted| {
        set.has(&accepted.digest) && (accepted.uri.is_none() || accepted.uri == set.uri)
    });
    if is_accepted {
        return Ok(set.clone());
    }
    Err(Rejection::PolicySet {
        name: set.name.clone(),
        uri: set.uri.clone(),
        digests: set.digests().collect(),
    })
}

/// Whether a result counts now.
fn require_validity(result: &ResultStatement, expected: &Expected) -> Result<(), Rejection> {
    let (time, now) = (result.time_created, expected.now);
    if time.duration_since(now) > CLOCK_SKEW {
        return Err(Rejection::FromTheFuture { time, now });
    }
    if let Some(until) = result.valid_until.filter(|until| *until < now) {
        return Err(Rejection::Expired { until, now });
    }
    match expected.max_age {
        Some(max_age) if now.duration_since(time) > max_age => {
            Err(Rejection::TooOld { time, max_age, now })
        }
        _ => Ok(()),
    }
}

/// SPEC: SVR v0.2 §Fields, properties: "Indicates the passing properties verified for the artifact."
fn require_claims(made: &[String], required: &[String]) -> Result<(), Rejection> {
    if made.is_empty() {
        return Err(Rejection::NoClaim);
    }
    let missing: Vec<_> = required
        .iter()
        .filter(|claim| !made.contains(claim))
        .cloned()
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Rejection::MissingClaims {
        missing,
        made: made.to_vec(),
    })
}

/// SPEC: in-toto Statement v1 §Schema.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatementJson {
    #[serde(rename = "_type")]
    pub(crate) statement_type: String,
    pub(crate) subject: Vec<Object<ResourceDescriptor>>,
    pub(crate) predicate_type: String,
    /// SPEC: "Unset is treated the same as set-but-empty."
    #[serde(default)]
    pub(crate) predicate: Value,
}
