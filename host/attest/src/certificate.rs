//! As much of an X.509 certificate as it takes to say whom it names. Nothing here verifies anything.

use crate::key::der::Reader;

const BOOLEAN: u8 = 0x01;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;
/// `[3]`, constructed.
const CONTEXT_3: u8 = 0xa3;
/// `rfc822Name`, `dNSName` and `uniformResourceIdentifier` of a `GeneralName`.
const TEXT_NAMES: [u8; 3] = [0x81, 0x82, 0x86];

/// `id-ce-subjectAltName`, 2.5.29.17.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
/// Fulcio's `Issuer (V2)`, 1.3.6.1.4.1.57264.1.8: a string in DER.
const ISSUER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x08];
/// Fulcio's first `Issuer`, 1.3.6.1.4.1.57264.1.1: the bare string.
const OLD_ISSUER: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xbf, 0x30, 0x01, 0x01];

/// Whom a certificate names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Named {
    /// The subject's alternative names: an address of electronic mail, or the URI of a workflow.
    pub(crate) identities: Vec<String>,
    /// Who vouched for that name when the certificate was made.
    pub(crate) issuer: Option<String>,
}

/// Whom a certificate names, as far as it can be read.
pub(crate) fn named(der: &[u8]) -> Named {
    let mut named = Named::default();
    let mut extensions = Reader(extensions(der).unwrap_or_default());
    while let Some(extension) = extensions.next(SEQUENCE) {
        let Some((identifier, value)) = extension_value(Reader(extension)) else {
            continue;
        };
        match identifier {
            SUBJECT_ALT_NAME => named.identities = names(value),
            ISSUER => named.issuer = Reader(value).next(UTF8_STRING).map(text),
            OLD_ISSUER if named.issuer.is_none() => named.issuer = Some(text(value)),
            _ => {}
        }
    }
    named
}

/// The extensions of `Certificate` (RFC 5280 §4.1): `SEQUENCE { tbsCertificate, … }`, and therein `[3] EXPLICIT SEQUENCE`.
fn extensions(der: &[u8]) -> Option<&[u8]> {
    let mut certificate = Reader(Reader(der).next(SEQUENCE)?);
    let mut contents = Reader(certificate.next(SEQUENCE)?);
    let _version = contents.next(CONTEXT_0);
    let _serial_number = contents.next(INTEGER)?;
    while let Some((tag, value)) = contents.any() {
        if tag == CONTEXT_3 {
            return Reader(value).next(SEQUENCE);
        }
    }
    None
}

/// `Extension`: `SEQUENCE { extnID, critical DEFAULT FALSE, extnValue OCTET STRING }`.
fn extension_value(mut extension: Reader<'_>) -> Option<(&[u8], &[u8])> {
    let identifier = extension.next(OBJECT_IDENTIFIER)?;
    let _critical = extension.next(BOOLEAN);
    Some((identifier, extension.next(OCTET_STRING)?))
}

/// `GeneralNames`: `SEQUENCE OF GeneralName`.
fn names(value: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = Reader(Reader(value).next(SEQUENCE).unwrap_or_default());
    while let Some((tag, name)) = rest.any() {
        if TEXT_NAMES.contains(&tag) {
            names.push(text(name));
        } else if tag == CONTEXT_0 {
            names.extend(other_name(Reader(name)));
        }
    }
    names
}

/// `OtherName`: `SEQUENCE { type-id, value [0] EXPLICIT ANY }`; Fulcio has the names of users there.
fn other_name(mut name: Reader<'_>) -> Option<String> {
    name.next(OBJECT_IDENTIFIER)?;
    let mut value = Reader(name.next(CONTEXT_0)?);
    value.next(UTF8_STRING).map(text)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
        let contents = contents.concat();
        let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), &contents].concat()
    }

    fn certificate(extensions: &[&[u8]]) -> Vec<u8> {
        let list = element(SEQUENCE, extensions);
        let contents = element(
            SEQUENCE,
            &[
                &element(CONTEXT_0, &[&element(INTEGER, &[&[2]])]),
                &element(INTEGER, &[&[7]]),
                &element(SEQUENCE, &[]),
                &element(CONTEXT_3, &[&list]),
            ],
        );
        element(SEQUENCE, &[&contents, &element(SEQUENCE, &[])])
    }

    fn extension(identifier: &[u8], value: &[u8]) -> Vec<u8> {
        let parts = [
            element(OBJECT_IDENTIFIER, &[identifier]),
            element(BOOLEAN, &[&[0xff]]),
            element(OCTET_STRING, &[value]),
        ];
        element(SEQUENCE, &[&parts.concat()])
    }

    #[test]
    fn a_certificate_names_its_subject_and_who_vouched_for_it() {
        let user = element(
            CONTEXT_0,
            &[
                &element(OBJECT_IDENTIFIER, &[&[1]]),
                &element(CONTEXT_0, &[&element(UTF8_STRING, &[b"alice!example.com"])]),
            ],
        );
        let names = element(SEQUENCE, &[&element(0x81, &[b"ci@example.com"]), &user]);
        let issuer = element(UTF8_STRING, &[b"https://new.example.com"]);
        let der = certificate(&[
            &extension(SUBJECT_ALT_NAME, &names),
            &extension(ISSUER, &issuer),
            &extension(OLD_ISSUER, b"https://old.example.com"),
        ]);
        assert_eq!(
            named(&der),
            Named {
                identities: vec!["ci@example.com".to_owned(), "alice!example.com".to_owned()],
                issuer: Some("https://new.example.com".to_owned()),
            }
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = named(&bytes);
            let _ = named(&certificate(&[&bytes]));
            let _ = named(&certificate(&[&extension(SUBJECT_ALT_NAME, &bytes)]));
        }
    }
}
