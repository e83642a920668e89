//! What is a secret: a name that says so together with a value that can be one, or a value of a known form.

use crate::data::secret_names::{CREDENTIALS, KEYS, LAST_WORDS, NAMES, SECOND_WORDS};
use crate::env_names::{is_path, is_reference, is_switch, words};
use crate::parts::has;

/// Whether a name is that of a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let is_known = |known: &&str| {
        upper
            .strip_suffix(*known)
            .is_some_and(|before| before.is_empty() || before.ends_with('_'))
    };
    if NAMES.iter().any(is_known) {
        return true;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    let first = words.first().map_or("", String::as_str);
    first != "public"
        && (LAST_WORDS.iter().any(|word| last.ends_with(word))
            || SECOND_WORDS.contains(&last.as_str()) && !before.is_empty()
            || last == "key"
                && before
                    .last()
                    .is_some_and(|word| KEYS.contains(&word.as_str())))
}

/// Whether a value can be a secret: nothing that points elsewhere, switches something, or counts.
pub(crate) fn can_be_secret(value: &str) -> bool {
    let is_number = value.parse::<u32>().is_ok_and(|number| number < 1_000_000);
    !value.trim().is_empty()
        && !is_path(value)
        && !is_reference(value)
        && !is_switch(value)
        && !is_number
        && !is_hidden(value)
}

/// Whether a value only says that something stands there: `***`, `xxxx`.
pub(crate) fn is_hidden(value: &str) -> bool {
    value.len() > 2
        && value
            .bytes()
            .all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.'))
}

/// Whether a value has the form of a known credential.
pub(crate) fn is_credential(value: &str) -> bool {
    starts_credential(value) || value.starts_with("-----BEGIN ") && has(value, "PRIVATE KEY")
}

/// Whether a value is a connection string with a password: `Server=db;Password=…`.
pub(crate) fn has_password(value: &str) -> bool {
    let is_password = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or_default();
        let names = ["password", "pwd", "accountkey", "sharedaccesskey"];
        let name = name.trim();
        names.iter().any(|other| name.eq_ignore_ascii_case(other)) && can_be_secret(value)
    };
    value.contains(';') && value.split(';').any(is_password)
}

/// Whether a text contains a known credential. All of them are so long that one byte in twenty has to be looked at.
pub(crate) fn contains_credential(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut at = SHORTEST - 1;
    while let Some(byte) = bytes.get(at) {
        if !is_part(*byte) {
            at += SHORTEST;
            continue;
        }
        let (before, behind) = bytes.split_at_checked(at).unwrap_or_default();
        let start = before.iter().rposition(|byte| !is_part(*byte));
        let start = start.map_or(0, |last| last + 1);
        let end = behind.iter().position(|byte| !is_part(*byte));
        let end = end.map_or(bytes.len(), |length| at + length);
        if text.get(start..end).is_some_and(is_token) {
            return true;
        }
        at = end + SHORTEST;
    }
    false
}

/// How long a credential is at least.
const SHORTEST: usize = 20;

/// Whether a run of letters, digits and signs has a credential in it, from its start or behind a sign.
fn is_token(token: &str) -> bool {
    let mut is_start = true;
    for (at, byte) in token.bytes().enumerate() {
        if is_start && at + SHORTEST > token.len() {
            return false;
        }
        if is_start && begins_any(byte) && token.get(at..).is_some_and(starts_credential) {
            return true;
        }
        is_start = matches!(byte, b'_' | b'-' | b'.');
    }
    false
}

/// Whether some credential begins with this letter: nearly all that is looked at begins otherwise.
fn begins_any(letter: u8) -> bool {
    matches!(
        letter,
        b'A' | b'd' | b'g' | b'h' | b'n' | b'p' | b's' | b'x'
    )
}

fn is_part(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.')
}

fn starts_credential(value: &str) -> bool {
    CREDENTIALS.iter().any(|(start, length)| {
        value.starts_with(start)
            && value.bytes().take_while(|byte| is_part(*byte)).count() >= *length
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_credential_is_found_in_a_text() {
        for (start, length) in CREDENTIALS {
            let token = format!("{start:a<length$}");
            assert!(contains_credential(&format!("-H 'x:{token}'")), "{start}");
            assert!(!contains_credential(&format!("b{token}")), "{start}");
            assert!(*length >= SHORTEST, "{start}");
        }
    }
}
