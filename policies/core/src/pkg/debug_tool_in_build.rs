//! A build stage contains debuggers
//!
//! ## What it does
//! Looks for debuggers and their kind that are installed in, or copied into, stages that the image does not begin with.
//! `pkg.debug-tool-in-final` looks at the others.
//!
//! ## Why is this bad?
//! Mostly it is not: the image does not contain them. They make the build slower, and one `COPY --from`, or another
//! `--target`, brings them into an image.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.25-alpine AS build
//! RUN apk add --no-cache strace
//! RUN go build -o /service .
//! FROM scratch
//! COPY --from=build /service /service
//! ```
//! ```dockerfile passes
//! FROM golang:1.25-alpine AS build
//! RUN go build -o /service .
//! FROM scratch
//! COPY --from=build /service /service
//! ```

use crate::data::tools::{DEBUGGERS, is_one_of};
use crate::reports::{Reports, list};
use crate::runs::{Runs, final_stages};
use crate::tools::brought;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "debuggers": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "More names of packages and programs that are debuggers." },
        "allowed": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Names of packages and programs that a build stage may contain." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let stages = final_stages(file)?;
    let debuggers = settings.texts("/debuggers");
    let allowed = settings.texts("/allowed");
    let is_debugger = |name: &&str| {
        !is_one_of(&allowed, name) && (is_one_of(DEBUGGERS, name) || is_one_of(&debuggers, name))
    };
    let mut reports = Reports::default();
    for brought in brought(file)?
        .iter()
        .filter(|it| !stages.contains(&it.stage))
    {
        let names = brought.those(is_debugger);
        if names.is_empty() {
            continue;
        }
        let finding = Finding::new(format!("a build stage contains {}", list(&names)))
            .help("install them only when somebody debugs the build");
        brought.report(runs, &names, finding, &mut reports);
    }
    file.commands()?.conclude(reports.finish())
}
