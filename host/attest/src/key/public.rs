//! Public keys, and how each verifies.

use super::der::{self, Algorithm};
use super::{Curve, KeyError, Supported, pem, supported, unknown_label};
use crate::signing_config::LogVersion;
use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA256_ASN1,
    ECDSA_P521_SHA512_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{Digest, canonical};
use std::fmt;

pub(super) const PUBLIC: &str = "PUBLIC KEY";
const RSA_PUBLIC: &str = "RSA PUBLIC KEY";

/// A public key that verifies statements. It is parsed once, not for every statement.
#[derive(Clone)]
pub struct PublicKey {
    /// The key in each scheme that may be used with it; more than one only where all are as safe.
    schemes: Vec<(ParsedPublicKey, Hash)>,
    /// `SubjectPublicKeyInfo`, encoded by us, so that one key has one fingerprint however it was written.
    der: Vec<u8>,
    digest: digest::Digest,
    fingerprint: Digest,
}

/// What a scheme signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
    /// The message itself.
    None,
}

/// How a signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    P256Sha256,
    P384Sha384,
    P384Sha256,
    P521Sha512,
    P521Sha256,
    Ed25519,
    RsaPkcs1 { bits: usize },
    RsaPss { bits: usize },
}

impl Scheme {
    /// Whether an entry of such a log can be verified. The library that does so knows no key in Rekor 2 but those for P-256,
    /// and in Rekor 1 neither P-521, nor PSS, nor P-384 with another hash.
    pub(crate) fn is_verified_in(self, log: LogVersion) -> bool {
        match self {
            Self::P256Sha256 => true,
            Self::P384Sha384 | Self::Ed25519 | Self::RsaPkcs1 { .. } => log == LogVersion::One,
            Self::P384Sha256 | Self::P521Sha512 | Self::P521Sha256 | Self::RsaPss { .. } => false,
        }
    }
}

/// SPEC: `sigstore_common.proto`, `PublicKeyDetails`.
impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256Sha256 => f.write_str("PKIX_ECDSA_P256_SHA_256"),
            Self::P384Sha384 => f.write_str("PKIX_ECDSA_P384_SHA_384"),
            Self::P384Sha256 => f.write_str("PKIX_ECDSA_P384_SHA_256"),
            Self::P521Sha512 => f.write_str("PKIX_ECDSA_P521_SHA_512"),
            Self::P521Sha256 => f.write_str("PKIX_ECDSA_P521_SHA_256"),
            Self::Ed25519 => f.write_str("PKIX_ED25519"),
            Self::RsaPkcs1 { bits } => write!(f, "PKIX_RSA_PKCS1V15_{bits}_SHA256"),
            Self::RsaPss { bits } => write!(f, "PKIX_RSA_PSS_{bits}_SHA256"),
        }
    }
}

impl PublicKey {
    /// Reads a key from PEM: a `SubjectPublicKeyInfo`, or an `RSAPublicKey` of PKCS#1.
    ///
    /// # Errors
    /// If it is no such key.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let block = pem::key_block(text)?;
        match block.label.as_str() {
            PUBLIC => Self::from_der(&block.contents),
            RSA_PUBLIC => {
                let algorithm = supported(der::algorithm_of_rsa_public_key(&block.contents))?;
                Self::parse(algorithm, &block.contents)
            }
            label if label.ends_with(super::PRIVATE) => Err(KeyError::PublicExpected),
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

    /// How many bits the hash has that the key usually signs; none for Ed25519, which signs what it is given.
    pub fn hash_bits(&self) -> Option<u16> {
        match self.schemes.first()?.1 {
            Hash::Sha256 => Some(256),
            Hash::Sha384 => Some(384),
            Hash::Sha512 => Some(512),
            Hash::None => None,
        }
    }

    /// Whether a signature is one of this key over a message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.schemes
            .iter()
            .any(|(key, _)| key.verify_sig(message, signature).is_ok())
    }

