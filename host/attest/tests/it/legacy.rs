//! Signatures and attestations of the older form.

use crate::cosign;
use crate::support::{expected, statement_json, time};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use model::{Digest, canonical};
use polcheck_attest::{
    Document, Expected, Identity, LegacyLayer, LogEntries, LogPolicy, Matcher, NoLegacyForm,
    PublicKey, Rejection, Signer, Trust, TrustedRoot, VerifiedImageSignature, legacy_form,
    verify_legacy_signature, verify_legacy_statement, verify_signer,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::HashMap;
use test_sigstore::{Content, LogVersion, Signing, Sigstore};

const SIGNATURE: &[u8] = include_bytes!("../data/cosign/legacy/signature.json");
const ATTESTATION: &[u8] = include_bytes!("../data/cosign/legacy/attestation.json");
const P256: &[u8] = include_bytes!("../data/cosign/p256.pub");
const P384: &[u8] = include_bytes!("../data/cosign/p384.pub");
const IMAGE: &str = "sha256:1b5e099199a5f4c3483f334e1a3efc2afda7e1effdc80ec1550bc671ff90a911";
const BY_COSIGN: &str = "MGUCMBFEYLWDCsWkkrYN5SI2r0GkNSJBM6nMa+GYiktWG895VPaMI3noScSJp4NfkZEc6QIxAMfI0mhl/hLJ3rgWJEsfEnke8SDyUnNPc48omEHNWbwO4m/ny/UQNjtgjpi8nKukvA==";

fn image() -> Digest {
    IMAGE.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-11-23T13:00:00Z")
}

fn keys(pem: &[u8]) -> Trust {
    Trust::of_keys(vec![PublicKey::from_pem(pem).unwrap()])
}

fn annotations(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn by_cosign() -> HashMap<String, String> {
    annotations(&[("dev.cosignproject.cosign/signature", BY_COSIGN)])
}

fn verify_signature(
    bytes: &[u8],
    annotations: &HashMap<String, String>,
    subject: &Digest,
    trust: &Trust,
) -> Result<VerifiedImageSignature, Rejection> {
    let layer = LegacyLayer { bytes, annotations };
    verify_legacy_signature(layer, subject, trust, now())
}

#[test]
fn what_cosign_signed_verifies_and_tells_what_was_signed() {
    let verified = verify_signature(SIGNATURE, &by_cosign(), &image(), &keys(P384)).unwrap();
    let key = PublicKey::from_pem(P384).unwrap();
    let signer = Signer::Key(key.fingerprint().clone());
    assert_eq!(verified.signature().signer(), &signer);
    assert_eq!(verified.reference(), "127.0.0.1:5999/shop/api");
    assert_eq!(verified.annotations()["team"], "shop");
}

#[test]
fn what_cosign_signed_is_about_that_image_and_nothing_else() {
    let other = canonical::sha256(b"another");
    let rejection = verify_signature(SIGNATURE, &by_cosign(), &other, &keys(P384)).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Subject { .. }),
        "{rejection}"
    );
    let rejection = verify_signature(SIGNATURE, &by_cosign(), &image(), &keys(P256)).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Signature { .. }),
        "{rejection}"
    );
    let tampered = String::from_utf8_lossy(SIGNATURE).replace("team", "TEAM");
    let rejection = verify_signature(tampered.as_bytes(), &by_cosign(), &image(), &keys(P384));
    assert!(matches!(rejection, Err(Rejection::Signature { .. })));
    let rejection = verify_signature(SIGNATURE, &HashMap::new(), &image(), &keys(P384));
    assert!(matches!(rejection, Err(Rejection::NoContent)));
}

