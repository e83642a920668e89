//! Certificates (RFC 5280), and the timestamps of their logs (RFC 6962).

use crate::der::{
    OCTET_STRING, UTF8_STRING, bit_string, element, identifier, integer, list, name, sequence,
    utc_time,
};
use crate::key::{Key, sha256};
use jiff::Timestamp;

const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
const FULCIO_ISSUER: &str = "1.3.6.1.4.1.57264.1.8";
/// The same as bare text, which cosign reads in the form before version 3.
const FULCIO_OLD_ISSUER: &str = "1.3.6.1.4.1.57264.1.1";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// What a certificate says.
pub(crate) struct Contents<'a> {
    pub(crate) serial: u64,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) spki: &'a [u8],
    pub(crate) extensions: Vec<Vec<u8>>,
}

pub(crate) fn ecdsa_sha256() -> Vec<u8> {
    sequence(&[&identifier(ECDSA_SHA256)])
}

/// `TBSCertificate`.
fn to_be_signed(contents: &Contents<'_>) -> Vec<u8> {
    let extensions: Vec<_> = contents.extensions.iter().map(Vec::as_slice).collect();
    sequence(&[
        &element(0xa0, &integer(2)),
        &integer(contents.serial),
        &ecdsa_sha256(),
        &name(contents.issuer),
        &sequence(&[&utc_time(contents.from), &utc_time(contents.until)]),
        &name(contents.subject),
        contents.spki,
        &element(0xa3, &sequence(&extensions)),
    ])
}

pub(crate) fn certificate(contents: &Contents<'_>, issuer: &Key) -> Vec<u8> {
    let tbs = to_be_signed(contents);
    let signature = issuer.sign(&tbs);
    sequence(&[&tbs, &ecdsa_sha256(), &bit_string(&signature)])
}

fn extension(id: &str, is_critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if is_critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&identifier(id), critical, &element(OCTET_STRING, value)])
}

/// That a certificate is an authority's.
pub(crate) fn authority() -> Vec<u8> {
    extension("2.5.29.19", true, &sequence(&[&[1, 1, 0xff]]))
}

pub(crate) fn code_signing() -> Vec<u8> {
    extension("2.5.29.37", false, &sequence(&[&identifier(CODE_SIGNING)]))
}

pub(crate) fn time_stamping() -> Vec<u8> {
    extension("2.5.29.37", true, &sequence(&[&identifier(TIME_STAMPING)]))
}

/// That a certificate is of somebody, as an issuer vouches for it.
pub(crate) fn identity(subject: &str, issuer: &str) -> [Vec<u8>; 3] {
    // `rfc822Name`, or `uniformResourceIdentifier`.
    let tag = if subject.contains("://") { 0x86 } else { 0x81 };
    [
        extension(
            "2.5.29.17",
            true,
            &sequence(&[&element(tag, subject.as_bytes())]),
        ),
        extension(FULCIO_OLD_ISSUER, false, issuer.as_bytes()),
        extension(
            FULCIO_ISSUER,
            false,
            &element(UTF8_STRING, issuer.as_bytes()),
        ),
    ]
}

/// The extension with which a log of certificates promises to have this one.
pub(crate) fn certificate_timestamp(
    contents: &Contents<'_>,
    issuer_spki: &[u8],
    log: &Key,
) -> Vec<u8> {
    let tbs = to_be_signed(contents);
    let time = u64::try_from(contents.from.as_millisecond()).unwrap_or_default();
    // SPEC: RFC 6962 §3.2: version, signature type, timestamp, entry type, issuer key hash, TBSCertificate, extensions.
    let length = u32::try_from(tbs.len()).unwrap_or_default().to_be_bytes();
    let signed = [
        &[0, 0][..],
        &time.to_be_bytes(),
        &[0, 1],
        &sha256(issuer_spki),
        &length[1..],
        &tbs,
        &[0, 0],
    ]
    .concat();
    let signature = log.sign(&signed);
    let sct = [
        &[0][..],
        &log.id(),
        &time.to_be_bytes(),
        &[0, 0],
        // SHA-256 and ECDSA.
        &[4, 3],
        &prefixed(&signature),
    ]
    .concat();
    let list_of_scts = prefixed(&prefixed(&sct));
    extension(SCT_LIST, false, &element(OCTET_STRING, &list_of_scts))
}

/// Bytes behind their length in two bytes.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or_default();
    [&length.to_be_bytes()[..], bytes].concat()
}

/// `IssuerAndSerialNumber`.
pub(crate) fn issuer_and_serial(issuer: &str, serial: u64) -> Vec<u8> {
    sequence(&[&name(issuer), &integer(serial)])
}

/// Several elements of a set, in the order that DER wants.
pub(crate) fn set(mut parts: Vec<Vec<u8>>, tag: u8) -> Vec<u8> {
    parts.sort();
    let parts: Vec<_> = parts.iter().map(Vec::as_slice).collect();
    list(tag, &parts)
}
