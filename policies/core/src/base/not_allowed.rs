//! An image comes from where it must not
//!
//! ## What it does
//! Holds the images that the build uses, in `FROM`, `COPY --from` and `RUN --mount=from`, against the list `allow`. Without a
//! list the rule does not apply.
//!
//! ## Why is this bad?
//! Whoever publishes a base image decides what runs in yours. Organisations agree on registries and repositories that are
//! scanned, signed and kept up to date; an image from elsewhere is none of that.
//!
//! ## Examples
//! ```json settings
//! { "allow": ["registry.example.com/**", "docker.io/library/*"] }
//! ```
//! ```dockerfile fails
//! FROM docker.io/somebody/debian:13
//! ```
//! ```json settings
//! { "allow": ["registry.example.com/**", "docker.io/library/*"] }
//! ```
//! ```dockerfile passes
//! FROM debian:13 AS build
//! FROM registry.example.com/base/debian:13
//! COPY --from=build /service /service
//! ```

use crate::reports::merged;
use polcheck_sdk::dockerfile::Word;
use polcheck_sdk::{
    FactError, Facts, Finding, Judgement, Rule, Settings, Severity, Span, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["DL3026", "CIS-4.2", "CIS-DI-0002"],
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "allow": { "type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
            "description": "Globs over registry and repository, as in `docker.io/library/*`: `*` is any text without a slash, `**` any text." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let allow = settings.texts("/allow");
    if allow.is_empty() {
        let why = "the setting `allow` names nothing";
        return Err(Unsettled::NotApplicable(why.to_owned()));
    }
    let mut is_all_known = true;
    let mut found = Vec::new();
    for (image, place) in images(facts)? {
        let Some(reference) = image.and_then(|image| facts.parse_reference(&image).ok()) else {
            is_all_known = false;
            continue;
        };
        let name = format!("{}/{}", reference.registry, reference.repository);
        if allow.iter().any(|allowed| facts.glob_match(allowed, &name)) {
            continue;
        }
        let finding = Finding::new(format!("images of `{name}` are not allowed"))
            .help("take an image from the list, or ask for the repository to be added to the settings of the rule");
        found.push((name, place, finding));
    }
    if found.is_empty() && !is_all_known {
        let why = "the name of an image is only known when it is built";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    Ok(merged(found))
}

/// The images that the build uses, where they can be known, and where it says so.
fn images(facts: &Facts) -> Result<Vec<(Option<String>, Span)>, FactError> {
    let file = facts.dockerfile();
    let bases = file.stages()?.iter();
    let bases = bases.filter(|stage| !stage.from_scratch && stage.base_stage.is_none());
    let bases = bases.map(|stage| (name(facts, &stage.base), stage.base.span));
    let flows = file.flows()?.iter();
    let flows = flows.map(|flow| (&flow.from_image, flow.span));
    let mounts = file.mounts()?.iter();
    let mounts = mounts.map(|mount| (&mount.from_image, mount.span));
    let others = flows.chain(mounts);
    let others = others.filter_map(|(image, place)| Some((Some(image.clone()?), place)));
    Ok(bases.chain(others).collect())
}

/// The name of a base image; what stands before a tag that nobody knows is enough.
fn name(facts: &Facts, base: &Word) -> Option<String> {
    let is_name = |name: &&str| facts.parse_reference(name).is_ok();
    if let Some(value) = base.value.as_deref().filter(is_name) {
        return Some(value.to_owned());
    }
    let (known, _) = base.raw.split_once('$')?;
    let (name, tag) = known.rsplit_once([':', '@'])?;
    (!tag.contains('/')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome;
    use polcheck_sdk::testing::{Given, evaluate};
    use rstest::rstest;
    use serde_json::json;

    fn outcome(text: &str) -> Outcome {
        let allow = json!({ "allow": ["docker.io/library/*"] });
        let given = Given::dockerfile(text).settings("base.not-allowed", allow);
        evaluate(&crate::PACK, "base.not-allowed", given)
    }

    #[rstest]
    #[case::unknown_tag("ARG TAG\nFROM debian:$TAG\n", 0)]
    #[case::unknown_tag_elsewhere("ARG TAG\nFROM acme/debian:${TAG}-slim\n", 1)]
    #[case::copied("FROM debian\nCOPY --from=acme/tools /a /a\n", 1)]
    #[case::mounted("FROM debian\nRUN --mount=from=acme/tools,target=/t /t/a\n", 1)]
    fn every_image_counts(#[case] text: &str, #[case] expected: usize) {
        let Outcome::Findings(found) = outcome(text) else {
            panic!("no conclusion");
        };
        assert_eq!(found.len(), expected, "{found:?}");
    }

    #[test]
    fn what_nobody_knows_is_no_pass() {
        let outcome = outcome("ARG BASE\nARG TAG=1\nFROM $BASE:$TAG\n");
        assert!(matches!(outcome, Outcome::Inconclusive(_)), "{outcome:?}");
    }
}
