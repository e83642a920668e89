//! What `polcheck statements` found.

use super::printable;
use super::verification::{joined, listed_by, signer_json, with_causes};
use attest::{ClaimedSigner, Contents, ResourceDescriptor, ResultContents, Signer};
use pipeline::{
    AttachedStatement, LegacyManifest, LegacyStatement, LegacyStatements, State, Statements,
};
use registry::LegacyTag;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// For people.
pub(crate) fn text(image: &str, found: &Statements) -> String {
    let Statements {
        digest,
        listed_by,
        attached,
        legacy,
    } = found;
    let count = match attached.len() + legacy.len() {
        0 => "nothing is attached".to_owned(),
        count => format!("{count} attached"),
    };
    let mut text = format!("{}: {count} ({digest})\n", printable(image));
    for statement in attached {
        let aside = if statement.listed_by == *listed_by {
            ""
        } else {
            ", at the fallback tag only, where most readers do not look"
        };
        let state = printable(&state_text(&statement.state));
        let _ = writeln!(text, "  {}: {state}{aside}", statement.digest);
        let _ = writeln!(text, "    {}", printable(&says(statement)));
    }
    for statements in legacy {
        for line in legacy_lines(statements) {
            let _ = writeln!(text, "  {}", printable(&line));
        }
    }
    text
}

fn state_text(state: &State) -> String {
    match state {
        State::Verified { signer, names } => {
            let who = match signer {
                Signer::Key(key) => format!("with the key {key}"),
                Signer::Identity { subject, issuer } => format!("as {subject} of {issuer}"),
            };
            match names.as_slice() {
                [] => format!("verified {who}"),
                names => format!("verified {who} ({})", names.join(", ")),
            }
        }
        State::NotVerified(rejection) => format!("not verified: {}", with_causes(rejection)),
        State::NotChecked(why) => format!("not checked: {why}"),
        State::NotReadable(reason) => format!("not readable: {}", with_causes(reason)),
    }
}

/// What something says. Where nobody vouches for it, that is said first.
fn says(statement: &AttachedStatement) -> String {
    let what = match &statement.contents {
        Some(contents) => contents_text(contents, &statement.state),
        None => statement
            .artifact_type
            .clone()
            .unwrap_or_else(|| "nothing".to_owned()),
    };
    let created = match (&statement.state, &statement.contents) {
        // No signature covers it.
        (State::Verified { .. }, _) => None,
        // It says so itself.
        (
            _,
            Some(Contents {
                statement: Some(it),
                ..
            }),
        ) if it.result.is_some() => None,
        _ => statement.created.as_ref(),
    };
    let created = created.map_or_else(String::new, |created| format!(", {created}"));
    let vouched = match statement.state {
        State::Verified { .. } => "",
        _ => "says of itself: ",
    };
    format!("{vouched}{what}{created}")
}

fn contents_text(contents: &Contents, state: &State) -> String {
    let what = match &contents.statement {
        None => "a signature without a statement".to_owned(),
        Some(statement) => match &statement.result {
            Some(result) => result_text(result),
            None => statement.predicate_type.clone(),
        },
    };
    match state {
        // Who signed was named before.
        State::Verified { .. } => what,
        _ => format!("{what}, signed by {}", signer_text(&contents.signer)),
    }
}

fn result_text(result: &ResultContents) -> String {
    let ResultContents {
        predicate_type: _,
        verifier_id,
        policy_set,
        claims,
        time_created,
        valid_until,
    } = result;
    let claims = match claims.as_slice() {
        [] => "no claim".to_owned(),
        claims => claims.join(", "),
    };
    let set = policy_set
        .as_ref()
        .map_or_else(|| "no policy set".to_owned(), set_text);
    let until = valid_until.map_or_else(String::new, |until| format!(", valid until {until}"));
    format!("{claims} by {set}, {verifier_id}, {time_created}{until}")
}

/// `polcheck:set/standard@sha256:…`
fn set_text(set: &ResourceDescriptor) -> String {
    let name = set.uri.as_deref().or(set.name.as_deref()).unwrap_or("?");
    let digest = set.digest.iter().next();
    digest.map_or_else(
        || name.to_owned(),
        |(algorithm, digest)| format!("{name}@{algorithm}:{digest}"),
    )
}

