//! Two stages have the same name
//!
//! ## What it does
//! Looks for stages that are called like an earlier one. Upper and lower case do not make a difference.
//!
//! ## Why is this bad?
//! `COPY --from` and `FROM` take the last stage of a name that stands above them. Whoever adds or moves a stage changes
//! what all of them mean, and nothing says so.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.26 AS build
//! RUN go build -o /service
//! FROM node:24 AS build
//! RUN npm run build
//! ```
//! ```dockerfile passes
//! FROM golang:1.26 AS service
//! RUN go build -o /service
//! FROM node:24 AS page
//! RUN npm run build
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::{Facts, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DuplicateStageName", "DL3024", "DS-0012", "CKV_DOCKER_11"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/duplicate-stage-name/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let found = said(facts.dockerfile(), &["DuplicateStageName"])?.map(|said| {
        let name = said.quoted('"');
        let place = said.argument(2).map_or(said.place(), |word| word.span);
        let finding = said
            .finding(format!("an earlier stage is called `{name}` too"))
            .help("give the stage a name of its own");
        (format!("stage {name}"), place, finding)
    });
    Ok(merged(found))
}
