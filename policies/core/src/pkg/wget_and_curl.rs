//! Both `wget` and `curl` download, or `wget` fills the log
//!
//! ## What it does
//! Looks for stages that use both `wget` and `curl`, and for `wget` that shows its progress bar: without `--progress`,
//! `--quiet`, `--no-verbose` or a log file.
//!
//! ## Why is this bad?
//! One program to download is enough; a second one is one more to patch. A progress bar makes thousands of lines of log.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN wget -q https://example.com/a && curl -fsSLO https://example.com/b
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN wget https://example.com/a
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN curl -fsSLO https://example.com/a && curl -fsSLO https://example.com/b
//! ```

use crate::fetchers::wget;
use crate::options::{Arguments, text};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Command;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL4001", "DL3047", "DS-0014"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter() {
        let other = match command.name() {
            Some("wget") => "curl",
            Some("curl") => "wget",
            _ => continue,
        };
        let is_earlier = |it: &&Command| it.stage == command.stage && it.index < command.index;
        let mut earlier = runs.iter().filter(is_earlier);
        if earlier.any(|it| it.name() == Some(other)) {
            let finding = Finding::new("both `wget` and `curl` download in this stage")
                .help("use one of them, and install only that one");
            reports.add_at(
                format!("{} both", runs.stage_name(command.stage)),
                command.span,
                finding,
            );
        }
        if wget(command).is_some_and(|arguments| is_loud(command, &arguments)) {
            let url = command
                .words
                .iter()
                .skip(1)
                .map(text)
                .find(|it| !it.starts_with('-'));
            let finding = Finding::new("`wget` writes its progress bar into the log")
                .help("add `--no-verbose`, or `--progress=dot:giga`");
            let key = format!(
                "{} {}",
                runs.stage_name(command.stage),
                url.unwrap_or("wget")
            );
            reports.add_at(key, command.span, finding);
        }
    }
    file.commands()?.conclude(reports.finish())
}

fn is_loud(command: &Command, arguments: &Arguments<'_>) -> bool {
    let names = [
        "progress",
        "q",
        "quiet",
        "no-verbose",
        "o",
        "output-file",
        "a",
        "append-output",
        "b",
        "background",
        "version",
        "V",
        "help",
    ];
    // `-nv`
    let is_terse = arguments.has(&["n"]) && arguments.has(&["v"]);
    let is_redirected = command
        .redirects
        .iter()
        .any(|it| it.operator.starts_with(['2', '&']));
    !is_terse && !is_redirected && !arguments.has(&names)
}
