//! Upper and lower case are mixed
//!
//! ## What it does
//! Looks for instructions in another case than most, `FROM … as`, names of stages with capitals, and protocols of `EXPOSE`
//! that are not in lower case.
//!
//! ## Why is this bad?
//! BuildKit takes all of them, but reads stage names and protocols in lower case: the file says one thing and the image
//! another. The rest is harder to read than it need be.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.26 as build
//! ```
//! ```dockerfile fixed
//! FROM golang:1.26 AS build
//! ```
//! ```dockerfile fails
//! FROM golang:1.26 AS Build
//! ```
//! ```dockerfile fixed
//! FROM golang:1.26 AS build
//! ```
//! ```dockerfile fails
//! FROM golang:1.26
//! EXPOSE 80/TCP
//! ```
//! ```dockerfile fixed
//! FROM golang:1.26
//! EXPOSE 80/tcp
//! ```
//! ```dockerfile fails
//! FROM golang:1.26
//! run go build
//! CMD ["./service"]
//! ```
//! ```dockerfile fixed
//! FROM golang:1.26
//! RUN go build
//! CMD ["./service"]
//! ```
//! ```dockerfile passes
//! FROM golang:1.26 AS build
//! RUN go build
//! EXPOSE 80/tcp
//! ```

use crate::buildkit::{Said, said};
use crate::edits::{has_any, in_case, of_keyword, replace};
use crate::reports::merged;
use polcheck_sdk::dockerfile::{Keyword, Word};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    fixable: true,
    aliases: &CHECKS,
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/"),
    ..Rule::of(check)
};

const CHECKS: [&str; 4] = [
    "ConsistentInstructionCasing",
    "FromAsCasing",
    "StageNameCasing",
    "ExposeProtoCasing",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    Ok(merged(said(facts.dockerfile(), &CHECKS)?.map(told)))
}

fn told(said: Said<'_>) -> (String, Span, Finding) {
    let word = said.quoted('\'');
    let mut place = None;
    let (key, found, message, upper) = match said.diagnostic.name.as_str() {
        "FromAsCasing" => {
            let keyword = said.keyword();
            let found = written(said.argument(1));
            let raw = found.map_or("", |(_, raw)| raw);
            let message = format!("`{raw}` is in another case than `{keyword}`");
            let upper = !keyword.starts_with('f');
            (format!("{keyword} {raw}"), found, message, upper)
        }
        "StageNameCasing" => {
            let message = format!("the name of the stage `{word}` has capitals");
            let found = written(said.argument(2));
            (format!("stage {word}"), found, message, false)
        }
        "ExposeProtoCasing" => {
            let message = format!("the protocol of the port `{word}` is not in lower case");
            let found = said.instruction.into_iter();
            let mut ports = found.flat_map(|found| &found.arguments);
            let port = ports.find(|port| port.value.as_deref() == Some(word));
            (format!("port {word}"), written(port), message, false)
        }
        _ => {
            let message = format!("the instruction `{word}` is in another case than most");
            let found = said.instruction;
            let found = found.map(|found| (of_keyword(found, word), word));
            place = Some(said.place());
            let upper = said.diagnostic.message.ends_with("(uppercase)");
            (word.to_owned(), found, message, upper)
        }
    };
    let (span, raw) = found.unwrap_or((said.place(), word));
    let wanted = in_case(raw, upper);
    let mut finding = said.finding(message).help(format!("write `{wanted}`"));
    // What a variable makes stays as it is.
    if !has_any(raw, b"$") {
        finding = finding.edit(span, raw, &wanted);
    }
    // `FROM` takes its `AS` along.
    let of_from = said.instruction.filter(|it| it.keyword == Keyword::From);
    if let (Some(_), Some(_), Some(written)) = (place, of_from, said.argument(1)) {
        finding = replace(finding, written, &in_case(&written.raw, upper));
    }
    (key, place.unwrap_or(span), finding)
}

fn written(word: Option<&Word>) -> Option<(Span, &str)> {
    word.map(|word| (word.span, word.raw.as_str()))
}
