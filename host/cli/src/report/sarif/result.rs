//! One result (§3.27), and what it is made of.

use super::super::place::{column, fingerprint, place};
use super::super::printable;
use super::level;
use model::facts::dockerfile::Span;
use model::report::{ReportedFinding, Status};
use model::{Confidence, Location, RuleId, TextEdit};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::Judged;
use serde::Serialize;

/// §3.27
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix<'a>>,
    level: &'static str,
    locations: [SarifLocation; 1],
    message: Message,
    partial_fingerprints: PartialFingerprints,
    properties: Properties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<SarifLocation>,
    rule_id: &'a RuleId,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
}

/// §3.11
#[derive(Serialize)]
struct Message {
    text: String,
}

/// §3.27.17
#[derive(Serialize)]
struct PartialFingerprints {
    #[serde(rename = "polcheck/v1")]
    ours: String,
}

/// §3.8
#[derive(Serialize)]
struct Properties {
    confidence: Confidence,
    key: String,
    severity: &'static str,
}

/// §3.28. What is about an image has its reference for a file, and says more by a logical name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifLocation {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation>,
    physical_location: PhysicalLocation,
}

/// §3.33
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    fully_qualified_name: String,
}

/// §3.29
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

/// §3.4
#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

/// §3.30
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    end_column: usize,
    end_line: u32,
    start_column: usize,
    start_line: u32,
}

/// §3.55
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix<'a> {
    artifact_changes: [ArtifactChange<'a>; 1],
    description: Message,
}

/// §3.56
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactChange<'a> {
    artifact_location: ArtifactLocation,
    replacements: Vec<Replacement<'a>>,
}

/// §3.57
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: ArtifactContent<'a>,
}

/// §3.3
#[derive(Serialize)]
struct ArtifactContent<'a> {
    text: &'a str,
}

/// §3.35
#[derive(Serialize)]
struct Suppression {
    justification: String,
    kind: &'static str,
}

impl<'a> SarifResult<'a> {
    pub(super) fn of(judged: &'a Judged, finding: &'a ReportedFinding) -> Self {
        let help = finding.help.iter().map(|help| format!(". To do: {help}"));
        let message = finding.message.clone() + &help.collect::<String>();
        let related = finding.related.iter();
        Self {
            fixes: Fix::of(judged, finding).into_iter().collect(),
            level: level(finding.severity),
            locations: [SarifLocation::of(judged, finding.location.as_ref())],
            message: Message {
                text: printable(&message),
            },
            partial_fingerprints: PartialFingerprints {
                ours: fingerprint(judged, finding),
            },
            properties: Properties {
                confidence: finding.confidence,
                key: printable(&finding.key),
                severity: finding.severity.name(),
            },
            related_locations: related
                .map(|location| SarifLocation::of(judged, Some(location)))
                .collect(),
            rule_id: &finding.rule,
            suppressions: Suppression::of(&finding.status).into_iter().collect(),
        }
    }
}

impl SarifLocation {
    fn of(judged: &Judged, location: Option<&Location>) -> Self {
        let place = place(judged, location);
        let name = location.filter(|_| place.span.is_none());
        let file = judged.dockerfile.as_ref();
        let region = |span| Some(Region::of(&file?.text, span));
        Self {
            logical_locations: name
                .map(|name| LogicalLocation {
                    fully_qualified_name: printable(&name.to_string()),
                })
                .into_iter()
                .collect(),
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation::of(place.path),
                region: place.span.and_then(region),
            },
        }
    }
}

impl ArtifactLocation {
    fn of(path: &str) -> Self {
        Self { uri: uri(path) }
    }
}

impl Region {
    fn of(text: &str, span: Span) -> Self {
        Self {
            end_column: column(text, span.end_line, span.end_column),
            end_line: span.end_line,
            start_column: column(text, span.start_line, span.start_column),
            start_line: span.start_line,
        }
    }
}

impl<'a> Fix<'a> {
    fn of(judged: &'a Judged, finding: &'a ReportedFinding) -> Option<Self> {
        let file = judged.dockerfile.as_ref()?;
        let replacement = |edit: &'a TextEdit| Replacement {
            deleted_region: Region::of(&file.text, edit.span),
            inserted_content: ArtifactContent {
                text: &edit.replacement,
            },
        };
        (!finding.edits.is_empty()).then(|| Self {
            artifact_changes: [ArtifactChange {
                artifact_location: ArtifactLocation::of(&file.path),
                replacements: finding.edits.iter().map(replacement).collect(),
            }],
            description: Message {
                text: printable(finding.help.as_deref().unwrap_or_default()),
            },
        })
    }
}

impl Suppression {
    fn of(status: &Status) -> Option<Self> {
        let (kind, justification) = match status {
            Status::Open => return None,
            Status::Waived { waiver } => ("external", format!("waived by `{waiver}`")),
            Status::Known => ("external", "the baseline has it".to_owned()),
            Status::Suppressed { tool, reason } => {
                let reason = reason.as_ref().map(|reason| format!(": {reason}"));
                let reason = reason.unwrap_or_default();
                (
                    "inSource",
                    format!("a comment for {tool} silences it{reason}"),
                )
            }
        };
        Some(Self {
            justification: printable(&justification),
            kind,
        })
    }
}

/// A path or a reference as a relative URI (RFC 3986, section 4.2), an absolute path as one of a file (RFC 8089): everything but
/// unreserved characters and `/` is encoded.
fn uri(path: &str) -> String {
    const ENCODED: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~')
        .remove(b'/');
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(path, &ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("app/Dockerfile", "app/Dockerfile")]
    #[case("localhost:5000/app:1", "localhost%3A5000/app%3A1")]
    #[case("a b/ü\n", "a%20b/%C3%BC%0A")]
    #[case("/a b/c", "file:///a%20b/c")]
    fn a_path_is_a_uri(#[case] path: &str, #[case] expected: &str) {
        assert_eq!(uri(path), expected);
    }
}
