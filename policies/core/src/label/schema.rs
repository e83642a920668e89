//! The labels are not as agreed
//!
//! ## What it does
//! Holds the labels of the image against the settings: those that it must have (`required`), what their values must be
//! (`types`), and, if `strict` is set, that there are no others. Keys have to follow Docker's guidelines: lower case
//! letters, digits and single dots and dashes, outside the name spaces of Docker.
//!
//! ## Why is this bad?
//! Programs read labels: inventories, routers, who pays for what. A label that is missing, misspelled or of another form is
//! not found, and nobody notices.
//!
//! ## Examples
//! ```json settings
//! { "required": ["team"], "types": { "created": "rfc3339" } }
//! ```
//! ```dockerfile fails
//! FROM scratch
//! LABEL created="yesterday"
//! ```
//! ```dockerfile fails
//! FROM scratch
//! LABEL com.docker.team="shop"
//! ```
//! ```json settings
//! { "required": ["team"], "types": { "created": "rfc3339" } }
//! ```
//! ```dockerfile passes
//! FROM scratch
//! LABEL team="shop" created="2026-11-23T08:00:00Z"
//! ```
//! ```json settings
//! { "types": { "licenses": "spdx" }, "strict": true }
//! ```
//! ```json fails
//! { "config": { "Labels": { "licenses": "MIT", "other": "x" } } }
//! ```

use crate::label_types::{TYPES, is_key};
use crate::reports::Reports;
use polcheck_sdk::{
    Confidence, ConfigSource, Facts, Finding, Item, Judgement, Location, Rule, Settings, Severity,
    Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &[
        "DL3048", "DL3049", "DL3050", "DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058",
    ],
    opt_in: true,
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "required": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "The labels an image must have." },
        "types": { "type": "object", "additionalProperties": {"enum": ["url", "rfc3339", "semver", "spdx", "hash", "email", "text"]}, "default": {},
            "description": "What the values of labels must be." },
        "strict": { "type": "boolean", "default": false,
            "description": "Whether other labels than those of `required` and `types` are findings." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let (required, types) = (settings.texts("/required"), settings.pairs("/types"));
    let is_strict = settings.boolean("/strict") == Some(true);
    let mut reports = Reports::default();
    for label in config.labels.iter().filter(|label| !label.is_inherited) {
        let key = &label.key;
        let mut add = |what: &str, finding: Finding| {
            reports.add(format!("{key} {what}"), label.place.clone(), finding);
        };
        if !is_key(key) {
            let finding = Finding::new(format!(
                "the label `{key}` does not follow the guidelines for keys"
            ));
            add("key", finding.help("use lower case letters, digits and single dots and dashes, below a domain of yours"));
        }
        let wanted = types.iter().find(|(name, _)| name == key);
        let is_agreed = wanted.is_some() || required.contains(key);
        if is_strict && !is_agreed {
            let finding = Finding::new(format!("nobody agreed on the label `{key}`"));
            add(
                "unknown",
                finding.help("remove it, or name it in the settings of the rule"),
            );
        }
        if let Some((_, wanted)) = wanted.filter(|(_, wanted)| !is_of_type(label, wanted)) {
            let finding = Finding::new(format!(
                "the value of the label `{key}` is no {}",
                noun(wanted)
            ));
            add("type", finding.help("correct the value"));
        }
    }
    judge_missing(facts, &required, &mut reports)?;
    Ok(reports.finish())
}

fn is_of_type(label: &Item, wanted: &str) -> bool {
    let known = TYPES.iter().find(|(name, _)| *name == wanted);
    match (known, label.value.as_deref()) {
        (Some((_, is_it)), Some(value)) => is_it(value),
        (None, _) | (_, None) => true,
    }
}

fn noun(wanted: &str) -> &str {
    match wanted {
        "url" => "URL",
        "rfc3339" => "time of RFC 3339",
        "semver" => "semantic version",
        "spdx" => "license that SPDX knows",
        "hash" => "hash of a commit",
        "email" => "e-mail address",
        other => other,
    }
}

fn judge_missing(
    facts: &Facts,
    required: &[String],
    reports: &mut Reports,
) -> Result<(), Unsettled> {
    let config = facts.run_config()?;
    let has = |wanted: &str| config.labels.iter().any(|label| label.key == wanted);
    for wanted in required.iter().filter(|wanted| !has(wanted)) {
        let (place, confidence) = match config.source {
            ConfigSource::Image => (Location::config(&["config", "Labels"]), Confidence::High),
            ConfigSource::Dockerfile { .. } => {
                let place = Location::Dockerfile(facts.dockerfile().target()?.span);
                let is_sure = config.is_complete;
                (
                    place,
                    if is_sure {
                        Confidence::Medium
                    } else {
                        Confidence::Low
                    },
                )
            }
        };
        let finding = Finding::new(format!("the label `{wanted}` is missing"));
        let help = format!("add `LABEL {wanted}=…`");
        reports.add(
            format!("{wanted} missing"),
            place,
            finding.confidence(confidence).help(help),
        );
    }
    Ok(())
}
