//! One line of a `.dockerignore`, the way moby's pattern matcher reads it.
//!
//! It translates lines to regular expressions character by character, even within brackets, so that `[a*]` does not mean
//! what one may think. To find the same files, this makes the same translation and reads its result.

use super::budget::Budget;
use super::expression::Expression;

/// How a path is compared.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// It has to be the same.
    Exact(String),
    /// It has to begin so.
    Prefix(String),
    /// It has to end so.
    Suffix(String),
    /// Something in it has to match.
    Expression(Expression),
    /// The translation is not an expression.
    Malformed,
}

impl Pattern {
    /// Reads a pattern that has been cleaned.
    pub(super) fn new(text: &str) -> Self {
        let (expression, kind) = translate(text);
        match kind {
            Kind::Exact => Self::Exact(text.to_owned()),
            Kind::Prefix => Self::Prefix(text.strip_suffix("**").unwrap_or(text).to_owned()),
            Kind::Suffix => Self::Suffix(text.strip_prefix("**").unwrap_or(text).to_owned()),
            Kind::Expression => Expression::parse(&format!("^{expression}$"))
                .map_or(Self::Malformed, Self::Expression),
        }
    }

    /// Whether it matches a path; none if it cannot match anything, or takes too long.
    pub(super) fn matches(&self, path: &str, budget: &mut Budget) -> Option<bool> {
        self.run(path, false, budget)
    }

    /// Whether it matches a directory or one of those that it is in.
    pub(super) fn matches_parents(&self, directory: &str, budget: &mut Budget) -> Option<bool> {
        self.run(directory, true, budget)
    }

    fn run(&self, path: &str, parents: bool, budget: &mut Budget) -> Option<bool> {
        budget.spend(1)?;
        let ends_well = |rest: &str| rest.is_empty() || (parents && rest.starts_with('/'));
        match self {
            Self::Malformed => None,
            Self::Exact(text) => Some(path.strip_prefix(text.as_str()).is_some_and(ends_well)),
            // The longest of the parents begins so, if any does.
            Self::Prefix(text) => Some(path.starts_with(text)),
            Self::Suffix(text) => {
                // The slash is not needed where nothing is before it.
                let bare = text.strip_prefix('/');
                if bare
                    .and_then(|bare| path.strip_prefix(bare))
                    .is_some_and(ends_well)
                {
                    return Some(true);
                }
                let slashes = path.match_indices('/').filter(|_| parents);
                for end in slashes.map(|(index, _)| index).chain([path.len()]) {
                    budget.spend(1 + text.len())?;
                    if path.get(..end).is_some_and(|path| path.ends_with(text)) {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Self::Expression(expression) => expression.is_match(path, parents, budget),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Expression,
}

/// The regular expression that moby makes of a pattern, without its anchors, and whether it needs one at all.
fn translate(text: &str) -> (String, Kind) {
    let mut expression = String::with_capacity(text.len() * 2);
    let mut kind = Kind::Exact;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut characters = text.chars().peekable();
    let mut is_first = true;
    while let Some(character) = characters.next() {
        match character {
            '*' if characters.next_if_eq(&'*').is_some() => {
                characters.next_if_eq(&'/');
                if characters.peek().is_some() {
                    expression.push_str("(.*/)?");
                    kind = Kind::Expression;
                } else if kind == Kind::Exact {
                    kind = Kind::Prefix;
                } else {
                    expression.push_str(".*");
                    kind = Kind::Expression;
                }
                if is_first {
                    kind = Kind::Suffix;
                }
            }
            '*' | '?' => {
                expression.push_str("[^/]");
                if character == '*' {
                    expression.push('*');
                }
                kind = Kind::Expression;
            }
            // Braces and bars should be escaped as well, but a shift loses them.
            '.' | '+' | '(' | ')' | '$' => {
                expression.push('\\');
                expression.push(character);
            }
            '\\' => {
                expression.push('\\');
                if let Some(escaped) = characters.next() {
                    expression.push(escaped);
                    kind = Kind::Expression;
                }
            }
            '[' | ']' => {
                expression.push(character);
                kind = Kind::Expression;
            }
            other => expression.push(other),
        }
        is_first = false;
    }
    (expression, kind)
}
