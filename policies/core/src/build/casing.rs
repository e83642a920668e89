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
    match said.diagnostic.name.as_str() {
        "FromAsCasing" => {
            let keyword = said.keyword();
            let word = said.argument(1);
            let raw = word.map_or("", |word| word.raw.as_str());
            let finding = said
                .finding(format!("`{raw}` is in another case than `{keyword}`"))
                .help("write `FROM … AS …`");
            let key = format!("{keyword} {raw}");
            of_word(said, key, word, finding, !is_lower(keyword))
        }
        "StageNameCasing" => {
            let finding = said
                .finding(format!("the name of the stage `{word}` has capitals"))
                .help(format!("write `{}`", word.to_ascii_lowercase()));
            let name = said.argument(2);
            of_word(said, format!("stage {word}"), name, finding, false)
        }
        "ExposeProtoCasing" => {
            let finding = said
                .finding(format!(
                    "the protocol of the port `{word}` is not in lower case"
                ))
                .help(format!("write `{}`", word.to_ascii_lowercase()));
            let found = said.instruction.into_iter();
            let mut ports = found.flat_map(|found| &found.arguments);
            let port = ports.find(|port| port.value.as_deref() == Some(word));
            of_word(said, format!("port {word}"), port, finding, false)
        }
        _ => of_instruction(said, word),
    }
}

fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// What is said of a word, and the word in its case. What a variable makes stays as it is.
fn of_word(
    said: Said<'_>,
    key: String,
    word: Option<&Word>,
    finding: Finding,
    upper: bool,
) -> (String, Span, Finding) {
    let Some(word) = word else {
        return (key, said.place(), finding);
    };
    let finding = if has_any(&word.raw, b"$") {
        finding
    } else {
        replace(finding, word, &in_case(&word.raw, upper))
    };
    (key, word.span, finding)
}

/// `FROM` takes its `AS` along.
fn of_instruction(said: Said<'_>, word: &str) -> (String, Span, Finding) {
    let upper = said.diagnostic.message.ends_with("(uppercase)");
    let wanted = in_case(word, upper);
    let mut finding = said
        .finding(format!(
            "the instruction `{word}` is in another case than most"
        ))
        .help(format!("write `{wanted}`"));
    if let Some(found) = said.instruction {
        finding = finding.edit(of_keyword(found, word), word, &wanted);
        if let (Keyword::From, Some(written)) = (found.keyword, said.argument(1)) {
            finding = replace(finding, written, &in_case(&written.raw, upper));
        }
    }
    (word.to_owned(), said.place(), finding)
}
