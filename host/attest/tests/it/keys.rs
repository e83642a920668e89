//! Keys, and what is not one.

use crate::support::{Forger, never, report, verifier};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeySize, PublicKey as RsaPublicKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polcheck_attest::{KeyError, Password, PublicKey, SigningKey, Trust, sign, statement, verify};
use rstest::rstest;
use serde_json::{Value, json};

fn pem(label: &str, contents: impl AsRef<[u8]>) -> String {
    let body = STANDARD.encode(contents);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn contents(pem: &str) -> Vec<u8> {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    STANDARD.decode(body).unwrap()
}

fn private(text: &str) -> Result<SigningKey, KeyError> {
    SigningKey::from_pem(text.as_bytes(), never)
}

fn public(text: &str) -> Result<PublicKey, KeyError> {
    PublicKey::from_pem(text.as_bytes())
}

#[test]
fn a_key_reads_back_from_every_form_it_is_written_in() {
    let key = SigningKey::generate().unwrap();
    let encrypted = key.to_encrypted_pem(&Password::new("pass")).unwrap();
    let sec1 = EcdsaKeyPair::from_pkcs8(
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &contents(&key.to_pem().unwrap()),
    )
    .unwrap();
    let sec1 = sec1.private_key().as_der().unwrap();
    for read in [
        private(&key.to_pem().unwrap()).unwrap(),
        private(&pem("EC PRIVATE KEY", sec1.as_ref())).unwrap(),
        SigningKey::from_pem(encrypted.as_bytes(), || Ok(Password::new("pass"))).unwrap(),
    ] {
        assert_eq!(read.public_key(), key.public_key());
        let bundle = sign(&statement(&report(), &verifier()).unwrap(), &read).unwrap();
        let trust = Trust {
            keys: vec![public(&key.public_key().to_pem()).unwrap()],
        };
        assert!(verify(bundle.as_bytes(), &trust, &crate::support::expected()).is_ok());
    }
}

#[test]
fn no_two_encrypted_forms_of_a_key_are_the_same() {
    let key = SigningKey::generate().unwrap();
    let encrypt = || key.to_encrypted_pem(&Password::new("")).unwrap();
    assert_ne!(encrypt(), encrypt());
}

#[test]
fn one_key_has_one_fingerprint_however_its_point_is_written() {
    let uncompressed = SigningKey::generate().unwrap().public_key().clone();
    let der = contents(&uncompressed.to_pem());
    let (prefix, point) = der.split_at(26);
    let mut compressed = prefix.to_vec();
    // Shorter by one coordinate: both lengths and the bit string's follow.
    compressed[1] -= 32;
    compressed[24] -= 32;
    compressed.truncate(26);
    compressed.push(2 + (point[64] & 1));
    compressed.extend_from_slice(&point[1..33]);
    let read = public(&pem("PUBLIC KEY", compressed)).unwrap();
    assert_eq!(read, uncompressed);
    assert_eq!(read.hint(), uncompressed.hint());
}

#[test]
fn nothing_secret_is_printed() {
    let forger = Forger::new();
    let secret = STANDARD.encode(&contents(&forger.key.to_pem().unwrap())[36..68]);
    let printed = format!("{:?} {:?}", forger.key, Password::new("hunter2"));
    assert!(printed.contains(forger.key.public_key().fingerprint().as_ref()));
    assert!(!printed.contains(&secret) && !printed.contains("hunter2"));
}

fn ecdsa(algorithm: &'static EcdsaSigningAlgorithm) -> (String, String) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    (
        pem("PRIVATE KEY", pair.to_pkcs8v1().unwrap()),
        pem("PUBLIC KEY", pair.public_key().as_der().unwrap().as_ref()),
    )
}

fn ed25519() -> (String, String) {
    let pair = Ed25519KeyPair::generate().unwrap();
    (
        pem("PRIVATE KEY", pair.to_pkcs8v1().unwrap()),
        pem("PUBLIC KEY", pair.public_key().as_der().unwrap().as_ref()),
    )
}

fn rsa() -> (String, String) {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let public: &RsaPublicKey = pair.public_key();
    (
        pem("PRIVATE KEY", pair.as_der().unwrap().as_ref()),
        pem(
            "PUBLIC KEY",
            AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(public)
                .unwrap()
                .as_ref(),
        ),
    )
}

#[rstest]
#[case(ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING), "ECDSA with P-384")]
#[case(ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING), "ECDSA with P-521")]
#[case(ed25519(), "Ed25519")]
#[case(rsa(), "RSA")]
fn another_algorithm_is_named(
    #[case] (private_key, public_key): (String, String),
    #[case] name: &str,
) {
    for error in [
        private(&private_key).unwrap_err(),
        public(&public_key).unwrap_err(),
    ] {
        assert!(
            matches!(&error, KeyError::Algorithm { found } if found == name),
            "{error}"
        );
        assert!(error.to_string().contains(name));
    }
}

