//! Keys: ECDSA over P-256, P-384 and P-521, Ed25519, and RSA.
//!
//! What is secret lives in memory that is overwritten when it is dropped, and is in no message and no `Debug` output.

mod der;
mod encrypted;
mod error;
mod pem;
mod public;

pub(crate) use der::Reader as DerReader;
pub use encrypted::Password;
pub use error::{BoxError, KeyError};
pub use public::PublicKey;
pub(crate) use public::Scheme;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use der::Algorithm;
use error::{MAX_RSA_BITS, MIN_RSA_BITS};
use std::fmt;
use zeroize::Zeroizing;

const PRIVATE: &str = "PRIVATE KEY";
const EC_PRIVATE: &str = "EC PRIVATE KEY";
const RSA_PRIVATE: &str = "RSA PRIVATE KEY";
/// Written by cosign since 2.0.
const ENCRYPTED_SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
/// Written by older versions of cosign; the contents are the same.
const ENCRYPTED_COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";

/// A private key that signs statements.
///
/// The hash is the one that Sigstore's registry of algorithms says for the key: SHA-256 for P-256 and RSA, SHA-384 for
/// P-384, SHA-512 for P-521; Ed25519 signs what it is given.
pub struct SigningKey {
    pair: Pair,
    public_key: PublicKey,
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair, RsaPadding),
}

/// How RSA pads what it signs (RFC 8017 §8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSASSA-PKCS1-v1_5: what cosign takes for granted.
    #[default]
    Pkcs1,
    /// RSASSA-PSS.
    Pss,
}

impl SigningKey {
    /// Makes a new key, for P-256.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| KeyError::NoRandomNumbers)?;
        Self::from_pair(Pair::Ecdsa(pair))
    }

    /// Reads a key from PEM: PKCS#8, SEC 1, PKCS#1, or encrypted as cosign does it. The password is only asked for where
    /// the key is encrypted.
    ///
    /// # Errors
    /// If it is no such key, or the password is not the right one.
    pub fn from_pem(
        text: &[u8],
        password: impl FnOnce() -> Result<Password, BoxError>,
    ) -> Result<Self, KeyError> {
        let block = pem::key_block(text)?;
        let der = match block.label.as_str() {
            PRIVATE | EC_PRIVATE | RSA_PRIVATE if block.is_encrypted => {
                return Err(KeyError::ForeignEncryption);
            }
            PRIVATE | EC_PRIVATE | RSA_PRIVATE => block.contents,
            ENCRYPTED_SIGSTORE | ENCRYPTED_COSIGN => encrypted::decrypt(&block.contents, password)?,
            "ENCRYPTED PRIVATE KEY" => return Err(KeyError::ForeignEncryption),
            label if label.ends_with(public::PUBLIC) => return Err(KeyError::PrivateExpected),
            label => return Err(unknown_label(label)),
        };
        let algorithm = match block.label.as_str() {
            EC_PRIVATE => der::algorithm_of_sec1(&der),
            RSA_PRIVATE => der::algorithm_of_rsa_private_key(&der),
            _ => der::algorithm_of_pkcs8(&der),
        };
        let pair = match supported(algorithm)? {
            Supported::Ecdsa(curve) => {
                EcdsaKeyPair::from_private_key_der(curve.signing(), &der).map(Pair::Ecdsa)
            }
            Supported::Ed25519 => Ed25519KeyPair::from_pkcs8(&der).map(Pair::Ed25519),
            Supported::Rsa => match block.label.as_str() {
                RSA_PRIVATE => rsa::KeyPair::from_der(&der),
                _ => rsa::KeyPair::from_pkcs8(&der),
            }
            .map(|pair| Pair::Rsa(pair, RsaPadding::default())),
        };
        Self::from_pair(pair.map_err(|_| KeyError::Damaged)?)
    }

    /// The key with another padding, if it is one for RSA.
    #[must_use]
    pub fn with_rsa_padding(mut self, padding: RsaPadding) -> Self {
        if let Pair::Rsa(_, current) = &mut self.pair {
            *current = padding;
        }
        self
    }

    /// The key as PKCS#8 in PEM, not encrypted.
    ///
    /// # Errors
    /// None that is known; the cryptographic library reserves the right.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        Ok(pem::encode(PRIVATE, &self.to_pkcs8()?))
    }

    /// The key in PEM, encrypted as cosign does it, and usable with cosign.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn to_encrypted_pem(&self, password: &Password) -> Result<String, KeyError> {
        let contents = encrypted::encrypt(&self.to_pkcs8()?, password)?;
        Ok(pem::encode(ENCRYPTED_SIGSTORE, contents.as_bytes()).to_string())
    }

    /// The key that verifies what this one signs.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Signs; where it has two numbers, the signature is in the form of ASN.1.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).ok()?;
                Some(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Some(pair.try_sign(message).ok()?.as_ref().to_vec()),
            Pair::Rsa(pair, padding) => {
                let padding = match padding {
                    RsaPadding::Pkcs1 => &RSA_PKCS1_SHA256,
                    RsaPadding::Pss => &RSA_PSS_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .ok()?;
                Some(signature)
            }
        }
    }

    fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        // Each of these is overwritten when it is dropped.
        let contents = match &self.pair {
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|key| key.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|key| key.as_ref().to_vec()),
            Pair::Rsa(pair, _) => {
                AsDer::<Pkcs8V1Der<'_>>::as_der(pair).map(|key| key.as_ref().to_vec())
            }
        };
        contents.map(Zeroizing::new).map_err(|_| KeyError::Damaged)
    }

    fn from_pair(pair: Pair) -> Result<Self, KeyError> {
        let public_key = match &pair {
            Pair::Ecdsa(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
            Pair::Rsa(pair, _) => pair.public_key().as_der(),
        };
        let public_key = public_key.map_err(|_| KeyError::Damaged)?;
        let public_key = PublicKey::from_der(public_key.as_ref())?;
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

/// What keys can be for.
#[derive(Clone, Copy, Debug)]
enum Supported {
    Ecdsa(Curve),
    Ed25519,
    Rsa,
}

/// A curve for ECDSA.
#[derive(Clone, Copy, Debug)]
enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn signing(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
            Self::P521 => &ECDSA_P521_SHA512_ASN1_SIGNING,
        }
    }
}

/// The algorithm, if keys for it are accepted.
fn supported(algorithm: Option<Algorithm>) -> Result<Supported, KeyError> {
    match algorithm {
        Some(Algorithm::P256) => Ok(Supported::Ecdsa(Curve::P256)),
        Some(Algorithm::P384) => Ok(Supported::Ecdsa(Curve::P384)),
        Some(Algorithm::P521) => Ok(Supported::Ecdsa(Curve::P521)),
        Some(Algorithm::Ed25519) => Ok(Supported::Ed25519),
        Some(Algorithm::Rsa { bits }) if (MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) => {
            Ok(Supported::Rsa)
        }
        Some(Algorithm::Rsa { bits }) => Err(KeyError::RsaSize { bits }),
        Some(Algorithm::Other(found)) => Err(KeyError::Algorithm { found }),
        None => Err(KeyError::Damaged),
    }
}

/// The error for a label that is not read. Some labels name the algorithm.
fn unknown_label(label: &str) -> KeyError {
    match label {
        "DSA PRIVATE KEY" => KeyError::Algorithm {
            found: "DSA".to_owned(),
        },
        _ => KeyError::Label {
            label: label.to_owned(),
        },
    }
}
