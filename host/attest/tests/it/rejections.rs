//! Every way in which a bundle is not accepted.

use crate::support::{CLAIM, Forger, SET_URI, TIME, digest, expected, hex, statement_json, time};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use model::strict_json::StrictJsonError;
use polcheck_attest::{
    CLOCK_SKEW, Document, Expected, MAX_BUNDLE_BYTES, PAYLOAD_TYPE, PUBLICATION_TYPE,
    PredicateType, Rejection, Trust, verify, verify_publication,
};
use rstest::rstest;
use serde_json::{Value, json};

/// A bundle that would be accepted.
fn good(forger: &Forger) -> Value {
    forger.bundle(PAYLOAD_TYPE, statement_json().to_string().as_bytes())
}

fn rejected(bundle: &Value, trust: &Trust) -> Rejection {
    verify(bundle.to_string().as_bytes(), trust, &expected()).unwrap_err()
}

/// What becomes of a bundle that was changed after it was signed.
fn changed(change: impl FnOnce(&mut Value)) -> Rejection {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    change(&mut bundle);
    rejected(&bundle, &forger.trusted())
}

/// What becomes of a statement that a trusted key signed.
fn signed(change: impl FnOnce(&mut Value)) -> Rejection {
    let forger = Forger::new();
    let mut statement = statement_json();
    change(&mut statement);
    verify(
        &forger.statement(&statement),
        &forger.trusted(),
        &expected(),
    )
    .unwrap_err()
}

/// What becomes of a good statement where something else is expected.
fn unexpected(change: impl FnOnce(&mut Expected)) -> Rejection {
    let forger = Forger::new();
    let mut expected = expected();
    change(&mut expected);
    let bundle = forger.statement(&statement_json());
    verify(&bundle, &forger.trusted(), &expected).unwrap_err()
}

#[test]
fn what_the_forger_changes_would_be_accepted_unchanged() {
    let forger = Forger::new();
    let bundle = good(&forger).to_string();
    assert!(verify(bundle.as_bytes(), &forger.trusted(), &expected()).is_ok());
}

// The bundle.

#[test]
fn a_bundle_over_the_limit_is_not_read() {
    let forger = Forger::new();
    let mut bytes = good(&forger).to_string().into_bytes();
    bytes.resize(MAX_BUNDLE_BYTES, b' ');
    assert!(verify(&bytes, &forger.trusted(), &expected()).is_ok());
    bytes.push(b' ');
    let rejection = verify(&bytes, &forger.trusted(), &expected()).unwrap_err();
    assert!(
        matches!(rejection, Rejection::TooLarge { bytes, .. } if bytes == MAX_BUNDLE_BYTES + 1)
    );
}

#[test]
fn a_bundle_that_was_cut_off_is_rejected_wherever_it_was_cut() {
    let forger = Forger::new();
    let bytes = good(&forger).to_string().into_bytes();
    for length in 0..bytes.len() {
        let rejection = verify(&bytes[..length], &forger.trusted(), &expected()).unwrap_err();
        assert!(matches!(
            rejection,
            Rejection::NotJson {
                document: Document::Bundle,
                ..
            }
        ));
    }
}

#[rstest]
#[case(r#""mediaType":"#, r#""mediaType":"x","mediaType":"#)]
#[case(r#""mediaType":"#, r#""media\u0054ype":"x","mediaType":"#)]
#[case(r#""payloadType":"#, r#""payloadType":"x","payloadType":"#)]
#[case(r#""sig":"#, r#""sig":"","sig":"#)]
fn a_bundle_with_a_duplicate_field_is_rejected(#[case] field: &str, #[case] twice: &str) {
    let forger = Forger::new();
    let bundle = good(&forger).to_string().replacen(field, twice, 1);
    let rejection = verify(bundle.as_bytes(), &forger.trusted(), &expected()).unwrap_err();
    assert!(matches!(
        rejection,
        Rejection::DuplicateField {
            document: Document::Bundle,
            ..
        }
    ));
}

#[test]
fn a_bundle_of_too_many_values_is_rejected() {
    let rejection = changed(|bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = vec![0; 100_001].into();
    });
    assert!(matches!(
        rejection,
        Rejection::NotJson {
            document: Document::Bundle,
            source: StrictJsonError::TooManyValues
        }
    ));
}

