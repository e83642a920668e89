//! Keys: ECDSA over P-256 with SHA-256.
//!
//! What is secret lives in memory that is overwritten when it is dropped, and is in no message and no `Debug` output.

pub(crate) mod der;
mod encrypted;
mod error;
mod pem;

pub use encrypted::Password;
pub use error::{BoxError, KeyError};

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Algorithm;
use model::{Digest, canonical};
use std::fmt;
use zeroize::Zeroizing;

const PRIVATE: &str = "PRIVATE KEY";
const EC_PRIVATE: &str = "EC PRIVATE KEY";
const PUBLIC: &str = "PUBLIC KEY";
/// Written by cosign since 2.0.
const ENCRYPTED_SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// Written by older versions of cosign; the contents are the same.
const ENCRYPTED_COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";

/// A private key that signs statements.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    public_key: PublicKey,
}

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| KeyError::NoRandomNumbers)?;
        Self::from_pair(pair)
    }

    /// Reads a key from PEM: PKCS#8, SEC 1, or encrypted as cosign does it. The password is only asked for where the
    /// key is encrypted.
    ///
    /// # Errors
    /// If it is no such key, or the password is not the right one.
    pub fn from_pem(
        text: &[u8],
        password: impl FnOnce() -> Result<Password, BoxError>,
    ) -> Result<Self, KeyError> {
        let block = pem::key_block(text)?;
        let der = match block.label.as_str() {
            PRIVATE | EC_PRIVATE if block.is_encrypted => return Err(KeyError::ForeignEncryption),
            PRIVATE | EC_PRIVATE => block.contents,
            ENCRYPTED_SIGSTORE | ENCRYPTED_COSIGN => encrypted::decrypt(&block.contents, password)?,
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::ForeignEncryption),
            label if label.ends_with(PUBLIC) => return Err(KeyError::PrivateExpected),
            label => return Err(unknown_label(label)),
        };
        let algorithm = match block.label.as_str() {
            EC_PRIVATE => der::algorithm_of_sec1(&der),
            _ => der::algorithm_of_pkcs8(&der),
        };
        require_p256(algorithm)?;
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der)
            .map_err(|_| KeyError::Damaged)?;
        Self::from_pair(pair)
    }

    /// The key as PKCS#8 in PEM, not encrypted.
    ///
    /// # Errors
    /// None that is known; the cryptographic library reserves the right.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| KeyError::Damaged)?;
        Ok(pem::encode(PRIVATE, document.as_ref()))
    }

    /// The key in PEM, encrypted as cosign does it, and usable with cosign.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn to_encrypted_pem(&self, password: &Password) -> Result<String, KeyError> {
        let document = self.pair.to_pkcs8v1().map_err(|_| KeyError::Damaged)?;
        let contents = encrypted::encrypt(document.as_ref(), password)?;
        Ok(pem::encode(ENCRYPTED_SIGSTORE, contents.as_bytes()).to_string())
    }

    /// The key that verifies what this one signs.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs; the signature is in the form of ASN.1.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let signature = self.pair.sign(&SystemRandom::new(), message).ok()?;
        Some(signature.as_ref().to_vec())
    }

    fn from_pair(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let der = pair.public_key().as_der().map_err(|_| KeyError::Damaged)?;
        let public_key = PublicKey::from_der(der.as_ref())?;
        Ok(Self { pair, public_key })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// A public key that verifies statements. It is parsed once, not for every statement.
#[derive(Clone)]
pub struct PublicKey {
    key: ParsedPublicKey,
    /// `SubjectPublicKeyInfo`, encoded by us, so that one key has one fingerprint however it was written.
    der: Vec<u8>,
    digest: digest::Digest,
    fingerprint: Digest,
}

impl PublicKey {
    /// Reads a key from PEM: a `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// If it is no such key.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let block = pem::key_block(text)?;
        match block.label.as_str() {
            PUBLIC => Self::from_der(&block.contents),
            label if label.ends_with(PRIVATE) => Err(KeyError::PublicExpected),
            label => Err(unknown_label(label)),
        }
    }

    /// The key in PEM.
    pub fn to_pem(&self) -> String {
        pem::encode(PUBLIC, &self.der).to_string()
    }

    /// What a bundle says to name this key: as cosign does it, the fingerprint in base64.
    pub fn hint(&self) -> String {
        STANDARD.encode(self.digest())
    }

    /// The SHA-256 digest of the `SubjectPublicKeyInfo`, to name the key in messages. `openssl pkey -pubin -outform der
    /// | sha256sum` says the same.
    pub fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }

    /// Whether a signature in the form of ASN.1 is one of this key over a message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }

    /// The bytes of the fingerprint.
    pub(crate) fn digest(&self) -> &[u8] {
        self.digest.as_ref()
    }

    fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        require_p256(der::algorithm_of_spki(der))?;
        let key =
            ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, der).map_err(|_| KeyError::Damaged)?;
        let der = key
            .as_der()
            .map_err(|_| KeyError::Damaged)?
            .as_ref()
            .to_vec();
        let digest = digest::digest(&digest::SHA256, &der);
        let fingerprint = canonical::sha256(&der);
        Ok(Self {
            key,
            der,
            digest,
            fingerprint,
        })
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PublicKey")
            .field(&self.fingerprint.as_ref())
            .finish()
    }
}

fn require_p256(algorithm: Option<Algorithm>) -> Result<(), KeyError> {
    match algorithm {
        Some(Algorithm::P256) => Ok(()),
        Some(Algorithm::Other(found)) => Err(KeyError::Algorithm { found }),
        None => Err(KeyError::Damaged),
    }
}

/// The error for a label that is not read. Some labels name the algorithm.
fn unknown_label(label: &str) -> KeyError {
    let found = match label {
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => "RSA",
        "DSA PRIVATE KEY" => "DSA",
        _ => {
            return KeyError::Label {
                label: label.to_owned(),
            };
        }
    };
    KeyError::Algorithm {
        found: found.to_owned(),
    }
}
