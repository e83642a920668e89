//! What services of Sigstore are asked, and which of their answers are of use.

use crate::support::{report, verifier};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use polcheck_attest::{
    AnswerError, IdentityToken, LogAnswer, LogVersion, PredicateType, ShortLivedKey, SignError,
    SignedStatement, SigningKey, Statement, TrustedRoot, statement, to_be_signed, verify_signature,
};
use rstest::rstest;
use serde_json::{Value, json};
use test_sigstore::{Key, Sigstore};

fn a_statement() -> Statement {
    statement(&report(), &verifier(), PredicateType::Svr).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

fn sigstore() -> Sigstore {
    Sigstore::new(now() - SignedDuration::from_hours(1))
}

fn token() -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims =
        json!({"iss": "i", "sub": "somebody", "aud": "sigstore", "exp": 4_000_000_000_u64});
    format!(
        "{}.{}.c2lnbmF0dXJl",
        part(json!({"alg": "none"})),
        part(claims)
    )
}

/// The public key in a request for a certificate.
fn key_in(request: &[u8]) -> Vec<u8> {
    let request: Value = serde_json::from_slice(request).unwrap();
    let pem = request["publicKeyRequest"]["publicKey"]["content"].as_str();
    let lines = pem.unwrap().lines().filter(|line| !line.starts_with('-'));
    STANDARD.decode(lines.collect::<String>()).unwrap()
}

fn with_chain(field: &str, certificates: &[String]) -> Vec<u8> {
    let answer = json!({field: {"chain": {"certificates": certificates}}});
    answer.to_string().into_bytes()
}

#[test]
fn a_certificate_is_for_the_key_that_asked_and_holds_the_promise_of_a_log() {
    let (sigstore, token) = (sigstore(), token());
    let parsed = IdentityToken::parse(token.clone().into()).unwrap();
    let certified = |field: &str, key: Option<&Key>| {
        let asking = ShortLivedKey::generate().unwrap();
        let request = asking.certificate_request(&parsed).unwrap();
        let spki = key.map_or_else(|| key_in(&request), Key::spki);
        let signing = sigstore.signing(now());
        asking.certified(&with_chain(field, &sigstore.chain(&spki, &signing)))
    };
    let embedded = "signedCertificateEmbeddedSct";
    let certified_key = certified(embedded, None).unwrap();
    assert!(certified_key.until() > now());
    let other = certified(embedded, Some(&Key::new()));
    assert!(matches!(other, Err(AnswerError::OtherKey)), "{other:?}");
    let detached = certified("signedCertificateDetachedSct", None);
    assert!(matches!(detached, Err(AnswerError::NoEmbeddedPromise)));
    let none = ShortLivedKey::generate().unwrap();
    let none = none.certified(&with_chain(embedded, &[]));
    assert!(matches!(none, Err(AnswerError::Unreadable { .. })));
    // Neither of them prints what is secret.
    let shown = format!(
        "{parsed:?} {certified_key:?} {:?}",
        ShortLivedKey::generate()
    );
    for part in token.split('.') {
        assert!(!shown.contains(part), "{shown}");
    }
    assert!(!shown.contains("pair"), "{shown}");
}

#[test]
fn a_timestamp_has_to_answer_the_very_question() {
    let sigstore = sigstore();
    let key = SigningKey::generate().unwrap();
    let mut signed = SignedStatement::with_key(&a_statement(), &key).unwrap();
    let request = signed.timestamp_request().unwrap();
    let answer = |nonce: Option<&[u8]>| sigstore.answer(request.as_der(), nonce, now());
    for nonce in [None, Some(&[1_u8][..])] {
        let other = signed.add_timestamp(&request, &answer(nonce));
        assert!(matches!(other, Err(AnswerError::OtherRequest)), "{other:?}");
    }
    let question = signed.timestamp_request().unwrap();
    let right = sigstore.answer_right(question.as_der(), now());
    let replayed = signed.add_timestamp(&request, &right);
    assert!(matches!(replayed, Err(AnswerError::OtherRequest)));
    signed.add_timestamp(&question, &right).unwrap();
    let root = TrustedRoot::from_json(sigstore.trusted_root().to_string().as_bytes()).unwrap();
    let trust = signed.trust(Some(root));
    let bundle = signed.bundle().unwrap();
    verify_signature(bundle.as_bytes(), None, &trust, Timestamp::now()).unwrap();
}

#[rstest]
#[case(b"".as_slice(), "answered with something that cannot be read")]
#[case(b"\x30\x00", "answered with something that cannot be read")]
#[case(
    b"\x30\x05\x30\x03\x02\x01\x00",
    "answered with something that cannot be read"
)]
#[case(
    b"\x30\x0a\x30\x08\x02\x01\x02\x30\x03\x0c\x01\x1b",
    "refused with status 2: `\\u{1b}`"
)]
fn an_authority_that_does_not_sign_is_not_believed(#[case] answer: &[u8], #[case] says: &str) {
    let key = SigningKey::generate().unwrap();
    let mut signed = SignedStatement::with_key(&a_statement(), &key).unwrap();
    let request = signed.timestamp_request().unwrap();
    let error = signed.add_timestamp(&request, answer).unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.help().is_some());
}

#[rstest]
#[case(LogVersion::One, "")]
#[case(LogVersion::One, "{}")]
#[case(LogVersion::One, r#"{"a":{}}"#)]
#[case(LogVersion::Two, "{}")]
#[case(LogVersion::Two, "null")]
fn a_log_that_answers_something_else_is_not_believed(
    #[case] version: LogVersion,
    #[case] answer: &str,
) {
    let error = LogAnswer::read(version, answer.as_bytes()).unwrap_err();
    assert!(error.help().is_some(), "{error}");
}

#[test]
fn a_signature_that_was_made_elsewhere_has_to_be_of_the_key_over_the_statement() {
    let (statement, key) = (a_statement(), Key::new());
    let public = polcheck_attest::PublicKey::from_pem(key.public_pem().as_bytes()).unwrap();
    let right = key.sign(&to_be_signed(&statement));
    let by = |signature: Vec<u8>| SignedStatement::with_signature(&statement, signature, &public);
    by(right).unwrap();
    for wrong in [
        key.sign(b"something else"),
        Key::new().sign(&to_be_signed(&statement)),
        Vec::new(),
    ] {
        assert!(matches!(by(wrong), Err(SignError::NotByKey { .. })));
    }
}
