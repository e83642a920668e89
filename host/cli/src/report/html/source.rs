//! The lines of a Dockerfile that a finding is about, with numbers and marks.

use super::escape::{Source, Text};
use model::Location;
use model::facts::dockerfile::Span;
use model::report::ReportedFinding;
use pipeline::DockerfileText;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

/// How many lines of a long instruction are shown.
const LINES: usize = 6;
/// How many lines of another place are shown.
const LINES_ELSEWHERE: usize = 2;

/// A Dockerfile, cut into lines once.
pub(super) struct Lines<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
}

/// A place, by lines counted from 0.
struct Mark {
    class: &'static str,
    start: (usize, usize),
    end: (usize, usize),
}

impl Mark {
    fn new(class: &'static str, span: Span) -> Self {
        let index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
        let place = |line, column| (index(line), index(column));
        Self {
            class,
            start: place(span.start_line, span.start_column),
            end: place(span.end_line, span.end_column),
        }
    }

    fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// What is marked of a line: all of it where the place is empty.
    fn range(&self, at: usize, line: &str) -> Range<usize> {
        if at < self.start.0 || at > self.end.0 {
            return 0..0;
        }
        if self.is_empty() {
            return 0..line.len();
        }
        let start = if at == self.start.0 {
            self.start.1
        } else {
            indent(line)
        };
        let end = if at == self.end.0 {
            self.end.1
        } else {
            line.len()
        };
        floor(line, start)..floor(line, end)
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn floor(line: &str, at: usize) -> usize {
    let mut at = at.min(line.len());
    while !line.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a DockerfileText) -> Self {
        Self {
            path: &file.path,
            lines: file.text.lines().collect(),
        }
    }

    /// The lines around the places of a finding; nothing where it points at no line of the file.
    pub(super) fn excerpt(&self, finding: &ReportedFinding) -> Option<String> {
        let Some(Location::Dockerfile(first)) = finding.location else {
            return None;
        };
        let mut marks = vec![Mark::new("here", first)];
        for place in &finding.related {
            if let Location::Dockerfile(span) = place {
                marks.push(Mark::new("also", *span));
            }
        }
        let shown = self.shown(&marks);
        let first = marks.first().map(|mark| mark.start.0 + 1)?;
        if shown.is_empty() {
            return None;
        }
        let mut html = format!(
            "<figure class=\"source\"><figcaption>{}:{first}</figcaption><pre>",
            Text(self.path)
        );
        let mut before = None;
        for at in shown {
            if before.is_some_and(|before| before + 1 < at) {
                html += "<span class=\"gap\">⋯\n</span>";
            }
            before = Some(at);
            self.write_line(&mut html, at, &marks);
        }
        Some(html + "</pre></figure>\n")
    }

    /// Which lines are shown: the beginning of each place, and a line around the first.
    fn shown(&self, marks: &[Mark]) -> BTreeSet<usize> {
        let mut shown = BTreeSet::new();
        for (number, mark) in marks.iter().enumerate() {
            let (most, around) = if number == 0 {
                (LINES, 1)
            } else {
                (LINES_ELSEWHERE, 0)
            };
            let last = mark.end.0.min(mark.start.0.saturating_add(most - 1));
            let last = last.max(mark.start.0).saturating_add(around);
            shown.extend(
                mark.start.0.saturating_sub(around)..last.saturating_add(1).min(self.lines.len()),
            );
        }
        shown
    }

    fn write_line(&self, html: &mut String, at: usize, marks: &[Mark]) {
        let line = self.lines.get(at).copied().unwrap_or_default();
        let mut ranges: Vec<(Range<usize>, &str)> = Vec::new();
        for mark in marks {
            let range = mark.range(at, line);
            let is_free = |(other, _): &(Range<usize>, _)| {
                range.end <= other.start || other.end <= range.start
            };
            if !range.is_empty() && ranges.iter().all(is_free) {
                ranges.push((range, mark.class));
            }
        }
        ranges.sort_by_key(|(range, _)| range.start);
        let class = if ranges.is_empty() { "" } else { " hit" };
        let _ = write!(
            html,
            "<span class=\"line{class}\"><span class=\"number\">{:>4} </span><code>",
            at + 1
        );
        let mut done = 0;
        for (range, class) in ranges {
            let before = line.get(done..range.start).unwrap_or_default();
            let marked = line.get(range.clone()).unwrap_or_default();
            let _ = write!(
                html,
                "{}<mark class=\"{class}\">{}</mark>",
                Source(before),
                Source(marked)
            );
            done = range.end;
        }
        let _ = write!(
            html,
            "{}\n</code></span>",
            Source(line.get(done..).unwrap_or_default())
        );
    }
}