#[test]
fn what_cosign_attested_verifies() {
    let annotations = annotations(&[("dev.cosignproject.cosign/signature", "")]);
    let layer = LegacyLayer {
        bytes: ATTESTATION,
        annotations: &annotations,
    };
    let expected = Expected {
        subject: image(),
        ..cosign::expected()
    };
    assert!(verify_legacy_statement(layer, &keys(P256), &expected).is_ok());
    let rejection = verify_legacy_statement(layer, &keys(P384), &expected).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Signature { .. }),
        "{rejection}"
    );
    let other = Expected {
        subject: canonical::sha256(b"another"),
        ..expected
    };
    let rejection = verify_legacy_statement(layer, &keys(P256), &other).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Subject { .. }),
        "{rejection}"
    );
}

/// The payload of a signature of an image.
fn payload(kind: &str) -> Vec<u8> {
    json!({
        "critical": {
            "identity": {"docker-reference": "registry.example/shop/api"},
            "image": {"docker-manifest-digest": IMAGE},
            "type": kind,
        },
        "optional": null,
    })
    .to_string()
    .into_bytes()
}

fn trust(sigstore: &Sigstore) -> Trust {
    let root = sigstore.trusted_root().to_string();
    Trust {
        identities: vec![Identity {
            subject: Matcher::regexp(r"^https://ci\.test/acme/").unwrap(),
            issuer: Matcher::Exact("https://token.ci.test".to_owned()),
        }],
        root: Some(TrustedRoot::from_json(root.as_bytes()).unwrap()),
        ..Trust::default()
    }
}

fn sigstore() -> Sigstore {
    Sigstore::new(time("2026-01-01T00:00:00Z"))
}

fn signing(sigstore: &Sigstore) -> Signing<'_> {
    Signing {
        chain: true,
        ..sigstore.signing(time("2026-11-23T12:00:00Z"))
    }
}

fn pem(der: &Value) -> String {
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        der.as_str().unwrap()
    )
}

/// The annotations that say what a bundle says.
fn as_annotations(bundle: &Value) -> HashMap<String, String> {
    let material = &bundle["verificationMaterial"];
    let chain = &material["x509CertificateChain"]["certificates"];
    let entry = &material["tlogEntries"][0];
    let number = |field: &Value| field.as_str().unwrap().parse::<i64>().unwrap();
    let log = STANDARD
        .decode(entry["logId"]["keyId"].as_str().unwrap())
        .unwrap();
    let digits = log.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]);
    let log: String = digits
        .map(|digit| char::from_digit(u32::from(digit), 16).unwrap())
        .collect();
    let entry = json!({
        "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
        "Payload": {
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logIndex": number(&entry["logIndex"]),
            "logID": log,
        },
    });
    let timestamp = &material["timestampVerificationData"]["rfc3161Timestamps"][0];
    let timestamp = json!({"SignedRFC3161Timestamp": timestamp["signedTimestamp"]});
    let signature = bundle["messageSignature"]["signature"].as_str();
    annotations(&[
        (
            "dev.cosignproject.cosign/signature",
            signature.unwrap_or_default(),
        ),
        (
            "dev.sigstore.cosign/certificate",
            &pem(&chain[0]["rawBytes"]),
        ),
        ("dev.sigstore.cosign/chain", &pem(&chain[1]["rawBytes"])),
        ("dev.sigstore.cosign/bundle", &entry.to_string()),
        (
            "dev.sigstore.cosign/rfc3161timestamp",
            &timestamp.to_string(),
        ),
    ])
}

const KIND: &str = "cosign container image signature";

#[test]
fn a_signature_of_an_identity_verifies_with_its_log_entry_and_its_timestamp() {
    let sigstore = sigstore();
    let payload = payload(KIND);
    let bundle = sigstore.sign(Content::Message(&payload), &signing(&sigstore));
    let said = as_annotations(&bundle);
    let verified = verify_signature(&payload, &said, &image(), &trust(&sigstore)).unwrap();
    assert_eq!(verified.signature().log_entries(), LogEntries::Verified);
    assert_eq!(verified.reference(), "registry.example/shop/api");
    assert!(verified.annotations().is_empty());
}

