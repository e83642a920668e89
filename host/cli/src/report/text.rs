//! `-o text`: findings in the look that compilers made familiar, then one block an image.

use super::{Entry, printable};
use annotate_snippets::{Group, Level, Origin, Renderer};
use model::report::{Claim, Gap, ReportedFinding, Status};
use model::{Report, Severity};
use pipeline::{Attested, Judged};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How it looks and how much it says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) coloured: bool,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
}

/// The entries as text.
pub(crate) fn render(entries: &[Entry], style: Style) -> String {
    let renderer = if style.coloured {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let blocks: Vec<String> = entries
        .iter()
        .map(|entry| of_entry(entry, style, &renderer))
        .collect();
    blocks.join("\n")
}

fn of_entry(entry: &Entry, style: Style, renderer: &Renderer) -> String {
    match entry {
        Entry::Failed { reference, failure } => {
            format!(
                "{}\n{}: undecided\n",
                failure.render(renderer),
                printable(reference)
            )
        }
        Entry::Judged {
            judged,
            attested,
            signed,
        } => {
            let blocks: Vec<String> = judged
                .iter()
                .map(|judged| of_report(judged, attested, *signed, style, renderer))
                .collect();
            blocks.join("\n")
        }
    }
}

fn of_report(
    judged: &Judged,
    attested: &[Attested],
    signed: bool,
    style: Style,
    renderer: &Renderer,
) -> String {
    let report = &judged.report;
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "{}\n", renderer.render(&[group(report, finding)]));
    }
    let _ = writeln!(text, "{}", summary(report));
    let mut line = |line: String| {
        let _ = writeln!(text, "  {line}");
    };
    for gap in &report.undecided {
        line(format!("undecided: {}", gap_text(gap)));
    }
    for option in &report.insecure {
        line(format!("insecure: `{}` was given", printable(option)));
    }
    if style.quiet {
        return text;
    }
    for claim in &report.claims {
        line(claim_text(claim));
    }
    for gap in &report.not_checked {
        line(format!("not checked: {}", gap_text(gap)));
    }
    for (what, waivers) in [
        ("unused", &report.waivers.unused),
        ("expired", &report.waivers.expired),
    ] {
        for waiver in waivers {
            line(format!("{what} waiver: {}", printable(waiver)));
        }
    }
    if signed {
        line(statement_text(report, attested));
    }
    if style.verbose {
        for message in &report.log {
            line(format!("log: {}", printable(message)));
        }
    }
    text
}

/// One finding, as compilers show theirs.
fn group<'a>(report: &'a Report, finding: &'a ReportedFinding) -> Group<'a> {
    let level = match finding.severity {
        Severity::Critical | Severity::High => Level::ERROR,
        Severity::Medium => Level::WARNING,
        Severity::Low | Severity::Info => Level::NOTE,
    };
    let place = finding
        .location
        .iter()
        .chain(&finding.related)
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let title = level
        .with_name(finding.severity.name())
        .primary_title(printable(&finding.message))
        .id(finding.rule.as_ref());
    let waived = match &finding.status {
        Status::Open => None,
        Status::Waived { waiver } => {
            Some(Level::NOTE.message(format!("waived by `{}`", printable(waiver))))
        }
    };
    title
        .element(Origin::path(printable(&format!(
            "{} {place}",
            report.subject.reference
        ))))
        .elements(waived)
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

/// `r.io/app:1: failed (linux/amd64, sha256:…), 1 critical, 2 high`
fn summary(report: &Report) -> String {
    let subject = &report.subject;
    let platform = subject
        .platform
        .as_ref()
        .map_or_else(|| "index".to_owned(), ToString::to_string);
    let mut counts: BTreeMap<std::cmp::Reverse<Severity>, usize> = BTreeMap::new();
    let open = report
        .findings
        .iter()
        .filter(|finding| finding.status == Status::Open);
    for finding in open {
        *counts
            .entry(std::cmp::Reverse(finding.severity))
            .or_default() += 1;
    }
    let waived = report
        .findings
        .iter()
        .filter(|finding| finding.status != Status::Open)
        .count();
    let counts = counts
        .iter()
        .map(|(severity, count)| format!("{count} {}", severity.0));
    let counts: Vec<String> = counts
        .chain((waived > 0).then(|| format!("{waived} waived")))
        .collect();
    let counts = if counts.is_empty() {
        String::new()
    } else {
        format!(": {}", counts.join(", "))
    };
    format!(
        "{}: {} ({platform}, {}){counts}",
        printable(&subject.reference),
        report.verdict,
        subject.digest
    )
}

fn claim_text(claim: &Claim) -> String {
    if claim.issued {
        format!("{}=passed", printable(&claim.name))
    } else {
        format!(
            "{} withheld: {}",
            printable(&claim.name),
            printable(&claim.withheld.join("; "))
        )
    }
}

fn gap_text(gap: &Gap) -> String {
    printable(&format!("{}: {}", gap.what, gap.why))
}

fn statement_text(report: &Report, attested: &[Attested]) -> String {
    let statement = attested
        .iter()
        .find(|attested| attested.subject == report.subject.digest);
    match statement.map(|statement| &statement.referrer) {
        None => "no statement".to_owned(),
        Some(None) => "signed, not attached".to_owned(),
        Some(Some(referrer)) => format!("signed and attached: {}", referrer.digest()),
    }
}
