//! What became of statements, or would become of them.

use super::json::escaped;
use super::{Statement, printable};
use attest::ClaimedSigner;
use model::Digest;
use pipeline::{Attested, Candidate, Forms, Outcome, Planned, Superseded};
use registry::Detached;
use serde_json::{Value, json};

/// What became of one, in a line.
pub(super) fn text(statement: Option<Statement<'_>>) -> String {
    let statement = match statement {
        None => return "no statement".to_owned(),
        Some(Statement::Planned(planned)) => return planned_text(planned.forms).to_owned(),
        Some(Statement::Signed(attested)) => attested,
    };
    match (&statement.referrer, &statement.layer) {
        (None, None) => "signed, not attached".to_owned(),
        (Some(referrer), None) => format!("signed and attached: {}", referrer.digest()),
        (None, Some(layer)) => format!(
            "signed and attached in the form before cosign 3: {}",
            layer.digest()
        ),
        (Some(referrer), Some(layer)) => format!(
            "signed and attached: {}, and in the form before cosign 3: {}",
            referrer.digest(),
            layer.digest()
        ),
    }
}

fn planned_text(forms: Forms) -> &'static str {
    match (forms.bundle, forms.legacy) {
        (false, false) => "would be signed, not attached",
        (true, false) => "would be signed and attached as a bundle",
        (false, true) => "would be signed and attached in the form before cosign 3",
        (true, true) => "would be signed and attached as a bundle, and in the form before cosign 3",
    }
}

/// What else there is to say about it, in lines.
pub(super) fn details(statement: Option<Statement<'_>>, verbose: bool) -> Vec<String> {
    match statement {
        None => Vec::new(),
        Some(Statement::Signed(attested)) => {
            let superseded = attested.superseded.iter();
            superseded
                .filter_map(|superseded| superseded_text(superseded, verbose))
                .collect()
        }
        Some(Statement::Planned(planned)) => {
            let candidates = planned.superseded.iter().map(candidate_text);
            let json = planned.statement.as_json().to_owned();
            let statement = format!("statement: {}", escaped(json));
            candidates.chain([statement]).collect()
        }
    }
}

/// What became of an older statement; of one that is still there only where much is said.
fn superseded_text(superseded: &Superseded, verbose: bool) -> Option<String> {
    let Superseded { digest, outcome } = superseded;
    let kept = |why: &str| verbose.then(|| format!("superseded, and still there: {digest}: {why}"));
    match outcome {
        Outcome::Detached(Detached::Removed) => Some(format!("superseded and removed: {digest}")),
        Outcome::Detached(Detached::NotDeleted) => kept("the registry does not delete it"),
        Outcome::Detached(Detached::PutBack) => kept("somebody put it back into the list"),
        Outcome::Unknown(error) => kept(&printable(&error.to_string())),
    }
}

fn candidate_text(candidate: &Candidate) -> String {
    let Candidate { digest, signer } = candidate;
    let who = match signer {
        ClaimedSigner::Key { name: Some(name) } => format!("the key {name}"),
        ClaimedSigner::Key { name: None } => "the same key".to_owned(),
        ClaimedSigner::Certificate {
            identity: Some(identity),
            ..
        } => identity.clone(),
        ClaimedSigner::Certificate { identity: None, .. } => "the same identity".to_owned(),
    };
    format!(
        "would supersede, if signed by {}: {digest}",
        printable(&who)
    )
}

/// What a report in JSON says of one.
pub(super) fn json(statement: Statement<'_>) -> Value {
    match statement {
        Statement::Signed(Attested {
            referrer, layer, ..
        }) => {
            json!({
                "referrer": referrer.as_ref().map(|it| it.digest().to_string()),
                "legacyLayer": layer.as_ref().map(|it| it.digest().to_string()),
            })
        }
        Statement::Planned(Planned {
            statement,
            forms,
            superseded,
            ..
        }) => {
            let superseded: Vec<&Digest> = superseded.iter().map(|it| &it.digest).collect();
            // A statement is JSON.
            let document: Value = serde_json::from_str(statement.as_json()).unwrap_or_default();
            json!({
                "dryRun": true,
                "attach": { "bundle": forms.bundle, "legacy": forms.legacy },
                "supersedes": superseded,
                "document": document,
            })
        }
    }
}