#[test]
fn a_statement_of_an_identity_verifies_too() {
    let sigstore = sigstore();
    let statement = statement_json().to_string();
    let bundle = sigstore.sign(
        Content::Statement(statement.as_bytes()),
        &signing(&sigstore),
    );
    let envelope = bundle["dsseEnvelope"].to_string();
    let said = as_annotations(&bundle);
    let layer = LegacyLayer {
        bytes: envelope.as_bytes(),
        annotations: &said,
    };
    let verified = verify_legacy_statement(layer, &trust(&sigstore), &expected()).unwrap();
    assert_eq!(verified.signature().log_entries(), LogEntries::Verified);
}

#[test]
fn another_kind_of_payload_is_rejected_whoever_signed_it() {
    let sigstore = sigstore();
    let payload = payload("atomic container signature");
    let bundle = sigstore.sign(Content::Message(&payload), &signing(&sigstore));
    let said = as_annotations(&bundle);
    let rejection = verify_signature(&payload, &said, &image(), &trust(&sigstore)).unwrap_err();
    assert!(
        matches!(rejection, Rejection::SignatureType { .. }),
        "{rejection}"
    );
}

#[rstest]
#[case::certificate(
    "dev.sigstore.cosign/certificate",
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
)]
#[case::no_certificate("dev.sigstore.cosign/certificate", "")]
#[case::chain(
    "dev.sigstore.cosign/chain",
    "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"
)]
#[case::entry("dev.sigstore.cosign/bundle", "{}")]
#[case::entry_twice("dev.sigstore.cosign/bundle", r#"{"Payload":{},"Payload":{}}"#)]
#[case::no_entry("dev.sigstore.cosign/bundle", "")]
#[case::timestamp(
    "dev.sigstore.cosign/rfc3161timestamp",
    r#"{"SignedRFC3161Timestamp":"AAAA"}"#
)]
#[case::signature("dev.cosignproject.cosign/signature", "AAAA")]
fn an_annotation_that_was_changed_is_rejected(#[case] name: &str, #[case] value: &str) {
    let sigstore = sigstore();
    let payload = payload(KIND);
    let bundle = sigstore.sign(Content::Message(&payload), &signing(&sigstore));
    let mut said = as_annotations(&bundle);
    said.insert(name.to_owned(), value.to_owned());
    assert!(verify_signature(&payload, &said, &image(), &trust(&sigstore)).is_err());
}

#[test]
fn a_log_entry_of_another_signature_or_time_is_rejected() {
    let sigstore = sigstore();
    let payload = payload(KIND);
    let sign = |content| as_annotations(&sigstore.sign(content, &signing(&sigstore)));
    let (mut said, other) = (
        sign(Content::Message(&payload)),
        sign(Content::Message(b"other")),
    );
    let entry = "dev.sigstore.cosign/bundle".to_owned();
    let own = said.insert(entry.clone(), other[&entry].clone()).unwrap();
    let rejection = verify_signature(&payload, &said, &image(), &trust(&sigstore)).unwrap_err();
    assert!(
        matches!(rejection, Rejection::LogEntryMismatch { .. }),
        "{rejection}"
    );
    let mut earlier: Value = serde_json::from_str(&own).unwrap();
    earlier["Payload"]["integratedTime"] = json!(1);
    said.insert(entry, earlier.to_string());
    let rejection = verify_signature(&payload, &said, &image(), &trust(&sigstore)).unwrap_err();
    assert!(
        matches!(rejection, Rejection::InclusionPromise { .. }),
        "{rejection}"
    );
}

#[test]
fn without_a_log_entry_only_those_who_ignore_the_log_accept_it() {
    let sigstore = sigstore();
    let payload = payload(KIND);
    let mut said = as_annotations(&sigstore.sign(Content::Message(&payload), &signing(&sigstore)));
    said.remove("dev.sigstore.cosign/bundle");
    let rejection = verify_signature(&payload, &said, &image(), &trust(&sigstore)).unwrap_err();
    assert!(matches!(rejection, Rejection::NoLogEntry), "{rejection}");
    let ignoring = Trust {
        log: LogPolicy::Nobody,
        ..trust(&sigstore)
    };
    assert!(verify_signature(&payload, &said, &image(), &ignoring).is_ok());
}