    /// Whether a signature is one of this key over the message that has a digest. Ed25519 cannot tell.
    pub(crate) fn verifies_digest(&self, message: &Digest, signature: &[u8]) -> bool {
        let Some(bytes) = from_hex(message.digest()) else {
            return false;
        };
        let (algorithm, hash) = match message.algorithm().as_ref() {
            "sha256" => (&digest::SHA256, Hash::Sha256),
            "sha384" => (&digest::SHA384, Hash::Sha384),
            "sha512" => (&digest::SHA512, Hash::Sha512),
            _ => return false,
        };
        let Ok(message) = digest::Digest::import_less_safe(&bytes, algorithm) else {
            return false;
        };
        self.schemes
            .iter()
            .any(|(key, of)| *of == hash && key.verify_digest_sig(&message, signature).is_ok())
    }

    /// Whether it cannot verify the signature of a message of which only the digest is known.
    pub(crate) fn needs_message(&self) -> bool {
        self.schemes.iter().all(|(_, hash)| *hash == Hash::None)
    }

    /// The scheme in which a signature is one of this key over a message.
    pub(crate) fn scheme(&self, message: &[u8], signature: &[u8]) -> Option<Scheme> {
        let mut schemes = self.schemes.iter();
        let used = schemes.position(|(key, _)| key.verify_sig(message, signature).is_ok())?;
        Some(match (der::algorithm_of_spki(&self.der)?, used) {
            (Algorithm::P256, _) => Scheme::P256Sha256,
            (Algorithm::P384, 0) => Scheme::P384Sha384,
            (Algorithm::P384, _) => Scheme::P384Sha256,
            (Algorithm::P521, 0) => Scheme::P521Sha512,
            (Algorithm::P521, _) => Scheme::P521Sha256,
            (Algorithm::Ed25519, _) => Scheme::Ed25519,
            (Algorithm::Rsa { bits }, 0) => Scheme::RsaPkcs1 { bits },
            (Algorithm::Rsa { bits }, _) => Scheme::RsaPss { bits },
            (Algorithm::Other(_), _) => return None,
        })
    }

    /// The `SubjectPublicKeyInfo`.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// The bytes of the fingerprint.
    pub(crate) fn digest(&self) -> &[u8] {
        self.digest.as_ref()
    }

    pub(super) fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        Self::parse(supported(der::algorithm_of_spki(der))?, der)
    }

    fn parse(algorithm: Supported, der: &[u8]) -> Result<Self, KeyError> {
        let schemes: Vec<_> = schemes(algorithm)
            .iter()
            .map(|(scheme, hash)| Ok((ParsedPublicKey::new(*scheme, der)?, *hash)))
            .collect::<Result<_, _>>()
            .map_err(|_: aws_lc_rs::error::KeyRejected| KeyError::Damaged)?;
        let (key, _) = schemes.first().ok_or(KeyError::Damaged)?;
        let der = key
            .as_der()
            .map_err(|_| KeyError::Damaged)?
            .as_ref()
            .to_vec();
        let digest = digest::digest(&digest::SHA256, &der);
        let fingerprint = canonical::sha256(&der);
        Ok(Self {
            schemes,
            der,
            digest,
            fingerprint,
        })
    }
}

/// The schemes of a key, the usual one first.
///
/// SPEC: `sigstore_common.proto`, `PublicKeyDetails`, which names one hash for each key that may still be used to sign.
/// Older versions of cosign signed with SHA-256 whatever the curve, and RSA keys may sign with either padding: whatever
/// verifies was still signed by the owner of the key, and by nobody else.
fn schemes(algorithm: Supported) -> &'static [(&'static dyn VerificationAlgorithm, Hash)] {
    match algorithm {
        Supported::Ecdsa(Curve::P256) => &[(&ECDSA_P256_SHA256_ASN1, Hash::Sha256)],
        Supported::Ecdsa(Curve::P384) => &[
            (&ECDSA_P384_SHA384_ASN1, Hash::Sha384),
            (&ECDSA_P384_SHA256_ASN1, Hash::Sha256),
        ],
        Supported::Ecdsa(Curve::P521) => &[
            (&ECDSA_P521_SHA512_ASN1, Hash::Sha512),
            (&ECDSA_P521_SHA256_ASN1, Hash::Sha256),
        ],
        Supported::Ed25519 => &[(&ED25519, Hash::None)],
        Supported::Rsa => &[
            (&RSA_PKCS1_2048_8192_SHA256, Hash::Sha256),
            (&RSA_PSS_2048_8192_SHA256, Hash::Sha256),
        ],
    }
}

/// The bytes of hexadecimal digits.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
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
