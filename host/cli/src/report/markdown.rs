//! `-o markdown`: for comments and summaries, in GitHub's dialect. Every text is shown as it is, whatever it looks like.

use super::place::place;
use super::{Entry, printable, text, waivers};
use model::Verdict;
use model::report::{Gap, ReportedFinding, Status};
use pipeline::{Judged, RunSummary};
use std::fmt::Write as _;

/// How many findings a table has; comments have a limit, and other formats have all.
const MOST_FINDINGS: usize = 200;

/// A section for each subject of an entry.
pub(super) fn render(entry: &Entry) -> String {
    match entry {
        Entry::Judged { judged, .. } => {
            let sections: Vec<String> = judged.iter().map(of_report).collect();
            sections.join("\n")
        }
        Entry::Failed { reference, failure } => format!(
            "### {}: undecided\n\n{}\n",
            escaped(reference),
            escaped(&failure.message)
        ),
        Entry::Nothing { path } => format!(
            "### {}: nothing to check\n\nThere is no Dockerfile in it.\n",
            escaped(path)
        ),
    }
}

fn of_report(judged: &Judged) -> String {
    let report = &judged.report;
    let mark = match report.verdict {
        Verdict::Passed => "✅",
        Verdict::Failed => "❌",
        Verdict::Undecided => "❓",
        Verdict::NothingToCheck => "⚪",
    };
    let subject = escaped(report.subject.given());
    let mut section = format!("### {mark} {subject}: {}\n\n", report.verdict);
    let _ = writeln!(section, "{}", escaped(&text::summary(report)));
    let new = || {
        report
            .findings
            .iter()
            .filter(|it| it.status != Status::Known)
    };
    if new().next().is_some() {
        section += "\n| severity | rule | where | what | to do |\n|---|---|---|---|---|\n";
    }
    for finding in new().take(MOST_FINDINGS) {
        section += &row(judged, finding);
    }
    let more = new().skip(MOST_FINDINGS).count();
    if more > 0 {
        let _ = writeln!(section, "\n{more} more findings are not in this table.");
    }
    section += &list("Undecided", &report.undecided);
    let open = text::left_open(report, usize::MAX);
    if !open.is_empty() {
        section.push('\n');
    }
    for line in open.lines().skip(1) {
        let _ = writeln!(section, "- {}", escaped(line.trim_start()));
    }
    section
}

/// What the run leaves to say.
pub(super) fn end(summary: &RunSummary) -> String {
    let lines = waivers::run_lines(summary);
    let lines = lines.iter().map(|line| format!("- {}\n", escaped(line)));
    let lines: String = lines.collect();
    if lines.is_empty() {
        lines
    } else {
        format!("\n### Waivers and configuration\n\n{lines}")
    }
}

fn row(judged: &Judged, finding: &ReportedFinding) -> String {
    let place = place(judged, finding.location.as_ref());
    let whence = match (place.span, &finding.location) {
        (Some(span), _) => format!("{}:{}", place.path, span.start_line),
        (None, Some(location)) => location.to_string(),
        (None, None) => String::new(),
    };
    let status = match &finding.status {
        Status::Open | Status::Known => String::new(),
        Status::Waived { waiver } => format!(" (waived by {waiver})"),
        Status::Suppressed { tool, .. } => format!(" (silenced by a comment for {tool})"),
    };
    let cells = [
        format!("{}{status}", finding.severity),
        finding.rule.to_string(),
        whence,
        finding.message.clone(),
        finding.help.clone().unwrap_or_default(),
    ];
    let cells = cells.map(|cell| escaped(&cell));
    format!("| {} |\n", cells.join(" | "))
}

fn list(head: &str, gaps: &[Gap]) -> String {
    let mut list = String::new();
    for gap in gaps {
        let gap = format!("{}: {}", gap.what, gap.why);
        let _ = write!(list, "\n- {head}: {}", escaped(&gap));
    }
    if !list.is_empty() {
        list.push('\n');
    }
    list
}

/// A text of which nothing is markup, a link, a formula or a mention of somebody (`CommonMark` 0.31, section 2.4).
pub(super) fn escaped(text: &str) -> String {
    const MARKUP: &str = "\\`*_[]<>#|~!&:$";
    let mut escaped = String::with_capacity(text.len());
    for character in printable(text).chars() {
        if character.is_ascii_punctuation() && MARKUP.contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
        // A mention is looked for in what was rendered.
        if character == '@' {
            escaped += "<!-- -->";
        }
    }
    escaped.replace("www.", "www\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        assert_eq!(
            escaped("<b>|`x`\n# [a](javascript:b) @me https://x.y -_*"),
            "\\<b\\>\\|\\`x\\`\\\\n\\# \\[a\\](javascript\\:b) @<!-- -->me https\\://x.y -\\_\\*"
        );
    }
}
