//! SLSA verification summaries.

use crate::support::{TIME, hex, image_of, report, statement_json, verifier};
use polcheck_attest::{PredicateType, StatementError, statement};
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
