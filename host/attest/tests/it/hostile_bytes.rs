//! No bytes make anything panic.

use crate::support::{Forger, expected};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polcheck_attest::{
    LegacyLayer, PAYLOAD_TYPE, Password, PublicKey, SigningKey, TrustedRoot, contents, verify,
    verify_legacy_signature, verify_legacy_statement,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::LazyLock;

static FORGER: LazyLock<Forger> = LazyLock::new(Forger::new);

/// JSON of any shape, with the names that are looked for.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "[A-Za-z0-9+/=:.-]{0,40}".prop_map(Into::into),
        Just("https://in-toto.io/Statement/v1".into()),
        Just("https://in-toto.io/attestation/svr/v0.2".into()),
        Just("application/vnd.dev.sigstore.bundle.v0.3+json".into()),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        let name = prop_oneof![
            "[a-z]{0,3}",
            proptest::sample::select(vec![
                "mediaType",
                "verificationMaterial",
                "publicKey",
                "hint",
                "certificate",
                "dsseEnvelope",
                "payload",
                "payloadType",
                "signatures",
                "sig",
                "keyid",
                "_type",
                "subject",
                "digest",
                "sha256",
                "predicateType",
                "predicate",
                "verifier",
                "id",
                "policies",
                "timeCreated",
                "properties",
                "polcheck_evidence",
                "validUntil",
            ])
            .prop_map(str::to_owned),
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::btree_map(name, inner, 0..8)
                .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

fn any_label() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("PRIVATE KEY".to_owned()),
        Just("EC PRIVATE KEY".to_owned()),
        Just("PUBLIC KEY".to_owned()),
        Just("ENCRYPTED SIGSTORE PRIVATE KEY".to_owned()),
        "[A-Z ]{0,20}",
    ]
}

fn read_key(text: &[u8]) {
    let _ = PublicKey::from_pem(text);
    let _ = SigningKey::from_pem(text, || Ok(Password::new("x")));
}

proptest! {
    #[test]
    fn as_a_bundle(bytes in vec(any::<u8>(), 0..400)) {
        prop_assert!(verify(&bytes, &FORGER.trusted(), &expected()).is_err());
        prop_assert!(contents(&bytes).is_err());
    }

    #[test]
    fn as_the_json_of_a_bundle(bundle in json()) {
        prop_assert!(verify(bundle.to_string().as_bytes(), &FORGER.trusted(), &expected()).is_err());
        let _ = contents(bundle.to_string().as_bytes());
    }

    #[test]
    fn as_a_signed_statement(statement in json()) {
        prop_assert!(verify(&FORGER.statement(&statement), &FORGER.trusted(), &expected()).is_err());
        let _ = contents(&FORGER.statement(&statement));
    }

    #[test]
    fn as_a_signed_payload(payload in vec(any::<u8>(), 0..400)) {
        let bundle = FORGER.bundle(PAYLOAD_TYPE, &payload).to_string();
        prop_assert!(verify(bundle.as_bytes(), &FORGER.trusted(), &expected()).is_err());
    }

    #[test]
    fn as_a_trusted_root(root in json(), bytes in vec(any::<u8>(), 0..100)) {
        prop_assert!(TrustedRoot::from_json(root.to_string().as_bytes()).is_err());
        prop_assert!(TrustedRoot::from_json(&bytes).is_err());
    }

    #[test]
    fn as_annotations(value in json(), bytes in vec(any::<u8>(), 0..100), text in "(-----(BEGIN|END) CERTIFICATE-----|[A-Za-z0-9+/=]{0,40}|\n){0,6}") {
        for (name, value) in [
            ("dev.sigstore.cosign/bundle", value.to_string()),
            ("dev.sigstore.cosign/rfc3161timestamp", value.to_string()),
            ("dev.sigstore.cosign/certificate", text.clone()),
            ("dev.sigstore.cosign/chain", text),
        ] {
            let annotations = [("dev.cosignproject.cosign/signature".to_owned(), "AAAA".to_owned()), (name.to_owned(), value)].into();
            let layer = LegacyLayer { bytes: &bytes, annotations: &annotations };
            let expected = expected();
            prop_assert!(verify_legacy_statement(layer, &FORGER.trusted(), &expected).is_err());
            prop_assert!(verify_legacy_signature(layer, &expected.subject, &FORGER.trusted(), expected.now).is_err());
        }
    }

    #[test]
    fn as_a_key(bytes in vec(any::<u8>(), 0..400)) {
        read_key(&bytes);
    }

    #[test]
    fn as_text_around_a_key(text in "(-----(BEGIN|END) (PUBLIC|PRIVATE) KEY-----|[A-Za-z0-9+/=: -]{0,70}|\n){0,12}") {
        read_key(text.as_bytes());
    }

    #[test]
    fn as_the_contents_of_a_key(label in any_label(), contents in vec(any::<u8>(), 0..200)) {
        let body = STANDARD.encode(contents);
        read_key(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").as_bytes());
    }
}
