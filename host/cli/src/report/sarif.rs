//! `-o sarif`: SARIF 2.1.0, one run for all subjects, which code scanning services read.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use super::json::escaped;
use super::place::{column, fingerprint, place};
use super::{Entry, Part, printable, text, waivers};
use model::facts::dockerfile::Span;
use model::report::{ReportedFinding, Status};
use model::{Location, RuleMetadata, Severity, TextEdit};
use pipeline::{Judged, Policies, RunSummary};
use serde_json::{Value, json};

/// What stands before the results.
pub(super) const BEGIN: &str = "{\n\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n\"version\": \"2.1.0\",\n\"runs\": [{\n\"results\": [\n";

/// What stands behind the results: the tool with the rules of the set, whether everything could be decided, and what the entries
/// leave for the end.
pub(super) fn end(
    policies: &Policies,
    is_decided: bool,
    notifications: &[String],
    summary: &RunSummary,
) -> String {
    let left = waivers::run_lines(summary);
    let left = left
        .iter()
        .map(|line| notification("note", line).to_string());
    let notifications: Vec<String> = notifications.iter().cloned().chain(left).collect();
    let rules: Vec<Value> = policies
        .catalogue()
        .rules()
        .filter(|(rule, _)| policies.set.rules.contains_key(&rule.id))
        .map(|(rule, _)| of_rule(policies, rule))
        .collect();
    let tool = json!({ "driver": {
        "name": "polcheck",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    } });
    escaped(format!(
        "\n],\n\"columnKind\": \"unicodeCodePoints\",\n\"invocations\": [{{ \"executionSuccessful\": {is_decided}, \"toolExecutionNotifications\": [\n{}\n] }}],\n\"tool\": {tool}\n}}]\n}}\n",
        notifications.join(",\n")
    ))
}

/// The results of an entry, and its notifications (§3.20.21): what could not be decided, and what nobody looked at.
pub(super) fn render(entry: &Entry) -> Part {
    let (results, notifications) = match entry {
        Entry::Judged { judged, .. } => (
            judged.iter().flat_map(results).collect(),
            judged.iter().flat_map(notifications).collect(),
        ),
        Entry::Failed { reference, failure } => (
            Vec::new(),
            vec![notification(
                "error",
                &format!("{reference}: {}", failure.message),
            )],
        ),
        Entry::Nothing { path } => (
            Vec::new(),
            vec![notification(
                "note",
                &format!("{path}: there is no Dockerfile in it"),
            )],
        ),
    };
    Part {
        text: joined(&results),
        at_the_end: joined(&notifications),
        ..Part::default()
    }
}

fn joined(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    escaped(values.join(",\n"))
}

fn results(judged: &Judged) -> Vec<Value> {
    let findings = judged.report.findings.iter();
    findings.map(|finding| result(judged, finding)).collect()
}

/// §3.27
fn result(judged: &Judged, finding: &ReportedFinding) -> Value {
    let help = finding.help.iter().map(|help| format!(". To do: {help}"));
    let message = finding.message.clone() + &help.collect::<String>();
    let places = finding.location.iter().chain(&finding.related);
    let mut places: Vec<Value> = places.map(|it| location(judged, Some(it))).collect();
    if places.is_empty() {
        places.push(location(judged, None));
    }
    let related = places.split_off(1);
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": printable(&message) },
        "locations": places,
        "partialFingerprints": { "polcheck/v1": fingerprint(judged, finding) },
        "properties": { "severity": finding.severity.name(), "confidence": finding.confidence, "key": printable(&finding.key) },
    });
    if let Some(members) = result.as_object_mut() {
        if !related.is_empty() {
            members.insert("relatedLocations".to_owned(), Value::Array(related));
        }
        if !finding.edits.is_empty() {
            members.insert("fixes".to_owned(), json!([fix(judged, finding)]));
        }
        if let Some(suppression) = suppression(&finding.status) {
            members.insert("suppressions".to_owned(), json!([suppression]));
        }
    }
    result
}

