//! The image contains a compiler
//!
//! ## What it does
//! Looks for compilers and build tools that are installed in the stage that is built, or in one that it begins with. What
//! the same `RUN` removes again does not count, and neither does what the base image has.
//!
//! ## Why is this bad?
//! Whoever gets into the container builds there what is missing. Compilers are hundreds of megabytes, and have
//! vulnerabilities that somebody must judge. CIS Docker Benchmark 4.3.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM python:3.14-slim
//! RUN apt-get update && apt-get install -y --no-install-recommends gcc && pip install uwsgi==2.0.31
//! ```
//! ```dockerfile passes
//! FROM python:3.14-alpine
//! RUN apk add --no-cache --virtual .build gcc musl-dev && pip install uwsgi==2.0.31 && apk del .build
//! ```
//! ```dockerfile passes
//! FROM debian:13 AS build
//! RUN apt-get update && apt-get install -y gcc && gcc -static -o /service service.c
//! FROM scratch
//! COPY --from=build /service /service
//! ```

use crate::data::tools::{COMPILERS, NO_COMPILERS, is_one_of};
use crate::reports::{Reports, list};
use crate::runs::{Runs, final_stages};
use crate::tools::brought;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "compilers": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "More names of packages that are compilers or build tools." },
        "allowed": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Names of packages that the image may contain." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let stages = final_stages(file)?;
    let more = settings.texts("/compilers");
    let allowed = settings.texts("/allowed");
    let is_compiler = |name: &&str| {
        let is_known = is_one_of(COMPILERS, name) && !is_one_of(NO_COMPILERS, name);
        (is_known || is_one_of(&more, name)) && !is_one_of(&allowed, name)
    };
    let mut reports = Reports::default();
    for brought in brought(file)?
        .iter()
        .filter(|it| !it.is_copy && stages.contains(&it.stage))
    {
        let names = brought.those(is_compiler);
        if names.is_empty() {
            continue;
        }
        let finding = Finding::new(format!("the image contains {}", list(&names))).help(
            "build in a stage of its own and copy the result, or remove them in the same `RUN`",
        );
        brought.report(runs, &names, finding, &mut reports);
    }
    file.commands()?.conclude(reports.finish())
}
