//! `-o text`: findings in the look that compilers made familiar, then one block an image.

use super::excerpt::{Excerpt, excerpt};
use super::{Attestation, Entry, attestation, printable, waivers};
use annotate_snippets::{Group, Level, Origin, Renderer};
use model::report::{Claim, Gap, ReportedFinding, Reused, Status, Subject};
use model::{Report, Severity};
use pipeline::{Judged, RunSummary};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How it looks and how much it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) coloured: bool,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
}

/// An entry as text.
pub(crate) fn render(entry: &Entry, style: Style) -> String {
    let renderer = if style.coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    match entry {
        // The rest of it was shown when it happened.
        Entry::Failed { reference, failure } => {
            format!(
                "{}: undecided\n  {}\n",
                printable(reference),
                printable(&failure.message)
            )
        }
        Entry::Nothing { path } => format!(
            "{}: nothing to check\n  there is no Dockerfile in it\n",
            printable(path)
        ),
        Entry::Judged {
            judged,
            attestation,
        } => {
            let blocks: Vec<String> = judged
                .iter()
                .map(|judged| of_report(judged, attestation, style, &renderer))
                .collect();
            blocks.join("\n")
        }
    }
}

/// How much room a report begins with, in bytes: most need no more.
const SIZE: usize = 4096;

fn of_report(
    judged: &Judged,
    attestation: &Attestation,
    style: Style,
    renderer: &Renderer,
) -> String {
    let report = &judged.report;
    let mut text = String::with_capacity(SIZE);
    let mut explained = BTreeSet::new();
    for finding in report
        .findings
        .iter()
        .filter(|it| it.status != Status::Known)
    {
        let excerpt = excerpt(judged, finding);
        // Once for each rule is enough.
        let is_new = explained.insert(&finding.rule);
        let why = judged.reasons.get(&finding.rule).filter(|_| is_new);
        let group = group(report, finding, excerpt.as_ref(), why);
        let _ = writeln!(text, "{}\n", renderer.render(&[group]));
    }
    let _ = writeln!(text, "{}", summary(report));
    let mut line = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for gaps in by_reason(&report.undecided).chunk_by(|one, other| one.why == other.why) {
        line(format!("undecided: {}", gaps_text(gaps, usize::MAX)));
    }
    for option in &report.insecure {
        line(format!("insecure: `{}` was given", printable(option)));
    }
    if style.quiet {
        return text;
    }
    let fixable = report.findings.iter().filter(|it| is_fixable(it)).count();
    if fixable > 0 && matches!(report.subject, Subject::Dockerfile(_)) {
        line(format!("{fixable} fixable with `--fix`"));
    }
    let shown = if style.verbose { usize::MAX } else { RULES };
    for open in left_open(report, shown).lines().skip(1) {
        line(open.trim_start().to_owned());
    }
    attestation::lines(attestation, report)
        .into_iter()
        .for_each(&mut line);
    for statement in attestation.about(report) {
        attestation::details(statement, style.verbose)
            .into_iter()
            .for_each(&mut line);
    }
    if style.verbose {
        for message in &report.log {
            line(format!("log: {}", printable(message)));
        }
    }
    text
}

fn is_fixable(finding: &ReportedFinding) -> bool {
    finding.status == Status::Open && !finding.edits.is_empty()
}

/// Gaps of one reason side by side.
pub(super) fn by_reason(gaps: &[Gap]) -> Vec<&Gap> {
    let mut gaps: Vec<&Gap> = gaps.iter().collect();
    gaps.sort_by_key(|gap| (&gap.why, &gap.what));
    gaps
}

/// One finding, as compilers show theirs.
fn group<'a>(
    report: &'a Report,
    finding: &'a ReportedFinding,
    excerpt: Option<&'a Excerpt>,
    why: Option<&'a String>,
) -> Group<'a> {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Info => Level::NOTE,
    };
    let title = level
        .with_name(finding.severity.name())
        .primary_title(printable(&finding.message))
        .id(finding.rule.as_ref());
    let accepted = match &finding.status {
        Status::Open | Status::Known => None,
        Status::Waived { waiver } => {
            Some(Level::NOTE.message(format!("waived by `{}`", printable(waiver))))
        }
        Status::Suppressed { tool, reason } => {
            let why = reason
                .as_ref()
                .map(|reason| format!(": {}", printable(reason)));
            let why = why.unwrap_or_default();
            Some(Level::NOTE.message(format!("a comment for {tool} silences it{why}")))
        }
    };
    let placed = match excerpt {
        Some(excerpt) => title.element(excerpt.snippet()),
        None => title.element(Origin::path(places(report, finding))),
    };
    placed
        .elements(why.map(|why| Level::NOTE.with_name("why").message(printable(why))))
        .elements(accepted)
        .elements(
            finding
                .help
                .iter()
                .map(|help| Level::HELP.message(printable(help))),
        )
        .elements(
            finding
                .url
                .iter()
                .map(|url| Level::NOTE.with_name("see").message(printable(url))),
        )
}

