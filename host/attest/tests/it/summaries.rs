//! SLSA verification summaries.

use crate::support::{
    Forger, TIME, expected, hex, image_of, report, statement_json, time, verifier,
};
use polcheck_attest::{
    Expected, PredicateType, Rejection, StatementError, VerifiedStatement, statement, verify,
};
use rstest::rstest;
use serde_json::{Value, json};

fn summary() -> Value {
    let statement = statement(&report(), &verifier(), PredicateType::Vsa).unwrap();
    serde_json::from_str(statement.as_json()).unwrap()
}

#[test]
fn a_summary_has_the_shape_that_slsa_documents() {
    let mut summary = summary();
    let evidence = summary["predicate"]
        .as_object_mut()
        .unwrap()
        .remove("polcheck_evidence")
        .unwrap();
    let image = hex("image");
    assert_eq!(
        summary,
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "registry.example/shop/api", "digest": {"sha256": image}}],
            "predicateType": "https://slsa.dev/verification_summary/v1",
            "predicate": {
                "verifier": {
                    "id": "https://polcheck.dev/verifier/v1",
                    "version": {"polcheck": "0.1.0"},
                },
                "timeVerified": TIME,
                "resourceUri": format!(
                    "pkg:oci/api@sha256:{image}?repository_url=registry.example/shop/api"
                ),
                "policy": {
                    "name": "standard",
                    "uri": "polcheck:set/standard",
                    "digest": {"sha256": hex("set")},
                },
                "verificationResult": "PASSED",
                "verifiedLevels": ["POLCHECK_SECURITY_SCAN"],
            },
        })
    );
    let result = statement_json();
    let of_result = &result["predicate"]["polcheck_evidence"];
    for (name, value) in of_result.as_object().unwrap() {
        assert_eq!(&evidence[name], value, "{name}");
    }
    assert_eq!(evidence["claims"], json!(["security.scan=passed"]));
    assert_eq!(
        evidence["packs"],
        json!([{"name": "core", "uri": "polcheck:builtin/core", "digest": {"sha256": hex("core")}}])
    );
}

#[rstest]
#[case(
    "registry.example:5000/a b/\u{fc}",
    "pkg:oci/%C3%BC@",
    "?repository_url=registry.example:5000/a%20b/%C3%BC"
)]
#[case(
    "localhost/x&y=z",
    "pkg:oci/x%26y%3Dz@",
    "?repository_url=localhost/x%26y%3Dz"
)]
fn a_name_is_encoded_in_the_resource_uri(
    #[case] name: &str,
    #[case] begins: &str,
    #[case] ends: &str,
) {
    let mut report = report();
    image_of(&mut report).name = Some(name.to_owned());
    let text = statement(&report, &verifier(), PredicateType::Vsa).unwrap();
    let summary: Value = serde_json::from_str(text.as_json()).unwrap();
    let uri = summary["predicate"]["resourceUri"].as_str().unwrap();
    assert!(uri.starts_with(begins) && uri.ends_with(ends), "{uri}");
}

#[test]
fn an_image_without_a_name_is_called_by_its_digest() {
    let mut report = report();
    image_of(&mut report).name = None;
    let text = statement(&report, &verifier(), PredicateType::Vsa).unwrap();
    let summary: Value = serde_json::from_str(text.as_json()).unwrap();
    let digest = format!("sha256:{}", hex("image"));
    assert_eq!(summary["predicate"]["resourceUri"], json!(digest));
}

#[test]
fn a_set_without_a_uri_has_no_summary() {
    let mut report = report();
    report.policy_set.uri = None;
    let error = statement(&report, &verifier(), PredicateType::Vsa).unwrap_err();
    assert!(matches!(&error, StatementError::NoPolicyUri { set } if set == "standard"));
    assert!(error.help().is_some());
    assert!(statement(&report, &verifier(), PredicateType::Svr).is_ok());
}

