//! `-o sarif`: SARIF 2.1.0, one run for all subjects, which code scanning services read.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

mod result;

use super::json::{escaped, members};
use super::{Entry, Part, printable, text, waivers};
use model::{RuleMetadata, Severity};
use pipeline::{Judged, Policies, RunSummary};
use result::SarifResult;
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
            members(judged.iter().flat_map(results)),
            judged.iter().flat_map(notifications).collect(),
        ),
        Entry::Failed { reference, failure } => (
            String::new(),
            vec![notification(
                "error",
                &format!("{reference}: {}", failure.message),
            )],
        ),
        Entry::Nothing { path } => (
            String::new(),
            vec![notification(
                "note",
                &format!("{path}: there is no Dockerfile in it"),
            )],
        ),
    };
    Part {
        text: escaped(results),
        at_the_end: escaped(members(notifications)),
        ..Part::default()
    }
}

fn results(judged: &Judged) -> impl Iterator<Item = SarifResult<'_>> {
    let findings = judged.report.findings.iter();
    findings.map(|finding| SarifResult::of(judged, finding))
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
