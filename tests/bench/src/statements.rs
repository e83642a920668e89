//! Statements by the thousand, in one process on two threads.

use crate::figures::Figure;
use crate::{Result, cpu};
use attest::{Expected, Identity, Matcher, PublicKey, Trust, TrustedRoot, verify};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use pipeline::builtin_set;
use serde_json::Value;
use std::thread;
use test_sigstore::{Content, Sigstore};

const STATEMENTS: u32 = 4_000;
const THREADS: u32 = 2;

/// How many a second are verified of a bundle about an image, as it is signed with a key, and as an identity would sign it.
pub(crate) fn figures(bundle: &[u8], key: &[u8], image: &str) -> Result<Vec<Figure>> {
    let now = Timestamp::now();
    let expected = Expected {
        policy_sets: vec![builtin_set("standard")?],
        ..Expected::new(image.parse()?, now)
    };
    let of_key = Trust::of_keys(vec![PublicKey::from_pem(key)?]);
    let sigstore = Sigstore::new(now - SignedDuration::from_hours(1));
    let signing = sigstore.signing(now - SignedDuration::from_mins(1));
    let keyless = sigstore.sign(Content::Statement(&payload(bundle)?), &signing);
    let of_identity = Trust {
        identities: vec![Identity {
            subject: Matcher::Exact(signing.identity),
            issuer: Matcher::Exact(signing.issuer),
        }],
        root: Some(TrustedRoot::from_json(
            sigstore.trusted_root().to_string().as_bytes(),
        )?),
        ..Trust::default()
    };
    let keyless = keyless.to_string().into_bytes();
    Ok(vec![
        figure("signed with a key", bundle, &of_key, &expected, "≥ 2,000")?,
        figure(
            "signed by an identity",
            &keyless,
            &of_identity,
            &expected,
            "≥ 1,000",
        )?,
    ])
}

/// The statement in a bundle.
fn payload(bundle: &[u8]) -> Result<Vec<u8>> {
    let bundle: Value = serde_json::from_slice(bundle)?;
    let payload = bundle.pointer("/dsseEnvelope/payload");
    let payload = payload.and_then(Value::as_str).unwrap_or_default();
    Ok(STANDARD.decode(payload)?)
}

fn figure(
    how: &str,
    bundle: &[u8],
    trust: &Trust,
    expected: &Expected,
    reach: &'static str,
) -> Result<Figure> {
    verify(bundle, trust, expected)?;
    let before = cpu::of_this_process()?;
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..STATEMENTS / THREADS {
                    // It was accepted before.
                    let _ = verify(bundle, trust, expected);
                }
            });
        }
    });
    let each = (cpu::of_this_process()? - before) / f64::from(STATEMENTS);
    let a_second = f64::from(THREADS) / each;
    Ok(Figure::new(
        format!("statements that are verified, {how}"),
        format!("{a_second:.0} a second on two cores"),
        reach,
    ))
}