#[rstest]
#[case(json!({"mediaType": null}))]
#[case(json!({"verificationMaterial": []}))]
#[case(json!({"dsseEnvelope": ["", "", []]}))]
#[case(json!({"surprise": true}))]
#[case(json!({"media_type": "application/vnd.dev.sigstore.bundle.v0.3+json"}))]
fn a_bundle_of_another_form_is_rejected(#[case] fields: Value) {
    let rejection = changed(|bundle| {
        let fields = fields.as_object().unwrap().clone();
        bundle.as_object_mut().unwrap().extend(fields);
    });
    assert!(matches!(
        rejection,
        Rejection::Malformed {
            document: Document::Bundle,
            ..
        }
    ));
}

#[rstest]
#[case("payload", json!("not base64!"))]
#[case("payload", json!(null))]
#[case("signatures", json!([{}]))]
#[case("signatures", json!([{"sig": "A"}]))]
#[case("signatures", json!([["AAAA"]]))]
#[case("signatures", json!([{"sig": "AAAA", "cert": "AAAA"}]))]
fn an_envelope_of_another_form_is_rejected(#[case] field: &str, #[case] value: Value) {
    let rejection = changed(|bundle| bundle["dsseEnvelope"][field] = value);
    assert!(matches!(
        rejection,
        Rejection::Malformed {
            document: Document::Bundle,
            ..
        }
    ));
}

#[rstest]
#[case("application/vnd.dev.sigstore.bundle+json;version=0.1")]
#[case("application/vnd.dev.sigstore.bundle+json;version=0.2")]
#[case("application/vnd.dev.sigstore.bundle+json;version=0.3")]
#[case("application/vnd.dev.sigstore.bundle.v0.3+json")]
fn bundles_of_all_versions_are_read(#[case] media_type: &str) {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    bundle["mediaType"] = json!(media_type);
    assert!(
        verify(
            bundle.to_string().as_bytes(),
            &forger.trusted(),
            &expected()
        )
        .is_ok()
    );
}

#[rstest]
#[case("application/vnd.dev.sigstore.bundle.v0.4+json")]
#[case("application/vnd.dev.sigstore.bundle+json;version=0.4")]
#[case("application/json")]
#[case("")]
fn a_bundle_of_another_media_type_is_rejected(#[case] media_type: &str) {
    let rejection = changed(|bundle| bundle["mediaType"] = json!(media_type));
    assert!(matches!(rejection, Rejection::MediaType { found } if found == media_type));
}

#[rstest]
#[case("certificate", json!({"rawBytes": "AAAA"}))]
#[case("x509CertificateChain", json!({"certificates": [{"rawBytes": "AAAA"}]}))]
fn a_certificate_counts_only_for_trusted_identities(#[case] field: &str, #[case] value: Value) {
    let both = changed(|bundle| bundle["verificationMaterial"][field] = value.clone());
    assert!(matches!(both, Rejection::TwoMaterials));
    let alone = changed(|bundle| bundle["verificationMaterial"] = json!({field: value}));
    assert!(matches!(alone, Rejection::Keyless));
    assert!(alone.help().unwrap().contains("--certificate-identity"));
}

#[rstest]
#[case(json!({}))]
#[case(json!({"publicKey": null}))]
fn a_bundle_without_material_is_rejected(#[case] material: Value) {
    let rejection = changed(|bundle| bundle["verificationMaterial"] = material);
    assert!(matches!(rejection, Rejection::NoMaterial));
}

#[test]
fn a_signature_without_a_statement_is_rejected() {
    let message_signature = json!({"signature": "AAAA"});
    let both = changed(|bundle| bundle["messageSignature"] = message_signature.clone());
    assert!(matches!(both, Rejection::TwoContents));
    let alone = changed(|bundle| {
        bundle["messageSignature"] = message_signature;
        bundle.as_object_mut().unwrap().remove("dsseEnvelope");
    });
    assert!(matches!(alone, Rejection::MessageSignature));
    let neither = changed(|bundle| bundle["dsseEnvelope"] = json!(null));
    assert!(matches!(neither, Rejection::NoContent));
}

