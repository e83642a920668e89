//! `-o github`: workflow commands, which GitHub Actions shows beside the changed lines.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use super::place::place;
use super::{Entry, printable, text, waivers};
use model::Severity;
use model::report::{ReportedFinding, Status};
use pipeline::{Judged, RunSummary};

/// The commands of an entry.
pub(super) fn render(entry: &Entry) -> String {
    match entry {
        Entry::Judged { judged, .. } => judged.iter().map(of_report).collect(),
        Entry::Failed { reference, failure } => {
            command("error", &[("title", reference)], &failure.message)
        }
        Entry::Nothing { path } => {
            command("notice", &[("title", path)], "there is no Dockerfile in it")
        }
    }
}

/// What the run leaves to say.
pub(super) fn end(summary: &RunSummary) -> String {
    let lines = waivers::run_lines(summary);
    let commands = lines.iter();
    commands
        .map(|line| command("notice", &[("title", "polcheck")], line))
        .collect()
}

fn of_report(judged: &Judged) -> String {
    let report = &judged.report;
    let open = report.findings.iter();
    let open = open.filter(|finding| finding.status == Status::Open);
    let mut commands: String = open.map(|finding| of_finding(judged, finding)).collect();
    for gap in &report.undecided {
        commands += &command("error", &[("title", &gap.what)], &gap.why);
    }
    let said = text::summary(report) + &text::left_open(report, text::RULES);
    commands + &command("notice", &[("title", "polcheck")], &said)
}

fn of_finding(judged: &Judged, finding: &ReportedFinding) -> String {
    let level = match finding.severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    let place = place(judged, finding.location.as_ref());
    let title = format!("{}[{}]", finding.severity, finding.rule);
    let lines = place
        .span
        .map(|span| (span.start_line.to_string(), span.end_line.to_string()));
    let mut properties = vec![("title", title.as_str())];
    if let Some((first, last)) = &lines {
        properties.extend([("file", place.path), ("line", first), ("endLine", last)]);
    }
    let about = match lines {
        Some(_) => String::new(),
        None => format!("{}: ", place.path),
    };
    let help = finding.help.iter().map(|help| format!("\nhelp: {help}"));
    let message = about + &finding.message + &help.collect::<String>();
    command(level, &properties, &message)
}

/// `::error file=Dockerfile,line=3::message`. What would end the command, or begin another one, is written otherwise.
fn command(name: &str, properties: &[(&str, &str)], message: &str) -> String {
    let properties = properties.iter().map(|(key, value)| {
        let value = escaped(&printable(value)).replace(':', "%3A");
        format!("{key}={}", value.replace(',', "%2C"))
    });
    let properties: Vec<String> = properties.collect();
    let lines: Vec<String> = message.lines().map(printable).collect();
    format!(
        "::{name} {}::{}\n",
        properties.join(","),
        escaped(&lines.join("\n"))
    )
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_command_or_begins_another() {
        let said = command(
            "error",
            &[("file", "a,b:c\n::error::x")],
            "1%\r\n::warning::y",
        );
        assert_eq!(
            said,
            "::error file=a%2Cb%3Ac\\n%3A%3Aerror%3A%3Ax::1%25%0A::warning::y\n"
        );
    }
}