/// `r.io/app:1 config /config/User`
fn places(report: &Report, finding: &ReportedFinding) -> String {
    let places = finding.location.iter().chain(&finding.related);
    let places: Vec<String> = places.map(ToString::to_string).collect();
    printable(&format!("{} {}", report.subject.given(), places.join(", ")))
}

/// `r.io/app:1: failed (linux/amd64, sha256:…): 1 critical, 2 high`
pub(super) fn summary(report: &Report) -> String {
    let Report {
        subject,
        verdict,
        findings,
        ..
    } = report;
    let platform = match (subject.platform(), subject.platforms()) {
        (Some(platform), _) => format!("{platform}, "),
        (None, Some(platforms)) => {
            let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
            format!("index of {}, ", platforms.join(" and "))
        }
        (None, None) => String::new(),
    };
    let count = |severity: &Severity| {
        findings
            .iter()
            .filter(|finding| finding.status == Status::Open && finding.severity == *severity)
            .count()
    };
    let open = Severity::ALL
        .iter()
        .rev()
        .map(|severity| (count(severity), severity.name()));
    let accepted = |wanted: fn(&Status) -> bool| {
        let statuses = findings.iter().map(|finding| &finding.status);
        statuses.filter(|status| wanted(status)).count()
    };
    let waived = accepted(|status| matches!(status, Status::Waived { .. }));
    let suppressed = accepted(|status| matches!(status, Status::Suppressed { .. }));
    let known = accepted(|status| *status == Status::Known);
    let counts = open
        .chain([
            (waived, "waived"),
            (suppressed, "suppressed"),
            (known, "known"),
        ])
        .filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let counts = if counts.is_empty() {
        String::new()
    } else {
        format!(": {}", counts.join(", "))
    };
    format!(
        "{}: {verdict} ({platform}{}){counts}",
        printable(subject.given()),
        subject.digest()
    )
}

/// What a report leaves open, each on a line of its own that it begins: claims of an image, made or withheld, what nobody
/// looked at, and what became of waivers.
pub(super) fn left_open(report: &Report, rules: usize) -> String {
    // Of a Dockerfile alone nothing is claimed.
    let claims = matches!(report.subject, Subject::Image(_)).then_some(&report.claims);
    let mut lines: Vec<String> = report.reused.iter().map(reused_text).collect();
    lines.extend(claims.into_iter().flatten().map(claim_text));
    for gaps in by_reason(&report.not_checked).chunk_by(|one, other| one.why == other.why) {
        lines.push(format!("not checked: {}", gaps_text(gaps, rules)));
    }
    lines.extend(waivers::lines(&report.waivers));
    lines
        .iter()
        .fold(String::new(), |all, line| all + "\n  " + line)
}

/// What a run leaves to say, below all subjects.
pub(super) fn end(summary: &RunSummary) -> String {
    let lines = waivers::run_lines(summary);
    let lines = lines.iter().map(|line| format!("\n{line}"));
    let lines: String = lines.collect();
    if lines.is_empty() {
        lines
    } else {
        lines + "\n"
    }
}

/// How many reasons a claim is withheld for are worth reading; the JSON report has all.
const REASONS: usize = 3;

fn reused_text(reused: &Reused) -> String {
    let Reused { by, time, claims } = reused;
    let claims = claims.join(", ");
    printable(&format!(
        "reused: {claims}, judged {time}, signed with {by}; nothing was judged now"
    ))
}

fn claim_text(claim: &Claim) -> String {
    if claim.issued {
        return format!("{}=passed", printable(&claim.name));
    }
    let mut reasons: Vec<String> = claim.withheld.iter().take(REASONS).cloned().collect();
    let more = claim.withheld.len() - reasons.len();
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    printable(&format!("{} withheld: {}", claim.name, reasons.join("; ")))
}

/// How many rules without a verdict are named; `-v` and the JSON report name all.
pub(super) const RULES: usize = 4;

/// `a.rule, b.rule and 3 more: why`
fn gaps_text(gaps: &[&Gap], shown: usize) -> String {
    let whats: Vec<&str> = gaps
        .iter()
        .map(|gap| gap.what.as_str())
        .take(shown)
        .collect();
    let why = gaps.first().map_or("", |gap| gap.why.as_str());
    let more = match gaps.len() - whats.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    printable(&format!("{}{more}: {why}", whats.join(", ")))
}