#[test]
fn an_envelope_has_exactly_one_signature() {
    let two = changed(|bundle| {
        let signatures = &mut bundle["dsseEnvelope"]["signatures"];
        let first = signatures[0].clone();
        signatures.as_array_mut().unwrap().push(first);
    });
    assert!(matches!(two, Rejection::SignatureCount { found: 2 }));
    let none = changed(|bundle| bundle["dsseEnvelope"]["signatures"] = json!([]));
    assert!(matches!(none, Rejection::SignatureCount { found: 0 }));
}

#[test]
fn what_a_terminal_or_a_shell_would_obey_is_not_repeated() {
    let rejections = [
        changed(|bundle| bundle["mediaType"] = json!("\u{1b}[2J")),
        changed(|bundle| bundle["\u{1b}[2J"] = json!(0)),
        signed(|statement| statement["predicateType"] = json!("\u{1b}[2J")),
        signed(|statement| {
            statement["predicate"]["verifier"]["id"] = json!("x;\u{1b}[2J");
        }),
        signed(|statement| {
            let set = &mut statement["predicate"]["verifier"]["policies"][1];
            *set = json!({"name": "\u{1b}[2J", "uri": "https://$(reboot)\u{1b}[2J", "digest": {"\u{1b}": "x"}});
        }),
    ];
    for rejection in rejections {
        let source = std::error::Error::source(&rejection).map(ToString::to_string);
        let text = format!("{rejection} {source:?}");
        assert!(!text.contains('\u{1b}') && text.contains("u{1b}"), "{text}");
        assert_eq!(
            rejection
                .help()
                .filter(|help| help.contains("reboot") || help.contains(';')),
            None
        );
    }
}

// The signature.

#[test]
fn nothing_verifies_where_no_key_is_trusted() {
    let rejection = rejected(&good(&Forger::new()), &Trust::default());
    assert!(matches!(rejection, Rejection::NothingTrusted));
}

#[test]
fn a_bundle_of_another_key_is_rejected_and_the_key_is_named() {
    let forger = Forger::new();
    let rejection = rejected(&good(&forger), &Forger::new().trusted());
    let fingerprint = forger.key.public_key().fingerprint().to_string();
    assert!(matches!(rejection, Rejection::UntrustedKey { key } if key == fingerprint));
}

#[test]
fn a_forged_signature_under_the_hint_of_a_trusted_key_is_rejected() {
    let trusted = Forger::new();
    let mut bundle = good(&Forger::new());
    bundle["verificationMaterial"]["publicKey"]["hint"] = json!(trusted.key.public_key().hint());
    let rejection = rejected(&bundle, &trusted.trusted());
    let fingerprint = trusted.key.public_key().fingerprint().to_string();
    assert!(matches!(rejection, Rejection::Signature { keys } if keys == [fingerprint]));
}

#[test]
fn a_key_inside_the_bundle_is_not_even_read() {
    let forger = Forger::new();
    let trusted = Forger::new().trusted();
    let public_key = forger.key.public_key();
    let der = public_key
        .to_pem()
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect::<String>();
    for field in ["rawBytes", "publicKey", "key"] {
        let mut bundle = good(&forger);
        bundle["verificationMaterial"]["publicKey"] = json!({"hint": "", field: der});
        let rejection = rejected(&bundle, &trusted);
        assert!(matches!(
            rejection,
            Rejection::Malformed {
                document: Document::Bundle,
                ..
            }
        ));
    }
    let mut bundle = good(&forger);
    bundle["verificationMaterial"]["publicKey"]["hint"] = json!(public_key.to_pem());
    assert!(matches!(
        rejected(&bundle, &trusted),
        Rejection::Signature { .. }
    ));
}

#[test]
fn the_hint_of_a_key_selects_that_key_and_no_other() {
    let forger = Forger::new();
    let other = Forger::new();
    let mut bundle = good(&forger);
    bundle["verificationMaterial"]["publicKey"]["hint"] = json!(other.key.public_key().hint());
    let only = rejected(&bundle, &forger.trusted());
    assert!(matches!(only, Rejection::UntrustedKey { .. }));
    let both = Trust::of_keys([forger.trusted().keys, other.trusted().keys].concat());
    let fingerprint = other.key.public_key().fingerprint().to_string();
    let rejection = rejected(&bundle, &both);
    assert!(matches!(rejection, Rejection::Signature { keys } if keys == [fingerprint]));
}

