//! PEM (RFC 7468), with nothing of a private key left behind in memory.

use super::KeyError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// Larger than any key that is read: an encrypted RSA key of 16,384 bits has 17,000 bytes.
const MAX_KEY_FILE_BYTES: usize = 64 * 1024;
const LINE: usize = 64;
const MAX_LABEL_BYTES: usize = 64;

/// One block.
pub(super) struct Block {
    /// `PRIVATE KEY`.
    pub(super) label: String,
    /// Whether a header says that the contents are encrypted, as OpenSSL does it for keys that are not PKCS#8.
    pub(super) is_encrypted: bool,
    /// The contents; empty where they are encrypted.
    pub(super) contents: Zeroizing<Vec<u8>>,
}

/// The first block that may be a key. Text around blocks does not count, nor do the curve parameters that `openssl
/// ecparam -genkey` writes before the key.
pub(super) fn key_block(text: &[u8]) -> Result<Block, KeyError> {
    if text.len() > MAX_KEY_FILE_BYTES {
        return Err(KeyError::TooLarge {
            limit: MAX_KEY_FILE_BYTES,
        });
    }
    let text = str::from_utf8(text).map_err(|_| KeyError::NotPem)?;
    let mut lines = text.lines().map(str::trim);
    loop {
        let label = lines.find_map(label).ok_or(KeyError::NotPem)?;
        let block = read_block(label, &mut lines, text.len())?;
        if block.label != "EC PARAMETERS" {
            return Ok(block);
        }
    }
}

/// The label of a line that begins a block.
fn label(line: &str) -> Option<&str> {
    line.strip_prefix("-----BEGIN ")?
        .strip_suffix("-----")
        .filter(|label| {
            label.len() <= MAX_LABEL_BYTES
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ')
        })
}

fn read_block<'t>(
    label: &str,
    lines: &mut impl Iterator<Item = &'t str>,
    capacity: usize,
) -> Result<Block, KeyError> {
    let end = format!("-----END {label}-----");
    let mut is_encrypted = false;
    // Large enough from the start: what grows is copied, and the copy is not overwritten.
    let mut body = Zeroizing::new(String::with_capacity(capacity));
    loop {
        match lines.next() {
            None => return Err(KeyError::Damaged),
            Some(line) if line == end => break,
            Some("Proc-Type: 4,ENCRYPTED") => is_encrypted = true,
            Some(line) => body.push_str(line),
        }
    }
    let mut contents = Zeroizing::new(Vec::with_capacity(capacity));
    if !is_encrypted {
        STANDARD
            .decode_vec(body.as_bytes(), &mut contents)
            .map_err(|_| KeyError::Damaged)?;
    }
    Ok(Block {
        label: label.to_owned(),
        is_encrypted,
        contents,
    })
}

/// The block with a label and contents.
pub(super) fn encode(label: &str, contents: &[u8]) -> Zeroizing<String> {
    let mut body = Zeroizing::new(String::with_capacity(contents.len() * 2));
    STANDARD.encode_string(contents, &mut body);
    let mut text = Zeroizing::new(String::with_capacity(
        body.len() * 2 + 4 * LINE + 2 * label.len(),
    ));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----");
    for (index, character) in body.chars().enumerate() {
        if index % LINE == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    proptest! {
        #[test]
        fn what_is_encoded_reads_back_the_same(contents in proptest::collection::vec(any::<u8>(), 0..300)) {
            let block = key_block(encode("PUBLIC KEY", &contents).as_bytes()).unwrap();
            prop_assert_eq!(block.label, "PUBLIC KEY");
            prop_assert_eq!(&*block.contents, &contents);
        }
    }

    #[test]
    fn lines_have_64_characters() {
        let text = encode("X", &[0; 100]);
        let lengths: Vec<_> = text.lines().map(str::len).collect();
        assert_eq!(lengths, [17, 64, 64, 8, 15]);
    }

    #[test]
    fn curve_parameters_and_text_around_the_block_do_not_count() {
        let text = "read me\r\n-----BEGIN EC PARAMETERS-----\r\nBggqhkjOPQMBBw==\r\n-----END EC PARAMETERS-----\r\n\
                    -----BEGIN EC PRIVATE KEY-----\r\nAQID\r\n-----END EC PRIVATE KEY-----\r\n";
        let block = key_block(text.as_bytes()).unwrap();
        assert_eq!(
            (block.label.as_str(), block.contents.as_slice()),
            ("EC PRIVATE KEY", &[1, 2, 3][..])
        );
    }

    #[rstest]
    #[case("")]
    #[case("AQID")]
    #[case("-----BEGIN secret=hunter2-----\nAQID\n-----END secret=hunter2-----\n")]
    #[case("-----BEGIN EC PARAMETERS-----\nAQID\n-----END EC PARAMETERS-----\n")]
    fn what_has_no_block_is_not_pem(#[case] text: &str) {
        assert!(matches!(key_block(text.as_bytes()), Err(KeyError::NotPem)));
    }

    #[rstest]
    #[case("-----BEGIN PRIVATE KEY-----\nAQID\n")]
    #[case("-----BEGIN PRIVATE KEY-----\nAQID\n-----END PUBLIC KEY-----\n")]
    #[case("-----BEGIN PRIVATE KEY-----\nA!ID\n-----END PRIVATE KEY-----\n")]
    #[case("-----BEGIN PRIVATE KEY-----\nAQI\n-----END PRIVATE KEY-----\n")]
    fn what_does_not_end_well_is_damaged(#[case] text: &str) {
        assert!(matches!(key_block(text.as_bytes()), Err(KeyError::Damaged)));
    }
}
