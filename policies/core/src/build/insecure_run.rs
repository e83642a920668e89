//! A step of the build is let out of its sandbox
//!
//! ## What it does
//! Looks for `RUN --security=insecure`, `RUN --network=host` and `RUN --device`.
//!
//! ## Why is this bad?
//! The command runs with all capabilities, in the network of the builder, or with its devices. What it downloads and
//! executes can reach everything the builder can, and the other builds with it.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN --security=insecure mount -t tmpfs none /mnt
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN --network=host wget http://localhost:8080/config
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN --network=none make
//! ```

use crate::reports::merged;
use crate::stage_names::stage_name;
use polcheck_sdk::dockerfile::{Keyword, OptionFlag};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = file.select(Keyword::Run)?;
    let options = runs.flat_map(|run| run.options.iter().map(move |option| (run, option)));
    Ok(merged(options.filter_map(|(run, option)| {
        let (what, help) = danger(option)?;
        let value = option.value.as_deref().unwrap_or_default();
        let written = format!("--{}={value}", option.name);
        let finding = Finding::new(format!("`RUN {written}` runs with {what}")).help(help);
        let key = format!("{written} {}", stage_name(file, run.stage));
        Some((key, option.span, finding))
    })))
}

fn danger(option: &OptionFlag) -> Option<(&'static str, &'static str)> {
    match (option.name.as_str(), option.value.as_deref()) {
        ("security", Some("insecure")) => Some((
            "all capabilities of the builder",
            "do what needs them outside the build",
        )),
        ("network", Some("host")) => Some((
            "the network of the builder",
            "remove the option; give the build what it needs with `COPY` or `RUN --mount`",
        )),
        ("device", _) => Some((
            "a device of the builder",
            "do what needs the device outside the build",
        )),
        _ => None,
    }
}
