//! `-o junit`: a test suite for each subject, a test case for each rule.
//! The form is that of <https://github.com/testmoapp/junitxml>, which continuous integration servers read.

use super::place::place;
use super::{Entry, printable, text, waivers};
use model::report::{Report, ReportedFinding, RuleState, Status};
use model::{RuleId, Verdict};
use pipeline::{Judged, RunSummary};
use std::fmt::Write as _;

/// What stands before the suites.
pub(super) const BEGIN: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"polcheck\">\n";

/// What stands behind them: what the run leaves to say, in a suite of its own, and the end.
pub(super) fn end(summary: &RunSummary) -> String {
    let left = waivers::run_lines(summary);
    let left = match left.as_slice() {
        [] => String::new(),
        lines => suite(
            "polcheck",
            &[Case::of("waivers and configuration", Kind::Passed, "")],
            &lines.join("\n"),
        ),
    };
    left + "</testsuites>\n"
}

/// What a case says beside its name: `<failure …>`, and in which count it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Passed,
    Failure,
    Error,
    Skipped,
}

struct Case {
    name: String,
    kind: Kind,
    message: String,
    text: String,
}

/// The suites of an entry.
pub(super) fn render(entry: &Entry) -> String {
    match entry {
        Entry::Judged { judged, .. } => judged.iter().map(of_report).collect(),
        Entry::Failed { reference, failure } => suite(
            reference,
            &[Case::of("verdict", Kind::Error, &failure.message)],
            "",
        ),
        Entry::Nothing { path } => suite(
            path,
            &[Case::of(
                "verdict",
                Kind::Skipped,
                "there is no Dockerfile in it",
            )],
            "",
        ),
    }
}

fn of_report(judged: &Judged) -> String {
    let report = &judged.report;
    let rules = report.policies.iter().flat_map(|policy| &policy.rules);
    let mut cases: Vec<Case> = rules
        .map(|(rule, state)| of_rule(judged, rule, *state))
        .collect();
    let kind = match report.verdict {
        Verdict::Passed => Kind::Passed,
        Verdict::Failed => Kind::Failure,
        Verdict::Undecided => Kind::Error,
        Verdict::NothingToCheck => Kind::Skipped,
    };
    cases.push(Case::of("verdict", kind, &text::summary(report)));
    suite(
        report.subject.given(),
        &cases,
        text::left_open(report, usize::MAX).trim_start(),
    )
}

/// A rule fails where one of its findings fails the subject, and says so of milder ones in its output only.
fn of_rule(judged: &Judged, rule: &RuleId, state: RuleState) -> Case {
    let report = &judged.report;
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.rule == *rule);
    let lines: Vec<String> = findings.map(|finding| line(judged, finding)).collect();
    let why = || why(report, rule);
    let (kind, message) = match state {
        RuleState::Findings if is_failure(report, rule) => (Kind::Failure, worst(report, rule)),
        RuleState::Holds | RuleState::Findings => (Kind::Passed, String::new()),
        RuleState::NotApplicable => (Kind::Skipped, "not applicable".to_owned()),
        RuleState::Inconclusive | RuleState::NotEvaluated => (Kind::Skipped, why()),
        RuleState::Broken => (Kind::Error, why()),
    };
    Case {
        name: rule.to_string(),
        kind,
        message,
        text: lines.join("\n"),
    }
}

/// Whether a finding of the rule is as bad as any open one of a subject that failed.
fn is_failure(report: &Report, rule: &RuleId) -> bool {
    let mut open = report
        .findings
        .iter()
        .filter(|it| it.status == Status::Open);
    report.verdict == Verdict::Failed
        && open
            .any(|finding| finding.rule == *rule && finding.severity >= report.policy_set.fail_on)
}

/// What the worst open finding of a rule says; they are sorted.
fn worst(report: &Report, rule: &RuleId) -> String {
    let mut open = report
        .findings
        .iter()
        .filter(|it| it.status == Status::Open);
    let worst = open.find(|finding| finding.rule == *rule);
    worst.map_or_else(String::new, |finding| finding.message.clone())
}

/// Why a rule came to no conclusion.
fn why(report: &Report, rule: &RuleId) -> String {
    let mut gaps = report.undecided.iter().chain(&report.not_checked);
    let gap = gaps.find(|gap| gap.what == rule.as_ref());
    gap.map_or_else(String::new, |gap| gap.why.clone())
}

/// `high Dockerfile:3: message (help)`
fn line(judged: &Judged, finding: &ReportedFinding) -> String {
    let place = place(judged, finding.location.as_ref());
    let number = place.span.map(|span| format!(":{}", span.start_line));
    let status = match finding.status {
        Status::Open => "",
        Status::Waived { .. } => "waived, ",
        Status::Suppressed { .. } => "suppressed, ",
        Status::Known => "known, ",
    };
    let help = finding.help.iter().map(|help| format!(" ({help})"));
    let help: String = help.collect();
    printable(&format!(
        "{status}{} {}{}: {}{help}",
        finding.severity,
        place.path,
        number.unwrap_or_default(),
        finding.message,
    ))
}

impl Case {
    fn of(name: &str, kind: Kind, message: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            message: message.to_owned(),
            text: String::new(),
        }
    }

    fn render(&self, suite: &str) -> String {
        let element = match self.kind {
            Kind::Passed => "system-out",
            Kind::Failure => "failure",
            Kind::Error => "error",
            Kind::Skipped => "skipped",
        };
        let head = format!(
            "    <testcase classname=\"{}\" name=\"{}\"",
            escaped(suite),
            escaped(&self.name)
        );
        if self.kind == Kind::Passed && self.text.is_empty() {
            return head + "/>\n";
        }
        let message = match self.kind {
            Kind::Passed => String::new(),
            _ => format!(" message=\"{}\"", escaped(&self.message)),
        };
        let lines: Vec<String> = self.text.lines().map(escaped).collect();
        format!(
            "{head}><{element}{message}>{}</{element}></testcase>\n",
            lines.join("\n")
        )
    }
}

fn suite(name: &str, cases: &[Case], open: &str) -> String {
    let count = |kind: Kind| cases.iter().filter(|case| case.kind == kind).count();
    let mut suite = String::new();
    let _ = writeln!(
        suite,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        escaped(name),
        cases.len(),
        count(Kind::Failure),
        count(Kind::Error),
        count(Kind::Skipped)
    );
    for case in cases {
        suite += &case.render(name);
    }
    if !open.is_empty() {
        let lines: Vec<String> = open.lines().map(escaped).collect();
        let _ = writeln!(suite, "    <system-out>{}</system-out>", lines.join("\n"));
    }
    suite + "  </testsuite>\n"
}

/// Text that is no markup, without characters that XML forbids.
fn escaped(text: &str) -> String {
    printable(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&apos;")
}
