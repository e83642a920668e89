//! Keys: for P-256 those of authorities and logs, and for all that users may sign with.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A key that signs anything.
#[derive(Debug)]
pub struct Key(EcdsaKeyPair);

impl Key {
    /// Makes a new one.
    pub fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("random numbers"))
    }

    /// Its `SubjectPublicKeyInfo`.
    pub fn spki(&self) -> Vec<u8> {
        let der = self.0.public_key().as_der().expect("a key has DER");
        der.as_ref().to_vec()
    }

    /// Its `SubjectPublicKeyInfo` in PEM.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki())
    }

    /// The digest of its `SubjectPublicKeyInfo`: the id of a log.
    pub fn id(&self) -> [u8; 32] {
        sha256(&self.spki())
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.expect("random numbers").as_ref().to_vec()
    }
}

impl Default for Key {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes")
}

/// What a key of a user is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256.
    P256,
    /// ECDSA with P-384.
    P384,
    /// ECDSA with P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA of 2048 bits.
    Rsa,
}

/// A new private key and its public half, both in PEM.
pub fn key_pair(algorithm: Algorithm) -> [String; 2] {
    let (private, public) = match algorithm {
        Algorithm::P256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
        Algorithm::P384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
        Algorithm::P521 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
        Algorithm::Ed25519 => {
            let pair = Ed25519KeyPair::generate().expect("random numbers");
            let public = pair.public_key().as_der().expect("a key has DER");
            let private = pair.to_pkcs8v1().expect("a key has DER");
            (private.as_ref().to_vec(), public.as_ref().to_vec())
        }
        Algorithm::Rsa => {
            let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).expect("random numbers");
            let public = pair.public_key().as_der().expect("a key has DER");
            let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("a key has DER");
            (private.as_ref().to_vec(), public.as_ref().to_vec())
        }
    };
    [pem("PRIVATE KEY", &private), pem("PUBLIC KEY", &public)]
}

fn ecdsa(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> (Vec<u8>, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).expect("random numbers");
    let public = pair.public_key().as_der().expect("a key has DER");
    let private = pair.to_pkcs8v1().expect("a key has DER");
    (private.as_ref().to_vec(), public.as_ref().to_vec())
}

/// PEM with lines of 64 characters.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<_> = body
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}
