//! A file is copied that the build never sees
//!
//! ## What it does
//! Looks for sources of `COPY` and `ADD` that the `.dockerignore` excludes. Where nobody knows the `.dockerignore`, or
//! where there is none, the rule does not apply.
//!
//! ## Why is this bad?
//! The build fails, or, with a wildcard, the image lacks files that the Dockerfile says it has.
//!
//! ## Examples
//! ```dockerignore
//! *.md
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! COPY README.md /
//! ```
//! ```dockerignore
//! *.md
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! COPY main.conf /
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::{FactError, Facts, Judgement, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["CopyIgnoredFile"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/copy-ignored-file/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    if file.ignore_patterns() == Err(FactError::Absent) {
        let why = "no `.dockerignore` is known";
        return Err(Unsettled::NotApplicable(why.to_owned()));
    }
    let found = said(file, &["CopyIgnoredFile"])?.map(|said| {
        let source = said.quoted('"');
        let keyword = said.keyword().to_ascii_uppercase();
        let finding = said
            .finding(format!(
                "`{keyword}` takes `{source}`, which the `.dockerignore` excludes"
            ))
            .help(format!(
                "let the file in with `!{source}` in the `.dockerignore`, or do not copy it"
            ));
        (format!("{keyword} {source}"), said.place(), finding)
    });
    Ok(merged(found))
}
