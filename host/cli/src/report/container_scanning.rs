//! `-o gitlab-container-scanning`: what GitLab shows of images beside vulnerabilities, in version 15.0.7 of its form.
//! <https://docs.gitlab.com/development/integrations/secure/#report>

use super::markdown::escaped;
use super::place::fingerprint;
use super::tally::Tally;
use super::{Entry, Part, printable, text, waivers};
use crate::exit::Exit;
use crate::failure::Failure;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::Severity;
use model::canonical::sha256;
use model::report::{Gap, ReportedFinding, Status, Subject};
use pipeline::{Judged, RunSummary};
use serde_json::{Map, Value, json};

/// What stands before the findings.
pub(super) const BEGIN: &str = "{\n\"version\": \"15.0.7\",\n\"vulnerabilities\": [\n";

/// The most characters that a solution may have.
const MOST_IN_A_SOLUTION: usize = 7_000;

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
    let findings: Vec<String> = judged.iter().flat_map(of_report).collect();
    let messages: Vec<String> = judged.iter().flat_map(messages).collect();
    Part {
        text: findings.join(",\n"),
        at_the_end: messages.join(",\n"),
        ..Part::default()
    }
}

fn no_image() -> Failure {
    Failure::say("a container scanning report is about images, and a Dockerfile is none")
        .help("write `-o gitlab=FILE`, a code quality report, for Dockerfiles")
}

fn of_report(judged: &Judged) -> Vec<String> {
    let findings = judged.report.findings.iter();
    let open = findings.filter(|finding| finding.status == Status::Open);
    open.map(|finding| of_finding(judged, finding).to_string())
        .collect()
}

fn of_finding(judged: &Judged, finding: &ReportedFinding) -> Value {
    let subject = &judged.report.subject;
    let platform = subject.platform().map(ToString::to_string);
    let mut value = json!({
        "id": uuid(judged, finding),
        "name": finding.rule,
        "description": description(judged, finding),
        "severity": severity(finding.severity),
        "identifiers": identifiers(finding),
        // GitLab knows a finding by its first identifier, the image and the package: what a finding is about tells it from others.
        "location": {
            "image": printable(subject.given()),
            "operating_system": platform.as_deref().unwrap_or("unknown"),
            "dependency": { "package": { "name": printable(&finding.key) }, "version": "unknown" },
        },
    });
    if let (Some(help), Some(value)) = (&finding.help, value.as_object_mut()) {
        let solution: String = escaped(help).chars().take(MOST_IN_A_SOLUTION).collect();
        value.insert("solution".to_owned(), json!(solution));
    }
    if let (Some(url), Some(value)) = (web(finding), value.as_object_mut()) {
        value.insert("links".to_owned(), json!([{ "url": url }]));
    }
    value
}

/// What is wrong, where, and why it matters, in GitLab's Markdown.
fn description(judged: &Judged, finding: &ReportedFinding) -> String {
    let mut paragraphs = vec![escaped(&finding.message)];
    let places = finding.location.iter().chain(&finding.related);
    let places: Vec<String> = places.map(ToString::to_string).collect();
    if !places.is_empty() {
        paragraphs.push(format!("Where: {}", escaped(&places.join(", "))));
    }
    if let Some(why) = judged.reasons.get(&finding.rule) {
        paragraphs.push(escaped(why));
    }
    paragraphs.join("\n\n")
}

/// The rule, and what other tools call it.
fn identifiers(finding: &ReportedFinding) -> Vec<Value> {
    let identifier = |kind: &str, name: &str| {
        let mut identifier = Map::new();
        for (key, value) in [("type", kind), ("name", name), ("value", name)] {
            identifier.insert(key.to_owned(), json!(value));
        }
        identifier
    };
    let mut rule = identifier("polcheck_rule", finding.rule.as_ref());
    if let Some(url) = web(finding) {
        rule.insert("url".to_owned(), json!(url));
    }
    let aliases = finding.aliases.iter().map(|alias| {
        let kinds = [("CVE-", "cve"), ("CWE-", "cwe"), ("CIS", "cis")];
        let kind = kinds.iter().find(|(begin, _)| alias.starts_with(begin));
        identifier(kind.map_or("alias", |(_, kind)| kind), &printable(alias))
    });
    let all = std::iter::once(rule).chain(aliases);
    all.map(Value::Object).collect()
}

/// The page about a finding, where it is one of the web.
fn web(finding: &ReportedFinding) -> Option<String> {
    let url = finding.url.as_deref()?;
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    is_web.then(|| printable(url))
}

/// The same from run to run: version 8 of RFC 9562, over what the finding is known by and the platform.
fn uuid(judged: &Judged, finding: &ReportedFinding) -> String {
    let subject = &judged.report.subject;
    let platform = subject.platform().map(ToString::to_string);
    let known = [
        fingerprint(judged, finding),
        subject.given().to_owned(),
        platform.unwrap_or_else(|| subject.digest().to_string()),
    ];
    let digest = sha256(known.join("\0").as_bytes());
    let hex: String = digest.digest().chars().take(30).collect();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
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