#[test]
fn another_algorithm_is_named_in_sec1_and_by_labels_too() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
    let sec1 = pem(
        "EC PRIVATE KEY",
        pair.private_key().as_der().unwrap().as_ref(),
    );
    assert!(
        matches!(private(&sec1), Err(KeyError::Algorithm { found }) if found == "ECDSA with P-384")
    );
    let rsa = pem("RSA PRIVATE KEY", [0x30, 0]);
    assert!(matches!(private(&rsa), Err(KeyError::Algorithm { found }) if found == "RSA"));
    let rsa = pem("RSA PUBLIC KEY", [0x30, 0]);
    assert!(matches!(public(&rsa), Err(KeyError::Algorithm { found }) if found == "RSA"));
    // id-ecPublicKey with a curve that has no name here, and with its parameters written out.
    let unknown = [
        0x30, 0x13, 0x30, 0x0e, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 3, 0x2a, 3, 4, 3, 1, 0,
    ];
    assert!(
        matches!(public(&pem("PUBLIC KEY", unknown)), Err(KeyError::Algorithm { found }) if found == "ECDSA with 1.2.3.4")
    );
    let explicit = [
        0x30, 0x10, 0x30, 0x0b, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 0x30, 0, 3, 1, 0,
    ];
    assert!(
        matches!(public(&pem("PUBLIC KEY", explicit)), Err(KeyError::Algorithm { found }) if found.contains("explicit"))
    );
}

#[test]
fn the_wrong_half_of_a_pair_is_named() {
    let key = SigningKey::generate().unwrap();
    let private_key = key.to_pem().unwrap();
    assert!(matches!(
        private(&key.public_key().to_pem()),
        Err(KeyError::PrivateExpected)
    ));
    assert!(matches!(
        public(&private_key),
        Err(KeyError::PublicExpected)
    ));
    let encrypted = key.to_encrypted_pem(&Password::new("x")).unwrap();
    assert!(matches!(public(&encrypted), Err(KeyError::PublicExpected)));
}

#[rstest]
#[case("CERTIFICATE")]
#[case("OPENSSH PRIVATE KEY")]
#[case("PGP MESSAGE")]
fn another_label_is_named(#[case] label: &str) {
    let text = pem(label, [1, 2, 3]);
    let error = private(&text).unwrap_err();
    assert!(matches!(&error, KeyError::Label { label: found } if found == label));
    assert!(error.help().is_some());
}

#[test]
fn keys_that_openssl_encrypted_are_refused_with_the_cure() {
    let pkcs8 = pem("ENCRYPTED PRIVATE KEY", [0x30, 0]);
    let sec1 = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAQID\n-----END EC PRIVATE KEY-----\n";
    for text in [pkcs8.as_str(), sec1] {
        let error = private(text).unwrap_err();
        assert!(matches!(error, KeyError::ForeignEncryption));
        assert!(
            error
                .help()
                .unwrap()
                .starts_with("`openssl pkcs8 -topk8 -nocrypt")
        );
    }
}

#[test]
fn a_damaged_key_is_damaged() {
    let key = SigningKey::generate().unwrap();
    let good = contents(&key.to_pem().unwrap());
    for length in [0, 1, 20, good.len() - 1] {
        let text = pem("PRIVATE KEY", &good[..length]);
        assert!(matches!(private(&text), Err(KeyError::Damaged)));
    }
    let trailing = pem("PRIVATE KEY", [good.as_slice(), &[0]].concat());
    assert!(matches!(private(&trailing), Err(KeyError::Damaged)));
    // A public key that is not the one of the private key.
    let mut mixed = good;
    *mixed.last_mut().unwrap() ^= 1;
    assert!(matches!(
        private(&pem("PRIVATE KEY", mixed)),
        Err(KeyError::Damaged)
    ));
    // A point that is not on the curve.
    let mut der = contents(&key.public_key().to_pem());
    *der.last_mut().unwrap() ^= 1;
    assert!(matches!(
        public(&pem("PUBLIC KEY", der)),
        Err(KeyError::Damaged)
    ));
}

#[test]
fn a_file_that_is_no_key_is_refused() {
    assert!(matches!(private(""), Err(KeyError::NotPem)));
    assert!(matches!(private("hunter2"), Err(KeyError::NotPem)));
    assert!(matches!(
        SigningKey::from_pem(&[0xff, 0xfe], never),
        Err(KeyError::NotPem)
    ));
    assert!(matches!(
        private(&" ".repeat(1 << 20)),
        Err(KeyError::TooLarge { .. })
    ));
}

