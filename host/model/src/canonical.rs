//! Canonical JSON (RFC 8785) and digests over it.

use oci_spec::image::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A value that has no canonical JSON: a map with keys that are not strings, a number that is not finite.
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
    serde_json_canonicalizer::to_string(value).map_err(NotCanonical)
}

/// The SHA-256 digest of bytes, in the form of the OCI image specification.
pub fn sha256(bytes: &[u8]) -> Digest {
    let text = Sha256::digest(bytes)
        .iter()
        .fold("sha256:".to_owned(), |mut text, byte| {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
            text
        });
    sha256_from_text(text)
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

    #[test]
    fn keys_are_sorted_and_blanks_are_gone() {
        let value: serde_json::Value =
            serde_json::from_str(r#"{ "b": [1, 2.0], "a": "ü" }"#).unwrap();
        assert_eq!(json(&value).unwrap(), r#"{"a":"ü","b":[1,2]}"#);
    }

    #[test]
    fn the_digest_is_that_of_sha256sum() {
        assert_eq!(
            sha256(b"polcheck").as_ref(),
            "sha256:2a2210e5a156498150eb0acafdf1ca88559c51ef961ea11e31ff5a46aec60a59",
        );
    }
}
