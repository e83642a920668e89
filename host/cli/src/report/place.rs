//! Where findings are, for formats that know files and lines and nothing else.

use model::Location;
use model::facts::dockerfile::Span;
use model::report::ReportedFinding;
use pipeline::Judged;

/// A file, or what stands for one where a finding is about an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// The path of the Dockerfile, or the reference of the image.
    pub(super) path: &'a str,
    /// The lines of the Dockerfile.
    pub(super) span: Option<Span>,
}

/// The place of one location of a finding; none: it is about the whole.
pub(super) fn place<'a>(judged: &'a Judged, location: Option<&Location>) -> Place<'a> {
    match (location, &judged.dockerfile) {
        (Some(Location::Dockerfile(span)), Some(file)) => Place {
            path: &file.path,
            span: Some(*span),
        },
        _ => Place {
            path: judged.report.subject.given(),
            span: None,
        },
    }
}

/// What a finding is known by from one run to the next.
pub(super) fn fingerprint(judged: &Judged, finding: &ReportedFinding) -> String {
    let place = finding.location.as_ref();
    judged
        .names()
        .fingerprint(&finding.rule, &finding.key, place)
}

/// The column in characters: that of a Dockerfile is one in bytes. Both count from 1.
pub(super) fn column(text: &str, line: u32, column: u32) -> usize {
    let index = |number: u32| usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
    let line = text.lines().nth(index(line)).unwrap_or_default();
    let before = line
        .char_indices()
        .take_while(|(at, _)| *at < index(column));
    before.count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, 1, 1)]
    #[case(2, 5, 3)]
    #[case(2, 99, 6)]
    #[case(9, 3, 1)]
    fn columns_count_characters(#[case] line: u32, #[case] bytes: u32, #[case] expected: usize) {
        assert_eq!(column("FROM x\nR–N a", line, bytes), expected);
    }
}
