//! What `polcheck verify` found.

use super::printable;
use attest::{LogEntries, Signer, VerifiedSignature};
use jiff::Timestamp;
use pipeline::{Rejected, Verification};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

/// The trusted root that was checked with.
pub(crate) struct UsedRoot<'a> {
    /// Its file; none: it is the one of the public Sigstore, as it was when polcheck was built.
    pub(crate) file: Option<&'a Path>,
    /// When the newest of what it knows began to be valid.
    pub(crate) as_of: Option<Timestamp>,
}

/// For people. The trusted root is named where it is given.
pub(crate) fn text(
    image: &str,
    verification: &Verification,
    root: Option<&UsedRoot<'_>>,
) -> String {
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
        if let Some(witnesses) = witnesses(statement.signature()) {
            let _ = writeln!(text, "    {witnesses}");
        }
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
    if let Some(root) = root {
        let _ = writeln!(text, "  {}", printable(&root_text(root)));
    }
    text
}

/// What others than the signer say about a signature, if anybody does.
fn witnesses(signature: &VerifiedSignature) -> Option<String> {
    let time = signature
        .signed_by()
        .map(|time| format!("signed no later than {time}"));
    let log = match signature.log_entries() {
        LogEntries::None => None,
        LogEntries::Verified => Some("in a transparency log".to_owned()),
        LogEntries::Unchecked => Some("its log entries were not checked".to_owned()),
    };
    match (time, log) {
        (Some(time), Some(log)) => Some(format!("{time}, {log}")),
        (time, log) => time.or(log),
    }
}

fn root_text(root: &UsedRoot<'_>) -> String {
    let whose = root.file.map_or_else(
        || "of the public Sigstore".to_owned(),
        |file| format!("`{}`", file.display()),
    );
    let as_of = root.as_of.map_or_else(String::new, |time| {
        format!(", which knows of nothing after {time}")
    });
    format!("checked with the trusted root {whose}{as_of}")
}

/// For programs.
pub(crate) fn json(
    image: &str,
    verification: &Verification,
    root: Option<&UsedRoot<'_>>,
) -> String {
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
                "signer": signer_json(statement.signature().signer()),
                "signedNoLaterThan": statement.signature().signed_by(),
                "logEntries": log_entries(statement.signature().log_entries()),
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
        "trustedRoot": root.map(|root| json!({
            "file": root.file.map(Path::display).map(|file| file.to_string()),
            "asOf": root.as_of,
        })),
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
    with_causes(&rejected.reason)
}

fn log_entries(log: LogEntries) -> &'static str {
    match log {
        LogEntries::None => "none",
        LogEntries::Verified => "verified",
        LogEntries::Unchecked => "unchecked",
    }
}

/// Who signed.
pub(super) fn signer_json(signer: &Signer) -> Value {
    match signer {
        Signer::Key(key) => json!({ "key": key }),
        Signer::Identity { subject, issuer } => json!({ "identity": subject, "issuer": issuer }),
    }
}

/// An error and its causes in one line.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

fn help(rejected: &Rejected) -> Option<String> {
    rejected.reason.help()
}