/// An encrypted key as it is stored.
fn encrypted() -> Value {
    let key = SigningKey::generate().unwrap();
    let pem = key.to_encrypted_pem(&Password::new("pass")).unwrap();
    serde_json::from_slice(&contents(&pem)).unwrap()
}

fn open(encrypted: &Value) -> Result<SigningKey, KeyError> {
    let text = pem("ENCRYPTED SIGSTORE PRIVATE KEY", encrypted.to_string());
    SigningKey::from_pem(text.as_bytes(), || Ok(Password::new("pass")))
}

#[test]
fn an_encrypted_key_has_the_form_of_cosign() {
    let mut key = encrypted();
    assert!(open(&key).is_ok());
    for (field, bytes) in [("/kdf/salt", 32), ("/cipher/nonce", 24)] {
        let value = key.pointer_mut(field).unwrap().take();
        assert_eq!(
            STANDARD.decode(value.as_str().unwrap()).unwrap().len(),
            bytes
        );
    }
    key["ciphertext"].take();
    assert_eq!(
        key,
        json!({
            "kdf": {"name": "scrypt", "params": {"N": 65536, "r": 8, "p": 1}, "salt": null},
            "cipher": {"name": "nacl/secretbox", "nonce": null},
            "ciphertext": null,
        })
    );
}

#[rstest]
#[case(json!({"N": 0, "r": 8, "p": 1}))]
#[case(json!({"N": 1, "r": 8, "p": 1}))]
#[case(json!({"N": 65535, "r": 8, "p": 1}))]
#[case(json!({"N": 65536, "r": 0, "p": 1}))]
#[case(json!({"N": 65536, "r": 8, "p": 0}))]
#[case(json!({"N": 524_288, "r": 8, "p": 1}))]
#[case(json!({"N": 65536, "r": 8, "p": 5}))]
#[case(json!({"N": 2, "r": 4_294_967_296_u64, "p": 1}))]
#[case(json!({"N": u64::MAX, "r": u64::MAX, "p": u64::MAX}))]
#[case(json!({"N": 9_223_372_036_854_775_808_u64, "r": 2, "p": 2}))]
fn scrypt_may_not_cost_more_than_is_allowed(#[case] parameters: Value) {
    let mut key = encrypted();
    key["kdf"]["params"] = parameters;
    let text = pem("ENCRYPTED SIGSTORE PRIVATE KEY", key.to_string());
    // Refused before anybody is asked for a password.
    let error = SigningKey::from_pem(text.as_bytes(), never).unwrap_err();
    assert!(matches!(error, KeyError::ScryptCost { .. }), "{error}");
}

#[rstest]
#[case("/kdf/name", json!("argon2id"))]
#[case("/cipher/name", json!("aes-gcm"))]
#[case("/cipher/nonce", json!("AAAA"))]
#[case("/kdf/salt", json!("!"))]
#[case("/ciphertext", json!("AAAA"))]
#[case("/kdf/params/N", json!(-1))]
#[case("/kdf/params/N", json!("65536"))]
#[case("", json!([]))]
fn an_encrypted_key_of_another_form_is_refused(#[case] place: &str, #[case] value: Value) {
    let mut key = encrypted();
    *key.pointer_mut(place).unwrap() = value;
    assert!(matches!(open(&key), Err(KeyError::EncryptedForm { .. })));
}

#[test]
fn an_encrypted_key_without_a_password_says_why_there_is_none() {
    let text = pem("ENCRYPTED SIGSTORE PRIVATE KEY", encrypted().to_string());
    let error =
        SigningKey::from_pem(text.as_bytes(), || Err("there is no terminal".into())).unwrap_err();
    assert!(
        matches!(&error, KeyError::NoPassword { source } if source.to_string() == "there is no terminal")
    );
    assert!(error.help().unwrap().contains("POLCHECK_KEY_PASSWORD"));
}

#[test]
fn every_byte_of_the_ciphertext_counts() {
    let key = encrypted();
    let ciphertext = STANDARD
        .decode(key["ciphertext"].as_str().unwrap())
        .unwrap();
    for position in [0, 15, 16, ciphertext.len() - 1] {
        let mut changed = ciphertext.clone();
        changed[position] ^= 1;
        let mut key = key.clone();
        key["ciphertext"] = json!(STANDARD.encode(changed));
        assert!(matches!(open(&key), Err(KeyError::WrongPassword)));
    }
}
