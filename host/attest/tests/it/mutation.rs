//! Whatever byte of a bundle is changed: either it is rejected, or it still says exactly what was signed.

use crate::cosign;
use crate::forgeries;
use crate::legacy;
use crate::support::{Forger, expected, report, verifier};
use polcheck_attest::{
    Expected, LegacyLayer, PredicateType, Trust, sign, statement, verify, verify_legacy_statement,
};
use rstest::rstest;
use std::collections::HashMap;
use test_sigstore::LogVersion;

/// Changes every byte in turn in several ways, and returns how many changed bundles still verified.
fn mutate(bundle: &[u8], trust: &Trust, expected: &Expected) -> usize {
    mutate_with(bundle, trust, expected, |byte| {
        vec![
            byte ^ 1,
            byte ^ 0x20,
            byte ^ 0x80,
            byte.wrapping_add(1),
            b'A',
            b'0',
            b'"',
            b' ',
            0,
        ]
    })
}

fn mutate_with(
    bundle: &[u8],
    trust: &Trust,
    expected: &Expected,
    substitutes: impl Fn(u8) -> Vec<u8>,
) -> usize {
    let original = verify(bundle, trust, expected).unwrap();
    let mut bundle = bundle.to_vec();
    let mut verified = 0;
    for position in 0..bundle.len() {
        let byte = bundle[position];
        for substitute in substitutes(byte) {
            bundle[position] = substitute;
            if substitute != byte
                && let Ok(changed) = verify(&bundle, trust, expected)
            {
                assert_eq!(changed, original, "byte {position} became {substitute}");
                verified += 1;
            }
        }
        bundle[position] = byte;
    }
    verified
}

#[test]
fn no_byte_of_our_bundle_can_be_changed_to_say_something_else() {
    let forger = Forger::new();
    let bundle = sign(
        &statement(&report(), &verifier(), PredicateType::Svr).unwrap(),
        &forger.key,
    )
    .unwrap();
    mutate(bundle.as_bytes(), &forger.trusted(), &expected());
}

#[test]
fn no_byte_of_a_bundle_of_cosign_can_be_changed_to_say_something_else() {
    let verified = mutate(cosign::BUNDLE, &cosign::trust(), &cosign::expected());
    // Blanks between fields, and a hint that is no longer one: the test does reach what still verifies.
    assert!(verified > 0);
}

#[test]
fn no_byte_can_be_left_out_or_doubled_to_say_something_else() {
    let (trust, expected) = (cosign::trust(), cosign::expected());
    let original = verify(cosign::BUNDLE, &trust, &expected).unwrap();
    for position in 0..cosign::BUNDLE.len() {
        let (before, after) = cosign::BUNDLE.split_at(position);
        let shorter = [before, &after[1..]].concat();
        let longer = [before, &after[..1], after].concat();
        for changed in [shorter, longer] {
            if let Ok(changed) = verify(&changed, &trust, &expected) {
                assert_eq!(changed, original, "at byte {position}");
            }
        }
    }
}

#[rstest]
#[case(LogVersion::One)]
#[case(LogVersion::Two)]
fn no_byte_of_what_an_identity_signed_can_be_changed_to_say_something_else(
    #[case] log: LogVersion,
) {
    let (bundle, trust) = forgeries::good(log);
    mutate_with(&bundle, &trust, &expected(), |byte| {
        vec![byte ^ 1, byte.wrapping_add(1)]
    });
}

#[test]
fn no_byte_of_a_bundle_with_a_chain_can_be_changed_to_say_something_else() {
    let (bundle, trust) = forgeries::good_with_chain();
    mutate_with(&bundle, &trust, &expected(), |byte| {
        vec![byte ^ 1, byte.wrapping_add(1)]
    });
}

#[test]
fn no_byte_of_an_attestation_of_the_older_form_can_be_changed_to_say_something_else() {
    let (mut envelope, mut annotations, trust) = legacy::good();
    let verify = |bytes: &[u8], annotations: &HashMap<String, String>| {
        verify_legacy_statement(LegacyLayer { bytes, annotations }, &trust, &expected())
    };
    let original = verify(&envelope, &annotations).unwrap();
    for position in 0..envelope.len() {
        let byte = envelope[position];
        for substitute in [byte ^ 1, byte.wrapping_add(1)] {
            envelope[position] = substitute;
            if let Ok(changed) = verify(&envelope, &annotations) {
                assert_eq!(changed, original, "byte {position} became {substitute}");
            }
        }
        envelope[position] = byte;
    }
    let names: Vec<String> = annotations.keys().cloned().collect();
    for name in names {
        let text = annotations[&name].clone();
        for position in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[position] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            annotations.insert(name.clone(), changed);
            if let Ok(changed) = verify(&envelope, &annotations) {
                assert_eq!(changed, original, "byte {position} of {name}");
            }
        }
        annotations.insert(name, text);
    }
}
