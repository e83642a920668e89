//! What others wrote, made fit for messages: short, on one line, and unable to write on a terminal.

use model::excerpt;
use std::fmt;

/// How many characters of a secret are too many to be printed.
const SECRET_PART: usize = 8;

/// What a registry says about an error. Prints nothing where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail(Option<Box<str>>);

impl Detail {
    pub(crate) fn new(text: &str) -> Self {
        let text = excerpt(text.trim());
        Self((!text.is_empty()).then(|| text.into()))
    }

    /// Nothing, if one of these secrets is in it: whoever was told a secret must not have it printed by us.
    pub(crate) fn without(self, secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets = secrets.into_iter();
        match &self.0 {
            Some(text) if secrets.any(|secret| has(text, &secret)) => Self::default(),
            _ => self,
        }
    }
}

/// Whether a text holds a secret or a good part of it; what a registry says was cut short, maybe within the secret.
fn has(text: &str, secret: &str) -> bool {
    let characters: Vec<_> = secret.chars().collect();
    let length = characters.len().clamp(1, SECRET_PART);
    let mut parts = characters.windows(length);
    parts.any(|part| text.contains(&part.iter().collect::<String>()))
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => write!(f, ": `{text}`"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_says_cannot_write_on_the_terminal() {
        let detail = Detail::new("\u{1b}[31mred\u{202e}\r\nit's \"ü\"\n");
        assert_eq!(
            detail.to_string(),
            r#": `\u{1b}[31mred\u{202e}\r\nit's "ü"`"#
        );
        assert_eq!(Detail::new(" \n ").to_string(), "");
        assert!(Detail::new(&"x".repeat(10_000)).to_string().len() < 250);
    }

    #[test]
    fn a_secret_that_a_registry_repeats_is_not_printed() {
        let without =
            |text: &str, secret: &str| Detail::new(text).without([secret.to_owned()]).to_string();
        assert_eq!(without("no such user", "correct-horse"), ": `no such user`");
        for echo in ["correct-horse", "token correct-h", "`xorrect-horse`"] {
            assert_eq!(without(echo, "correct-horse"), "", "{echo}");
        }
        assert_eq!(without("pass abc", "abc"), "");
        // Cut by the length of an excerpt.
        let long = format!("{}{}", "x".repeat(190), "0123456789".repeat(9));
        assert_eq!(without(&long, &"0123456789".repeat(9)), "");
    }
}
