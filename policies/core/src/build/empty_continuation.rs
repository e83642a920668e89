//! An empty line stands inside an instruction
//!
//! ## What it does
//! Looks for empty lines among the lines of one instruction.
//!
//! ## Why is this bad?
//! BuildKit still reads the lines below as part of the instruction, though they look like a new one. It says that a later
//! version will not.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN apk add --no-cache \
//!
//!     curl=8.14.1-r2
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! RUN apk add --no-cache \
//!     curl=8.14.1-r2
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk add --no-cache \
//!     # for the health check
//!     curl=8.14.1-r2
//! ```

use crate::buildkit::{Said, line, said};
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["NoEmptyContinuation"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/no-empty-continuation/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut text = None;
    let mut found = Vec::new();
    for said in said(file, &["NoEmptyContinuation"])? {
        let text = match &text {
            Some(text) => text,
            None => text.insert(file.text()?),
        };
        let keyword = said.keyword().to_ascii_uppercase();
        let stage = stage_name(file, said.stage());
        let finding = said
            .finding(format!(
                "an empty line stands inside the `{keyword}` instruction"
            ))
            .help("remove the line, or make it a comment");
        let (place, finding) = without_empty_lines(said, text, finding);
        found.push((format!("{keyword} {stage}"), place, finding));
    }
    Ok(merged(found))
}

/// The first empty line, and an edit for each. Those of a heredoc are text.
fn without_empty_lines(said: Said<'_>, text: &str, mut finding: Finding) -> (Span, Finding) {
    // `BuildKit` names the last line of the instruction.
    let last = said.diagnostic.line;
    let mut first = None;
    for (number, empty) in (1..=last).zip(text.split_inclusive('\n')) {
        let begun = said.instruction.filter(|it| it.span.start_line < number);
        let Some(found) = begun.filter(|_| empty.trim().is_empty()) else {
            continue;
        };
        first = first.or(Some(number));
        if found.heredocs.is_empty() {
            let behind = Span {
                start_line: number,
                ..line(number + 1)
            };
            finding = finding.edit(behind, empty, "");
        }
    }
    (line(first.unwrap_or(last)), finding)
}
