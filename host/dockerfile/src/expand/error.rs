//! Why a text cannot be expanded, in BuildKit's words.

use super::Use;
use crate::quote::quoted;
use std::fmt;

/// A text that cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpandError {
    /// The whole text.
    pub word: String,
    /// What is wrong with it.
    pub cause: Cause,
    /// The variables that had been looked up before.
    pub uses: Vec<Use>,
}

impl fmt::Display for ExpandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "failed to process {}: {}",
            quoted(&self.word),
            self.cause
        )
    }
}

impl std::error::Error for ExpandError {}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A `'` without its partner.
    OpenSingleQuote,
    /// A `"` without its partner.
    OpenDoubleQuote,
    /// A `${` without its brace.
    MissingBrace,
    /// A `${x/` without its second slash.
    MissingSlash,
    /// `${}`, `${{` or `${:`
    BadSubstitution,
    /// A `${x…}` that BuildKit does not know.
    UnsupportedModifier {
        /// What stands behind the name.
        modifier: String,
    },
    /// A `${x?…}` whose variable is missing.
    Required {
        /// The variable.
        name: String,
        /// What the text, or else BuildKit, has to say.
        message: String,
    },
    /// A pattern in which a backslash escapes something that need not be escaped.
    InvalidPattern {
        /// The pattern, reversed if it is one for the end of a value.
        pattern: String,
        /// What is escaped.
        escaped: char,
    },
    /// The result would be longer than 1 MiB, or takes far too long to find. BuildKit has no such limit.
    TooLong,
    /// Substitutions nest deeper than 200 levels. BuildKit has no such limit.
    TooDeep,
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OPEN: &str = "unexpected end of statement while looking for matching";
        match self {
            Self::OpenSingleQuote => write!(formatter, "{OPEN} single-quote"),
            Self::OpenDoubleQuote => write!(formatter, "{OPEN} double-quote"),
            Self::MissingBrace => write!(formatter, "syntax error: missing '}}'"),
            Self::MissingSlash => write!(formatter, "syntax error: missing '/' in ${{}}"),
            Self::BadSubstitution => write!(formatter, "syntax error: bad substitution"),
            Self::UnsupportedModifier { modifier } => {
                write!(
                    formatter,
                    "unsupported modifier ({modifier}) in substitution"
                )
            }
            Self::Required { name, message } => write!(formatter, "{name}: {message}"),
            Self::InvalidPattern { pattern, escaped } => write!(
                formatter,
                "invalid pattern ({pattern}) in substitution: invalid escape '\\{escaped}'"
            ),
            Self::TooLong => write!(formatter, "the expansion is longer than 1 MiB"),
            Self::TooDeep => write!(formatter, "substitutions are nested too deeply"),
        }
    }
}
