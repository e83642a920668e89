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
//! ```dockerfile fails
//! FROM golang:1.26 AS Build
//! ```
//! ```dockerfile fails
//! FROM golang:1.26
//! EXPOSE 80/TCP
//! ```
//! ```dockerfile fails
//! FROM golang:1.26
//! run go build
//! CMD ["./service"]
//! ```
//! ```dockerfile passes
//! FROM golang:1.26 AS build
//! RUN go build
//! EXPOSE 80/tcp
//! ```

use crate::buildkit::{Said, said};
use crate::reports::merged;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
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
    let at = |index: usize| said.argument(index).map_or(said.place(), |word| word.span);
    let (key, place, message, help) = match said.diagnostic.name.as_str() {
        "FromAsCasing" => {
            let keyword = said.keyword();
            let word = said.argument(1).map_or("", |word| word.raw.as_str());
            let message = format!("`{word}` is in another case than `{keyword}`");
            (
                format!("{keyword} {word}"),
                at(1),
                message,
                "write `FROM … AS …`".to_owned(),
            )
        }
        "StageNameCasing" => {
            let message = format!("the name of the stage `{word}` has capitals");
            let help = format!("write `{}`", word.to_ascii_lowercase());
            (format!("stage {word}"), at(2), message, help)
        }
        "ExposeProtoCasing" => {
            let message = format!("the protocol of the port `{word}` is not in lower case");
            let help = format!("write `{}`", word.to_ascii_lowercase());
            let mut ports = said
                .instruction
                .into_iter()
                .flat_map(|found| &found.arguments);
            let port = ports.find(|port| port.value.as_deref() == Some(word));
            let place = port.map_or(said.place(), |port| port.span);
            (format!("port {word}"), place, message, help)
        }
        _ => {
            let message = format!("the instruction `{word}` is in another case than most");
            (
                word.to_owned(),
                said.place(),
                message,
                "write all instructions in upper case".to_owned(),
            )
        }
    };
    (key, place, said.finding(message).help(help))
}
