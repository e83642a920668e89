//! Timestamps (RFC 3161) in their envelope (RFC 5652).

use crate::certificate::{ecdsa_sha256, issuer_and_serial, set};
use crate::der::{
    INTEGER, OCTET_STRING, SET, contents, element, generalized_time, identifier, integer, list,
    sequence,
};
use crate::key::{Key, sha256};
use jiff::Timestamp;

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";

/// `TimeStampResp` for the digest of a signature, by an authority whose certificate has this issuer and serial number. A
/// nonce is repeated.
pub(crate) fn response(
    digest: &[u8],
    nonce: Option<&[u8]>,
    time: Timestamp,
    issuer: &str,
    serial: u64,
    key: &Key,
) -> Vec<u8> {
    let algorithm = sequence(&[&identifier(SHA256)]);
    let nonce = nonce.map_or_else(Vec::new, |nonce| element(INTEGER, nonce));
    let info = sequence(&[
        &integer(1),
        &identifier("1.3.6.1.4.1.57264.2"),
        &sequence(&[&algorithm, &element(OCTET_STRING, digest)]),
        &integer(7),
        &generalized_time(time),
        &nonce,
    ]);
    let attribute = |id: &str, value: &[u8]| sequence(&[&identifier(id), &list(SET, &[value])]);
    let attributes = vec![
        attribute(CONTENT_TYPE, &identifier(TST_INFO)),
        attribute(MESSAGE_DIGEST, &element(OCTET_STRING, &sha256(&info))),
    ];
    // SPEC: RFC 5652 §5.4: signed as a SET, and written as [0].
    let attested = key.sign(&set(attributes.clone(), SET));
    let signer = sequence(&[
        &integer(1),
        &issuer_and_serial(issuer, serial),
        &algorithm,
        &set(attributes, 0xa0),
        &ecdsa_sha256(),
        &element(OCTET_STRING, &attested),
    ]);
    let signed_data = sequence(&[
        &integer(3),
        &list(SET, &[&algorithm]),
        &sequence(&[
            &identifier(TST_INFO),
            &element(0xa0, &element(OCTET_STRING, &info)),
        ]),
        &list(SET, &[&signer]),
    ]);
    let token = sequence(&[&identifier(SIGNED_DATA), &element(0xa0, &signed_data)]);
    sequence(&[&sequence(&[&integer(0)]), &token])
}

/// The digest and the nonce in a `TimeStampReq`.
pub(crate) fn question(request: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    let parts = contents(contents(request)?.first()?.1)?;
    let imprint = contents(parts.get(1)?.1)?;
    let nonce = parts.iter().skip(2).find(|(tag, _)| *tag == INTEGER);
    Some((imprint.get(1)?.1, nonce.map(|(_, nonce)| *nonce)))
}
