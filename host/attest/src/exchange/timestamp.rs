//! Timestamps by authorities (RFC 3161).

use super::{AnswerError, Service};
use crate::key::{DerReader, KeyError};
use crate::rejection::Detail;
use crate::sign::{SignedStatement, Timestamped};
use sigstore_verify::types::TimestampToken;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;

const NONCE_BYTES: usize = 8;
/// `version` 1, which every request begins with.
const VERSION: [u8; 3] = [INTEGER, 1, 1];
/// `AlgorithmIdentifier` of SHA-256.
const SHA256: [u8; 15] = [
    SEQUENCE,
    13,
    OBJECT_IDENTIFIER,
    9,
    0x60,
    0x86,
    0x48,
    0x01,
    0x65,
    0x03,
    0x04,
    0x02,
    0x01,
    0x05,
    0,
];
/// That the answer is to have the certificates of the authority in it.
const WITH_CERTIFICATES: [u8; 3] = [BOOLEAN, 1, 0xff];

/// A question to a timestamp authority, and what its answer has to repeat.
#[derive(Debug)]
pub struct TimestampRequest {
    der: Vec<u8>,
    /// Contents of an INTEGER.
    nonce: [u8; NONCE_BYTES],
}

impl TimestampRequest {
    /// What to post, as `application/timestamp-query`.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
}

impl SignedStatement {
    /// Asks when the signature was there.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn timestamp_request(&self) -> Result<TimestampRequest, KeyError> {
        let mut nonce = [0; NONCE_BYTES];
        aws_lc_rs::rand::fill(&mut nonce).map_err(|_| KeyError::NoRandomNumbers)?;
        // Positive, and without a leading zero: there is one way to write it.
        nonce[0] = (nonce[0] & 0x7f) | 0x40;
        let signature = self.envelope.signature.sig.as_bytes();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signature);
        let imprint = [&SHA256[..], &element(OCTET_STRING, digest.as_ref())].concat();
        // SPEC: RFC 3161 §2.4.1, TimeStampReq: "version, messageImprint, reqPolicy OPTIONAL, nonce OPTIONAL, certReq".
        let request = [
            &VERSION[..],
            &element(SEQUENCE, &imprint),
            &element(INTEGER, &nonce),
            &WITH_CERTIFICATES,
        ]
        .concat();
        Ok(TimestampRequest {
            der: element(SEQUENCE, &request),
            nonce,
        })
    }

    /// Adds what an authority answered. What it signed is verified when all of the bundle is.
    ///
    /// # Errors
    /// If it would not sign, or answered another request.
    pub fn add_timestamp(
        &mut self,
        request: &TimestampRequest,
        answer: &[u8],
    ) -> Result<(), AnswerError> {
        let unreadable = || AnswerError::Unreadable {
            service: Service::TimestampAuthority,
            source: Detail::new(&"it is no answer of RFC 3161"),
        };
        let mut response = DerReader::whole(answer).ok_or_else(unreadable)?;
        let info = response.next(SEQUENCE).ok_or_else(unreadable)?;
        let (status, text) = status(info).ok_or_else(unreadable)?;
        // SPEC: RFC 3161 §2.4.2: "When the status contains the value zero or one, a TimeStampToken MUST be present."
        if status > 1 {
            return Err(AnswerError::TimestampRefused { status, text });
        }
        let token = response.next(SEQUENCE).ok_or_else(unreadable)?;
        // SPEC: RFC 3161 §2.4.2: "The nonce field MUST be present if it was present in the TimeStampReq. In such a case it
        // MUST equal the value provided".
        if nonce(token) != Some(&request.nonce) {
            return Err(AnswerError::OtherRequest);
        }
        self.timestamps.push(Timestamped {
            signed_timestamp: TimestampToken::new(answer.to_vec()),
        });
        Ok(())
    }
}

/// One element of fewer than 128 bytes, as all of a request are.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = u8::try_from(contents.len()).unwrap_or_default();
    [&[tag, length][..], contents].concat()
}

/// Of `PKIStatusInfo`: `SEQUENCE { status, statusString OPTIONAL, failInfo OPTIONAL }`.
fn status(info: &[u8]) -> Option<(u64, String)> {
    let mut info = DerReader::new(info);
    let status = info.next(INTEGER)?.iter().try_fold(0_u64, |status, byte| {
        status.checked_mul(256)?.checked_add(u64::from(*byte))
    })?;
    let text = info.next(SEQUENCE).and_then(|texts| {
        let first = DerReader::new(texts).next(UTF8_STRING)?;
        Some(String::from_utf8_lossy(first).into_owned())
    });
    Some((status, text.unwrap_or_default()))
}

/// The nonce in a token: in `TSTInfo`, in `SignedData` (RFC 5652 §5.1), in `ContentInfo`.
fn nonce(token: &[u8]) -> Option<&[u8]> {
    let mut content = DerReader::new(token);
    content.next(OBJECT_IDENTIFIER)?;
    let mut signed = DerReader::whole(content.next(CONTEXT_0)?)?;
    signed.next(INTEGER)?;
    signed.next(SET)?;
    let mut encapsulated = DerReader::new(signed.next(SEQUENCE)?);
    encapsulated.next(OBJECT_IDENTIFIER)?;
    let octets = DerReader::new(encapsulated.next(CONTEXT_0)?).next(OCTET_STRING)?;
    // SPEC: RFC 3161 §2.4.2, TSTInfo: "version, policy, messageImprint, serialNumber, genTime, accuracy OPTIONAL, ordering
    // DEFAULT FALSE, nonce OPTIONAL, …".
    let mut info = DerReader::whole(octets)?;
    info.next(INTEGER)?;
    info.next(OBJECT_IDENTIFIER)?;
    info.next(SEQUENCE)?;
    info.next(INTEGER)?;
    info.next(GENERALIZED_TIME)?;
    info.next(SEQUENCE);
    info.next(BOOLEAN);
    info.next(INTEGER)
}
