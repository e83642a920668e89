//! Identities: who signed, as an authority vouches for it.

use regex::bytes::{Regex, RegexBuilder};
use std::fmt;

/// The most bytes that a compiled pattern may take.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// An identity that is trusted, where a certain issuer vouches for it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Who signs: the subject alternative name of the certificate, an address or a URI.
    pub subject: Matcher,
    /// Who vouches for it: the issuer of the token.
    pub issuer: Matcher,
}

impl Identity {
    /// Whether it was this one who signed.
    pub fn is(&self, signer: &Signer) -> bool {
        match signer {
            Signer::Key(_) => false,
            Signer::Identity { subject, issuer } => {
                self.subject.matches(subject) && self.issuer.matches(issuer)
            }
        }
    }
}

/// What a text has to be.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// Exactly this.
    Exact(String),
    /// One that this is found in.
    Regexp(Pattern),
}

impl Matcher {
    /// A text in which a regular expression is found: anywhere, as cosign does it, so that `^` and `$` are up to the
    /// user. Classes such as `\w` and `\d` are those of ASCII.
    ///
    /// # Errors
    /// If it is no regular expression, or an empty one, which would match everybody.
    pub fn regexp(pattern: &str) -> Result<Self, InvalidPattern> {
        if pattern.is_empty() {
            return Err(InvalidPattern::Empty);
        }
        RegexBuilder::new(pattern)
            .unicode(false)
            .size_limit(MAX_PATTERN_BYTES)
            .build()
            .map(|regex| Self::Regexp(Pattern(regex)))
            .map_err(|source| InvalidPattern::Invalid {
                pattern: pattern.to_owned(),
                source: Box::new(source),
            })
    }

    /// Whether a text is what it has to be. The empty one never is.
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            _ if text.is_empty() => false,
            Self::Exact(expected) => text == expected,
            Self::Regexp(Pattern(regex)) => regex.is_match(text.as_bytes()),
        }
    }
}

/// A regular expression.
#[derive(Clone)]
pub struct Pattern(Regex);

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.0.as_str()).finish()
    }
}

/// Why a text is no pattern.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPattern {
    /// The user's variable was not set.
    #[error("the regular expression is empty, and would match everybody")]
    Empty,
    /// A typing error of the user.
    #[error("`{pattern}` is not a regular expression")]
    Invalid {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: Box<regex::Error>,
    },
}

impl InvalidPattern {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Empty => "write whom you trust, such as `^https://github\\.com/acme/`".to_owned(),
            Self::Invalid { .. } => {
                "the syntax is the one of RE2, without Unicode classes; `\\.` is a dot".to_owned()
            }
        })
    }
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Whoever holds a key, by its fingerprint.
    Key(model::Digest),
    /// Somebody that an issuer vouched for.
    Identity {
        /// The subject alternative name of the certificate.
        subject: String,
        /// The issuer of the token.
        issuer: String,
    },
}

impl fmt::Display for Signer {
    /// For people: text of strangers that is trusted by now, escaped all the same.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(fingerprint) => write!(f, "key {fingerprint}"),
            Self::Identity { subject, issuer } => write!(
                f,
                "{} ({})",
                model::excerpt(subject),
                model::excerpt(issuer)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("acme", "https://github.com/acme/x", true)]
    #[case("^acme", "https://github.com/acme/x", false)]
    #[case("^https://github\\.com/acme/.*$", "https://github.com/acme/x", true)]
    #[case("^https://github\\.com/acme/$", "https://github.com/acme/\n", false)]
    #[case("^a\\d$", "a\u{663}", false)]
    #[case(".*", "", false)]
    fn a_regular_expression_is_searched_for_as_cosign_does(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] expected: bool,
    ) {
        assert_eq!(Matcher::regexp(pattern).unwrap().matches(text), expected);
    }

    #[test]
    fn an_exact_text_is_that_text_and_never_the_empty_one() {
        assert!(Matcher::Exact("a.b".to_owned()).matches("a.b"));
        assert!(!Matcher::Exact("a.b".to_owned()).matches("a-b"));
        assert!(!Matcher::Exact("a.b".to_owned()).matches("xa.b"));
        assert!(!Matcher::Exact(String::new()).matches(""));
    }

    #[rstest]
    #[case("")]
    #[case("(")]
    #[case("\\p{Greek}")]
    #[case("(a{1000}){1000}")]
    fn what_is_no_regular_expression_is_refused_with_a_cure(#[case] pattern: &str) {
        let error = Matcher::regexp(pattern).unwrap_err();
        assert!(error.help().is_some());
    }
}
