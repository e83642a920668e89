//! Bytes held against the descriptor that names them, while they arrive.

use crate::error::RegistryError;
use bytes::Bytes;
use model::Digest;
use model::canonical::hex;
use oci_spec::image::Descriptor;
use sha2::{Digest as _, Sha256, Sha512};

/// A digest in the making.
#[derive(Clone, Debug)]
enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hasher {
    /// By the algorithm of a digest.
    fn like(digest: &Digest) -> Result<Self, RegistryError> {
        match digest.algorithm().as_ref() {
            "sha256" => Ok(Self::Sha256(Sha256::new())),
            "sha512" => Ok(Self::Sha512(Sha512::new())),
            _ => Err(RegistryError::UnsupportedDigest {
                digest: digest.clone(),
            }),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    fn finish(self) -> String {
        match self {
            Self::Sha256(hasher) => format!("sha256:{}", hex(&hasher.finalize())),
            Self::Sha512(hasher) => format!("sha512:{}", hex(&hasher.finalize())),
        }
    }
}

/// Checks that bytes have a digest.
pub(crate) fn check_digest(
    bytes: &[u8],
    expected: &Digest,
    what: &str,
) -> Result<(), RegistryError> {
    let mut hasher = Hasher::like(expected)?;
    hasher.update(bytes);
    compare(hasher, expected, what)
}

fn compare(hasher: Hasher, expected: &Digest, what: &str) -> Result<(), RegistryError> {
    let actual = hasher.finish();
    if actual == expected.as_ref() {
        return Ok(());
    }
    Err(RegistryError::DigestMismatch {
        what: what.to_owned(),
        expected: Box::new(expected.clone()),
        actual: Box::new(actual.parse().unwrap_or_else(|_| expected.clone())),
    })
}

/// Checks that bytes are what a descriptor names.
pub(crate) fn check(
    bytes: &[u8],
    descriptor: &Descriptor,
    what: &str,
) -> Result<(), RegistryError> {
    let mut verifier = Verifier::new(descriptor, what)?;
    verifier.take(bytes)?;
    verifier.finish()
}

/// Sees every byte of a blob pass, and says at the end whether it was the blob.
#[derive(Debug)]
pub(crate) struct Verifier {
    what: String,
    digest: Digest,
    size: u64,
    seen: u64,
    hasher: Hasher,
}

impl Verifier {
    pub(crate) fn new(descriptor: &Descriptor, what: &str) -> Result<Self, RegistryError> {
        Ok(Self {
            what: what.to_owned(),
            digest: descriptor.digest().clone(),
            size: descriptor.size(),
            seen: 0,
            hasher: Hasher::like(descriptor.digest())?,
        })
    }

    /// Takes the next bytes, unless they are more than there should be.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), RegistryError> {
        self.seen = self.seen.saturating_add(bytes.len() as u64);
        if self.seen > self.size {
            return Err(self.wrong_size(self.seen));
        }
        self.hasher.update(bytes);
        Ok(())
    }

    /// Refuses a length that a server or a file system announces, if it is not the right one.
    pub(crate) fn check_announced(&self, announced: Option<u64>) -> Result<(), RegistryError> {
        match announced {
            Some(announced) if announced != self.size => Err(self.wrong_size(announced)),
            _ => Ok(()),
        }
    }

    /// Whether all that passed is the blob.
    pub(crate) fn finish(self) -> Result<(), RegistryError> {
        if self.seen != self.size {
            return Err(self.wrong_size(self.seen));
        }
        compare(self.hasher, &self.digest, &self.what)
    }

    fn wrong_size(&self, actual: u64) -> RegistryError {
        RegistryError::SizeMismatch {
            what: self.what.clone(),
            expected: self.size,
            actual,
        }
    }
}

/// A descriptor of bytes.
pub(crate) fn descriptor_of(media_type: &str, bytes: &Bytes) -> Descriptor {
    Descriptor::new(
        media_type.into(),
        bytes.len() as u64,
        model::canonical::sha256(bytes),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SHA256: &str = "sha256:2a2210e5a156498150eb0acafdf1ca88559c51ef961ea11e31ff5a46aec60a59";

    fn descriptor(digest: &str, size: u64) -> Descriptor {
        Descriptor::new("x/y".into(), size, digest.parse::<Digest>().unwrap())
    }

    #[rstest]
    #[case(SHA256, 8, None)]
    #[case(SHA256, 7, Some("it has 8 bytes instead of 7"))]
    #[case(SHA256, 9, Some("it has 8 bytes instead of 9"))]
    fn size_and_digest_must_both_be_right(
        #[case] digest: &str,
        #[case] size: u64,
        #[case] expected: Option<&str>,
    ) {
        let result = check(b"polcheck", &descriptor(digest, size), "it");
        assert_eq!(
            result.err().map(|error| error.to_string()).as_deref(),
            expected
        );
    }

    #[test]
    fn other_bytes_of_the_same_size_are_found_out() {
        let error = check(b"polcheek", &descriptor(SHA256, 8), "it").unwrap_err();
        assert!(matches!(error, RegistryError::DigestMismatch { .. }));
    }

    #[test]
    fn sha512_is_checked_and_no_third_algorithm_is() {
        let digest = {
            let mut hasher = Hasher::Sha512(Sha512::new());
            hasher.update(b"polcheck");
            hasher.finish()
        };
        assert_eq!(digest.len(), "sha512:".len() + 128);
        assert!(check(b"polcheck", &descriptor(&digest, 8), "it").is_ok());
        assert!(check(b"polcheek", &descriptor(&digest, 8), "it").is_err());
        let sha384 = format!("sha384:{}", "a".repeat(96));
        let error = check(b"polcheck", &descriptor(&sha384, 8), "it").unwrap_err();
        assert!(matches!(error, RegistryError::UnsupportedDigest { .. }));
    }

    #[test]
    fn too_many_bytes_are_refused_before_they_are_hashed() {
        let mut verifier = Verifier::new(&descriptor(SHA256, 8), "it").unwrap();
        assert!(verifier.take(b"polch").is_ok());
        assert!(verifier.take(b"eckmate").is_err());
    }
}
