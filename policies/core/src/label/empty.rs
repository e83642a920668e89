//! A label is empty
//!
//! ## What it does
//! Looks for labels without a value. A label that is empty because of a variable that nobody sets is left to
//! `build.undefined-variable`.
//!
//! ## Why is this bad?
//! Whoever reads the label later learns nothing, and cannot tell whether something was forgotten.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Labels": { "version": "" } } }
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! LABEL version=""
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "Labels": { "version": "1.4.2" } } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! LABEL version="1.4.2"
//! ```

use polcheck_sdk::{ConfigSource, Facts, Finding, Item, Judgement, Location, Rule, Settings, Span};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3051"],
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let said_elsewhere = match config.source {
        ConfigSource::Image => &[],
        ConfigSource::Dockerfile { .. } => facts.dockerfile().undefined_variables()?,
    };
    let is_empty = |label: &&Item| {
        label
            .value
            .as_ref()
            .is_some_and(|value| value.trim().is_empty())
            && !said_elsewhere
                .iter()
                .any(|used| is_within(used.span, &label.place))
    };
    let finding = |label: &Item| {
        Finding::new(format!("the label `{}` is empty", label.key))
            .at(label.place.clone())
            .help("give it a value, or remove it")
            .key(label.key.clone())
    };
    let own = config.labels.iter().filter(|label| !label.is_inherited);
    Ok(own.filter(is_empty).map(finding).collect())
}

fn is_within(span: Span, place: &Location) -> bool {
    let Location::Dockerfile(place) = place else {
        return false;
    };
    let start = |span: &Span| (span.start_line, span.start_column);
    let end = |span: &Span| (span.end_line, span.end_column);
    start(place) <= start(&span) && end(&span) <= end(place)
}
