//! A label is empty
//!
//! ## What it does
//! Looks for labels without a value.
//!
//! ## Why is this bad?
//! An empty label is mostly a build argument that nobody declared or passed: `LABEL version="${VERSION}"` without
//! `ARG VERSION` in the same stage. Whoever reads the label later learns nothing.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Labels": { "version": "" } } }
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "Labels": { "version": "1.4.2" } } }
//! ```

use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3051"],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let empty = facts
        .config()?
        .labels
        .iter()
        .filter(|label| label.value.trim().is_empty());
    let finding = |key: &String| {
        Finding::new(format!("the label `{key}` is empty"))
            .at(Location::config(&["config", "Labels", key]))
            .help("give it a value, declare the `ARG` it uses in the same stage, or remove it")
            .key(key.clone())
    };
    Ok(empty.map(|label| finding(&label.key)).collect())
}