#[rstest]
#[case(json!({}))]
#[case(json!({"hint": null}))]
#[case(json!({"hint": ""}))]
#[case(json!({"hint": "the key in the drawer"}))]
fn a_hint_of_another_form_selects_nothing(#[case] public_key: Value) {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    bundle["verificationMaterial"]["publicKey"] = public_key;
    let bundle = bundle.to_string();
    let both = Trust::of_keys([Forger::new().trusted().keys, forger.trusted().keys].concat());
    assert!(verify(bundle.as_bytes(), &both, &expected()).is_ok());
    let other = verify(bundle.as_bytes(), &Forger::new().trusted(), &expected());
    assert!(matches!(other, Err(Rejection::Signature { .. })));
}

#[test]
fn a_keyid_in_the_envelope_must_be_the_hint() {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!(forger.key.public_key().hint());
    assert!(
        verify(
            bundle.to_string().as_bytes(),
            &forger.trusted(),
            &expected()
        )
        .is_ok()
    );
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!("another");
    assert!(matches!(
        rejected(&bundle, &forger.trusted()),
        Rejection::KeyIdMismatch { keyid, .. } if keyid == "another"
    ));
}

#[test]
fn a_payload_that_was_changed_is_rejected() {
    let rejection = changed(|bundle| {
        let mut statement = statement_json();
        statement["predicate"]["properties"] = json!([CLAIM, "everything=passed"]);
        bundle["dsseEnvelope"]["payload"] = json!(STANDARD.encode(statement.to_string()));
    });
    assert!(matches!(rejection, Rejection::Signature { .. }));
}

#[test]
fn a_payload_type_that_was_changed_is_rejected() {
    let rejection = changed(|bundle| bundle["dsseEnvelope"]["payloadType"] = json!("text/plain"));
    assert!(matches!(rejection, Rejection::Signature { .. }));
}

#[test]
fn both_alphabets_of_base64_are_read() {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    let payload = STANDARD
        .decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
        .unwrap();
    bundle["dsseEnvelope"]["payload"] = json!(URL_SAFE_NO_PAD.encode(payload));
    assert!(
        verify(
            bundle.to_string().as_bytes(),
            &forger.trusted(),
            &expected()
        )
        .is_ok()
    );
}

// What is signed.

#[rstest]
#[case("application/json")]
#[case("application/vnd.in-toto.svr+json")]
#[case("")]
fn a_payload_of_another_type_is_rejected_whoever_signed_it(#[case] payload_type: &str) {
    let forger = Forger::new();
    let bundle = forger.bundle(payload_type, statement_json().to_string().as_bytes());
    let rejection = rejected(&bundle, &forger.trusted());
    assert!(matches!(rejection, Rejection::PayloadType { found } if found == payload_type));
}

#[test]
fn a_payload_that_is_no_statement_is_rejected_whoever_signed_it() {
    let forger = Forger::new();
    let payload = |payload: &str| {
        rejected(
            &forger.bundle(PAYLOAD_TYPE, payload.as_bytes()),
            &forger.trusted(),
        )
    };
    let document = Document::Statement;
    assert!(matches!(payload(""), Rejection::NotJson { document: found, .. } if found == document));
    assert!(
        matches!(payload("{"), Rejection::NotJson { document: found, .. } if found == document)
    );
    for other in [
        "[]",
        "{}",
        "null",
        r#"["https://in-toto.io/Statement/v1",[],"x",{}]"#,
    ] {
        let rejection = payload(other);
        assert!(
            matches!(rejection, Rejection::Malformed { document: found, .. } if found == document)
        );
    }
    let twice = statement_json().to_string().replacen(
        r#""properties":"#,
        r#""properties":["x"],"properties":"#,
        1,
    );
    assert!(matches!(
        payload(&twice),
        Rejection::DuplicateField { document: found, field } if found == document && field == "properties"
    ));
}

#[test]
fn statements_of_both_versions_are_read_and_no_others() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["_type"] = json!("https://in-toto.io/Statement/v0.1");
    assert!(
        verify(
            &forger.statement(&statement),
            &forger.trusted(),
            &expected()
        )
        .is_ok()
    );
    let rejection =
        signed(|statement| statement["_type"] = json!("https://in-toto.io/Statement/v2"));
    assert!(matches!(rejection, Rejection::StatementType { .. }));
}

