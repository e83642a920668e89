//! What `${x//pattern/replacement}` replaces with: BuildKit hands it to Go's regular expressions, which know `$name` too.

use super::Cause;
use super::budget::Budget;
use super::character;

/// A replacement.
#[derive(Debug)]
pub(super) struct Template<'a> {
    pieces: Vec<Piece<'a>>,
}

#[derive(Debug)]
enum Piece<'a> {
    Text(&'a str),
    Match,
}

impl<'a> Template<'a> {
    /// Reads a replacement. There are no groups, thus every name but `0` is empty.
    pub(super) fn parse(text: &'a str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('$') {
            pieces.push(Piece::Text(before));
            rest = behind;
            if let Some(behind) = rest.strip_prefix('$') {
                pieces.push(Piece::Text("$"));
                rest = behind;
            } else if let Some((name, behind)) = name(rest) {
                if name == "0" {
                    pieces.push(Piece::Match);
                }
                rest = behind;
            } else {
                pieces.push(Piece::Text("$"));
            }
        }
        pieces.push(Piece::Text(rest));
        Self { pieces }
    }

    /// Appends the replacement of a match.
    pub(super) fn apply(
        &self,
        output: &mut String,
        matched: &str,
        budget: &mut Budget,
    ) -> Result<(), Cause> {
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Match => matched,
            };
            budget.spend(1)?;
            budget.append(output, text)?;
        }
        Ok(())
    }
}

/// The name behind a dollar, in braces or not, and what follows it.
fn name(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let bare = inner.unwrap_or(text);
    let behind = bare.trim_start_matches(character::is_name);
    let name = bare.strip_suffix(behind).filter(|name| !name.is_empty())?;
    match inner {
        Some(_) => behind.strip_prefix('}').map(|rest| (name, rest)),
        None => Some((name, behind)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("plain", "plain")]
    #[case("<$0>", "<m>")]
    #[case("<${0}>", "<m>")]
    #[case("$00", "")]
    #[case("$1$name${name}", "")]
    #[case("$0x", "")]
    #[case("$$0", "$0")]
    #[case("a$", "a$")]
    #[case("$-", "$-")]
    #[case("${0", "${0")]
    #[case("${}", "${}")]
    #[case("$한국어!", "!")]
    fn only_the_whole_match_has_a_name(#[case] text: &str, #[case] expected: &str) {
        let mut output = String::new();
        Template::parse(text)
            .apply(&mut output, "m", &mut Budget::new())
            .expect("cheap");
        assert_eq!(output, expected);
    }
}
