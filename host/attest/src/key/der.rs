//! As much DER as it takes to name the algorithm of a key and the size of its modulus. The key itself is read by the
//! cryptographic library.

use std::fmt::Write;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;

const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
const CURVES: &[(&[u8], &str)] = &[
    (&[0x2b, 0x81, 0x04, 0x00, 0x21], "P-224"),
    (&[0x2b, 0x81, 0x04, 0x00, 0x0a], "secp256k1"),
];
const ALGORITHMS: &[(&[u8], &str)] = &[
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a],
        "RSA-PSS alone",
    ),
    (&[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01], "DSA"),
    (&[0x2b, 0x65, 0x6e], "X25519"),
    (&[0x2b, 0x65, 0x6f], "X448"),
    (&[0x2b, 0x65, 0x71], "Ed448"),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x11],
        "ML-DSA-44",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x12],
        "ML-DSA-65",
    ),
    (
        &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 0x13],
        "ML-DSA-87",
    ),
];

/// The algorithm of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// ECDSA with P-256.
    P256,
    /// ECDSA with P-384.
    P384,
    /// ECDSA with P-521.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA.
    Rsa {
        /// The bits of its modulus.
        bits: usize,
    },
    /// Another one, by name.
    Other(String),
}

/// Of `SubjectPublicKeyInfo` (RFC 5280 §4.1): `SEQUENCE { algorithm, subjectPublicKey }`.
pub(super) fn algorithm_of_spki(der: &[u8]) -> Option<Algorithm> {
    let mut info = Reader::whole(der)?;
    let (algorithm, parameters) = algorithm_identifier(info.next(SEQUENCE)?)?;
    if algorithm == RSA {
        let key = info.next(BIT_STRING)?.split_first()?.1;
        return algorithm_of_rsa_public_key(key);
    }
    Some(named(algorithm, parameters))
}

/// Of `PrivateKeyInfo` (RFC 5958 §2): `SEQUENCE { version, privateKeyAlgorithm, privateKey, … }`.
pub(super) fn algorithm_of_pkcs8(der: &[u8]) -> Option<Algorithm> {
    let mut info = Reader::whole(der)?;
    info.next(INTEGER)?;
    let (algorithm, parameters) = algorithm_identifier(info.next(SEQUENCE)?)?;
    if algorithm == RSA {
        return algorithm_of_rsa_private_key(info.next(OCTET_STRING)?);
    }
    Some(named(algorithm, parameters))
}

/// Of `RSAPublicKey` (RFC 8017 §A.1.1): `SEQUENCE { modulus, publicExponent }`.
pub(super) fn algorithm_of_rsa_public_key(der: &[u8]) -> Option<Algorithm> {
    rsa(Reader::whole(der)?.next(INTEGER)?)
}

/// Of `RSAPrivateKey` (RFC 8017 §A.1.2): `SEQUENCE { version, modulus, … }`.
pub(super) fn algorithm_of_rsa_private_key(der: &[u8]) -> Option<Algorithm> {
    let mut key = Reader::whole(der)?;
    key.next(INTEGER)?;
    rsa(key.next(INTEGER)?)
}

/// Of `ECPrivateKey` (RFC 5915 §3): `SEQUENCE { version, privateKey, [0] parameters OPTIONAL, … }`.
pub(super) fn algorithm_of_sec1(der: &[u8]) -> Option<Algorithm> {
    let mut key = Reader::whole(der)?;
    key.next(INTEGER)?;
    let secret = key.next(OCTET_STRING)?;
    match key.next(CONTEXT_0) {
        Some(parameters) => Some(curve(Reader(parameters))),
        // Without parameters the length of the secret is all there is to go by.
        None => Some(match secret.len() {
            32 => Algorithm::P256,
            48 => Algorithm::P384,
            66 => Algorithm::P521,
            _ => Algorithm::Other("ECDSA with an unnamed curve".to_owned()),
        }),
    }
}

/// `AlgorithmIdentifier`: `SEQUENCE { algorithm, parameters OPTIONAL }`.
fn algorithm_identifier(contents: &[u8]) -> Option<(&[u8], Reader<'_>)> {
    let mut contents = Reader(contents);
    Some((contents.next(OBJECT_IDENTIFIER)?, contents))
}

