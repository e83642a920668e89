//! Keys, and what is not one.

use crate::support::{Forger, expected, never, report, verifier};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeySize, PublicKey as RsaPublicKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use polcheck_attest::{
    KeyError, Password, PredicateType, PublicKey, Rejection, RsaPadding, Signer, SigningKey, Trust,
    sign, statement, verify,
};
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
        let bundle = sign(
            &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
            &read,
        )
        .unwrap();
        let trust = Trust::of_keys(vec![public(&key.public_key().to_pem()).unwrap()]);
        assert!(verify(bundle.as_bytes(), &trust, &expected()).is_ok());
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

fn rsa(size: KeySize) -> (String, String) {
    let pair = aws_lc_rs::rsa::KeyPair::generate(size).unwrap();
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
#[case(ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING))]
#[case(ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING))]
#[case(ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING))]
#[case(ed25519())]
#[case(rsa(KeySize::Rsa2048))]
#[case(rsa(KeySize::Rsa4096))]
fn keys_for_every_algorithm_sign_and_verify_and_read_back(
    #[case] (private_key, public_key): (String, String),
) {
    let key = private(&private_key).unwrap();
    assert_eq!(key.public_key(), &public(&public_key).unwrap());
    assert_eq!(
        *key.to_pem().unwrap(),
        *private(&key.to_pem().unwrap()).unwrap().to_pem().unwrap()
    );
    let encrypted = key.to_encrypted_pem(&Password::new("pass")).unwrap();
    let key = SigningKey::from_pem(encrypted.as_bytes(), || Ok(Password::new("pass"))).unwrap();
    let trust = Trust::of_keys(vec![public(&public_key).unwrap()]);
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &key,
    )
    .unwrap();
    let verified = verify(bundle.as_bytes(), &trust, &expected()).unwrap();
    let fingerprint = key.public_key().fingerprint().clone();
    assert_eq!(verified.signature().signer(), &Signer::Key(fingerprint));
    let others = Trust::of_keys(vec![SigningKey::generate().unwrap().public_key().clone()]);
    let rejection = verify(bundle.as_bytes(), &others, &expected()).unwrap_err();
    assert!(matches!(rejection, Rejection::UntrustedKey { .. }));
    let mut tampered: Value = serde_json::from_slice(bundle.as_bytes()).unwrap();
    tampered["dsseEnvelope"]["payload"] = json!(STANDARD.encode("{}"));
    let rejection = verify(tampered.to_string().as_bytes(), &trust, &expected()).unwrap_err();
    assert!(
        matches!(rejection, Rejection::Signature { .. }),
        "{rejection}"
    );
}

#[test]
fn rsa_pads_with_pss_where_that_is_chosen() {
    let (private_key, public_key) = rsa(KeySize::Rsa2048);
    let trust = Trust::of_keys(vec![public(&public_key).unwrap()]);
    let pss = private(&private_key)
        .unwrap()
        .with_rsa_padding(RsaPadding::Pss);
    let pkcs1 = private(&private_key).unwrap();
    let statement = statement(&report(), &verifier(), PredicateType::Svr).unwrap();
    let signature = |key: &SigningKey| {
        let bundle = sign(&statement, key).unwrap();
        assert!(verify(bundle.as_bytes(), &trust, &expected()).is_ok());
        let bundle: Value = serde_json::from_slice(bundle.as_bytes()).unwrap();
        bundle["dsseEnvelope"]["signatures"][0]["sig"].clone()
    };
    // Only PSS has salt.
    assert_eq!(signature(&pkcs1), signature(&pkcs1));
    assert_ne!(signature(&pss), signature(&pss));
}

#[rstest]
#[case(include_str!("../data/refused/rsa-1024.pem"), 1024)]
#[case(include_str!("../data/refused/rsa-1024-pkcs1.pem"), 1024)]
#[case(include_str!("../data/refused/rsa-1024.pub"), 1024)]
#[case(include_str!("../data/refused/rsa-1024-pkcs1.pub"), 1024)]
#[case(include_str!("../data/refused/rsa-8192.pub"), 8192)]
fn an_rsa_key_that_is_too_small_or_too_large_is_refused(
    #[case] key: &str,
    #[case] expected: usize,
) {
    let error = match private(key) {
        Err(KeyError::PrivateExpected) => public(key).unwrap_err(),
        other => other.unwrap_err(),
    };
    assert!(
        matches!(error, KeyError::RsaSize { bits } if bits == expected),
        "{error}"
    );
    assert!(error.to_string().contains(&expected.to_string()) && error.help().is_some());
}

#[rstest]
#[case(
    include_str!("../data/refused/secp256k1.pem"),
    include_str!("../data/refused/secp256k1.pub"),
    "ECDSA with secp256k1"
)]
#[case(
    include_str!("../data/refused/brainpool.pem"),
    include_str!("../data/refused/brainpool.pub"),
    "ECDSA with 1.3.36.3.3.2.8.1.1.7"
)]
#[case(include_str!("../data/refused/ed448.pem"), include_str!("../data/refused/ed448.pub"), "Ed448")]
#[case(
    include_str!("../data/refused/rsa-pss.pem"),
    include_str!("../data/refused/rsa-pss.pub"),
    "RSA-PSS alone"
)]
fn another_algorithm_is_named(
    #[case] private_key: &str,
    #[case] public_key: &str,
    #[case] name: &str,
) {
    for error in [
        private(private_key).unwrap_err(),
        public(public_key).unwrap_err(),
    ] {
        assert!(
            matches!(&error, KeyError::Algorithm { found } if found == name),
            "{error}"
        );
        assert!(error.to_string().contains(name));
    }
}

#[test]
fn another_algorithm_is_named_by_labels_and_parameters_too() {
    let dsa = pem("DSA PRIVATE KEY", [0x30, 0]);
    assert!(matches!(private(&dsa), Err(KeyError::Algorithm { found }) if found == "DSA"));
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
fn rsa_and_ec_keys_of_the_older_forms_are_read() {
    let (private_key, public_key) = rsa(KeySize::Rsa2048);
    let spki = contents(&public_key);
    // Behind the algorithm and the head of the bit string.
    let pkcs1 = pem("RSA PUBLIC KEY", &spki[24..]);
    assert_eq!(public(&pkcs1).unwrap(), public(&public_key).unwrap());
    let pkcs8 = contents(&private_key);
    let pkcs1 = pem("RSA PRIVATE KEY", &pkcs8[26..]);
    assert_eq!(
        private(&pkcs1).unwrap().public_key(),
        &public(&public_key).unwrap()
    );
    for algorithm in [
        &ECDSA_P384_SHA384_ASN1_SIGNING,
        &ECDSA_P521_SHA512_ASN1_SIGNING,
    ] {
        let pair = EcdsaKeyPair::generate(algorithm).unwrap();
        let sec1 = pem(
            "EC PRIVATE KEY",
            pair.private_key().as_der().unwrap().as_ref(),
        );
        let spki = pem("PUBLIC KEY", pair.public_key().as_der().unwrap().as_ref());
        assert_eq!(
            private(&sec1).unwrap().public_key(),
            &public(&spki).unwrap()
        );
    }
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