#[test]
fn claims_that_would_have_one_level_have_no_summary() {
    let mut report = report();
    for (claim, name) in report
        .claims
        .iter_mut()
        .zip(["security.scan", "security-scan"])
    {
        claim.name = name.to_owned();
        claim.issued = true;
    }
    let error = statement(&report, &verifier(), PredicateType::Vsa).unwrap_err();
    assert!(
        matches!(&error, StatementError::SameLevel { level, .. } if level == "POLCHECK_SECURITY_SCAN")
    );
    assert!(error.help().is_some());
}

/// The summary as verified, with its key trusted, after a change.
fn verified(
    change: impl FnOnce(&mut Value),
    claims: &[&str],
) -> Result<VerifiedStatement, Rejection> {
    let forger = Forger::new();
    let mut summary = summary();
    change(&mut summary["predicate"]);
    let expected = Expected {
        claims: claims.iter().map(ToString::to_string).collect(),
        ..expected()
    };
    verify(&forger.statement(&summary), &forger.trusted(), &expected)
}

#[test]
fn a_summary_says_all_that_a_result_says() {
    let verified = verified(|_| {}, &["security.scan=passed"]).unwrap();
    assert_eq!(verified.claims(), ["security.scan=passed"]);
    assert_eq!(verified.verifier_id(), "https://polcheck.dev/verifier/v1");
    assert_eq!(verified.time_created(), time(TIME));
    assert_eq!(
        verified.policy_set().uri.as_deref(),
        Some("polcheck:set/standard")
    );
    let names: Vec<_> = verified.policies().map(|it| it.name.clone()).collect();
    assert_eq!(
        names,
        [Some("core".to_owned()), Some("standard".to_owned())]
    );
    assert!(verified.evidence().unwrap().contains_key("facts"));
}

#[test]
fn a_summary_lasts_as_long_as_it_says() {
    let until = |until: &str| {
        let until = json!(until);
        verified(
            move |predicate| predicate["polcheck_evidence"]["validUntil"] = until,
            &[],
        )
    };
    assert!(until("2026-11-23T13:00:00Z").is_ok());
    let expired = until("2026-11-23T12:59:59Z").unwrap_err();
    assert!(matches!(expired, Rejection::Expired { .. }));
}

#[rstest]
#[case("FAILED")]
#[case("passed")]
#[case("")]
fn a_summary_of_an_image_that_did_not_pass_is_no_pass(#[case] result: &str) {
    let change = |predicate: &mut Value| predicate["verificationResult"] = json!(result);
    let error = verified(change, &[]).unwrap_err();
    assert!(matches!(&error, Rejection::NotPassed { found } if found == result));
}

#[test]
fn a_claim_without_its_level_is_none_and_a_level_of_others_is_one_of_its_own() {
    let change = |predicate: &mut Value| {
        predicate["verifiedLevels"] = json!(["SLSA_BUILD_LEVEL_3"]);
    };
    let error = verified(change, &["security.scan=passed"]).unwrap_err();
    assert!(matches!(error, Rejection::MissingClaims { .. }));
    let found = verified(change, &["SLSA_BUILD_LEVEL_3"]).unwrap();
    assert_eq!(found.claims(), ["SLSA_BUILD_LEVEL_3"]);
}

#[test]
fn a_level_alone_is_not_the_claim_that_may_have_made_it() {
    let change = |predicate: &mut Value| {
        predicate["polcheck_evidence"]["claims"] = json!([]);
    };
    let error = verified(change, &["security.scan=passed"]).unwrap_err();
    assert!(matches!(error, Rejection::MissingClaims { .. }));
}

#[test]
fn a_summary_by_another_policy_set_is_not_accepted() {
    let change = |predicate: &mut Value| {
        predicate["policy"]["digest"]["sha256"] = json!(hex("weaker"));
    };
    let error = verified(change, &[]).unwrap_err();
    assert!(matches!(error, Rejection::PolicySet { .. }));
}