/// In-toto: "Consumers MUST ignore unrecognized fields". cosign does not at the top level, so polcheck writes none there.
#[test]
fn fields_that_are_not_known_are_ignored_where_they_were_signed() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["surprise"] = json!({"properties": ["x"]});
    statement["subject"][0]["mediaType"] = json!("application/vnd.oci.image.manifest.v1+json");
    statement["predicate"]["surprise"] = json!([1]);
    statement["predicate"]["verifier"]["version"] = json!({"polcheck": "9.9.9"});
    statement["predicate"]["polcheck_evidence"]["surprise"] = json!(null);
    let verified = verify(
        &forger.statement(&statement),
        &forger.trusted(),
        &expected(),
    )
    .unwrap();
    assert_eq!(verified.claims(), [CLAIM]);
}

#[test]
fn a_statement_about_another_image_is_rejected() {
    let rejection = unexpected(|expected| expected.subject = digest("another image"));
    assert_eq!(
        rejection.to_string(),
        format!(
            "the statement is about `{}`, not about `{}`",
            digest("image"),
            digest("another image")
        )
    );
    assert!(matches!(rejection, Rejection::Subject { .. }));
}

#[rstest]
#[case(json!([]))]
#[case(json!([{"name": "registry.example/shop/api"}]))]
#[case(json!([{"digest": {}}]))]
#[case(json!([{"digest": {"sha512": hex("image")}}]))]
#[case(json!([{"digest": {"sha256": hex("image").to_uppercase()}}]))]
#[case(json!([{"digest": {"sha256": format!("{} ", hex("image"))}}]))]
fn a_subject_is_matched_by_algorithm_and_value(#[case] subject: Value) {
    let rejection = signed(|statement| statement["subject"] = subject);
    assert!(matches!(rejection, Rejection::Subject { .. }));
}

#[test]
fn a_digest_that_can_be_forged_does_not_count() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["subject"][0]["digest"]["md5"] = json!("d41d8cd98f00b204e9800998ecf8427e");
    let mut expected = expected();
    expected.subject = "md5:d41d8cd98f00b204e9800998ecf8427e".parse().unwrap();
    let rejection =
        verify(&forger.statement(&statement), &forger.trusted(), &expected).unwrap_err();
    assert!(matches!(rejection, Rejection::Subject { .. }));
}

#[test]
fn one_of_several_subjects_is_enough() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["subject"] = json!([
        {"name": "other", "digest": {"sha256": hex("other"), "gitCommit": "00"}},
        {"name": "image", "digest": {"sha512": "00", "sha256": hex("image")}},
    ]);
    let verified = verify(
        &forger.statement(&statement),
        &forger.trusted(),
        &expected(),
    )
    .unwrap();
    assert_eq!(verified.subject().name.as_deref(), Some("image"));
}

#[rstest]
#[case("https://slsa.dev/provenance/v1")]
#[case("https://in-toto.io/attestation/svr/v0.1")]
#[case("https://sigstore.dev/cosign/sign/v1")]
fn a_statement_of_another_kind_is_rejected(#[case] predicate_type: &str) {
    let rejection = signed(|statement| statement["predicateType"] = json!(predicate_type));
    assert!(matches!(rejection, Rejection::PredicateType { found } if found == predicate_type));
}

#[rstest]
#[case("", json!(null))]
#[case("", json!([]))]
#[case("", json!({}))]
#[case("/verifier", json!("https://polcheck.dev/verifier/v1"))]
#[case("/verifier", json!({"id": "https://polcheck.dev/verifier/v1"}))]
#[case("/verifier/policies", json!([["standard"]]))]
#[case("/timeCreated", json!(1))]
#[case("/properties", json!(CLAIM))]
#[case("/properties", json!([1]))]
#[case("/polcheck_evidence", json!("none"))]
fn a_predicate_of_another_form_is_rejected(#[case] place: &str, #[case] value: Value) {
    let rejection = signed(|statement| {
        *statement["predicate"].pointer_mut(place).unwrap() = value;
    });
    assert!(matches!(
        rejection,
        Rejection::Malformed {
            document: Document::Predicate,
            ..
        }
    ));
}