#[test]
fn a_payload_that_two_readers_may_understand_differently_is_rejected() {
    let sigstore = sigstore();
    let text = String::from_utf8(payload(KIND)).unwrap();
    let twice = text.replacen("{\"critical\"", "{\"critical\":{},\"critical\"", 1);
    let bundle = sigstore.sign(Content::Message(twice.as_bytes()), &signing(&sigstore));
    let said = as_annotations(&bundle);
    let rejection = verify_signature(twice.as_bytes(), &said, &image(), &trust(&sigstore));
    assert!(matches!(
        rejection,
        Err(Rejection::DuplicateField {
            document: Document::Payload,
            ..
        })
    ));
}

/// A bundle with a statement, logged by a log of some version.
fn bundle(sigstore: &Sigstore, log: Option<LogVersion>, chain: bool) -> Value {
    let statement = statement_json().to_string();
    let signing = Signing {
        log,
        chain,
        ..signing(sigstore)
    };
    sigstore.sign(Content::Statement(statement.as_bytes()), &signing)
}

#[rstest]
#[case::logged(Some(LogVersion::One), true)]
#[case::without_a_chain(Some(LogVersion::One), false)]
#[case::with_a_timestamp_alone(None, true)]
fn a_bundle_says_the_same_in_the_older_form(
    #[case] log: Option<LogVersion>,
    #[case] has_chain: bool,
) {
    let sigstore = sigstore();
    let bundle = bundle(&sigstore, log, has_chain);
    let form = legacy_form(bundle.to_string().as_bytes()).unwrap();
    let annotations: HashMap<_, _> = form.annotations.into_iter().collect();
    let has = |name: &str| annotations.contains_key(&format!("dev.sigstore.cosign/{name}"));
    assert_eq!(
        annotations["predicateType"],
        "https://in-toto.io/attestation/svr/v0.2"
    );
    assert_eq!(annotations["dev.cosignproject.cosign/signature"], "");
    assert_eq!((has("bundle"), has("chain")), (log.is_some(), has_chain));
    let layer = LegacyLayer {
        bytes: &form.envelope,
        annotations: &annotations,
    };
    let mut trust = trust(&sigstore);
    if log.is_none() {
        trust.log = LogPolicy::Nobody;
    }
    let verified = verify_legacy_statement(layer, &trust, &expected()).unwrap();
    let entries = match log {
        Some(_) => LogEntries::Verified,
        None => LogEntries::None,
    };
    assert_eq!(verified.signature().log_entries(), entries);
    // And as a bundle again.
    let again = layer.as_bundle().unwrap();
    let subject = expected().subject;
    verify_signer(&again, &trust, &subject, expected().now).unwrap();
    // Where the bundle itself says how it was witnessed, so does its older form.
    if log.is_some() && has_chain {
        let mut same = as_annotations(&bundle);
        same.insert(
            "predicateType".to_owned(),
            annotations["predicateType"].clone(),
        );
        let json = |annotations: &HashMap<String, String>| {
            let text = &annotations["dev.sigstore.cosign/bundle"];
            serde_json::from_str::<Value>(text).unwrap()
        };
        assert_eq!(json(&annotations), json(&same));
    }
}

#[test]
fn an_entry_of_a_log_without_promises_has_no_older_form() {
    let sigstore = sigstore();
    let bundle = bundle(&sigstore, Some(LogVersion::Two), false);
    let error = legacy_form(bundle.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, NoLegacyForm::NoPromise), "{error}");
    assert!(error.help().is_some());
}

#[test]
fn what_is_no_statement_has_no_older_form() {
    let sigstore = sigstore();
    let bundle = sigstore.sign(Content::Message(b"a file"), &signing(&sigstore));
    let error = legacy_form(bundle.to_string().as_bytes()).unwrap_err();
    assert!(matches!(error, NoLegacyForm::NoStatement(_)), "{error}");
    assert!(matches!(
        legacy_form(b"{}"),
        Err(NoLegacyForm::NoStatement(_))
    ));
}
