//! A parser directive stands too low to count
//!
//! ## What it does
//! Looks for `# syntax=`, `# escape=` and `# check=` below another comment, a blank line or an instruction.
//!
//! ## Why is this bad?
//! BuildKit reads directives only at the very top of the file. Below anything else they are comments: the frontend that was
//! pinned is not the one that builds, and the escape character is not the one that was chosen.
//!
//! ## Examples
//! ```dockerfile fails
//! # The service
//! # syntax=docker/dockerfile:1
//! FROM scratch
//! ```
//! ```dockerfile passes
//! # syntax=docker/dockerfile:1
//! # The service
//! FROM scratch
//! ```

use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Medium,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let directives = facts.dockerfile().directives()?;
    let ineffective = directives
        .into_iter()
        .filter(|directive| !directive.effective);
    Ok(ineffective
        .map(|directive| {
            Finding::new(format!("`# {}=` is only a comment here", directive.name))
                .at(Location::Dockerfile(directive.span))
                .help("move it to the top of the file, above every comment and blank line")
                .key(format!("{}={}", directive.name, directive.value))
        })
        .collect())
}
