//! A parser directive stands too low to count
//!
//! ## What it does
//! Looks for `# syntax=`, `# escape=` and `# check=` below another comment, a blank line or an instruction.
//! `# check=skip=…` directly above an instruction is meant for it, and counts.
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
//! # check=skip=JSONArgsRecommended
//! CMD /service
//! ```

use crate::parts::has;
use crate::reports::merged;
use polcheck_sdk::dockerfile::Directive;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Medium,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let directives = file.directives()?;
    let mut ineffective = directives
        .iter()
        .filter(|found| !found.effective)
        .peekable();
    if ineffective.peek().is_none() {
        return Ok(vec![]);
    }
    let suppressions = file.suppressions()?;
    let counts_below = |found: &Directive| {
        let mut suppressions = suppressions.iter();
        found.name == "check"
            && (has(&found.value, "experimental")
                || suppressions.any(|one| one.span == found.span && one.instruction.is_some()))
    };
    let ineffective = ineffective.filter(|found| !counts_below(found));
    Ok(merged(ineffective.map(|found| {
        let finding = Finding::new(format!("`# {}=` is only a comment here", found.name))
            .help("move it to the top of the file, above every comment and blank line");
        let key = format!("{}={}", found.name, found.value);
        (key, found.span, finding)
    })))
}
