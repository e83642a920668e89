//! The section about one subject.

use super::escape::{Link, Prose, Text};
use super::page::{detail, list};
use super::source::Lines;
use super::{TAIL, drawing, finding, head};
use crate::report::text::by_reason;
use crate::report::{Attestation, attestation, waivers};
use model::report::{Claim, Gap, Report, ReportedFinding, RuleState, Status, Subject};
use model::{RuleId, Severity};
use pipeline::Judged;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Of more than so many names a list is folded.
const AT_A_GLANCE: usize = 8;

/// Everything about a subject; the statements about it where some were wanted.
pub(super) fn section(judged: &Judged, attestation: &Attestation, id: &str) -> String {
    let report = &judged.report;
    let subject = &report.subject;
    let mut section = head(report.verdict.into(), subject.given(), &detail(subject), id);
    section += &about(report);
    section += "</header>\n";
    section += &gaps("Undecided", "undecided", &report.undecided);
    section += &insecure(&report.insecure);
    // Of a Dockerfile alone nothing is claimed.
    if matches!(report.subject, Subject::Image(_)) {
        section += &claims(&report.claims, &attestation::lines(attestation, report));
    }
    section += &findings(judged);
    if let Some(file) = judged
        .dockerfile_facts()
        .filter(|_| judged.dockerfile.is_some())
    {
        section += &drawing::of(file, id);
    }
    section += &gaps("Not checked", "unchecked", &report.not_checked);
    section += &list("Waivers and comments", 3, &waivers::lines(&report.waivers));
    section += &rules(report);
    section += &evidence(report);
    section + TAIL
}

fn about(report: &Report) -> String {
    let mut list = String::from("<dl class=\"about\">\n");
    let mut add = |term: &str, html: String| {
        let _ = writeln!(list, "<div><dt>{term}</dt><dd>{html}</dd></div>");
    };
    add("Findings", counts(&report.findings));
    if let Some(platform) = report.subject.platform() {
        add("Platform", Text(&platform.to_string()).to_string());
    }
    if let Some(platforms) = report.subject.platforms() {
        let platforms: Vec<String> = platforms.iter().map(ToString::to_string).collect();
        add("Index of", Text(&platforms.join(", ")).to_string());
    }
    let set = &report.policy_set;
    let mut named = format!("<strong>{}</strong>", Text(&set.name));
    if let Some(uri) = &set.uri {
        let _ = write!(named, " ({})", Link(uri));
    }
    let changed = if set.as_published {
        "as published"
    } else {
        "changed by this run"
    };
    add(
        "Policy set",
        format!(
            "{named}, {changed}; fails from <strong>{}</strong> on",
            set.fail_on
        ),
    );
    add(
        "Digest",
        format!("<code>{}</code>", Text(report.subject.digest().as_ref())),
    );
    list + "</dl>\n"
}

/// `2 critical`, `1 low`, `3 accepted`
fn counts(findings: &[ReportedFinding]) -> String {
    let open = |severity: Severity| {
        let open = findings.iter().filter(|it| it.status == Status::Open);
        open.filter(|it| it.severity == severity).count()
    };
    let open = Severity::ALL.iter().rev().map(|it| (open(*it), it.name()));
    let accepted = findings.iter().filter(|it| it.status.is_accepted());
    let counts = open.chain([(accepted.count(), "accepted")]);
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("<span class=\"tally {what}\"><b>{count}</b> {what}</span>"))
        .collect();
    if counts.is_empty() {
        "none".to_owned()
    } else {
        counts.join(" ")
    }
}

/// What could not be decided, or was not looked at, by its reason.
fn gaps(title: &str, class: &str, gaps: &[Gap]) -> String {
    if gaps.is_empty() {
        return String::new();
    }
    let mut html = format!("<section class=\"{class}\">\n<h3>{title}</h3>\n<dl class=\"gaps\">\n");
    for gaps in by_reason(gaps).chunk_by(|one, other| one.why == other.why) {
        let why = gaps.first().map_or("", |gap| gap.why.as_str());
        let whats: Vec<String> = gaps
            .iter()
            .map(|gap| format!("<code>{}</code>", Text(&gap.what)))
            .collect();
        let (count, whats) = (whats.len(), whats.join(" "));
        let whats = if count > AT_A_GLANCE {
            format!("<details><summary>{count} of them</summary>{whats}</details>")
        } else {
            whats
        };
        let _ = writeln!(html, "<dt>{}</dt>\n<dd>{whats}</dd>", Prose(why));
    }
    html + "</dl>\n</section>\n"
}

fn insecure(options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    let options: Vec<String> = options
        .iter()
        .map(|option| format!("<code>{}</code>", Text(option)))
        .collect();
    format!(
        "<section class=\"insecure\">\n<h3>Insecure options</h3>\n<p>This run was weakened by {}.</p>\n</section>\n",
        options.join(", ")
    )
}

