//! One finding, beside what it is about.

use super::escape::{Link, Prose, Text};
use super::source::Lines;
use model::report::{ReportedFinding, Status};
use std::fmt::Write as _;

/// A finding as an item of a list. Why it matters is said where it is new.
pub(super) fn item(
    finding: &ReportedFinding,
    lines: Option<&Lines<'_>>,
    why: Option<&str>,
) -> String {
    let severity = finding.severity.name();
    let excerpt = lines.and_then(|lines| lines.excerpt(finding));
    let placed = if excerpt.is_some() { " placed" } else { "" };
    let accepted = if finding.status.is_accepted() {
        " accepted"
    } else {
        ""
    };
    let mut html = format!(
        "<li class=\"finding {severity}{accepted}{placed}\">\n<div class=\"words\">\n<h4><span class=\"severity\">{severity}</span> {}</h4>\n<p class=\"rule\"><code>{}</code>",
        Prose(&finding.message),
        Text(finding.rule.as_ref())
    );
    if !finding.aliases.is_empty() {
        let _ = write!(
            html,
            " <span class=\"aliases\">{}</span>",
            Text(&finding.aliases.join(", "))
        );
    }
    html += "</p>\n";
    if excerpt.is_none() {
        html += &places(finding);
    }
    if let Some(status) = status(&finding.status) {
        let _ = writeln!(html, "<p class=\"status\">{status}</p>");
    }
    if let Some(why) = why {
        let _ = writeln!(html, "<p class=\"why\">{}</p>", Prose(why));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(
            html,
            "<p class=\"cure\"><strong>To do:</strong> {}</p>",
            Prose(help)
        );
    }
    if let Some(url) = &finding.url {
        let _ = writeln!(html, "<p class=\"more\">More: {}</p>", Link(url));
    }
    html += &evidence(finding);
    html += "</div>\n";
    html += &excerpt.unwrap_or_default();
    html + "</li>\n"
}

fn status(status: &Status) -> Option<String> {
    match status {
        Status::Open | Status::Known => None,
        Status::Waived { waiver } => Some(format!(
            "<strong>Waived</strong> by <code>{}</code>",
            Text(waiver)
        )),
        Status::Suppressed { tool, reason } => {
            let reason = reason.as_ref().map(|reason| format!(": {}", Text(reason)));
            Some(format!(
                "<strong>Suppressed</strong> by a comment for {}{}",
                Text(tool),
                reason.unwrap_or_default()
            ))
        }
    }
}

/// Where it is, for what is not in a file that is at hand.
fn places(finding: &ReportedFinding) -> String {
    let places = finding.location.iter().chain(&finding.related);
    let places: Vec<String> = places
        .map(|place| format!("<code>{}</code>", Text(&place.to_string())))
        .collect();
    if places.is_empty() {
        return String::new();
    }
    format!("<p class=\"place\">In {}</p>\n", places.join(", "))
}

fn evidence(finding: &ReportedFinding) -> String {
    if finding.evidence.is_empty() {
        return String::new();
    }
    let mut html = String::from("<details><summary>Values</summary><dl>");
    for (key, value) in &finding.evidence {
        let _ = write!(
            html,
            "<dt>{}</dt><dd><code>{}</code></dd>",
            Text(key),
            Text(value)
        );
    }
    html + "</dl></details>\n"
}
