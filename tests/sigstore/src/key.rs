//! Keys for P-256 of authorities and logs.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

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
