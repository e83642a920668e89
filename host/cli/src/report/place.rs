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
    let line = from_line(text, index(line)).and_then(|rest| rest.lines().next());
    let line = line.unwrap_or_default();
    let before = line
        .char_indices()
        .take_while(|(at, _)| *at < index(column));
    before.count() + 1
}

/// The rest of a text from a line on, counted from 0. Of a long file with many findings most of the time went into finding
/// their lines: breaks are counted block by block, in a byte, which the processor does for many bytes at once.
pub(super) fn from_line(text: &str, line: usize) -> Option<&str> {
    /// No more breaks than a byte can count.
    const BLOCK: usize = 255;
    let is_break = |byte: &u8| *byte == b'\n';
    let mut left = line;
    let mut start = 0;
    for block in text.as_bytes().chunks(BLOCK) {
        if left == 0 {
            break;
        }
        let breaks: u8 = block.iter().map(|byte| u8::from(is_break(byte))).sum();
        let breaks = usize::from(breaks);
        if breaks < left {
            left -= breaks;
            start += block.len();
            continue;
        }
        let mut places = block.iter().zip(1..).filter(|(byte, _)| is_break(byte));
        start += places.nth(left - 1).map_or(0, |(_, behind)| behind);
        left = 0;
    }
    text.get(start..).filter(|_| left == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn the_rest_from_a_line_on_is_what_the_lines_before_leave() {
        let long = "ü".repeat(3_000);
        let text = format!("a\n{long}\n\n{long}{long}\nb\n");
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let rest = from_line(&text, at).unwrap();
            assert_eq!(rest.lines().next(), Some(*line));
            assert_eq!(rest.lines().count(), lines.len() - at);
        }
        assert_eq!(from_line(&text, lines.len()), Some(""));
        assert_eq!(from_line(&text, lines.len() + 1), None);
    }

    #[rstest]
    #[case(1, 1, 1)]
    #[case(2, 5, 3)]
    #[case(2, 99, 6)]
    #[case(9, 3, 1)]
    fn columns_count_characters(#[case] line: u32, #[case] bytes: u32, #[case] expected: usize) {
        assert_eq!(column("FROM x\nR–N a", line, bytes), expected);
    }
}
