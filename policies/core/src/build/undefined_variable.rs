//! A variable is used that nobody sets
//!
//! ## What it does
//! Looks for variables in words that BuildKit expands, where no `ARG` or `ENV` of the stage, and no base image, sets
//! them. A variable that a base image may set is left alone as long as nobody says what the base image has.
//!
//! ## Why is this bad?
//! The variable is replaced by nothing, and the build goes on: a label stays empty, a path becomes another one. Mostly it
//! is an `ARG` that stands before the first `FROM`, and counts only there until the stage declares it again.
//!
//! ## Examples
//! ```dockerfile fails
//! ARG VERSION=1
//! FROM scratch
//! LABEL version=$VERSION
//! ```
//! ```dockerfile passes
//! ARG VERSION=1
//! FROM scratch
//! ARG VERSION
//! LABEL version=$VERSION
//! ```

use polcheck_sdk::dockerfile::{Keyword, VariableUse};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};
use std::collections::BTreeMap;

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["UndefinedVar", "DL3044"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// Where nothing in place of a value changes what the image is or says.
const WORSE: [Keyword; 4] = [Keyword::Label, Keyword::Copy, Keyword::Add, Keyword::From];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let instructions = file.instructions()?;
    let mut variables: BTreeMap<(Option<u32>, String), Vec<VariableUse>> = BTreeMap::new();
    for used in file.undefined_variables()? {
        let variable = (used.stage, used.name.clone());
        variables.entry(variable).or_default().push(used.clone());
    }
    let is_worse = |used: &VariableUse| {
        let mut keywords = instructions
            .iter()
            .filter(|instruction| instruction.index == used.instruction);
        keywords.any(|instruction| WORSE.contains(&instruction.keyword))
    };
    let finding = |((stage, name), uses): ((Option<u32>, String), Vec<VariableUse>)| {
        let stage = stage.map_or("before the stages".to_owned(), |stage| {
            format!("in stage {stage}")
        });
        let severity = if uses.iter().any(is_worse) {
            Severity::High
        } else {
            Severity::Medium
        };
        let finding = Finding::new(format!("nobody sets the variable `{name}`"))
            .severity(severity)
            .help(format!(
                "declare it in the stage: `ARG {name}`, or correct its name"
            ))
            .key(format!("{name} {stage}"));
        uses.into_iter().fold(finding, |finding, used| {
            finding.at(Location::Dockerfile(used.span))
        })
    };
    Ok(variables.into_iter().map(finding).collect())
}
