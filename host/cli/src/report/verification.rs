//! What `polcheck verify` found.

use super::printable;
use pipeline::{Rejected, Verification};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// For people.
pub(crate) fn text(image: &str, verification: &Verification) -> String {
    let Verification {
        digest,
        accepted,
        rejected,
        others,
    } = verification;
    let verdict = if accepted.is_empty() {
        "no accepted statement"
    } else {
        "verified"
    };
    let mut text = format!("{}: {verdict} ({digest})\n", printable(image));
    for statement in accepted {
        let set = statement.policy_set();
        let set = set
            .uri
            .as_deref()
            .or(set.name.as_deref())
            .unwrap_or("a policy set");
        let claims = printable(&statement.claims().join(", "));
        let _ = writeln!(
            text,
            "  {claims} by {}, {}, {}",
            printable(set),
            statement.time_created(),
            statement.signature().signer()
        );
    }
    for rejected in rejected {
        let _ = writeln!(
            text,
            "  rejected {}: {}",
            name(rejected),
            printable(&reason(rejected))
        );
        if let Some(help) = help(rejected).filter(|_| accepted.is_empty()) {
            let _ = writeln!(text, "    help: {}", printable(&help));
        }
    }
    if accepted.is_empty() && rejected.is_empty() {
        let _ = writeln!(
            text,
            "  nothing that could be a statement is attached ({others} other referrers)"
        );
        let _ = writeln!(
            text,
            "    help: `polcheck attest --key FILE {}` makes one",
            printable(image)
        );
    }
    text
}

/// For programs.
pub(crate) fn json(image: &str, verification: &Verification) -> String {
    let Verification {
        digest,
        accepted,
        rejected,
        others,
    } = verification;
    let accepted: Vec<Value> = accepted
        .iter()
        .map(|statement| {
            json!({
                "claims": statement.claims(),
                "verifier": statement.verifier_id(),
                "policySet": statement.policy_set(),
                "timeCreated": statement.time_created(),
                "validUntil": statement.valid_until(),
                "key": statement.signature().key(),
            })
        })
        .collect();
    let rejected: Vec<Value> = rejected
        .iter()
        .map(|rejected| json!({ "referrer": rejected.referrer, "reason": reason(rejected), "help": help(rejected) }))
        .collect();
    let document = json!({
        "schemaVersion": 1,
        "subject": { "reference": image, "digest": digest },
        "verified": !accepted.is_empty(),
        "accepted": accepted,
        "rejected": rejected,
        "otherReferrers": others,
    });
    format!("{document:#}\n")
}

fn name(rejected: &Rejected) -> String {
    rejected
        .referrer
        .as_ref()
        .map_or_else(|| "the bundle".to_owned(), ToString::to_string)
}

fn reason(rejected: &Rejected) -> String {
    let mut reason = rejected.reason.to_string();
    let mut source = std::error::Error::source(&rejected.reason);
    while let Some(cause) = source {
        let _ = write!(reason, ": {cause}");
        source = cause.source();
    }
    reason
}

fn help(rejected: &Rejected) -> Option<String> {
    match &rejected.reason {
        pipeline::Reason::Rejected(rejection) => rejection.help(),
        pipeline::Reason::Unreadable(error) => error.help(),
        _ => None,
    }
}