#[test]
fn a_statement_without_a_predicate_is_rejected() {
    let rejection = signed(|statement| {
        statement.as_object_mut().unwrap().remove("predicate");
    });
    assert!(matches!(
        rejection,
        Rejection::Malformed {
            document: Document::Predicate,
            ..
        }
    ));
}

#[test]
fn a_statement_of_another_verifier_is_rejected() {
    let rejection = signed(|statement| {
        statement["predicate"]["verifier"]["id"] = json!("https://polcheck.dev/verifier/v10");
    });
    assert!(matches!(rejection, Rejection::VerifierId { .. }));
}

#[test]
fn a_weaker_policy_set_is_rejected_and_the_help_says_how_to_accept_it() {
    let rejection = signed(|statement| {
        let set = &mut statement["predicate"]["verifier"]["policies"][1];
        set["name"] = json!("lax");
        set["uri"] = json!("https://example.com/sets/lax");
        set["digest"]["sha256"] = json!(hex("lax"));
    });
    let lax = digest("lax");
    assert_eq!(
        rejection.to_string(),
        format!(
            "the statement was made with the policy set `lax` (`https://example.com/sets/lax`, `{lax}`), which is not accepted"
        )
    );
    assert_eq!(
        rejection.help().unwrap(),
        format!(
            "`--policy-set https://example.com/sets/lax@{lax}` accepts it, if you know what that set checks"
        )
    );
}

#[rstest]
#[case("/1/digest/sha256", json!(hex("core")))]
#[case("/1/digest", json!({"sha512": hex("set")}))]
#[case("/1/digest", json!({}))]
#[case("/1/uri", json!("polcheck:set/lax"))]
#[case("/1/uri", json!(null))]
#[case("", json!([{"name": "standard", "uri": SET_URI, "digest": {"sha256": hex("set")}}, {"name": "lax"}]))]
fn uri_and_digest_of_the_last_policy_must_both_be_accepted(
    #[case] place: &str,
    #[case] value: Value,
) {
    let rejection = signed(|statement| {
        *statement["predicate"]["verifier"]["policies"]
            .pointer_mut(place)
            .unwrap() = value;
    });
    assert!(matches!(rejection, Rejection::PolicySet { .. }));
}

#[test]
fn no_policy_set_is_accepted_that_is_not_named() {
    let rejection = unexpected(|expected| expected.policy_sets.clear());
    assert!(
        matches!(rejection, Rejection::PolicySet { name, .. } if name.as_deref() == Some("standard"))
    );
    let rejection = signed(|statement| statement["predicate"]["verifier"]["policies"] = json!([]));
    assert!(matches!(rejection, Rejection::NoPolicySet));
}

#[rstest]
#[case("/timeCreated", json!("yesterday"))]
#[case("/timeCreated", json!("2026-11-23"))]
#[case("/timeCreated", json!("2026-11-23T12:00:00"))]
#[case("/timeCreated", json!("2026-11-23T12:00:00+00:00"))]
#[case("/timeCreated", json!(""))]
#[case("/polcheck_evidence/validUntil", json!("tomorrow"))]
#[case("/polcheck_evidence/validUntil", json!(null))]
#[case("/polcheck_evidence/validUntil", json!(1_800_000_000))]
fn a_time_that_cannot_be_read_is_rejected(#[case] place: &str, #[case] value: Value) {
    let rejection = signed(|statement| {
        statement["predicate"]["polcheck_evidence"]["validUntil"] = json!("2099-01-01T00:00:00Z");
        *statement["predicate"].pointer_mut(place).unwrap() = value;
    });
    assert!(matches!(rejection, Rejection::Time { .. }));
}

#[test]
fn a_statement_from_the_future_is_rejected_but_clocks_may_differ_a_little() {
    let forger = Forger::new();
    let bundle = forger.statement(&statement_json());
    let mut expected = expected();
    expected.now = time("2026-11-23T12:00:00Z") - CLOCK_SKEW;
    assert!(verify(&bundle, &forger.trusted(), &expected).is_ok());
    expected.now -= SignedDuration::from_secs(1);
    let rejection = verify(&bundle, &forger.trusted(), &expected).unwrap_err();
    assert!(matches!(rejection, Rejection::FromTheFuture { .. }));
}

