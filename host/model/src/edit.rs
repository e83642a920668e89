//! Edits: what a machine may do to a Dockerfile about a finding.

use crate::facts::dockerfile::Span;
use serde::{Serialize, Serializer};
use std::ops::Range;

/// One text in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextEdit {
    /// The place.
    pub span: Span,
    /// What has to stand there.
    pub original: String,
    /// What stands there afterwards.
    pub replacement: String,
}

impl Serialize for TextEdit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Named<'a> {
            start_line: u32,
            start_column: u32,
            end_line: u32,
            end_column: u32,
            original: &'a str,
            replacement: &'a str,
        }
        Named {
            start_line: self.span.start_line,
            start_column: self.span.start_column,
            end_line: self.span.end_line,
            end_column: self.span.end_column,
            original: &self.original,
            replacement: &self.replacement,
        }
        .serialize(serializer)
    }
}

/// Why edits are not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// Another text stands there.
    OtherText,
    /// They overlap with one another.
    OneAnother,
    /// They overlap with edits of another finding. Once those are made, there may be others.
    AnotherFinding,
}

/// A text and the edits that are made to it. Every other byte stays what it is.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    text: &'a str,
    /// Where its lines begin.
    lines: Vec<usize>,
    /// In the order of the text; they do not overlap.
    changes: Vec<Change<'a>>,
}

#[derive(Clone, Debug)]
struct Change<'a> {
    range: Range<usize>,
    text: &'a str,
}

impl<'a> Edited<'a> {
    /// The text as it is.
    pub fn new(text: &'a str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            lines: std::iter::once(0).chain(behind).collect(),
            changes: Vec::new(),
        }
    }

    /// Whether the text that an edit replaces stands where it says.
    pub fn fits(&self, edit: &TextEdit) -> bool {
        self.change(edit).is_some()
    }

    /// Makes all of these edits.
    ///
    /// # Errors
    /// Why none of them is made.
    pub fn make(&mut self, edits: &'a [TextEdit]) -> Result<(), Hindrance> {
        let mut own: Vec<Change<'a>> = Vec::with_capacity(edits.len());
        for edit in edits {
            let change = self.change(edit).ok_or(Hindrance::OtherText)?;
            if own.iter().any(|other| other.hinders(&change)) {
                return Err(Hindrance::OneAnother);
            }
            if self.changes.iter().any(|other| other.hinders(&change)) {
                return Err(Hindrance::AnotherFinding);
            }
            own.push(change);
        }
        for change in own {
            let order = |it: &Change<'_>| (it.range.start, it.range.end);
            let is_before = |it: &Change<'_>| order(it) <= order(&change);
            let at = self.changes.partition_point(is_before);
            self.changes.insert(at, change);
        }
        Ok(())
    }

    /// The ranges of the text that edits replace, in order. Where something is only put in, the range is empty.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.changes.iter().map(|change| change.range.clone())
    }

    /// The bytes from one place of the text to another; none: there is no such place.
    pub fn range(&self, span: Span) -> Option<Range<usize>> {
        let start = self.offset(span.start_line, span.start_column)?;
        let end = self.offset(span.end_line, span.end_column)?;
        self.text.get(start..end).map(|_| start..end)
    }

    /// The text with the edits.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut at = 0;
        for change in &self.changes {
            text += self.text.get(at..change.range.start).unwrap_or_default();
            text += change.text;
            at = change.range.end;
        }
        text + self.text.get(at..).unwrap_or_default()
    }

    /// What an edit changes. A word that is only put behind the original leaves it alone.
    fn change<'e>(&self, edit: &'e TextEdit) -> Option<Change<'e>> {
        let range = self.range(edit.span)?;
        if self.text.get(range.clone())? != edit.original {
            return None;
        }
        let behind = edit.replacement.strip_prefix(&edit.original);
        Some(match behind.filter(|text| text.starts_with(' ')) {
            Some(text) => Change {
                range: range.end..range.end,
                text,
            },
            None => Change {
                range,
                text: &edit.replacement,
            },
        })
    }

    fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let index = |number: u32| usize::try_from(number).ok()?.checked_sub(1);
        let start = *self.lines.get(index(line)?)?;
        let end = self.lines.get(index(line)? + 1);
        let at = start + index(column)?;
        (at <= end.copied().unwrap_or(self.text.len())).then_some(at)
    }
}

