//! What rules see of what is attached: everything that is there, and of what it says only what they may.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod sandbox;

use engine::{Case, Circumstances};
use model::facts::attestations::{
    Attestation, AttestationKind, BaseSource, ImageBase, Signer, Verification,
};
use model::facts::{AttestationFacts, ImageFacts};
use model::{BrokenKind, Digest, Fact, FactError, Facts, Outcome, RuleId, canonical};
use polcheck_engine as engine;
use rstest::rstest;
use sandbox::{broken, engine as new_engine, hostile};
use serde_json::json;
use std::sync::Arc;

fn digest(text: &str) -> Digest {
    canonical::sha256(text.as_bytes())
}

fn row(verification: Verification, predicate: Fact<serde_json::Value>) -> Attestation {
    Attestation {
        kind: AttestationKind::Statement,
        digest: digest("a row"),
        predicate_type: Some("https://a.test/v1".to_owned()),
        artifact_type: None,
        verification,
        signer: None,
        signed_at: None,
        logged: false,
        predicate,
    }
}

fn attestations() -> AttestationFacts {
    let says = |id: &str| Ok(json!({ "builder": { "id": id } }));
    AttestationFacts {
        trust_policy: Some(digest("trust")),
        signers: vec![Signer::Identity {
            identity: "ci".to_owned(),
            issuer: "issuer".to_owned(),
        }],
        image: vec![
            Attestation {
                signer: Some(0),
                signed_at: Some(7),
                logged: true,
                ..row(Verification::Verified, says("verified"))
            },
            row(Verification::Unsigned, says("unsigned")),
            Attestation {
                kind: AttestationKind::Other,
                predicate_type: None,
                artifact_type: Some("application/x".to_owned()),
                ..row(Verification::Unsigned, Err(FactError::Absent))
            },
        ],
        base: Some(Ok(vec![row(Verification::Verified, says("base"))])),
        trusted_claims: ["security.scan".to_owned()].into(),
    }
}

fn facts(attestations: Fact<AttestationFacts>) -> Facts {
    Facts {
        image: Some(ImageFacts::unusable(&FactError::Absent)),
        attestations: Some(attestations.map(Box::new)),
        image_base: Some(Ok(ImageBase {
            reference: "base.test/debian:13".to_owned(),
            digest: None,
            said_by: BaseSource::Label,
            tag_digest: None,
            layers_match: Some(true),
        })),
        ..Facts::default()
    }
}

/// What a rule of the hostile pack read.
fn read(rule: &str, facts: Facts) -> Outcome {
    let engine = new_engine();
    let pack = hostile(&engine);
    let case = Arc::new(Case::new(facts, Circumstances::default(), Arc::default()));
    let rule: RuleId = rule.parse().unwrap();
    let mut evaluation = engine.evaluate(&pack, &[rule], &case);
    evaluation.outcomes.pop().unwrap().outcome
}

/// The lines of what a rule read, without what only makes them legible.
fn lines(outcome: &Outcome) -> Vec<String> {
    let text = outcome.findings()[0]
        .message
        .replace("\\\"", "'")
        .replace('\\', "");
    text.lines()
        .map(|line| line.trim().trim_end_matches(',').to_owned())
        .collect()
}

#[test]
fn a_rule_sees_all_that_is_attached_and_what_somebody_trusted_says() {
    let outcome = read("attested.reader", facts(Ok(attestations())));
    let lines = lines(&outcome);
    let denied =
        "json Err(FactError::Denied) value Err(FactError::Denied) text Err(FactError::Denied)";
    assert_eq!(
        lines,
        [
            r#"trusts true signers [Signer { kind: SignerKind::Identity, name: "ci", issuer: Some("issuer") }] claims ["security.scan"] only 2 image Ok("#,
            "[",
            r#""0 Kind::Statement https://a.test/v1  Verification::Verified Some(0) Some(7) 71 true json Ok('{'builder':{'id':'verified'}}') value Ok(Some('{'id':'verified'}')) text Ok(Some('verified'))""#,
            &format!(
                r#""1 Kind::Statement https://a.test/v1  Verification::Unsigned None None 71 false {denied}""#
            ),
            &format!(
                r#""2 Kind::Other  application/x Verification::Unsigned None None 71 false {denied}""#
            ),
            "]",
            ") base Err(",
            "FactError::Denied",
            ") other Err(FactError::Denied)",
        ]
    );
}

#[test]
fn a_rule_that_asks_for_more_sees_what_nobody_signed_and_the_base_too() {
    let outcome = read("attested.believer", facts(Ok(attestations())));
    let lines = lines(&outcome);
    let absent =
        "json Err(FactError::Absent) value Err(FactError::Absent) text Err(FactError::Absent)";
    let unsigned = r#""1 Kind::Statement https://a.test/v1  Verification::Unsigned None None 71 false json Ok('{'builder':{'id':'unsigned'}}') value Ok(Some('{'id':'unsigned'}')) text Ok(Some('unsigned'))""#;
    assert_eq!(lines[3], unsigned);
    assert_eq!(
        lines[4],
        format!(
            r#""2 Kind::Other  application/x Verification::Unsigned None None 71 false {absent}""#
        )
    );
    assert_eq!(lines[6..8], [") base Ok(", "["]);
    assert!(lines[8].starts_with("\"3 Kind::Statement"), "{lines:#?}");
    assert!(lines[8].ends_with("text Ok(Some('base'))\""), "{lines:#?}");
    let end = &lines[10];
    assert!(
        end.starts_with(") other Err(FactError::Absent) built on Ok("),
        "{end}"
    );
    assert!(end.contains("base.test/debian:13"), "{end}");
}

#[test]
fn a_rule_that_does_not_name_the_interface_is_broken() {
    let engine = new_engine();
    let broken = broken(&engine, &hostile(&engine), "undeclared.attestations");
    assert_eq!(broken.kind, BrokenKind::UndeclaredFact);
}

#[rstest]
#[case(FactError::TooLarge("1001 referrers".to_owned()))]
#[case(FactError::Unavailable("timeout".to_owned()))]
#[case(FactError::Absent)]
fn a_rule_whose_attestations_cannot_be_had_is_not_evaluated(#[case] error: FactError) {
    let outcome = read("attested.reader", facts(Err(error.clone())));
    let Outcome::NotEvaluated { cause, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(cause, error);
}

#[test]
fn more_rows_than_a_list_may_have_are_too_large_and_never_cut() {
    let row = || row(Verification::Verified, Ok(json!({})));
    let many = AttestationFacts {
        image: std::iter::repeat_with(row).take(5_000).collect(),
        ..attestations()
    };
    let outcome = read("attested.reader", facts(Ok(many)));
    // The attack takes the error for a reason to give up.
    assert!(matches!(outcome, Outcome::Broken(_)), "{outcome:?}");
}
