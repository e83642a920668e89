//! What stands around the sections of a page: its head, the overview over several subjects, its end.

use super::escape::{Prose, Text};
use crate::exit::Exit;
use crate::report::tally::Tally;
use crate::report::waivers;
use model::Severity;
use model::report::{Report, Status, Subject};
use pipeline::RunSummary;
use std::fmt::Write as _;

const STYLE: &str = include_str!("style.css");

/// Behind the last section: what the run leaves to say.
pub(in crate::report) fn end(summary: &RunSummary) -> String {
    let left = list("Waivers and configuration", 2, &waivers::run_lines(summary));
    format!(
        "{left}</main>\n<footer>\n<p>Written by polcheck {}. This page runs no script and loads nothing.</p>\n</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Lines below a heading of a level; nothing where there are none.
pub(super) fn list(title: &str, level: u8, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let mut html = format!("<section class=\"waivers\">\n<h{level}>{title}</h{level}>\n<ul>\n");
    for line in lines {
        let _ = writeln!(html, "<li>{}</li>", Prose(line));
    }
    html + "</ul>\n</section>\n"
}

/// Everything before the first section.
pub(in crate::report) fn begin(tally: &Tally, rows: &[String]) -> String {
    let exit = tally.exit();
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>polcheck: {}</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header class=\"page\" id=\"top\">\n<p class=\"brand\">polcheck</p>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n</header>\n<main>\n",
        words(exit),
        badge(exit),
        lead(tally)
    );
    if tally.reports > 1 {
        page += "<section class=\"overview\">\n<h2>Overview</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Overview\"><table>\n<thead><tr><th scope=\"col\">Verdict</th><th scope=\"col\">Subject</th>";
        for severity in Severity::ALL.iter().rev() {
            let _ = write!(page, "<th scope=\"col\" class=\"count\">{severity}</th>");
        }
        page += "<th scope=\"col\" class=\"count\">accepted</th></tr></thead>\n<tbody>\n";
        page.extend(rows.iter().map(String::as_str));
        page += "</tbody>\n</table></div>\n</section>\n";
    }
    page
}

/// `30 subjects: 25 failed, 5 passed. 143 open findings.`
fn lead(tally: &Tally) -> String {
    let counts = [
        (tally.failed, "failed"),
        (tally.undecided, "undecided"),
        (tally.passed, "passed"),
        (tally.nothing, "with nothing to check"),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let findings = match tally.findings {
        0 => "no open findings".to_owned(),
        1 => "1 open finding".to_owned(),
        many => format!("{many} open findings"),
    };
    match tally.entries() {
        0 => "Nothing was judged.".to_owned(),
        1 => format!("One subject, {findings}."),
        many => format!("{many} subjects: {}. In all {findings}.", counts.join(", ")),
    }
}

/// The words for a verdict.
fn words(exit: Exit) -> &'static str {
    match exit {
        Exit::Passed => "Passed",
        Exit::Failed => "Failed",
        Exit::Undecided => "Undecided",
        Exit::NothingToCheck => "Nothing to check",
    }
}

/// The class of what has a verdict.
pub(super) fn class(exit: Exit) -> &'static str {
    match exit {
        Exit::Passed => "passed",
        Exit::Failed => "failed",
        Exit::Undecided => "undecided",
        Exit::NothingToCheck => "nothing",
    }
}

/// A verdict as a word with a picture that differs in form, not in colour alone.
pub(super) fn badge(exit: Exit) -> String {
    let picture = match exit {
        Exit::Passed => "<path d=\"M4.5 8.2l2.4 2.4 4.6-5\"/>",
        Exit::Failed => "<path d=\"M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6\"/>",
        Exit::Undecided => "<path d=\"M5.9 6.3a2.1 2.1 0 1 1 3 1.9c-.6.3-.9.7-.9 1.3M8 11.6v.3\"/>",
        Exit::NothingToCheck => "<path d=\"M4.8 8h6.4\"/>",
    };
    format!(
        "<span class=\"badge {}\"><svg viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\" stroke-linecap=\"round\" stroke-linejoin=\"round\"><circle cx=\"8\" cy=\"8\" r=\"7\"/>{picture}</svg> {}</span>",
        class(exit),
        words(exit)
    )
}

/// What tells a report from others of the same name.
pub(super) fn detail(subject: &Subject) -> String {
    match (subject.platform(), subject.platforms()) {
        (Some(platform), _) => platform.to_string(),
        (None, Some(_)) => "index".to_owned(),
        (None, None) => String::new(),
    }
}

/// A row of the overview.
pub(super) struct Row<'a> {
    exit: Exit,
    subject: &'a str,
    detail: String,
    id: &'a str,
    /// Open findings from the worst to the mildest, and accepted ones; none: there is no report.
    counts: Option<[usize; 6]>,
}

impl<'a> Row<'a> {
    /// Of a report, whose section has the id.
    pub(super) fn of(report: &'a Report, id: &'a str) -> Self {
        let is_open = |status: &Status| *status == Status::Open;
        let count = |severity: Severity| {
            let open = report.findings.iter().filter(|it| is_open(&it.status));
            open.filter(|it| it.severity == severity).count()
        };
        let accepted = report.findings.iter();
        let accepted = accepted.filter(|it| it.status.is_accepted());
        let [info, low, medium, high, critical] = Severity::ALL.map(count);
        Self {
            exit: report.verdict.into(),
            subject: report.subject.given(),
            detail: detail(&report.subject),
            id,
            counts: Some([critical, high, medium, low, info, accepted.count()]),
        }
    }

    /// Of what could not be judged.
    pub(super) fn without_report(exit: Exit, subject: &'a str, id: &'a str) -> Self {
        Self {
            exit,
            subject,
            detail: String::new(),
            id,
            counts: None,
        }
    }

    pub(super) fn render(&self) -> String {
        let mut row = format!(
            "<tr><td>{}</td><th scope=\"row\"><a href=\"#{}\">{}</a>",
            badge(self.exit),
            self.id,
            Text(self.subject)
        );
        if !self.detail.is_empty() {
            let _ = write!(row, " <span class=\"detail\">{}</span>", Text(&self.detail));
        }
        row += "</th>";
        match self.counts {
            Some(counts) => {
                for count in counts {
                    let class = if count == 0 { "count none" } else { "count" };
                    let _ = write!(row, "<td class=\"{class}\">{count}</td>");
                }
            }
            None => row += "<td colspan=\"6\">not judged</td>",
        }
        row + "</tr>\n"
    }
}
