//! A working folder depends on the base image
//!
//! ## What it does
//! Looks for `WORKDIR` with a relative path before the stage sets an absolute one.
//!
//! ## Why is this bad?
//! The path begins where the base image left off. Another version of the base image moves the whole application, and
//! nothing in the file shows it.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM node:24
//! WORKDIR app
//! ```
//! ```dockerfile passes
//! FROM node:24
//! WORKDIR /app
//! WORKDIR server
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::{Confidence, Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["WorkdirRelativePath", "DL3000", "DS-0009", "CKV_DOCKER_10"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/workdir-relative-path/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let found = said(file, &["WorkdirRelativePath"])?.map(|said| {
        let word = said.argument(0).filter(|_| !said.is_triggered());
        let value = word.and_then(|word| word.value.as_deref());
        let path = match (word, value) {
            (None, _) => said.quoted('"'),
            (Some(word), None | Some("")) => word.raw.as_str(),
            (Some(_), Some(path)) => path,
        };
        let is_known = word.is_none() || value.is_some();
        let (why, confidence) = if is_of_windows(path) {
            (
                "is relative where the image is built for Linux",
                Confidence::Low,
            )
        } else if is_known {
            ("begins wherever the base image is", Confidence::High)
        } else {
            (
                "is none unless the base image sets the variable",
                Confidence::Low,
            )
        };
        let finding = said
            .finding(format!(
                "the working folder `{path}`{} {why}",
                said.whence()
            ))
            .help("write an absolute path, such as `WORKDIR /app`")
            .confidence(confidence);
        let place = word.map_or(said.place(), |word| word.span);
        (
            format!("{path} {}", stage_name(file, said.stage())),
            place,
            finding,
        )
    });
    Ok(merged(found))
}

/// `C:\app`
fn is_of_windows(path: &str) -> bool {
    path.split_once(':')
        .is_some_and(|(drive, _)| drive.len() == 1)
}
