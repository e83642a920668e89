//! `-o gitlab-container-scanning`: what GitLab shows of images beside vulnerabilities, in version 15.0.7 of its form.
//! <https://docs.gitlab.com/development/integrations/secure/#report>

mod vulnerability;

use super::json::members;
use super::tally::Tally;
use super::{Entry, Part, printable, text, waivers};
use crate::exit::Exit;
use crate::failure::Failure;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::report::{Gap, Status, Subject};
use pipeline::{Judged, RunSummary};
use serde_json::json;
use vulnerability::Vulnerability;

/// What stands before the findings.
pub(super) const BEGIN: &str = "{\n\"version\": \"15.0.7\",\n\"vulnerabilities\": [\n";

/// What stands behind the findings: who looked, when, what became of it, and what the entries and the run leave to be said.
pub(super) fn end(tally: &Tally, messages: &[String], summary: &RunSummary) -> String {
    let left = waivers::run_lines(summary);
    let left: Vec<String> = left.iter().map(|line| message_of("warn", line)).collect();
    let now = Timestamp::now();
    let (start, end) = tally.times.unwrap_or((now, now));
    let scanner = json!({
        "id": "polcheck",
        "name": "polcheck",
        "version": env!("CARGO_PKG_VERSION"),
        "url": env!("CARGO_PKG_REPOSITORY"),
        "vendor": { "name": "polcheck" },
    });
    let is_decided = tally.exit() != Exit::Undecided;
    let scan = json!({
        "type": "container_scanning",
        "scanner": scanner,
        "analyzer": scanner,
        "start_time": time(start),
        "end_time": time(end),
        "status": if is_decided { "success" } else { "failure" },
    });
    // No message becomes a value again: of many images there are many.
    let scan = scan.to_string();
    let scan = scan.strip_suffix('}').unwrap_or(&scan);
    let messages = messages.iter().chain(&left).map(String::as_str);
    let messages: Vec<&str> = messages.collect();
    format!(
        "\n],\n\"scan\": {scan},\"messages\": [\n{}\n]}}\n}}\n",
        messages.join(",\n")
    )
}

/// The form that the schema has a pattern for: UTC, and no word of it.
fn time(time: Timestamp) -> String {
    let time = time.to_zoned(TimeZone::UTC);
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The open findings of an entry; and at the end its messages.
pub(super) fn render(entry: &Entry) -> Part {
    let judged = match entry {
        Entry::Judged { judged, .. } => judged,
        Entry::Failed { reference, failure } => {
            let message = format!("{reference}: {}", failure.message);
            return Part {
                at_the_end: message_of("fatal", &message),
                ..Part::default()
            };
        }
        Entry::Nothing { .. } => return Part::default(),
    };
    let is_file = |judged: &Judged| matches!(judged.report.subject, Subject::Dockerfile(_));
    if judged.iter().any(is_file) {
        return Part {
            refusal: Some(no_image()),
            ..Part::default()
        };
    }
    let messages: Vec<String> = judged.iter().flat_map(messages).collect();
    Part {
        text: members(judged.iter().flat_map(of_report)),
        at_the_end: messages.join(",\n"),
        ..Part::default()
    }
}

fn no_image() -> Failure {
    Failure::say("a container scanning report is about images, and a Dockerfile is none")
        .help("write `-o gitlab=FILE`, a code quality report, for Dockerfiles")
}

fn of_report(judged: &Judged) -> impl Iterator<Item = Vulnerability<'_>> {
    let findings = judged.report.findings.iter();
    let open = findings.filter(|finding| finding.status == Status::Open);
    open.map(|finding| Vulnerability::of(judged, finding))
}

/// What could not be decided, what weakens the run, and what the report leaves open.
fn messages(judged: &Judged) -> Vec<String> {
    let report = &judged.report;
    let subject = report.subject.given();
    let said = |level: &str, what: &str, gap: &Gap| {
        message_of(
            level,
            &format!("{subject}: {what}: {}: {}", gap.what, gap.why),
        )
    };
    let undecided = report.undecided.iter();
    let undecided = undecided.map(|gap| said("fatal", "undecided", gap));
    let insecure = report.insecure.iter();
    let insecure =
        insecure.map(|option| message_of("warn", &format!("{subject}: `{option}` was given")));
    let summary = text::summary(report) + &text::left_open(report, usize::MAX);
    let summary = summary.lines().map(|line| message_of("info", line.trim()));
    undecided.chain(insecure).chain(summary).collect()
}

fn message_of(level: &str, text: &str) -> String {
    json!({ "level": level, "value": printable(text) }).to_string()
}
