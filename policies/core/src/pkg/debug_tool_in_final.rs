//! The image contains tools to look around with
//!
//! ## What it does
//! Looks for debuggers and their kind (high), and for programs with honest uses that an intruder needs as well, such as
//! `curl` (low), that are installed in the stage that is built or in one that it begins with, or copied into it. What the
//! same `RUN` removes again does not count. It also looks for programs that only make sense on a running system, such as
//! `top`, in any `RUN` (info).
//!
//! ## Why is this bad?
//! Whoever gets into the container finds the tools there: a debugger reads the memory of the service, `curl` fetches what
//! is missing. CIS Docker Benchmark 4.3. Kubernetes debugs with `kubectl debug`, which brings its own image.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.25 AS build
//! RUN go install github.com/go-delve/delve/cmd/dlv@v1.25.2
//! FROM alpine:3.22
//! COPY --from=build /go/bin/dlv /usr/local/bin/
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN apk add --no-cache curl
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22 AS build
//! RUN apk add --no-cache curl && curl -fsSLo /service https://example.com/service
//! FROM alpine:3.22
//! COPY --from=build /service /service
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk add --no-cache curl && curl -fsSLo /service https://example.com/service && apk del curl
//! ```

use crate::data::tools::{DEBUGGERS, DUAL_USE, OUT_OF_PLACE, is_one_of};
use crate::options::text;
use crate::reports::{Reports, list};
use crate::runs::{Runs, final_stages};
use crate::tools::brought;
use polcheck_sdk::dockerfile::{Dockerfile, Interpreter};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3001", "CIS-DI-0003", "CIS-4.3"],
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "debuggers": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "More names of packages and programs that are debuggers." },
        "tools": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "More names of packages and programs that an intruder needs as well." },
        "allowed": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Names of packages and programs that the image may contain." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let stages = final_stages(file)?;
    let debuggers = settings.texts("/debuggers");
    let tools = settings.texts("/tools");
    let allowed = settings.texts("/allowed");
    let is_debugger = |name: &&str| is_one_of(DEBUGGERS, name) || is_one_of(&debuggers, name);
    let is_tool = |name: &&str| is_one_of(DUAL_USE, name) || is_one_of(&tools, name);
    let mut reports = Reports::default();
    for brought in brought(file)?
        .iter()
        .filter(|it| stages.contains(&it.stage))
    {
        let names =
            brought.those(|it| !is_one_of(&allowed, it) && (is_debugger(it) || is_tool(it)));
        if names.is_empty() {
            continue;
        }
        let has_debugger = names.iter().any(is_debugger);
        let severity = if has_debugger {
            Severity::High
        } else {
            Severity::Low
        };
        // The message names what makes it bad, whatever it leaves out.
        let (mut shown, others): (Vec<&str>, Vec<&str>) =
            names.iter().partition(|it| is_debugger(it));
        shown.extend(others);
        let finding = Finding::new(format!("the image contains {}", list(&shown)))
            .severity(severity)
            .help("use them in a stage of their own, or remove them in the same `RUN`");
        brought.report(runs, &names, finding, &mut reports);
    }
    add_out_of_place(file, &allowed, &mut reports)?;
    file.commands()?.conclude(reports.finish())
}

fn add_out_of_place(
    file: Dockerfile<'_>,
    allowed: &[String],
    reports: &mut Reports,
) -> Result<(), FactError> {
    let runs = Runs::of(file)?;
    for command in runs
        .iter()
        .filter(|it| it.interpreter == Interpreter::Posix)
    {
        let Some(name) = command.name().filter(|name| OUT_OF_PLACE.contains(name)) else {
            continue;
        };
        let is_own = command
            .words
            .first()
            .is_some_and(|word| text(word).starts_with('.'));
        let has_agent = name == "ssh"
            && file
                .mounts()?
                .iter()
                .any(|mount| mount.kind == "ssh" && mount.instruction == command.instruction);
        if is_own || has_agent || is_one_of(allowed, name) {
            continue;
        }
        let finding = Finding::new(format!("`{name}` makes no sense in a build"))
            .severity(Severity::Info)
            .help("remove it: a build has no running system and nobody at the keyboard");
        let key = format!("{} run {name}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    Ok(())
}