/// §3.55
fn fix(judged: &Judged, finding: &ReportedFinding) -> Value {
    let text = judged.dockerfile.as_ref().map_or("", |file| &file.text);
    let replacement = |edit: &TextEdit| {
        // §3.57
        json!({
            "deletedRegion": region(text, edit.span),
            "insertedContent": { "text": edit.replacement },
        })
    };
    let replacements = finding.edits.iter().map(replacement);
    let path = judged.dockerfile.as_ref().map_or("", |file| &file.path);
    json!({
        "description": { "text": printable(finding.help.as_deref().unwrap_or_default()) },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(path) },
            "replacements": replacements.collect::<Vec<_>>(),
        }],
    })
}

/// §3.30
fn region(text: &str, span: Span) -> Value {
    json!({
        "startLine": span.start_line,
        "startColumn": column(text, span.start_line, span.start_column),
        "endLine": span.end_line,
        "endColumn": column(text, span.end_line, span.end_column),
    })
}

/// §3.35
fn suppression(status: &Status) -> Option<Value> {
    match status {
        Status::Open => None,
        Status::Waived { waiver } => Some(json!({
            "kind": "external",
            "justification": printable(&format!("waived by `{waiver}`")),
        })),
        Status::Known => Some(json!({
            "kind": "external",
            "justification": "the baseline has it",
        })),
        Status::Suppressed { tool, reason } => {
            let reason = reason.as_ref().map(|reason| format!(": {reason}"));
            let reason = reason.unwrap_or_default();
            Some(json!({
                "kind": "inSource",
                "justification": printable(&format!("a comment for {tool} silences it{reason}")),
            }))
        }
    }
}

/// §3.28. What is about an image has its reference for a file, and says more by a logical name.
fn location(judged: &Judged, location: Option<&Location>) -> Value {
    let place = place(judged, location);
    let mut physical = json!({ "artifactLocation": { "uri": uri(place.path) } });
    let text = judged.dockerfile.as_ref().map(|file| file.text.as_str());
    if let (Some(span), Some(text), Some(physical)) = (place.span, text, physical.as_object_mut()) {
        physical.insert("region".to_owned(), region(text, span));
    }
    match (place.span, location) {
        (None, Some(other)) => json!({
            "physicalLocation": physical,
            "logicalLocations": [{ "fullyQualifiedName": printable(&other.to_string()) }],
        }),
        _ => json!({ "physicalLocation": physical }),
    }
}

/// A path or a reference as a relative URI (RFC 3986, section 4.2), an absolute path as one of a file (RFC 8089): everything but
/// unreserved characters and `/` is encoded.
fn uri(path: &str) -> String {
    let encoded = path.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    });
    let scheme = path.starts_with('/').then(|| "file://".to_owned());
    scheme.into_iter().chain(encoded).collect()
}

fn notifications(judged: &Judged) -> Vec<Value> {
    let report = &judged.report;
    let subject = report.subject.given();
    let undecided = report.undecided.iter().map(|gap| {
        let message = format!("{subject}: undecided: {}: {}", gap.what, gap.why);
        notification("error", &message)
    });
    let said = text::summary(report) + &text::left_open(report, usize::MAX);
    undecided.chain([notification("note", &said)]).collect()
}

/// §3.58
fn notification(level: &str, message: &str) -> Value {
    let lines: Vec<String> = message.lines().map(printable).collect();
    json!({ "level": level, "message": { "text": lines.join("\n") } })
}

/// §3.49. The numbers are those that GitHub calls critical, high, medium and low.
fn of_rule(policies: &Policies, rule: &RuleMetadata) -> Value {
    let selected = policies.set.rules.get(&rule.id);
    let severity = selected.and_then(|selected| selected.severity);
    let severity = severity.unwrap_or(rule.default_severity);
    let number = match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    };
    let why = rule.why().unwrap_or_else(|| rule.title.clone());
    let mut said = json!({
        "id": rule.id,
        "name": rule.title,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": why },
        "help": { "text": rule.description, "markdown": rule.description },
        "defaultConfiguration": { "level": level(severity) },
        "properties": { "security-severity": number, "tags": ["security", "container", rule.id.group()] },
    });
    if let (Some(url), Some(said)) = (&rule.url, said.as_object_mut()) {
        said.insert("helpUri".to_owned(), json!(url));
    }
    said
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
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
