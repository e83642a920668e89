//! A dashboard is open to the outside
//!
//! ## What it does
//! Looks for labels that route requests to the API or the dashboard of Traefik, and for variables and options that open a
//! dashboard of a well-known program.
//!
//! ## Why is this bad?
//! A dashboard shows routes, addresses and versions, and some change them. Whoever runs the image publishes it without
//! having asked for it. With a password before it, it is still one more thing to guard.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM traefik:3.6
//! LABEL traefik.http.routers.api.service="api@internal"
//! ```
//! ```json fails
//! { "config": { "Env": ["TRAEFIK_API_INSECURE=true"] } }
//! ```
//! Use instead:
//! ```dockerfile passes
//! FROM traefik:3.6
//! LABEL traefik.http.routers.shop.service="shop"
//! ```
//! ```json passes
//! { "config": { "Env": ["TRAEFIK_API_INSECURE=false"] } }
//! ```

use crate::parts::has;
use crate::reports::Reports;
use crate::start_command::start_words;
use polcheck_sdk::{Facts, Finding, Item, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

/// Variables that open a dashboard when they are true.
const VARIABLES: [(&str, &str); 2] = [
    ("TRAEFIK_API_INSECURE", "Traefik"),
    ("HASURA_GRAPHQL_ENABLE_CONSOLE", "Hasura"),
];
/// Options that do the same.
const OPTIONS: [&str; 2] = ["--api.insecure", "--api.insecure=true"];
const HELP: &str =
    "remove it here; let whoever runs the image open the dashboard, to those who need it";

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let mut reports = Reports::default();
    let own = |item: &&Item| !item.is_inherited;
    for label in config.labels.iter().filter(own) {
        let target = label.value.as_deref().unwrap_or_default();
        if is_router(&label.key) && matches!(target, "api@internal" | "dashboard@internal") {
            let message = format!("the label `{}` publishes `{target}`", label.key);
            let finding = Finding::new(message).help(HELP);
            reports.add(format!("label={}", label.key), label.place.clone(), finding);
        }
    }
    for variable in config.env.iter().filter(own) {
        let known = VARIABLES.iter().find(|(name, _)| *name == variable.key);
        let is_on = matches!(
            variable.value.as_deref(),
            Some("true" | "True" | "TRUE" | "1")
        );
        if let Some((name, program)) = known.filter(|_| is_on) {
            let finding = Finding::new(format!("`{name}` opens the dashboard of {program}"));
            reports.add(
                format!("env={name}"),
                variable.place.clone(),
                finding.help(HELP),
            );
        }
    }
    for word in start_words(facts)?
        .iter()
        .filter(|word| OPTIONS.contains(&word.text))
    {
        let finding = Finding::new(format!("`{}` opens the dashboard of Traefik", word.text));
        reports.add(
            "api.insecure".to_owned(),
            word.place.clone(),
            finding.help(HELP),
        );
    }
    Ok(reports.finish())
}

/// `traefik.http.routers.NAME.service`
fn is_router(label: &str) -> bool {
    label.starts_with("traefik.") && has(label, ".routers.") && label.ends_with(".service")
}