fn claims(claims: &[Claim], statements: &[String]) -> String {
    let mut html = String::from("<section class=\"claims\">\n<h3>Claims</h3>\n");
    if claims.is_empty() {
        html += "<p>The policy set makes none.</p>\n";
    } else {
        html += "<ul>\n";
    }
    for claim in claims {
        let name = Text(&claim.name);
        if claim.issued {
            let _ = writeln!(
                html,
                "<li class=\"made\"><strong>made</strong> <code>{name}=passed</code></li>"
            );
            continue;
        }
        let _ = write!(
            html,
            "<li class=\"withheld\"><strong>withheld</strong> <code>{name}</code>"
        );
        if !claim.withheld.is_empty() {
            html += "\n<ul>\n";
            for reason in &claim.withheld {
                let _ = writeln!(html, "<li>{}</li>", Prose(reason));
            }
            html += "</ul>\n";
        }
        html += "</li>\n";
    }
    if !claims.is_empty() {
        html += "</ul>\n";
    }
    for statement in statements {
        let _ = writeln!(html, "<p>{}</p>", Text(statement));
    }
    html + "</section>\n"
}

fn findings(judged: &Judged) -> String {
    let report = &judged.report;
    let lines = judged.dockerfile.as_ref().map(Lines::new);
    let mut explained = BTreeSet::new();
    let mut item = |finding: &ReportedFinding| {
        let is_new = explained.insert(finding.rule.clone());
        let why = judged.reasons.get(&finding.rule).filter(|_| is_new);
        finding::item(finding, lines.as_ref(), why.map(String::as_str))
    };
    let (open, accepted): (Vec<_>, Vec<_>) = report
        .findings
        .iter()
        .filter(|finding| finding.status != Status::Known)
        .partition(|finding| finding.status == Status::Open);
    let mut html = String::new();
    for (title, note, findings) in [
        ("Findings", "", open),
        (
            "Accepted findings",
            "<p>Waivers and comments accept these; they do not fail the subject.</p>\n",
            accepted,
        ),
    ] {
        if findings.is_empty() {
            continue;
        }
        let _ = write!(
            html,
            "<section class=\"findings\">\n<h3>{title}</h3>\n{note}<ol>\n"
        );
        for finding in findings {
            html += &item(finding);
        }
        html += "</ol>\n</section>\n";
    }
    html
}

/// The packs, and what became of their rules.
fn rules(report: &Report) -> String {
    let mut html = String::from("<details class=\"rules\"><summary>Rules and policies</summary>\n");
    for policy in &report.policies {
        let _ = writeln!(
            html,
            "<p>Policy <strong>{}</strong> {}, <code>{}</code></p>\n<dl>",
            Text(&policy.id),
            Text(&policy.version),
            Text(policy.digest.as_ref())
        );
        let mut by_state: BTreeMap<RuleState, Vec<&RuleId>> = BTreeMap::new();
        for (rule, state) in &policy.rules {
            by_state.entry(*state).or_default().push(rule);
        }
        for (state, rules) in by_state.iter().rev() {
            let names: Vec<&str> = rules.iter().map(AsRef::as_ref).collect();
            let _ = writeln!(
                html,
                "<dt>{} ({})</dt><dd><code>{}</code></dd>",
                state_words(*state),
                rules.len(),
                Text(&names.join(", "))
            );
        }
        html += "</dl>\n";
    }
    html + "</details>\n"
}

fn state_words(state: RuleState) -> &'static str {
    match state {
        RuleState::Holds => "holds",
        RuleState::NotApplicable => "not applicable",
        RuleState::Findings => "has findings",
        RuleState::Inconclusive => "came to no conclusion",
        RuleState::NotEvaluated => "not evaluated",
        RuleState::Broken => "broken",
    }
}

fn evidence(report: &Report) -> String {
    let mut rows = vec![("policy set", report.policy_set.digest.to_string())];
    if let Some(evidence) = &report.evidence {
        rows.extend([
            ("facts", evidence.facts.to_string()),
            ("verdict", evidence.verdict.to_string()),
            ("settings", evidence.settings.to_string()),
            ("time", evidence.time.to_string()),
            ("contract", evidence.contract.to_owned()),
            ("engine", evidence.engine.to_owned()),
            ("polcheck", evidence.polcheck.to_owned()),
        ]);
    }
    let mut html = String::from(
        "<details class=\"evidence\"><summary>Evidence</summary>\n<table>\n<thead><tr><th scope=\"col\">What</th><th scope=\"col\">Value</th></tr></thead>\n<tbody>\n",
    );
    for (what, value) in rows {
        let _ = writeln!(
            html,
            "<tr><th scope=\"row\">{what}</th><td><code>{}</code></td></tr>",
            Text(&value)
        );
    }
    html + "</tbody>\n</table></details>\n"
}
