//! Test data that lies beside the checkout.

mod beside;

pub(crate) use beside::shared;

use dockerfile::evaluate::{BaseConfig, Options};
use dockerfile::{Diagnostic, Evaluation};
use serde_json::Value;

/// What BuildKit was given when its answers were recorded: an image that has a `PATH` and nothing else.
pub(crate) fn recorded() -> Options {
    Options {
        base: Some(BaseConfig {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            env: vec![(
                "PATH".to_owned(),
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
            )],
            ..BaseConfig::default()
        }),
        ..Options::default()
    }
}

/// A diagnostic as it is recorded.
pub(crate) fn line(diagnostic: &Diagnostic) -> (u64, String, String) {
    (
        diagnostic.lines.0.into(),
        diagnostic.rule.name().to_owned(),
        diagnostic.message.clone(),
    )
}

/// Compares what the checks say with a recorded list of `rule`, `line` and `message`.
pub(crate) fn compare_warnings(evaluation: &Evaluation, recorded: &Value) -> Result<(), String> {
    let mut said: Vec<_> = evaluation.diagnostics.iter().map(line).collect();
    let mut expected: Vec<_> = recorded
        .as_array()
        .unwrap()
        .iter()
        .map(|warning| {
            let text = |key: &str| warning[key].as_str().unwrap().to_owned();
            (
                warning["line"].as_u64().unwrap(),
                text("rule"),
                text("message"),
            )
        })
        .collect();
    said.sort();
    expected.sort();
    equal("warnings", &said, &expected)
}

/// Compares a refusal with a recorded message. BuildKit names violated checks in any order.
pub(crate) fn compare_error(evaluation: &Evaluation, recorded: Option<&str>) -> Result<(), String> {
    let said = evaluation
        .refusal
        .as_ref()
        .map(|refusal| refusal.message.as_str());
    equal("error", &said.map(in_order), &recorded.map(in_order))
}

fn in_order(message: &str) -> String {
    const PREFIX: &str = "lint violation found for rules: ";
    let Some(rules) = message.strip_prefix(PREFIX) else {
        return message.to_owned();
    };
    let mut rules: Vec<&str> = rules.split(", ").collect();
    rules.sort_unstable();
    format!("{PREFIX}{}", rules.join(", "))
}

/// Says what differs.
pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(
    what: &str,
    said: &T,
    expected: &T,
) -> Result<(), String> {
    if said == expected {
        return Ok(());
    }
    Err(format!(
        "{what}\n  said:     {said:?}\n  expected: {expected:?}"
    ))
}

/// Fails with all that differs.
pub(crate) fn all_agree(problems: &[String], of: usize) {
    assert!(
        problems.is_empty(),
        "{} of {of} differ:\n{}",
        problems.len(),
        problems.join("\n")
    );
}
