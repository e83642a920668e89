//! What is signed verifies, and tells what was signed.

use crate::support::{
    CLAIM, Forger, SET_URI, TIME, digest, expected, hex, image_of, report, time, verifier,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use model::Digest;
use polcheck_attest::{
    BUNDLE_MEDIA_TYPE, PredicateType, Signer, SigningKey, Trust, VERIFIER_ID, Verifier, sign,
    statement, verify,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn a_verified_statement_tells_what_the_report_said() {
    let key = SigningKey::generate().unwrap();
    let a_month = Verifier {
        valid_for: Some(SignedDuration::from_hours(720)),
        ..verifier()
    };
    let bundle = sign(
        &statement(&report(), &a_month, PredicateType::Svr).unwrap(),
        &key,
    )
    .unwrap();
    let trust = Trust::of_keys(vec![key.public_key().clone()]);
    let verified = verify(bundle.as_bytes(), &trust, &expected()).unwrap();
    assert_eq!(
        verified.signature().signer(),
        &Signer::Key(key.public_key().fingerprint().clone())
    );
    assert_eq!(
        verified.subject().name.as_deref(),
        Some("registry.example/shop/api")
    );
    assert_eq!(verified.claims(), [CLAIM]);
    assert_eq!(verified.verifier_id(), VERIFIER_ID);
    assert_eq!(verified.time_created(), time(TIME));
    assert_eq!(verified.valid_until(), Some(time("2026-12-23T12:00:00Z")));
    let uris: Vec<_> = verified
        .policies()
        .map(|policy| policy.uri.as_deref())
        .collect();
    assert_eq!(uris, [Some("polcheck:builtin/core"), Some(SET_URI)]);
    assert_eq!(verified.policy_set().digest["sha256"], hex("set"));
    let evidence = verified.evidence().unwrap();
    assert_eq!(evidence["facts"]["digest"]["sha256"], hex("facts"));
}

#[test]
fn a_bundle_has_the_fields_that_cosign_writes_and_no_others() {
    let key = SigningKey::generate().unwrap();
    let statement = statement(&report(), &verifier(), PredicateType::Svr).unwrap();
    let bundle = sign(&statement, &key).unwrap();
    let mut json: Value = serde_json::from_slice(bundle.as_bytes()).unwrap();
    let signature = json["dsseEnvelope"]["signatures"][0]["sig"].take();
    assert!(STANDARD.decode(signature.as_str().unwrap()).unwrap().len() >= 68);
    assert_eq!(
        json,
        json!({
            "mediaType": BUNDLE_MEDIA_TYPE,
            "verificationMaterial": {"publicKey": {"hint": key.public_key().hint()}},
            "dsseEnvelope": {
                "payload": STANDARD.encode(statement.as_json()),
                "payloadType": "application/vnd.in-toto+json",
                "signatures": [{"sig": null}],
            },
        })
    );
}

#[test]
fn the_annotations_are_those_of_cosign_and_have_whole_seconds() {
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &SigningKey::generate().unwrap(),
    )
    .unwrap();
    assert_eq!(bundle.media_type(), BUNDLE_MEDIA_TYPE);
    assert_eq!(
        bundle.annotations(time("2026-11-23T12:00:01.9Z")),
        BTreeMap::from(
            [
                ("dev.sigstore.bundle.content", "dsse-envelope"),
                (
                    "dev.sigstore.bundle.predicateType",
                    "https://in-toto.io/attestation/svr/v0.2"
                ),
                ("org.opencontainers.image.created", "2026-11-23T12:00:01Z"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
        )
    );
}

#[test]
fn one_of_several_trusted_keys_is_enough() {
    let [first, second] = [Forger::new(), Forger::new()];
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &second.key,
    )
    .unwrap();
    let trust = Trust::of_keys([first.trusted().keys, second.trusted().keys].concat());
    let verified = verify(bundle.as_bytes(), &trust, &expected()).unwrap();
    assert_eq!(
        verified.signature().signer(),
        &Signer::Key(second.key.public_key().fingerprint().clone())
    );
}

#[test]
fn a_subject_with_a_sha512_digest_is_matched_by_it() {
    let sha512: Digest = format!("sha512:{}", "ab".repeat(64)).parse().unwrap();
    let mut report = report();
    image_of(&mut report).digest = sha512.clone();
    let forger = Forger::new();
    let bundle = sign(
        &statement(&report, &verifier(), PredicateType::Svr).unwrap(),
        &forger.key,
    )
    .unwrap();
    let mut expected = expected();
    expected.subject = sha512;
    assert!(verify(bundle.as_bytes(), &forger.trusted(), &expected).is_ok());
    expected.subject = digest("image");
    assert!(verify(bundle.as_bytes(), &forger.trusted(), &expected).is_err());
}

#[test]
fn without_required_claims_any_claim_will_do() {
    let forger = Forger::new();
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &forger.key,
    )
    .unwrap();
    let mut expected = expected();
    expected.claims.clear();
    let verified = verify(bundle.as_bytes(), &forger.trusted(), &expected).unwrap();
    assert_eq!(verified.claims(), [CLAIM]);
}

#[test]
fn a_set_that_is_accepted_by_digest_alone_may_have_any_uri() {
    let forger = Forger::new();
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &forger.key,
    )
    .unwrap();
    let mut expected = expected();
    expected.policy_sets[0].uri = None;
    assert!(verify(bundle.as_bytes(), &forger.trusted(), &expected).is_ok());
}
