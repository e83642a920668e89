//! The statement: what is signed about a report.
//!
//! in-toto Statement v1 with the predicate Simple Verification Result v0.2, or SLSA Verification Summary v1, and one
//! extension field, which holds what it takes to come to the same verdict again.

mod error;
mod json;
mod svr;
mod vsa;

pub use error::StatementError;
pub(crate) use vsa::level;

use jiff::{SignedDuration, Timestamp};
use json::{
    Descriptor, EvidenceJson, FactsJson, InputJson, StatementJson, VerdictJson, digest_set,
};
use model::report::{Evidence, Gap, Input, SetReference};
use model::{Digest, Report, Verdict, canonical};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// How polcheck calls itself as a verifier. The number changes when its logic does.
pub const VERIFIER_ID: &str = "https://polcheck.dev/verifier/v1";
/// The `_type` of a statement.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// The media type of the facts that a statement names by digest.
pub const FACTS_MEDIA_TYPE: &str = "application/vnd.polcheck.facts.v1+json";

/// What kind of statement is made of a report. Both say the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PredicateType {
    /// Simple Verification Result v0.2.
    #[default]
    Svr,
    /// SLSA Verification Summary v1.
    Vsa,
}

impl PredicateType {
    /// As a statement says it.
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Svr => "https://in-toto.io/attestation/svr/v0.2",
            Self::Vsa => "https://slsa.dev/verification_summary/v1",
        }
    }

    /// The one that a statement says; none for the many that are not about verification.
    pub fn from_uri(uri: &str) -> Option<Self> {
        [Self::Svr, Self::Vsa]
            .into_iter()
            .find(|known| known.uri() == uri)
    }
}

/// Who verified, as a statement says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    /// A URI; consumers match it exactly.
    pub id: String,
    /// Where packs were published, by the digest of their components. A pack that is not here gets no `uri`.
    pub pack_uris: HashMap<Digest, String>,
    /// How long a statement counts, in whole seconds from the time of the verdict; none: it says nothing about it.
    pub valid_for: Option<SignedDuration>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            id: VERIFIER_ID.to_owned(),
            pack_uris: HashMap::new(),
            valid_for: None,
        }
    }
}

impl Verifier {
    /// Adds a pack that lies in the binary. Nothing else may have a URI that begins with `polcheck:`.
    #[must_use]
    pub fn with_builtin_pack(mut self, id: &str, component: Digest) -> Self {
        self.pack_uris
            .insert(component, format!("polcheck:builtin/{id}"));
        self
    }
}

/// A statement. It exists only for a report that passed and issued a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    json: String,
    predicate_type: PredicateType,
}

impl Statement {
    /// The canonical JSON (RFC 8785) of the statement, which is what is signed.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// The predicate type of the statement.
    pub fn predicate_type(&self) -> PredicateType {
        self.predicate_type
    }
}

/// Makes the statement for a report.
///
/// The same report and verifier always yield the same bytes.
///
/// # Errors
/// If the verdict is not a pass or no claim was issued, or if the report or the verifier cannot be written down exactly.
pub fn statement(
    report: &Report,
    verifier: &Verifier,
    predicate_type: PredicateType,
) -> Result<Statement, StatementError> {
    let claims = passed_claims(report)?;
    // SPEC: in-toto field types §TypeURI, on `verifier.id`: "Uniform Resource Identifier as specified in RFC 3986"
    if !is_uri(&verifier.id) {
        return Err(StatementError::VerifierId {
            id: verifier.id.clone(),
        });
    }
    let found = report.evidence.as_ref();
    let found = found.ok_or_else(|| StatementError::NoEvidence {
        subject: report.subject.given().to_owned(),
    })?;
    let passed = Passed {
        report,
        verifier,
        claims,
        time: rfc3339(found.time)?,
        evidence: evidence(report, found, verifier)?,
    };
    let json = match predicate_type {
        PredicateType::Svr => passed.statement(predicate_type, svr::predicate(&passed))?,
        PredicateType::Vsa => passed.statement(predicate_type, vsa::predicate(&passed)?)?,
    };
    Ok(Statement {
        json,
        predicate_type,
    })
}

/// What there is to say, whatever the predicate.
struct Passed<'r> {
    report: &'r Report,
    verifier: &'r Verifier,
    claims: BTreeSet<String>,
    time: String,
    evidence: EvidenceJson<'r>,
}

