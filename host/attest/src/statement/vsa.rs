//! The predicate SLSA Verification Summary v1.

use super::json::{Descriptor, EvidenceJson};
use super::{Passed, StatementError, packs, policy_set};
use model::report::Subject;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// SPEC: VSA v1 §Schema.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Predicate<'p> {
    verifier: Verifier<'p>,
    time_verified: &'p str,
    resource_uri: String,
    policy: Descriptor<'p>,
    verification_result: &'static str,
    verified_levels: BTreeSet<String>,
    #[serde(rename = "polcheck_evidence")]
    evidence: Extension<'p>,
}

#[derive(Serialize)]
struct Verifier<'p> {
    id: &'p str,
    version: BTreeMap<&'static str, &'p str>,
}

/// What a verification result has a field for, and a summary has none.
#[derive(Serialize)]
struct Extension<'p> {
    #[serde(flatten)]
    evidence: &'p EvidenceJson<'p>,
    packs: Vec<Descriptor<'p>>,
    claims: &'p BTreeSet<String>,
}

pub(super) fn predicate<'p>(passed: &'p Passed<'_>) -> Result<Predicate<'p>, StatementError> {
    let set = &passed.report.policy_set;
    // SPEC: VSA v1 §Fields, policy: "The entry MUST contain a `uri` identifying which policy was applied"
    if set.uri.is_none() {
        return Err(StatementError::NoPolicyUri {
            set: set.name.clone(),
        });
    }
    Ok(Predicate {
        verifier: Verifier {
            id: &passed.verifier.id,
            version: BTreeMap::from([("polcheck", passed.evidence.polcheck)]),
        },
        time_verified: &passed.time,
        resource_uri: resource_uri(&passed.report.subject),
        policy: policy_set(set),
        verification_result: "PASSED",
        verified_levels: levels(&passed.claims)?,
        evidence: Extension {
            evidence: &passed.evidence,
            packs: packs(passed.report, passed.verifier).collect(),
            claims: &passed.claims,
        },
    })
}

/// A package URL; of an image that has no name, its digest alone.
///
/// SPEC: VSA v1 §Fields, resourceUri: "URI that identifies the resource associated with the artifact being verified."
fn resource_uri(subject: &Subject) -> String {
    let digest = subject.digest();
    let Some(name) = subject.name() else {
        return digest.to_string();
    };
    let last = name.rsplit('/').next().unwrap_or(name);
    format!(
        "pkg:oci/{}@{}?repository_url={}",
        encoded(last),
        encoded(digest.as_ref()),
        encoded(name)
    )
}

/// SPEC: purl §Character encoding: everything but letters, digits, `.`, `-`, `_` and `~` is percent-encoded; a slash in a
/// qualifier and a colon need not be.
fn encoded(text: &str) -> PercentEncode<'_> {
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'.')
        .remove(b'-')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/')
        .remove(b':');
    utf8_percent_encode(text, &ENCODED)
}

/// The levels of claims, of which no two are the same.
fn levels(claims: &BTreeSet<String>) -> Result<BTreeSet<String>, StatementError> {
    let mut levels = BTreeMap::new();
    for claim in claims {
        if let Some(one) = levels.insert(level(claim), claim) {
            return Err(StatementError::SameLevel {
                one: one.clone(),
                other: claim.clone(),
                level: level(claim),
            });
        }
    }
    Ok(levels.into_keys().collect())
}

/// `POLCHECK_SECURITY_SCAN` of `security.scan=passed`.
///
/// SPEC: VSA v1 §`SlsaResult`: "Users MAY use custom values here but MUST NOT use custom values starting with `SLSA_`."
pub(crate) fn level(claim: &str) -> String {
    let name = claim.strip_suffix("=passed").unwrap_or(claim);
    let letter = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' => letter.to_ascii_uppercase(),
        _ => '_',
    };
    format!("POLCHECK_{}", name.chars().map(letter).collect::<String>())
}
