//! The health check needs a tool for downloads
//!
//! ## What it does
//! Looks for `curl` and `wget` in the health check. The `wget` of `busybox`, which every image based on it has, is fine.
//!
//! ## Why is this bad?
//! The tool has to stay in the image only for the check, with its bugs, and helps whoever gets into the container. When
//! somebody removes it, the check fails, and so does the container.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! HEALTHCHECK CMD curl -f http://localhost:8000/health || exit 1
//! ```
//! ```json fails
//! { "config": { "Healthcheck": { "Test": ["CMD", "/usr/bin/wget", "http://localhost"] } } }
//! ```
//! Use instead a check that the service itself makes:
//! ```dockerfile passes
//! FROM debian:13
//! HEALTHCHECK CMD ["/service", "healthcheck"]
//! ```
//! ```json passes
//! { "config": { "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] } } }
//! ```

use crate::base_images::of_target;
use crate::health_check::health_check;
use crate::parts::has;
use crate::start_command::base_name;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let Some((check, place)) = health_check(facts)? else {
        return Ok(vec![]);
    };
    let separators = [' ', '\t', '\n', ';', '&', '|', '(', ')', '`', '"', '\''];
    let mut words = check
        .test
        .iter()
        .skip(1)
        .flat_map(|part| part.split(separators));
    let tool = words.find_map(|word| match base_name(word) {
        "curl" => Some("curl"),
        "wget" => Some("wget"),
        _ => None,
    });
    let is_busybox = || {
        let base = of_target(facts);
        base.is_some_and(|base| {
            matches!(base.name, "alpine" | "busybox") || has(base.tag, "alpine")
        })
    };
    let Some(tool) = tool.filter(|tool| *tool == "curl" || !is_busybox()) else {
        return Ok(vec![]);
    };
    Ok(vec![
        Finding::new(format!("the health check needs `{tool}` in the image"))
            .at(place)
            .help("let the service check itself: `HEALTHCHECK CMD [\"/service\", \"healthcheck\"]`")
            .key(format!("tool={tool}")),
    ])
}
