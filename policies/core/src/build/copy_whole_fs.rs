//! A whole file system is copied
//!
//! ## What it does
//! Looks for `COPY --from=… / /`.
//!
//! ## Why is this bad?
//! Everything of the other stage comes along: compilers, caches, keys that were only needed for the build. What the stage
//! had itself is overwritten. In a stage that begins with nothing, where the copy flattens an image, and from an image that
//! may hold no more than a few files, it is less bad, and of low severity.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.26 AS build
//! RUN go build -o /service
//! FROM alpine:3.22
//! COPY --from=build / /
//! ```
//! ```dockerfile passes
//! FROM golang:1.26 AS build
//! RUN go build -o /service
//! FROM alpine:3.22
//! COPY --from=build /service /service
//! ```

use crate::reports::merged;
use crate::sources::{destination, sources};
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Instruction, Keyword, Stage, Word};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3067"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let stages = file.stages()?;
    let instructions = file.instructions()?;
    let whole = file.select(Keyword::Copy)?.filter(|copy| takes_all(copy));
    Ok(merged(whole.map(|copy| {
        let from = copy.option("from").unwrap_or_default();
        let begins_with_nothing = stages
            .iter()
            .any(|stage| Some(stage.index) == copy.stage && stage.from_scratch);
        let severity = if begins_with_nothing || !is_made_here(stages, instructions, from) {
            Severity::Low
        } else {
            Severity::Medium
        };
        let finding = Finding::new(format!("the whole file system of `{from}` is copied"))
            .severity(severity)
            .help("copy the files that are needed, or begin with the stage: `FROM STAGE`");
        let key = format!("{from} {}", stage_name(file, copy.stage));
        (key, copy.span, finding)
    })))
}

/// Whether the file says what is in it. Images of nothing but a few files are made to be copied whole.
fn is_made_here(stages: &[Stage], instructions: &[Instruction], from: &str) -> bool {
    let is_meant = |stage: &&Stage| {
        let name = stage.name.as_deref();
        name.is_some_and(|name| name.eq_ignore_ascii_case(from)) || from.parse() == Ok(stage.index)
    };
    stages.iter().find(is_meant).is_some_and(|stage| {
        let mut own = instructions.iter();
        own.any(|own| own.stage == Some(stage.index) && own.keyword != Keyword::From)
    })
}

fn takes_all(copy: &Instruction) -> bool {
    let is_root = |word: &Word| {
        let path = word.value.as_deref();
        path.is_some_and(|path| matches!(path, "/" | "/." | "//" | "/./"))
    };
    copy.option("from").is_some()
        && sources(copy).iter().any(is_root)
        && destination(copy).is_some_and(is_root)
}
