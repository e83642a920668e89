//! `-o gitlab`: a Code Quality report, which GitLab shows in merge requests.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use super::json::members;
use super::place::{fingerprint, place};
use super::{Entry, printable, text, waivers};
use model::Severity;
use model::canonical::sha256_hex;
use model::report::{ReportedFinding, Status};
use pipeline::{Judged, RunSummary};
use serde_json::{Value, json};

/// What stands before the findings.
pub(super) const BEGIN: &str = "[\n";
/// Where what the run leaves to say is shown.
const CONFIGURATION: &str = "polcheck.yaml";

/// What stands behind them: what the run leaves to say, and the end. `is_first`: nothing stands before it.
pub(super) fn end(summary: &RunSummary, is_first: bool) -> String {
    let lines = waivers::run_lines(summary);
    if lines.is_empty() {
        return "\n]\n".to_owned();
    }
    let comma = if is_first { "" } else { ",\n" };
    let note = note(
        CONFIGURATION,
        "waivers and configuration",
        &lines.join("; "),
    );
    format!("{comma}{note}\n]\n")
}

/// The findings of an entry, as members of a list. What could not be judged, and what a report leaves open, is one, too: the list has
/// no other place for it.
pub(super) fn render(entry: &Entry) -> String {
    let findings: Vec<Value> = match entry {
        Entry::Judged { judged, .. } => judged.iter().flat_map(of_report).collect(),
        Entry::Failed { reference, failure } => {
            vec![undecided(reference, reference, &failure.message)]
        }
        Entry::Nothing { path } => vec![note(
            path,
            "nothing to check",
            "there is no Dockerfile in it",
        )],
    };
    members(findings)
}

fn of_report(judged: &Judged) -> Vec<Value> {
    let report = &judged.report;
    let path = report.subject.given();
    let open = report.findings.iter();
    let open = open.filter(|finding| finding.status == Status::Open);
    let gaps = report.undecided.iter();
    open.map(|finding| of_finding(judged, finding))
        .chain(gaps.map(|gap| undecided(path, &gap.what, &gap.why)))
        .chain(left_open(judged))
        .collect()
}

fn of_finding(judged: &Judged, finding: &ReportedFinding) -> Value {
    let place = place(judged, finding.location.as_ref());
    let help = finding.help.iter().map(|help| format!(": {help}"));
    json!({
        "description": printable(&(finding.message.clone() + &help.collect::<String>())),
        "check_name": finding.rule,
        "fingerprint": fingerprint(judged, finding),
        "severity": severity(finding.severity),
        "location": {
            "path": printable(place.path),
            "lines": { "begin": place.span.map_or(1, |span| span.start_line) },
        },
    })
}

fn undecided(path: &str, what: &str, why: &str) -> Value {
    let known = ["undecided", path, what].join("\0");
    json!({
        "description": printable(&format!("undecided: {what}: {why}")),
        "check_name": "undecided",
        "fingerprint": sha256_hex(known.as_bytes()),
        "severity": "blocker",
        "location": { "path": printable(path), "lines": { "begin": 1 } },
    })
}

/// What a report leaves open: claims, what was not checked, waivers.
fn left_open(judged: &Judged) -> Option<Value> {
    let report = &judged.report;
    let lines = text::left_open(report, usize::MAX);
    let lines: Vec<&str> = lines
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let said = || note(report.subject.given(), "left open", &lines.join("; "));
    (!lines.is_empty()).then(said)
}

/// Something that is no finding. It is known by what it is about, so that another wording is nothing new in a merge request.
fn note(path: &str, what: &str, text: &str) -> Value {
    let known = ["note", path, what].join("\0");
    json!({
        "description": printable(&format!("{what}: {text}")),
        "check_name": "polcheck",
        "fingerprint": sha256_hex(known.as_bytes()),
        "severity": "info",
        "location": { "path": printable(path), "lines": { "begin": 1 } },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