fn signer_text(signer: &ClaimedSigner) -> String {
    match signer {
        ClaimedSigner::Key { name: Some(name) } => format!("the key {name}"),
        ClaimedSigner::Key { name: None } => "a key without a name".to_owned(),
        ClaimedSigner::Certificate { identity, issuer } => {
            let who = identity
                .as_deref()
                .unwrap_or("an identity that cannot be read");
            match issuer {
                Some(issuer) => format!("{who} of {issuer}"),
                None => who.to_owned(),
            }
        }
    }
}

fn legacy_lines(statements: &LegacyStatements) -> Vec<String> {
    let LegacyStatements { kind, tag, found } = statements;
    let LegacyManifest { digest, layers } = match found {
        Ok(manifest) => manifest,
        Err(reason) => return vec![format!("{tag}: not readable: {}", with_causes(reason))],
    };
    let what = match kind {
        LegacyTag::Signature => "signature",
        LegacyTag::Attestation => "attestation",
    };
    let mut lines = vec![format!(
        "{tag}: {} {what}{} ({digest})",
        layers.len(),
        plural(layers.len())
    )];
    for layer in layers {
        let says = layer.predicate_type.as_ref();
        // No signature covers the annotation.
        let says = says.map_or_else(String::new, |says| format!("; says of itself: {says}"));
        lines.push(format!(
            "  {}: {}{says}",
            layer.digest,
            state_text(&layer.state)
        ));
    }
    lines
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// For programs.
pub(crate) fn json(image: &str, found: &Statements) -> String {
    let document = json!({
        "schemaVersion": 1,
        "subject": { "reference": image, "digest": found.digest },
        "listedBy": listed_by(found.listed_by),
        "attached": found.attached.iter().map(attached_json).collect::<Vec<_>>(),
        "legacy": found.legacy.iter().map(legacy_json).collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}

fn attached_json(statement: &AttachedStatement) -> Value {
    let more = json!({
        "digest": statement.digest,
        "size": statement.size,
        "artifactType": statement.artifact_type,
        "created": statement.created,
        "listedBy": listed_by(statement.listed_by),
        "says": statement.contents.as_ref().map(contents_json),
    });
    with_state(more, &statement.state)
}

/// Adds what is known about something.
fn with_state(document: Value, state: &State) -> Value {
    let (name, reason) = match state {
        State::Verified { .. } => ("verified", None),
        State::NotVerified(rejection) => ("not-verified", Some(with_causes(rejection))),
        State::NotChecked(why) => ("not-checked", Some(why.to_string())),
        State::NotReadable(reason) => ("not-readable", Some(with_causes(reason))),
    };
    let (signer, names) = match state {
        State::Verified { signer, names } => (Some(signer_json(signer)), names.as_slice()),
        _ => (None, &[][..]),
    };
    let more = json!({
        "state": name,
        "reason": reason,
        "verifiedSigner": signer,
        "signerNames": names,
    });
    joined(document, more)
}

fn contents_json(contents: &Contents) -> Value {
    let signer = match &contents.signer {
        ClaimedSigner::Key { name } => json!({ "key": name }),
        ClaimedSigner::Certificate { identity, issuer } => {
            json!({ "identity": identity, "issuer": issuer })
        }
    };
    let statement = contents.statement.as_ref();
    let result = statement.and_then(|statement| statement.result.as_ref());
    json!({
        "signer": signer,
        "predicateType": statement.map(|statement| &statement.predicate_type),
        "subjects": statement.map(|statement| &statement.subjects),
        "result": result.map(|result| json!({
            "claims": result.claims,
            "verifier": result.verifier_id,
            "policySet": result.policy_set,
            "timeCreated": result.time_created,
            "validUntil": result.valid_until,
        })),
    })
}

fn legacy_json(statements: &LegacyStatements) -> Value {
    let LegacyStatements { kind, tag, found } = statements;
    let kind = match kind {
        LegacyTag::Signature => "signatures",
        LegacyTag::Attestation => "attestations",
    };
    let reason = found.as_ref().err().map(|reason| with_causes(reason));
    let manifest = found.as_ref().ok();
    let layers =
        manifest.map(|manifest| manifest.layers.iter().map(layer_json).collect::<Vec<_>>());
    json!({
        "kind": kind,
        "tag": tag,
        "reason": reason,
        "digest": manifest.map(|manifest| &manifest.digest),
        "count": manifest.map(|manifest| manifest.layers.len()),
        "predicateTypes": manifest.map(LegacyManifest::predicate_types),
        "layers": layers,
    })
}

fn layer_json(layer: &LegacyStatement) -> Value {
    let more = json!({ "digest": layer.digest, "predicateType": layer.predicate_type });
    with_state(more, &layer.state)
}
