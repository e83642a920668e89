//! Canonical JSON (RFC 8785) and digests over it.

use oci_spec::image::Digest;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A value that has no canonical JSON: a map with keys that are not strings.
#[derive(Debug, thiserror::Error)]
#[error("no canonical JSON")]
pub struct NotCanonical(#[source] pub serde_json::Error);

/// The largest integer that every reader of JSON keeps exact (RFC 7493, section 2.2).
pub const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The canonical JSON of a value (RFC 8785).
///
/// # Errors
/// If the value has none.
pub fn json(value: &impl Serialize) -> Result<String, NotCanonical> {
    let value = serde_json::to_value(value).map_err(NotCanonical)?;
    let write = if is_plain(&value) {
        serde_json::to_string
    } else {
        serde_json_canonicalizer::to_string
    };
    write(&value).map_err(NotCanonical)
}

/// Whether the JSON of a value is canonical as `serde_json` writes it, several times as fast: its keys stand in the same order by
/// UTF-8 as by UTF-16 (RFC 8785, section 3.2.3), and its numbers are written by their digits (section 3.2.2.3).
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| number.unsigned_abs() <= MAX_SAFE_INTEGER),
        Value::Array(members) => members.iter().all(is_plain),
        Value::Object(members) => {
            members.keys().is_sorted()
                && members
                    .iter()
                    .all(|(key, value)| key.is_ascii() && is_plain(value))
        }
    }
}

/// The SHA-256 digest of bytes, in the form of the OCI image specification.
pub fn sha256(bytes: &[u8]) -> Digest {
    sha256_from_text(format!("sha256:{}", sha256_hex(bytes)))
}

/// The 64 lower-case hexadecimal digits of the SHA-256 digest of bytes.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as lower-case hexadecimal digits, two each.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(nibble + if nibble < 10 { b'0' } else { b'a' - 10 });
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.map(digit).collect()
}

#[expect(
    clippy::expect_used,
    reason = "64 lower-case hexadecimal digits always are a sha256 digest"
)]
fn sha256_from_text(text: String) -> Digest {
    Digest::try_from(text).expect("a well-formed digest")
}

/// The SHA-256 digest of a value's canonical JSON.
///
/// # Errors
/// If the value has no canonical JSON.
pub fn digest(value: &impl Serialize) -> Result<Digest, NotCanonical> {
    Ok(sha256(json(value)?.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_sorted_and_blanks_are_gone() {
        let value: Value = serde_json::from_str(r#"{ "b": [1, 2.0], "a": "ü" }"#).unwrap();
        assert_eq!(json(&value).unwrap(), r#"{"a":"ü","b":[1,2]}"#);
    }

    /// Whatever JSON there is, with keys and texts that are sorted, escaped and written in ways of their own.
    fn any_json() -> impl Strategy<Value = Value> {
        let text = || "[ -~]{0,4}|[\\x00-\\x1f\\x7f\"\\\\]{0,3}|[\u{e9}\u{2028}\u{fb33}\u{10000}\u{1f600}]{0,3}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1000..1000_i64).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::hash_map(text(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_quick_way_writes_what_the_other_one_writes(value in any_json()) {
            prop_assert_eq!(json(&value).ok(), serde_json_canonicalizer::to_string(&value).ok());
        }
    }

    #[test]
    fn numbers_that_not_every_reader_keeps_are_written_as_all_of_them_read_them() {
        let value = serde_json::json!([MAX_SAFE_INTEGER, MAX_SAFE_INTEGER + 2, -1e30, 1e21]);
        assert_eq!(
            json(&value).unwrap(),
            "[9007199254740991,9007199254740992,-1e+30,1e+21]"
        );
    }

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        assert_eq!(
            sha256(b"polcheck").as_ref(),
            "sha256:2a2210e5a156498150eb0acafdf1ca88559c51ef961ea11e31ff5a46aec60a59",
        );
    }
}
