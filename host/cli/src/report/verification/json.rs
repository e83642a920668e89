//! What `polcheck verify` found, for programs.

use super::{Answer, Rejection, listed_by, merged, signer_json, with_causes};
use crate::failure::Failure;
use attest::LogEntries;
use model::canonical;
use pipeline::{AcceptedStatement, Place, StatedClaim, Verification};
use serde_json::{Value, json};

/// For programs.
pub(crate) fn json(answer: &Answer<'_>) -> Result<String, Failure> {
    let Verification {
        digest,
        verified,
        claims,
        accepted,
        rejected,
        others,
        without_rule: _,
    } = answer.verification;
    let accepted: Vec<Value> = accepted
        .iter()
        .map(|it| accepted_json(it, answer))
        .collect();
    let rejected: Vec<Value> = merged(rejected).iter().map(|it| it.json(answer)).collect();
    let claims: Vec<Value> = claims.iter().map(claim_json).collect();
    let policy = match answer.policy.definition() {
        Some(definition) => json!({
            "file": answer.policy_file.map(|file| file.display().to_string()),
            "digest": canonical::digest(definition).map_err(|error| Failure::new(&error, None))?,
        }),
        None => Value::Null,
    };
    let root = answer.policy.root().map(|root| {
        json!({
            "file": answer.root_file().map(|file| file.display().to_string()),
            "asOf": root.as_of(),
        })
    });
    let document = json!({
        "schemaVersion": 1,
        "subject": { "reference": answer.image, "digest": digest },
        "verified": verified,
        "claims": claims,
        "accepted": accepted,
        "rejected": rejected,
        "otherReferrers": others,
        "trustPolicy": policy,
        "trustedRoot": root,
        "insecure": answer.insecure,
    });
    Ok(format!("{document:#}\n"))
}

fn claim_json(claim: &StatedClaim) -> Value {
    json!({
        "claim": claim.claim,
        "met": claim.is_met(),
        "rule": claim.rule,
        "signers": claim.signers,
        "distinctSigners": claim.count,
        "threshold": claim.threshold,
    })
}

fn accepted_json(accepted: &AcceptedStatement, answer: &Answer<'_>) -> Value {
    let statement = &accepted.statement;
    let by = accepted.by.iter();
    let by: Vec<Value> = by
        .map(|by| json!({ "rule": by.rule, "claims": by.claims, "signers": by.signers }))
        .collect();
    let more = json!({
        "acceptedBy": by,
        "claims": statement.claims(),
        "verifier": statement.verifier_id(),
        "policySet": statement.policy_set(),
        "timeCreated": statement.time_created(),
        "validUntil": statement.valid_until(),
        "key": statement.signature().key(),
        "signer": signer_json(statement.signature().signer()),
        "signedNoLaterThan": statement.signature().signed_by(),
        "logEntries": log_entries(statement.signature().log_entries()),
    });
    joined(answer.place_json(&accepted.place), more)
}

/// One object with the fields of two.
pub(in crate::report) fn joined(mut document: Value, more: Value) -> Value {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
    document
}

impl Rejection<'_> {
    fn json(&self, answer: &Answer<'_>) -> Value {
        let reason = &self.rejected.reason;
        let more = json!({
            "rules": self.rules,
            "reason": with_causes(reason),
            "help": answer.help(reason),
        });
        joined(answer.place_json(&self.rejected.place), more)
    }
}

impl Answer<'_> {
    fn place_json(&self, place: &Place) -> Value {
        let bundle = match place {
            Place::Given(number) => self.bundles.get(*number),
            _ => None,
        };
        let (from, referrer) = match place {
            Place::Given(_) => ("bundle-file", None),
            Place::Referrer(digest, by) => (listed_by(*by), Some(digest)),
            Place::Legacy { manifest, .. } => ("legacy-tag", Some(manifest)),
        };
        json!({ "from": from, "referrer": referrer, "bundle": bundle.map(|path| path.display().to_string()) })
    }
}

fn log_entries(log: LogEntries) -> &'static str {
    match log {
        LogEntries::None => "none",
        LogEntries::Verified => "verified",
        LogEntries::Unchecked => "unchecked",
    }
}
