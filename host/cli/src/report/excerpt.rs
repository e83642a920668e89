//! The lines of a Dockerfile that a finding points at.

use super::place::from_line;
use super::printable;
use annotate_snippets::{AnnotationKind, Snippet};
use model::Location;
use model::facts::dockerfile::Span;
use model::report::ReportedFinding;
use pipeline::{DockerfileText, Judged};
use std::ops::Range;

/// How many lines of a long instruction are shown.
const LINES: u32 = 6;

/// Some lines of a Dockerfile, and what is marked in them.
pub(super) struct Excerpt {
    path: String,
    first_line: usize,
    lines: String,
    marks: Vec<(AnnotationKind, Range<usize>)>,
}

/// What there is to show of a finding, if it points into a Dockerfile that is at hand.
pub(super) fn excerpt(judged: &Judged, finding: &ReportedFinding) -> Option<Excerpt> {
    let file = judged.dockerfile.as_ref()?;
    let Some(Location::Dockerfile(first)) = finding.location else {
        return None;
    };
    let mut excerpt = Excerpt::at(file, first)?;
    for place in &finding.related {
        if let Location::Dockerfile(span) = place {
            excerpt.mark(*span);
        }
    }
    Some(excerpt)
}

impl Excerpt {
    fn at(file: &DockerfileText, span: Span) -> Option<Self> {
        let last = span.end_line.min(span.start_line.saturating_add(LINES - 1));
        let first_line = usize::try_from(span.start_line).ok()?;
        let count = usize::try_from(last.saturating_sub(span.start_line)).ok()? + 1;
        let lines = from_line(&file.text, first_line.checked_sub(1)?)?.lines();
        let lines: Vec<&str> = lines.take(count).collect();
        if lines.is_empty() {
            return None;
        }
        let mut excerpt = Self {
            path: printable(&file.path),
            first_line,
            lines: shown(lines.join("\n")),
            marks: Vec::new(),
        };
        let marked = excerpt.range(span).unwrap_or(0..excerpt.lines.len());
        excerpt.marks.push((AnnotationKind::Primary, marked));
        Some(excerpt)
    }

    /// Marks another place, if it is among the lines.
    fn mark(&mut self, span: Span) {
        if let Some(range) = self.range(span) {
            self.marks.push((AnnotationKind::Context, range));
        }
    }

    /// The bytes of a place in the lines that are shown; all of its line where it is empty.
    fn range(&self, span: Span) -> Option<Range<usize>> {
        let start = self.offset(span.start_line, span.start_column)?;
        let end = self
            .offset(span.end_line, span.end_column)
            .unwrap_or(self.lines.len());
        if start < end {
            return Some(start..end);
        }
        let length = self.lines.get(start..)?.lines().next()?.len();
        Some(start..start + length)
    }

    fn offset(&self, line: u32, column: u32) -> Option<usize> {
        let before = usize::try_from(line).ok()?.checked_sub(self.first_line)?;
        let mut lines = self.lines.split_inclusive('\n');
        let start: usize = lines.by_ref().take(before).map(str::len).sum();
        let text = lines.next()?.trim_end_matches('\n');
        let mut column = usize::try_from(column)
            .ok()?
            .saturating_sub(1)
            .min(text.len());
        while !text.is_char_boundary(column) {
            column -= 1;
        }
        Some(start + column)
    }

    /// In the form that is rendered.
    pub(super) fn snippet(&self) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
        let marks = self.marks.iter();
        Snippet::source(self.lines.as_str())
            .path(self.path.as_str())
            .line_start(self.first_line)
            .annotations(marks.map(|(kind, range)| kind.span(range.clone())))
    }
}

/// Lines without what a terminal would obey, as long as they were.
fn shown(lines: String) -> String {
    let is_hidden = |c: char| c.is_control() && !matches!(c, '\t' | '\n');
    if lines.contains(is_hidden) {
        lines.replace(is_hidden, " ")
    } else {
        lines
    }
}
