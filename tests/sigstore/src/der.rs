//! DER, as much as certificates and timestamps take (X.690 §8).

use jiff::Timestamp;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const UTF8_STRING: u8 = 0x0c;

/// One element: its tag, the length of its contents, and the contents.
pub(crate) fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len();
    let mut bytes = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits: Vec<_> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|digit| *digit == 0)
                .collect();
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            bytes.extend(digits);
        }
    }
    bytes.extend_from_slice(contents);
    bytes
}

/// Several elements inside one.
pub(crate) fn list(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    element(tag, &parts.concat())
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    list(SEQUENCE, parts)
}

/// A number that is not negative.
pub(crate) fn integer(number: u64) -> Vec<u8> {
    let mut bytes: Vec<_> = number
        .to_be_bytes()
        .into_iter()
        .skip_while(|digit| *digit == 0)
        .collect();
    if bytes.first().is_none_or(|first| first & 0x80 != 0) {
        bytes.insert(0, 0);
    }
    element(INTEGER, &bytes)
}

/// An object identifier, as it is written.
pub(crate) fn identifier(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted
        .split('.')
        .filter_map(|arc| arc.parse().ok())
        .collect();
    let mut bytes = Vec::new();
    if let [first, second, rest @ ..] = arcs.as_slice() {
        for arc in std::iter::once(first * 40 + second).chain(rest.iter().copied()) {
            let digits: Vec<_> = (0..10)
                .map(|digit| u8::try_from((arc >> (7 * digit)) & 0x7f).unwrap_or_default())
                .collect();
            let last = digits.iter().rposition(|digit| *digit != 0).unwrap_or(0);
            for (index, digit) in digits.iter().enumerate().take(last + 1).rev() {
                bytes.push(if index == 0 { *digit } else { digit | 0x80 });
            }
        }
    }
    element(0x06, &bytes)
}

pub(crate) fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(0x03, &[&[0], bytes].concat())
}

pub(crate) fn utc_time(time: Timestamp) -> Vec<u8> {
    element(0x17, time.strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

pub(crate) fn generalized_time(time: Timestamp) -> Vec<u8> {
    element(0x18, time.strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

/// A name that is only a common name.
pub(crate) fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[
        &identifier("2.5.4.3"),
        &element(UTF8_STRING, common_name.as_bytes()),
    ]);
    sequence(&[&list(SET, &[&attribute])])
}

/// The elements in the contents of one: their tags and contents. None where it is no DER of such short elements.
pub(crate) fn contents(mut bytes: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    let mut elements = Vec::new();
    while let [tag, length, rest @ ..] = bytes {
        let (contents, rest) = rest.split_at_checked(usize::from(*length))?;
        elements.push((*tag, contents));
        bytes = rest;
    }
    bytes.is_empty().then_some(elements)
}
