//! The statement of a report, and the reports that have none.

use crate::support::{
    TIME, digest, evidence_of, hex, image_of, report, statement_json, time, verifier,
};
use jiff::SignedDuration;
use model::{Verdict, canonical};
use polcheck_attest::{PredicateType, StatementError, Verifier, statement};
use rstest::rstest;
use serde_json::json;

#[test]
fn a_statement_has_the_shape_that_is_documented() {
    let sha256 = |of| json!({"sha256": hex(of)});
    assert_eq!(
        statement_json(),
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "registry.example/shop/api", "digest": sha256("image")}],
            "predicateType": "https://in-toto.io/attestation/svr/v0.2",
            "predicate": {
                "verifier": {
                    "id": "https://polcheck.dev/verifier/v1",
                    "policies": [
                        {"name": "core", "uri": "polcheck:builtin/core", "digest": sha256("core")},
                        {"name": "standard", "uri": "polcheck:set/standard", "digest": sha256("set")},
                    ],
                },
                "timeCreated": TIME,
                "properties": ["security.scan=passed"],
                "polcheck_evidence": {
                    "facts": {"digest": sha256("facts"), "mediaType": "application/vnd.polcheck.facts.v1+json"},
                    "inputs": [],
                    "verdict": {"digest": sha256("verdict")},
                    "rules": ["net.ssh-port", "user.final-root"],
                    "settings": sha256("settings"),
                    "waivers": ["w1", "w2"],
                    "point": "ci",
                    "subjectName": "registry.example/shop/api",
                    "context": {"namespace": "shop"},
                    "contract": "polcheck:policy@0.1.0",
                    "engine": "wasmtime-48",
                    "polcheck": "0.1.0",
                    "fuel": 1_000_000_000,
                    "imports": {"core": ["image"]},
                    "notChecked": ["base.latest-tag: there is no Dockerfile"],
                },
            },
        })
    );
}

#[test]
fn the_bytes_are_canonical_and_always_the_same() {
    let once = statement(&report(), &verifier(), PredicateType::Svr).unwrap();
    assert_eq!(
        once,
        statement(&report(), &verifier(), PredicateType::Svr).unwrap()
    );
    assert_eq!(once.as_json(), canonical::json(&statement_json()).unwrap());
}

#[test]
fn a_pack_from_a_file_has_no_uri_even_under_the_name_of_a_built_in_one() {
    let mut report = report();
    report.policies[0].digest = digest("not the built-in pack");
    let statement = statement(&report, &verifier(), PredicateType::Svr).unwrap();
    assert!(!statement.as_json().contains("polcheck:builtin"));
}

#[test]
fn an_image_without_a_name_has_a_statement_without_one() {
    let mut report = report();
    image_of(&mut report).name = None;
    let text = statement(&report, &verifier(), PredicateType::Svr)
        .unwrap()
        .as_json()
        .to_owned();
    let statement: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        statement["subject"],
        json!([{"digest": {"sha256": hex("image")}}])
    );
    assert!(!text.contains("subjectName"));
}

#[test]
fn claims_that_were_withheld_are_not_properties() {
    let mut report = report();
    report.claims[0].issued = true;
    let both = statement(&report, &verifier(), PredicateType::Svr).unwrap();
    assert!(
        both.as_json()
            .contains(r#""properties":["security.scan=passed","supply.chain=passed"]"#)
    );
    assert!(!statement_json().to_string().contains("supply.chain"));
}

#[rstest]
#[case(Verdict::Failed)]
#[case(Verdict::Undecided)]
#[case(Verdict::NothingToCheck)]
fn only_a_pass_has_a_statement(#[case] verdict: Verdict) {
    let mut report = report();
    report.verdict = verdict;
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert!(
        matches!(&error, StatementError::NotPassed { verdict: found, .. } if *found == verdict)
    );
    assert!(error.help().is_some());
}

#[test]
fn a_pass_without_a_claim_has_no_statement_and_the_help_says_why() {
    let mut report = report();
    report.claims[1].issued = false;
    report.claims[1].withheld = vec!["`--skip-rule` changed the set".to_owned()];
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::NoClaim { .. }));
    assert_eq!(
        error.help().unwrap(),
        "claims were withheld: supply.chain: a finding is open; security.scan: `--skip-rule` changed the set"
    );
    report.claims.clear();
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no claim was issued for `registry.example/shop/api:1`"
    );
}

#[test]
fn a_set_that_the_run_changed_makes_no_statement_whatever_its_claims_say() {
    let mut report = report();
    report.policy_set.as_published = false;
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::NotAsPublished { .. }));
}

#[rstest]
#[case("")]
#[case("polcheck")]
#[case("my verifier:1")]
#[case("https:")]
#[case("1https://x.example")]
#[case("https://x.example/a b")]
#[case("https://x.example/\u{fc}")]
fn a_verifier_id_must_be_a_uri(#[case] id: &str) {
    let verifier = Verifier {
        id: id.to_owned(),
        ..Verifier::default()
    };
    let error = statement(&report(), &verifier, PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::VerifierId { id: found } if found == id));
}

#[rstest]
#[case(SignedDuration::from_secs(-1))]
#[case(SignedDuration::from_millis(1500))]
#[case(SignedDuration::MAX)]
fn a_period_that_cannot_be_written_down_is_refused(#[case] valid_for: SignedDuration) {
    let verifier = Verifier {
        valid_for: Some(valid_for),
        ..Verifier::default()
    };
    let error = statement(&report(), &verifier, PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::Validity { .. }));
}

#[test]
fn a_time_with_a_fraction_of_a_second_cannot_be_replayed() {
    let mut report = report();
    evidence_of(&mut report).time = time("2026-11-23T12:00:00.5Z");
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::Time { .. }));
}

#[test]
fn fuel_that_json_would_round_is_refused() {
    let mut report = report();
    evidence_of(&mut report).fuel = u64::MAX;
    let error = statement(&report, &verifier(), PredicateType::Svr).unwrap_err();
    assert!(matches!(error, StatementError::Fuel { fuel: u64::MAX }));
}
