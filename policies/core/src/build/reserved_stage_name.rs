//! A stage has a name that means something else
//!
//! ## What it does
//! Looks for stages called `scratch` or `context`.
//!
//! ## Why is this bad?
//! `FROM scratch` always begins with nothing, and `context` stands for the files of the build. A stage of that name cannot
//! be reached by it, and who reads the file takes one for the other.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22 AS context
//! COPY . /files
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22 AS files
//! COPY . /files
//! ```

use crate::buildkit::said;
use crate::reports::merged;
use polcheck_sdk::{Facts, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["ReservedStageName", "DL3063"],
    needs: &[&["dockerfile"]],
    url: Some("https://docs.docker.com/reference/build-checks/reserved-stage-name/"),
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let found = said(facts.dockerfile(), &["ReservedStageName"])?.map(|said| {
        let name = said.quoted('"');
        let place = said.argument(2).map_or(said.place(), |word| word.span);
        let finding = said
            .finding(format!(
                "`{name}` is no name for a stage: BuildKit keeps it"
            ))
            .help("give the stage a name that says what it makes");
        (format!("stage {name}"), place, finding)
    });
    Ok(merged(found))
}
