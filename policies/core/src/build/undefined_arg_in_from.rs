//! The base image depends on a variable that nobody sets
//!
//! ## What it does
//! Looks for variables in `FROM` that no `ARG` before the first `FROM` declares, and for those that are declared without a
//! value so that the name of the base image is none.
//!
//! ## Why is this bad?
//! Nothing stands in place of the variable: the image begins with another base or is made for another platform than the
//! file says, or it cannot be built. A file whose `ARG` has no value cannot be built by anybody who does not know which
//! value it needs; that is less bad, and of medium severity.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM --platform=$BULIDPLATFORM golang:1.26
//! ```
//! ```dockerfile fails
//! ARG VERSION
//! FROM golang:$VERSION
//! ```
//! ```dockerfile passes
//! ARG VERSION=1.26
//! FROM --platform=$BUILDPLATFORM golang:$VERSION
//! ```

use crate::buildkit::{Said, said};
use crate::parts::cut;
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Span};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &["UndefinedArgInFrom", "InvalidDefaultArgInFrom"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/undefined-arg-in-from/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let undeclared: Vec<Said<'_>> = said(file, &["UndefinedArgInFrom"])?.collect();
    let is_told = |said: &Said<'_>| {
        let mut lines = undeclared.iter().map(|other| other.diagnostic.line);
        lines.any(|line| line == said.diagnostic.line)
    };
    let without_value = said(file, &["InvalidDefaultArgInFrom"])?.filter(|said| !is_told(said));
    let all = undeclared.iter().copied().chain(without_value);
    Ok(merged(all.map(|said| {
        let (key, place, finding) = told(said);
        (
            format!("{key} {}", stage_name(file, said.stage())),
            place,
            finding,
        )
    })))
}

fn told(said: Said<'_>) -> (&str, Span, Finding) {
    if said.diagnostic.name == "UndefinedArgInFrom" {
        let name = said.quoted('\'');
        let meant = cut(&said.diagnostic.message, "did you mean ");
        let help = match meant {
            Some((_, meant)) => format!(
                "write `${}`, or declare it above the first `FROM`: `ARG {name}=…`",
                meant.trim_end_matches(['?', ')'])
            ),
            None => {
                format!("declare it above the first `FROM`: `ARG {name}=…`, or correct its name")
            }
        };
        let finding = said
            .finding(format!("nobody sets the variable `{name}` of `FROM`"))
            .help(help);
        return (name, said.place(), finding);
    }
    let base = said.argument(0);
    let written = base.map_or("", |word| word.raw.as_str());
    let place = base.map_or(said.place(), |word| word.span);
    let finding = if written.contains('$') {
        let message =
            format!("the base image `{written}` is none unless somebody gives the argument");
        said.finding(message)
            .severity(Severity::Medium)
            .help("give the `ARG` a default: the base image that is meant")
    } else {
        said.finding(format!("`{written}` cannot be the name of an image"))
            .help("correct the name")
    };
    (written, place, finding)
}
