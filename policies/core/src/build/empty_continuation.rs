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
        found.push((
            format!("{keyword} {stage}"),
            empty_line(said, text),
            without_empty_lines(said, text, finding),
        ));
    }
    Ok(merged(found))
}

/// `BuildKit` names the last line of the instruction.
fn empty_line(said: Said<'_>, text: &str) -> Span {
    let Some(instruction) = said.instruction else {
        return said.place();
    };
    let numbered = (1..).zip(text.lines());
    let mut lines = numbered.skip_while(|(number, _)| *number <= instruction.span.start_line);
    let empty = lines.find(|(_, line)| line.trim().is_empty());
    empty.map_or(said.place(), |(number, _)| {
        line(number.min(said.diagnostic.line))
    })
}

/// Without the empty lines of an instruction. Those of a heredoc are text.
fn without_empty_lines(said: Said<'_>, text: &str, mut finding: Finding) -> Finding {
    let instruction = said.instruction.filter(|found| found.heredocs.is_empty());
    if let Some(found) = instruction {
        let numbered = (1..).zip(text.split_inclusive('\n'));
        let inside = numbered
            .skip_while(|(number, _)| *number <= found.span.start_line)
            .take_while(|(number, _)| *number < found.span.end_line);
        for (number, empty) in inside.filter(|(_, line)| line.trim().is_empty()) {
            let end = line(number + 1);
            finding = finding.edit(
                Span {
                    start_line: number,
                    ..end
                },
                empty,
                "",
            );
        }
    }
    finding
}
