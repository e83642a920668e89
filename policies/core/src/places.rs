//! One finding for what is wrong in several places.

use polcheck_sdk::{Finding, Location, Span};

/// Gives each finding its key and its place; of those with the same key there is one, with all their places.
pub(crate) fn merged(found: impl IntoIterator<Item = (String, Span, Finding)>) -> Vec<Finding> {
    let found = found.into_iter();
    merged_at(found.map(|(key, place, finding)| (key, Location::Dockerfile(place), finding)))
}

/// The same for places of any kind.
pub(crate) fn merged_at(
    found: impl IntoIterator<Item = (String, Location, Finding)>,
) -> Vec<Finding> {
    let mut findings: Vec<(String, Finding)> = Vec::new();
    for (key, place, finding) in found {
        if let Some((_, known)) = findings.iter_mut().find(|(known, _)| *known == key) {
            *known = known.clone().at(place);
        } else {
            let finding = finding.at(place).key(key.clone());
            findings.push((key, finding));
        }
    }
    findings.into_iter().map(|(_, finding)| finding).collect()
}

/// A whole line, where nothing more is known.
pub(crate) fn line(line: u32) -> Span {
    Span {
        start_line: line,
        start_column: 1,
        end_line: line,
        end_column: 1,
    }
}