impl Passed<'_> {
    fn statement(
        &self,
        predicate_type: PredicateType,
        predicate: impl Serialize,
    ) -> Result<String, StatementError> {
        let subject = &self.report.subject;
        Ok(canonical::json(&StatementJson {
            statement_type: STATEMENT_TYPE,
            // SPEC: in-toto Statement v1 §Fields, subject: "Each element MUST have `digest` set."
            subject: [Descriptor {
                name: subject.name(),
                uri: None,
                digest: digest_set(subject.digest()),
            }],
            predicate_type: predicate_type.uri(),
            predicate,
        })?)
    }
}

/// The issued claims, each as `NAME=passed`.
fn passed_claims(report: &Report) -> Result<BTreeSet<String>, StatementError> {
    let subject = || report.subject.given().to_owned();
    if report.verdict != Verdict::Passed {
        return Err(StatementError::NotPassed {
            subject: subject(),
            verdict: report.verdict,
        });
    }
    let issued: BTreeSet<_> = report
        .claims
        .iter()
        .filter(|claim| claim.issued)
        .map(|claim| format!("{}=passed", claim.name))
        .collect();
    if issued.is_empty() {
        let reasons = report.claims.iter().flat_map(|claim| {
            let reasons = claim.withheld.iter();
            reasons.map(|reason| format!("{}: {reason}", claim.name))
        });
        return Err(StatementError::NoClaim {
            subject: subject(),
            withheld: reasons.collect(),
        });
    }
    if !report.policy_set.as_published {
        return Err(StatementError::NotAsPublished {
            set: report.policy_set.name.clone(),
        });
    }
    Ok(issued)
}

/// The packs that judged.
fn packs<'r>(report: &'r Report, verifier: &'r Verifier) -> impl Iterator<Item = Descriptor<'r>> {
    report.policies.iter().map(|pack| Descriptor {
        name: Some(&pack.id),
        uri: verifier.pack_uris.get(&pack.digest).map(String::as_str),
        digest: digest_set(&pack.digest),
    })
}

/// The policy set.
fn policy_set(set: &SetReference) -> Descriptor<'_> {
    Descriptor {
        name: Some(&set.name),
        uri: set.uri.as_deref(),
        digest: digest_set(&set.digest),
    }
}

fn evidence<'r>(
    report: &'r Report,
    evidence: &'r Evidence,
    verifier: &Verifier,
) -> Result<EvidenceJson<'r>, StatementError> {
    if evidence.fuel > canonical::MAX_SAFE_INTEGER {
        return Err(StatementError::Fuel {
            fuel: evidence.fuel,
        });
    }
    let rules = report.policies.iter().flat_map(|pack| pack.rules.keys());
    Ok(EvidenceJson {
        facts: FactsJson {
            digest: digest_set(&evidence.facts),
            media_type: FACTS_MEDIA_TYPE,
        },
        inputs: evidence.inputs.iter().map(input).collect(),
        verdict: VerdictJson {
            digest: digest_set(&evidence.verdict),
        },
        rules: rules.map(AsRef::as_ref).collect(),
        settings: digest_set(&evidence.settings),
        waivers: report.waivers.used.iter().map(String::as_str).collect(),
        point: evidence.point,
        subject_name: report.subject.name(),
        context: &evidence.context,
        contract: evidence.contract,
        engine: evidence.engine,
        polcheck: evidence.polcheck,
        fuel: evidence.fuel,
        imports: &evidence.imports,
        not_checked: report.not_checked.iter().map(gap).collect(),
        valid_until: verifier
            .valid_for
            .map(|valid_for| valid_until(evidence.time, valid_for))
            .transpose()?,
    })
}

/// SPEC: in-toto resource descriptor §Fields: "Though all fields are optional, a `ResourceDescriptor` MUST specify one of
/// `uri`, `digest` or `content` at a minimum."
fn input(input: &Input) -> InputJson<'_> {
    InputJson {
        name: &input.name,
        digest: digest_set(&input.digest),
        media_type: &input.media_type,
    }
}

fn gap(gap: &Gap) -> String {
    format!("{}: {}", gap.what, gap.why)
}

fn valid_until(time: Timestamp, valid_for: SignedDuration) -> Result<String, StatementError> {
    let invalid = StatementError::Validity { valid_for };
    if valid_for.is_negative() || valid_for.subsec_nanos() != 0 {
        return Err(invalid);
    }
    time.checked_add(valid_for)
        .map_err(|_| invalid)
        .and_then(rfc3339)
}

/// SPEC: in-toto field types §Timestamp: "MUST be in RFC 3339 format in the UTC timezone (\"Z\")."
fn rfc3339(time: Timestamp) -> Result<String, StatementError> {
    if time.subsec_nanosecond() != 0 {
        return Err(StatementError::Time { time });
    }
    Ok(time.to_string())
}

/// Whether a text begins with the scheme of a URI and has none of the characters that no URI has.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && !rest.is_empty()
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}
