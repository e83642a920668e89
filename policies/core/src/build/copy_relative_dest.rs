//! Where a file is copied to depends on the base image
//!
//! ## What it does
//! Looks for `COPY` to a relative path where neither the stage nor the stages that it begins with set a `WORKDIR` before.
//!
//! ## Why is this bad?
//! The path begins where the base image left off, mostly at `/`. Another version of the base image moves the files.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM node:24
//! COPY server.js app/
//! ```
//! ```dockerfile passes
//! FROM node:24
//! COPY server.js /app/
//! ```
//! ```dockerfile passes
//! FROM node:24
//! WORKDIR /app
//! COPY server.js .
//! ```

use crate::reports::merged;
use crate::sources::destination;
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Decided, Dockerfile, Instruction, Keyword};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3045"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut found = Vec::new();
    for copy in file.select(Keyword::Copy)? {
        let Some(word) = destination(copy).filter(|word| is_relative(word.value.as_deref())) else {
            continue;
        };
        if has_place(file, copy)? {
            continue;
        }
        let path = &word.raw;
        let stage = stage_name(file, copy.stage);
        let finding = Finding::new(format!(
            "`COPY` to `{path}` goes wherever the base image is"
        ))
        .help("write an absolute path, or set `WORKDIR` before");
        found.push((format!("{path} {stage}"), word.span, finding));
    }
    Ok(merged(found))
}

/// Of what nobody knows, neither can be said.
fn is_relative(path: Option<&str>) -> bool {
    let of_windows =
        |path: &str| matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic());
    path.is_some_and(|path| !path.starts_with(['/', '\\']) && !of_windows(path))
}

/// Whether it is known where a relative path begins.
fn has_place(file: Dockerfile<'_>, copy: &Instruction) -> Result<bool, FactError> {
    let Some(stage) = copy.stage else {
        return Ok(true);
    };
    for ancestor in file.ancestry(stage)? {
        let mut places = file.select(Keyword::Workdir)?;
        if places.any(|place| place.stage == Some(ancestor.index) && place.index < copy.index) {
            return Ok(true);
        }
    }
    let config = file.config(stage);
    Ok(config.is_ok_and(|config| {
        let place = config.working_dir;
        config.base_known && place.decided == Decided::Base && place.value.is_some()
    }))
}
