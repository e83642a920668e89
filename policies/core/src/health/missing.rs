//! The image has no health check
//!
//! ## What it does
//! Looks for a health check that is not switched off.
//!
//! ## Why is this bad?
//! Docker and Swarm keep sending work to a process that hangs, since they only see that it runs. Kubernetes has probes
//! of its own; turn the rule off where only Kubernetes runs the image. CIS Docker Benchmark 4.6.
//!
//! ## Examples
//! ```json fails
//! { "config": { "User": "10001" } }
//! ```
//! ```json fails
//! { "config": { "Healthcheck": { "Test": ["NONE"] } } }
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! CMD ["/service"]
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] } } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! HEALTHCHECK CMD ["/service", "healthcheck"]
//! ```

use crate::base_images::root_stage;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Known, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &[
        "DL3057",
        "DS-0026",
        "CKV_DOCKER_2",
        "CIS-DI-0006",
        "CIS-4.6",
    ],
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let check = &facts.run_config()?.health_check;
    let finding = match &check.known {
        Known::Set(check) => match check.test.first().map(String::as_str) {
            Some("NONE") => Finding::new("the image switches its health check off"),
            None => Finding::new("the image has no health check"),
            Some(_) => return Ok(vec![]),
        },
        Known::Unset => Finding::new("the image has no health check"),
        Known::Unknown => {
            let base = root_stage(facts)?.base.raw.as_str();
            let message = format!("the image has no health check, unless `{base}` has one");
            Finding::new(message).confidence(Confidence::Low)
        }
    };
    let help = "add a check that needs no shell: `HEALTHCHECK CMD [\"/service\", \"healthcheck\"]`";
    Ok(vec![
        finding
            .at(check.place.clone())
            .help(help)
            .key("healthcheck"),
    ])
}
