//! `-o gitlab`: a Code Quality report, which GitLab shows in merge requests.
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use super::place::{fingerprint, place};
use super::{Entry, printable};
use model::Severity;
use model::report::{ReportedFinding, Status};
use pipeline::Judged;
use serde_json::{Value, json};

/// What stands before the findings.
pub(super) const BEGIN: &str = "[\n";
/// What stands behind them.
pub(super) const END: &str = "\n]\n";

/// The findings of an entry, as members of a list. What could not be judged is one, too: the list has no other place for it.
pub(super) fn render(entry: &Entry) -> String {
    let findings: Vec<Value> = match entry {
        Entry::Judged { judged, .. } => judged.iter().flat_map(of_report).collect(),
        Entry::Failed { reference, failure } => {
            vec![undecided(reference, reference, &failure.message)]
        }
        Entry::Nothing { .. } => Vec::new(),
    };
    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    findings.join(",\n")
}

fn of_report(judged: &Judged) -> Vec<Value> {
    let report = &judged.report;
    let path = report.subject.given();
    let open = report.findings.iter();
    let open = open.filter(|finding| finding.status == Status::Open);
    let gaps = report.undecided.iter();
    open.map(|finding| of_finding(judged, finding))
        .chain(gaps.map(|gap| undecided(path, &gap.what, &gap.why)))
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
        "fingerprint": model::canonical::sha256(known.as_bytes()).digest(),
        "severity": "blocker",
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
