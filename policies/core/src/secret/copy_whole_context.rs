//! The whole build context is copied
//!
//! ## What it does
//! Looks for `COPY` and `ADD` of the whole build context where no `.dockerignore` keeps anything back, or nobody knows
//! whether one does. One that leaves out `.git`, or everything but what it names, is enough.
//!
//! ## Why is this bad?
//! What lies in the folder by chance gets into the image: the history of the repository, `.env`, keys, what other builds
//! left. And each change of any file builds everything behind the instruction again.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.26
//! COPY . .
//! ```
//! ```dockerignore
//! .git
//! .env
//! ```
//! ```dockerfile passes
//! FROM golang:1.26
//! COPY . .
//! ```
//! ```dockerfile passes
//! FROM golang:1.26
//! COPY cmd/ internal/ ./
//! ```

use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Flow;
use polcheck_sdk::{Confidence, FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DKL-LI-0003"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let (message, confidence) = match file.ignore_patterns() {
        Ok(patterns) if patterns.iter().any(|pattern| is_effective(pattern)) => return Ok(vec![]),
        Ok([]) => (
            "the whole build context is copied, without a `.dockerignore`",
            Confidence::High,
        ),
        Ok(_) => (
            "the whole build context is copied, and `.dockerignore` does not leave out `.git`",
            Confidence::High,
        ),
        Err(FactError::Absent) => (
            "the whole build context is copied, and no `.dockerignore` is known",
            Confidence::Low,
        ),
        Err(error) => return Err(error.into()),
    };
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for flow in file.flows()?.iter().filter(|flow| is_whole(flow)) {
        let finding = Finding::new(message)
            .confidence(confidence)
            .help("copy the files that are needed, or name in `.dockerignore` what is not: `.git`, `.env`, `*.key`");
        reports.add_at(runs.stage_name(flow.to_stage), flow.span, finding);
    }
    Ok(reports.finish())
}

fn is_whole(flow: &Flow) -> bool {
    flow.from_stage.is_none()
        && flow.from_image.is_none()
        && flow
            .sources
            .iter()
            .any(|source| matches!(source.as_str(), "." | "./" | "/" | "./." | "*" | "./*"))
}

/// Whether a pattern leaves out the history of the repository.
fn is_effective(mut pattern: &str) -> bool {
    // `trim_start_matches` of a text would bring the search along that `parts.rs` does without.
    while let Some(rest) = pattern.strip_prefix("**/") {
        pattern = rest;
    }
    pattern = pattern.trim_start_matches('/');
    while let Some(rest) = pattern.strip_suffix("/**") {
        pattern = rest;
    }
    let pattern = pattern.trim_end_matches('/');
    matches!(pattern, "*" | "**" | ".git" | ".git*" | ".*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(".git", true)]
    #[case("/.git/", true)]
    #[case("**/**/.git", true)]
    #[case(".git/**/**", true)]
    #[case("/**", true)]
    #[case(".gitignore", false)]
    #[case("node_modules/**", false)]
    fn only_what_leaves_out_the_history_counts(#[case] pattern: &str, #[case] is: bool) {
        assert_eq!(is_effective(pattern), is);
    }
}
