//! What others wrote, made fit for messages: short, on one line, and unable to write on a terminal.

use model::excerpt;
use std::fmt;

/// What a registry says about an error. Prints nothing where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail(Option<Box<str>>);

impl Detail {
    pub(crate) fn new(text: &str) -> Self {
        let text = excerpt(text.trim());
        Self((!text.is_empty()).then(|| text.into()))
    }
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
}
