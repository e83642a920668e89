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
//! Use instead:
//! ```json passes
//! { "config": { "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] } } }
//! ```

use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3057", "DS-0026", "CKV_DOCKER_2", "CIS-DI-0006"],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let test = facts
        .config()?
        .health_check
        .as_ref()
        .and_then(|check| check.test.first());
    let message = match test.map(String::as_str) {
        None => "the image has no health check",
        Some("NONE") => "the image switches its health check off",
        Some(_) => return Ok(vec![]),
    };
    Ok(vec![
        Finding::new(message)
            .at(Location::config(&["config", "Healthcheck"]))
            .help("add a check that needs no shell: `HEALTHCHECK CMD [\"/service\", \"healthcheck\"]`")
            .key("healthcheck"),
    ])
}