#[test]
fn a_statement_counts_until_the_end_of_its_validity() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["predicate"]["polcheck_evidence"]["validUntil"] = json!("2026-12-23T12:00:00Z");
    let bundle = forger.statement(&statement);
    let mut expected = expected();
    expected.now = time("2026-12-23T12:00:00Z");
    assert!(verify(&bundle, &forger.trusted(), &expected).is_ok());
    expected.now = time("2026-12-23T12:00:01Z");
    let rejection = verify(&bundle, &forger.trusted(), &expected).unwrap_err();
    assert!(matches!(rejection, Rejection::Expired { .. }));
}

#[test]
fn a_statement_counts_only_until_it_is_too_old() {
    let forger = Forger::new();
    let bundle = forger.statement(&statement_json());
    let mut expected = expected();
    expected.now = time(TIME) + SignedDuration::from_hours(24);
    expected.max_age = Some(SignedDuration::from_hours(24));
    assert!(verify(&bundle, &forger.trusted(), &expected).is_ok());
    expected.now += SignedDuration::from_secs(1);
    let rejection = verify(&bundle, &forger.trusted(), &expected).unwrap_err();
    assert!(matches!(rejection, Rejection::TooOld { .. }), "{rejection}");
    assert!(rejection.help().is_some());
}

#[test]
fn a_publication_names_digests_that_count_and_nothing_else_is_one() {
    let forger = Forger::new();
    let published = |kind: &str| {
        let mut statement = statement_json();
        statement["predicateType"] = json!(kind);
        statement["subject"] = json!([
            { "digest": { "sha256": hex("set"), "md5": "00", "gitCommit": hex("commit") } },
            { "digest": { "sha256": "no digest" } },
        ]);
        forger.statement(&statement)
    };
    let now = expected().now;
    let found = verify_publication(&published(PUBLICATION_TYPE), &forger.trusted(), now);
    assert_eq!(found.unwrap(), [digest("set")]);
    let other = verify_publication(&published(PredicateType::Svr.uri()), &forger.trusted(), now);
    assert!(matches!(other, Err(Rejection::NoPublication { .. })));
    let stranger = Forger::new().trusted();
    let by_other = verify_publication(&published(PUBLICATION_TYPE), &stranger, now);
    assert!(matches!(by_other, Err(Rejection::UntrustedKey { .. })));
}

#[test]
fn a_missing_claim_is_named() {
    let rejection = unexpected(|expected| expected.claims.push("supply.chain=passed".to_owned()));
    assert_eq!(
        rejection.to_string(),
        "the statement does not claim `supply.chain=passed`, only `security.scan=passed`"
    );
    let rejection = unexpected(|expected| expected.claims = vec!["security.scan".to_owned()]);
    assert!(matches!(rejection, Rejection::MissingClaims { .. }));
}

#[test]
fn silence_is_not_a_claim() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["predicate"]["properties"] = json!([]);
    let mut expected = expected();
    expected.claims.clear();
    let rejection =
        verify(&forger.statement(&statement), &forger.trusted(), &expected).unwrap_err();
    assert!(matches!(rejection, Rejection::NoClaim));
}

#[test]
fn a_statement_without_evidence_is_accepted_for_what_it_says() {
    let forger = Forger::new();
    let mut statement = statement_json();
    statement["predicate"]
        .as_object_mut()
        .unwrap()
        .remove("polcheck_evidence");
    let verified = verify(
        &forger.statement(&statement),
        &forger.trusted(),
        &expected(),
    )
    .unwrap();
    assert_eq!((verified.evidence(), verified.valid_until()), (None, None));
}

#[test]
fn log_entries_and_timestamps_beside_a_key_are_passed_over() {
    let forger = Forger::new();
    let mut bundle = good(&forger);
    bundle["verificationMaterial"]["tlogEntries"] = json!([{"logIndex": "1"}]);
    bundle["verificationMaterial"]["timestampVerificationData"] = json!({"rfc3161Timestamps": []});
    assert!(
        verify(
            bundle.to_string().as_bytes(),
            &forger.trusted(),
            &expected()
        )
        .is_ok()
    );
}