impl Change<'_> {
    /// Whether two changes cannot be made together. What begins with a blank can be put behind something of its kind.
    fn hinders(&self, other: &Self) -> bool {
        let (one, two) = (&self.range, &other.range);
        if one == two && one.is_empty() {
            let is_word = |change: &Self| change.text.starts_with(' ');
            return !is_word(self) || !is_word(other) || self.text == other.text;
        }
        one == two || one.start < two.end && two.start < one.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn edit(place: [u32; 4], original: &str, replacement: &str) -> TextEdit {
        let [start_line, start_column, end_line, end_column] = place;
        TextEdit {
            span: Span {
                start_line,
                start_column,
                end_line,
                end_column,
            },
            original: original.into(),
            replacement: replacement.into(),
        }
    }

    #[test]
    fn every_byte_outside_of_the_edits_stays_what_it_is() {
        let text = "\u{feff}FROM a\r\n\tRUN apt x  \r\n\r\nend";
        let edits = [
            edit([2, 6, 2, 9], "apt", "apt-get"),
            edit([2, 6, 2, 9], "apt", "apt -y"),
            edit([4, 1, 4, 4], "end", "END"),
        ];
        let mut edited = Edited::new(text);
        assert_eq!(edited.make(&edits), Ok(()));
        assert_eq!(
            edited.text(),
            "\u{feff}FROM a\r\n\tRUN apt-get -y x  \r\n\r\nEND"
        );
    }

    #[rstest]
    #[case::other_text(edit([1, 1, 1, 3], "xy", "z"), Hindrance::OtherText)]
    #[case::no_such_line(edit([9, 1, 9, 1], "", "z"), Hindrance::OtherText)]
    #[case::no_such_column(edit([1, 9, 1, 9], "", "z"), Hindrance::OtherText)]
    #[case::line_zero(edit([0, 1, 0, 1], "", "z"), Hindrance::OtherText)]
    #[case::backwards(edit([1, 3, 1, 1], "", "z"), Hindrance::OtherText)]
    #[case::within_a_character(edit([2, 2, 2, 2], "", "z"), Hindrance::OtherText)]
    #[case::same_place(edit([1, 3, 1, 4], "c", "C"), Hindrance::AnotherFinding)]
    #[case::around_it(edit([1, 1, 1, 5], "abcd", "d"), Hindrance::AnotherFinding)]
    fn what_does_not_fit_is_not_made(#[case] wrong: TextEdit, #[case] expected: Hindrance) {
        let first = [edit([1, 3, 1, 4], "c", "x")];
        let mut edited = Edited::new("abcd\n\u{e9}");
        edited.make(&first).unwrap();
        let all = [edit([1, 1, 1, 1], "", "!"), wrong];
        assert_eq!(edited.make(&all), Err(expected));
        assert_eq!(edited.text(), "abxd\n\u{e9}", "all of them, or none");
    }

    #[test]
    fn words_are_put_behind_one_another_and_no_word_twice() {
        let (yes, no) = (
            [edit([1, 1, 1, 2], "a", "a -y")],
            [edit([1, 1, 1, 2], "a", "a -n")],
        );
        let mut edited = Edited::new("a b");
        assert_eq!(edited.make(&yes), Ok(()));
        assert_eq!(edited.make(&no), Ok(()));
        assert_eq!(edited.make(&yes), Err(Hindrance::AnotherFinding));
        assert_eq!(edited.text(), "a -y -n b");
    }
}
