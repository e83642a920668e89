//! The patterns of `${x#pattern}`, `${x%pattern}` and `${x/pattern/}`: BuildKit makes regular expressions of them, in which
//! neither `?` nor `*` match a line break.

use super::Cause;
use super::budget::Budget;
use super::template::Template;
use std::mem;

/// A pattern: what has to come one after the other.
#[derive(Debug)]
pub(super) struct Pattern {
    atoms: Vec<Atom>,
    /// Whether anything may come before the atom of the same index; one more than there are atoms.
    gaps: Vec<bool>,
}

#[derive(Clone, Copy, Debug)]
enum Atom {
    Literal(char),
    Any,
}

/// The character behind a backslash that escapes nothing; none is U+FFFD, as it is printed.
#[derive(Debug)]
pub(super) struct InvalidEscape(pub(super) char);

impl Pattern {
    /// Reads a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidEscape> {
        let mut atoms = Vec::new();
        let mut gaps = vec![false];
        // Go's scanner drops a byte order mark wherever it begins to read.
        let mut characters = text
            .strip_prefix('\u{feff}')
            .unwrap_or(text)
            .chars()
            .peekable();
        while let Some(character) = characters.next() {
            let atom = match character {
                '*' => {
                    gaps.pop();
                    gaps.push(true);
                    continue;
                }
                '?' => Atom::Any,
                // The syntax of the substitution needs these escapes, not the pattern.
                '\\' if matches!(characters.peek(), Some('}' | '/')) => continue,
                '\\' => match characters.next() {
                    Some(escaped @ ('*' | '?' | '\\')) => Atom::Literal(escaped),
                    other => {
                        return Err(InvalidEscape(other.unwrap_or(char::REPLACEMENT_CHARACTER)));
                    }
                },
                literal => Atom::Literal(literal),
            };
            atoms.push(atom);
            gaps.push(false);
        }
        Ok(Self { atoms, gaps })
    }

    /// Where a match ends that starts where the text does.
    pub(super) fn end(
        &self,
        text: &str,
        longest: bool,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Cause> {
        let mut states = vec![0];
        let mut next = Vec::new();
        let mut end = self.accepts(&states).then_some(0);
        for (offset, character) in text.char_indices() {
            if states.is_empty() || (end.is_some() && !longest) {
                break;
            }
            budget.spend(states.len())?;
            next.clear();
            self.step(&states, character, &mut next);
            mem::swap(&mut states, &mut next);
            if self.accepts(&states) {
                end = Some(offset + character.len_utf8());
            }
        }
        Ok(end)
    }

    /// Replaces the leftmost match, as long as it can be.
    pub(super) fn replace_first(
        &self,
        text: &str,
        replacement: &str,
        budget: &mut Budget,
    ) -> Result<String, Cause> {
        let mut output = String::new();
        let Some(start) = self.starts(text, budget)?.pop() else {
            budget.append(&mut output, text)?;
            return Ok(output);
        };
        let (before, behind) = text.split_at_checked(start).unwrap_or((text, ""));
        let end = self.end(behind, true, budget)?.unwrap_or_default();
        budget.append(&mut output, before)?;
        budget.append(&mut output, replacement)?;
        budget.append(&mut output, behind.get(end..).unwrap_or_default())?;
        Ok(output)
    }

    /// Replaces all matches. Here, and only here, `$0` in the replacement is the match.
    pub(super) fn replace_all(
        &self,
        text: &str,
        replacement: &str,
        budget: &mut Budget,
    ) -> Result<String, Cause> {
        let template = Template::parse(replacement);
        let mut output = String::new();
        let mut copied = 0;
        let mut next = 0;
        for start in self.starts(text, budget)?.into_iter().rev() {
            if start < next {
                continue;
            }
            let rest = text.get(start..).unwrap_or_default();
            let length = self.end(rest, true, budget)?.unwrap_or_default();
            let end = start + length;
            budget.append(&mut output, text.get(copied..start).unwrap_or_default())?;
            // Nothing, directly behind a match, is not a match.
            if end > copied || start == 0 {
                template.apply(&mut output, rest.get(..length).unwrap_or_default(), budget)?;
            }
            copied = end;
            next = end.max(start + 1);
        }
        budget.append(&mut output, text.get(copied..).unwrap_or_default())?;
        Ok(output)
    }

    /// Where matches start, from the last to the first: a match of the reversed pattern in the reversed text ends there.
    fn starts(&self, text: &str, budget: &mut Budget) -> Result<Vec<usize>, Cause> {
        let reversed = Self {
            atoms: self.atoms.iter().rev().copied().collect(),
            gaps: self.gaps.iter().rev().copied().collect(),
        };
        let mut starts = Vec::new();
        let mut states = vec![0];
        let mut next = Vec::new();
        if reversed.accepts(&states) {
            starts.push(text.len());
        }
        for (offset, character) in text.char_indices().rev() {
            budget.spend(states.len())?;
            // A match may end anywhere.
            next.clear();
            next.push(0);
            reversed.step(&states, character, &mut next);
            mem::swap(&mut states, &mut next);
            if reversed.accepts(&states) {
                starts.push(offset);
            }
        }
        Ok(starts)
    }

    /// Adds the states behind a character. A state is how many atoms have been found; states are sorted.
    fn step(&self, states: &[usize], character: char, next: &mut Vec<usize>) {
        for &state in states {
            let stays = character != '\n' && self.gaps.get(state) == Some(&true);
            let advances = match self.atoms.get(state) {
                Some(Atom::Literal(literal)) => *literal == character,
                Some(Atom::Any) => character != '\n',
                None => false,
            };
            for reached in [stays.then_some(state), advances.then_some(state + 1)] {
                if reached.is_some() && next.last().copied() != reached {
                    next.extend(reached);
                }
            }
        }
    }

    fn accepts(&self, states: &[usize]) -> bool {
        states.last() == Some(&self.atoms.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn end(pattern: &str, text: &str, longest: bool) -> Option<usize> {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        pattern
            .end(text, longest, &mut Budget::new())
            .expect("cheap")
    }

    #[rstest]
    #[case("", "abc", Some(0), Some(0))]
    #[case("*", "abc", Some(0), Some(3))]
    #[case("*b", "abcb", Some(2), Some(4))]
    #[case("a?c", "abc", Some(3), Some(3))]
    #[case("b", "abc", None, None)]
    #[case("*ö*", "aöbö", Some(3), Some(6))]
    #[case("*b", "a\nb", None, None)]
    #[case("?", "\n", None, None)]
    #[case("a*\n*b", "axx\nyb", Some(6), Some(6))]
    #[case("\\*\\?\\\\", "*?\\x", Some(3), Some(3))]
    #[case("\\}\\/", "}/", Some(2), Some(2))]
    #[case("[a].+^$(|)", "[a].+^$(|)", Some(10), Some(10))]
    fn a_match_is_as_short_or_as_long_as_can_be(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] shortest: Option<usize>,
        #[case] longest: Option<usize>,
    ) {
        assert_eq!(end(pattern, text, false), shortest);
        assert_eq!(end(pattern, text, true), longest);
    }

    #[rstest]
    #[case("b", "abab", "X", "aXab", "aXaX")]
    #[case("", "ab", "-", "-ab", "-a-b-")]
    #[case("*", "ab", "-", "-", "-")]
    #[case("*", "a\nb", "-", "-\nb", "-\n-")]
    #[case("x*", "axxb", "-", "a-", "a-")]
    #[case("a*b", "xabab", "-", "x-", "x-")]
    #[case("z", "abc", "-", "abc", "abc")]
    #[case("b", "abb", "<$0>", "a<$0>b", "a<b><b>")]
    #[case("é", "éé", "e", "eé", "ee")]
    fn the_first_or_every_match_is_replaced(
        #[case] pattern: &str,
        #[case] text: &str,
        #[case] replacement: &str,
        #[case] first: &str,
        #[case] all: &str,
    ) {
        let pattern = Pattern::parse(pattern).expect("a pattern");
        let mut budget = Budget::new();
        assert_eq!(
            pattern.replace_first(text, replacement, &mut budget),
            Ok(first.to_owned())
        );
        assert_eq!(
            pattern.replace_all(text, replacement, &mut budget),
            Ok(all.to_owned())
        );
    }

    #[rstest]
    #[case("\\", '\u{fffd}')]
    #[case("\\x", 'x')]
    #[case("\\\\\\", '\u{fffd}')]
    fn only_wildcards_backslashes_and_the_ends_can_be_escaped(
        #[case] pattern: &str,
        #[case] culprit: char,
    ) {
        let InvalidEscape(character) = Pattern::parse(pattern).expect_err("no pattern");
        assert_eq!(character, culprit);
    }

    #[test]
    fn a_pattern_of_stars_does_not_take_exponential_time() {
        let text = "a".repeat(1000);
        assert_eq!(end(&"*a".repeat(500), &text, true), Some(1000));
        assert_eq!(end(&format!("{}b", "*a".repeat(500)), &text, true), None);
    }

    #[test]
    fn work_beyond_the_budget_is_refused() {
        let pattern = Pattern::parse(&"*a".repeat(5000)).expect("a pattern");
        assert_eq!(
            pattern.end(&"a".repeat(50_000), true, &mut Budget::new()),
            Err(Cause::TooLong)
        );
    }
}
