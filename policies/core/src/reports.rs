//! Findings on their way to a report.

use polcheck_sdk::{Finding, Location, Span};

/// How many names a message has before it counts the others.
const MOST_NAMES: usize = 6;

/// Findings by their keys: what is found twice is one finding with two places.
#[derive(Debug, Default)]
pub(crate) struct Reports(Vec<Report>);

#[derive(Debug)]
struct Report {
    key: String,
    places: Vec<Location>,
    finding: Finding,
}

impl Reports {
    /// Adds a finding, or one more place of it.
    pub(crate) fn add(&mut self, mut key: String, place: Location, finding: Finding) {
        while key.ends_with(' ') {
            key.pop();
        }
        let known = self.0.iter_mut().find(|report| report.key == key);
        match known {
            Some(report) if report.places.contains(&place) => {}
            Some(report) => {
                report.places.push(place);
                report.finding.take_edits(finding);
            }
            None => self.0.push(Report {
                key,
                places: vec![place],
                finding,
            }),
        }
    }

    /// Whether there is a finding of this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|report| report.key == key)
    }

    /// Adds a finding in the Dockerfile.
    pub(crate) fn add_at(&mut self, key: String, span: Span, finding: Finding) {
        self.add(key, Location::Dockerfile(span), finding);
    }

    /// The findings, in the order in which they were found.
    pub(crate) fn finish(self) -> Vec<Finding> {
        let finish = |report: Report| {
            let finding = report.finding.key(report.key);
            let places = report.places.into_iter();
            places.fold(finding, Finding::at)
        };
        self.0.into_iter().map(finish).collect()
    }
}

/// What is found in the Dockerfile, by key, one finding for each key.
pub(crate) fn merged(found: impl IntoIterator<Item = (String, Span, Finding)>) -> Vec<Finding> {
    let mut reports = Reports::default();
    for (key, span, finding) in found {
        reports.add_at(key, span, finding);
    }
    reports.finish()
}

/// `` `a`, `b` and 3 more ``
pub(crate) fn list(names: &[&str]) -> String {
    let mut text = String::new();
    for (index, name) in names.iter().enumerate() {
        if index == MOST_NAMES {
            let others = (names.len() - index).to_string();
            for part in [" and ", &others, " more"] {
                text += part;
            }
            break;
        }
        let separator = if index == 0 { "" } else { ", " };
        for part in [separator, "`", name, "`"] {
            text += part;
        }
    }
    text
}
