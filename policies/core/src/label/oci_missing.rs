//! The image does not say where it comes from
//!
//! ## What it does
//! Asks for the labels that lead from an image back to its source, `org.opencontainers.image.source` and
//! `org.opencontainers.image.revision`, or for those of the setting `labels`.
//!
//! ## Why is this bad?
//! When something is wrong with an image, the first question is which commit of which repository made it.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Labels": { "maintainer": "sre@example.com" } } }
//! ```
//! ```dockerfile fails
//! FROM scratch
//! LABEL maintainer="sre@example.com"
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "Labels": {
//!   "org.opencontainers.image.source": "https://git.example.com/shop/api",
//!   "org.opencontainers.image.revision": "3f1c5a0b"
//! } } }
//! ```
//! ```dockerfile passes
//! FROM scratch
//! LABEL org.opencontainers.image.source="https://git.example.com/shop/api" \
//!       org.opencontainers.image.revision="3f1c5a0b"
//! ```

use crate::reports::list;
use polcheck_sdk::{
    Confidence, ConfigSource, Facts, Finding, Judgement, Location, Rule, Settings, Severity,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL3049"],
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "labels": { "type": "array", "items": {"type": "string"}, "default": ["org.opencontainers.image.source", "org.opencontainers.image.revision"],
            "description": "The labels an image must have." }
    } }"#,
    url: Some("https://github.com/opencontainers/image-spec/blob/main/annotations.md"),
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let is_there = |wanted: &String| config.labels.iter().any(|label| &label.key == wanted);
    let wanted = settings.texts("/labels");
    let missing = wanted.iter().filter(|wanted| !is_there(wanted));
    let missing: Vec<&str> = missing.map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(vec![]);
    }
    let place = match config.source {
        ConfigSource::Image => Location::config(&["config", "Labels"]),
        ConfigSource::Dockerfile { .. } => Location::Dockerfile(facts.dockerfile().target()?.span),
    };
    let message = format!(
        "the image does not say where it comes from: {} missing",
        list(&missing)
    );
    // The build may well set them: `docker build --label`.
    let confidence = match config.source {
        ConfigSource::Image => Confidence::High,
        ConfigSource::Dockerfile { .. } if config.is_complete => Confidence::Medium,
        ConfigSource::Dockerfile { .. } => Confidence::Low,
    };
    let help = "set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline";
    Ok(vec![
        Finding::new(message)
            .confidence(confidence)
            .at(place)
            .help(help)
            .key("labels"),
    ])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};

    #[test]
    fn the_labels_are_a_setting() {
        let given = Given::image_config(r#"{ "config": { "Labels": { "team": "shop" } } }"#);
        let settings = |label| serde_json::json!({ "labels": [label] });
        let rule = "label.oci-missing";
        assert_eq!(
            messages(&PACK, rule, given.clone().settings(rule, settings("team"))),
            Vec::<String>::new()
        );
        assert_eq!(
            messages(&PACK, rule, given.settings(rule, settings("owner"))),
            ["the image does not say where it comes from: `owner` missing"]
        );
    }
}