fn named(algorithm: &[u8], parameters: Reader<'_>) -> Algorithm {
    match algorithm {
        EC => curve(parameters),
        ED25519 => Algorithm::Ed25519,
        other => Algorithm::Other(name_of(other, ALGORITHMS)),
    }
}

fn curve(mut parameters: Reader<'_>) -> Algorithm {
    match parameters.next(OBJECT_IDENTIFIER) {
        Some(P256) => Algorithm::P256,
        Some(P384) => Algorithm::P384,
        Some(P521) => Algorithm::P521,
        Some(curve) => Algorithm::Other(format!("ECDSA with {}", name_of(curve, CURVES))),
        None => Algorithm::Other("ECDSA with explicit curve parameters".to_owned()),
    }
}

/// RSA with a modulus.
fn rsa(modulus: &[u8]) -> Option<Algorithm> {
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let significant = modulus.get(zeros..)?;
    let first = significant.first()?;
    let bits = significant.len() * 8 - usize::try_from(first.leading_zeros()).ok()?;
    Some(Algorithm::Rsa { bits })
}

fn name_of(identifier: &[u8], names: &[(&[u8], &str)]) -> String {
    names
        .iter()
        .find(|(known, _)| *known == identifier)
        .map_or_else(|| dotted(identifier), |(_, name)| (*name).to_owned())
}

/// The identifier as it is written: `1.2.840.10045.2.1`.
fn dotted(identifier: &[u8]) -> String {
    let mut text = String::new();
    let mut arc: u64 = 0;
    for byte in identifier {
        arc = (arc << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if text.is_empty() {
                let first = (arc / 40).min(2);
                text = format!("{first}.{}", arc - first * 40);
            } else {
                // Writing into a string cannot fail.
                let _ = write!(text, ".{arc}");
            }
            arc = 0;
        }
    }
    text
}

/// The rest of a list of elements.
pub(crate) struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// All of a list.
    pub(crate) fn new(elements: &'d [u8]) -> Self {
        Self(elements)
    }

    /// The contents of a sequence that is all there is.
    pub(crate) fn whole(der: &'d [u8]) -> Option<Self> {
        let mut reader = Self(der);
        let contents = reader.next(SEQUENCE)?;
        reader.0.is_empty().then_some(Self(contents))
    }

    /// The contents of the next element, if it has this tag; otherwise it is not consumed.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, rest) = self.0.split_first()?;
        if *found != tag {
            return None;
        }
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if first & 0x80 == 0 {
            (usize::from(*first), rest)
        } else {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if digits.len() > 4 {
                return None;
            }
            let length = digits
                .iter()
                .fold(0, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(contents)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(EC, "1.2.840.10045.2.1")]
    #[case(&[0x60, 0x86, 0x48, 0x01, 0x65], "2.16.840.1.101")]
    #[case(&[0x2b, 0x65, 0x70], "1.3.101.112")]
    #[case(&[0x88, 0x37, 0x03], "2.999.3")]
    #[case(&[], "")]
    fn an_unknown_identifier_is_written_with_dots(
        #[case] identifier: &[u8],
        #[case] expected: &str,
    ) {
        assert_eq!(dotted(identifier), expected);
    }

    #[rstest]
    #[case(&[0x30, 6, 2, 1, 0x7f, 2, 1, 3], 7)]
    #[case(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 3], 8)]
    #[case(&[0x30, 7, 2, 2, 1, 0, 2, 1, 3], 9)]
    fn a_modulus_has_as_many_bits_as_its_number(#[case] der: &[u8], #[case] bits: usize) {
        assert_eq!(
            algorithm_of_rsa_public_key(der),
            Some(Algorithm::Rsa { bits })
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            for contents in [bytes.clone(), [&[0x30, u8::try_from(bytes.len()).unwrap()][..], &bytes].concat()] {
                let _ = algorithm_of_spki(&contents);
                let _ = algorithm_of_pkcs8(&contents);
                let _ = algorithm_of_sec1(&contents);
                let _ = algorithm_of_rsa_public_key(&contents);
                let _ = algorithm_of_rsa_private_key(&contents);
            }
        }
    }
}
