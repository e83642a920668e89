//! The image was not built where it should be
//!
//! ## What it does
//! Holds the builder in the provenance (SLSA v0.2 or v1) that somebody trusted signed against the list `trustedBuilders`.
//! Provenance that nobody signed says nothing here, since everybody can write it. Without a list the rule does not apply.
//!
//! ## Why is this bad?
//! Whoever can run a build decides what is in the image. A builder that everybody shares keeps logs, has no secrets of
//! developers and cannot be talked into anything; a laptop can.
//!
//! ## Examples
//! ```json settings
//! { "trustedBuilders": ["https://github.com/actions/runner/**"] }
//! ```
//! ```json attestations
//! { "attached": [ {
//!   "predicateType": "https://slsa.dev/provenance/v1", "verification": "verified",
//!   "predicate": {
//!     "buildDefinition": { "buildType": "https://example.com/build/v1" },
//!     "runDetails": { "builder": { "id": "https://laptop.example.com" } }
//!   }
//! } ] }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! ```json settings
//! { "trustedBuilders": ["https://github.com/actions/runner/**"] }
//! ```
//! ```json attestations
//! { "attached": [ {
//!   "predicateType": "https://slsa.dev/provenance/v1", "verification": "verified",
//!   "predicate": {
//!     "buildDefinition": { "buildType": "https://actions.github.io/buildtypes/workflow/v1" },
//!     "runDetails": { "builder": { "id": "https://github.com/actions/runner/github-hosted" } }
//!   }
//! } ] }
//! ```
//! ```json passes
//! { "config": {} }
//! ```

use crate::provenance::{Provenance, all};
use polcheck_sdk::attestations::Verification;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};
use std::collections::BTreeSet;

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    opt_in: true,
    needs: &[&["attestations"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "trustedBuilders": { "type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
            "description": "Globs over the ids of builders, as in `https://github.com/actions/runner/*`: `*` is any text without a slash, `**` any text." }
    } }"#,
    url: Some("https://slsa.dev/spec/v1.1/provenance#builder"),
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let trusted = settings.texts("/trustedBuilders");
    if trusted.is_empty() {
        let why = "the setting `trustedBuilders` names nothing";
        return Err(Unsettled::NotApplicable(why.to_owned()));
    }
    if !facts.attestations().trusts_anybody()? {
        let why = "the policy set trusts nobody who could say who built the image";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let all = all(facts)?;
    let is_signed = |it: &&Provenance| it.verification == Verification::Verified;
    let builders = all.iter().filter(is_signed).map(|it| it.builder.as_str());
    let builders: BTreeSet<&str> = builders.collect();
    let is_trusted = |builder: &&str| trusted.iter().any(|glob| facts.glob_match(glob, builder));
    if builders.iter().any(is_trusted) {
        return Ok(vec![]);
    }
    if builders.is_empty() {
        let finding = Finding::new("nobody trusted says who built the image")
            .help(
                "let the builder attach provenance, signed by somebody whom the policy set trusts",
            )
            .at(Location::Manifest);
        return Ok(vec![finding.key("builder")]);
    }
    let finding = |builder: &&str| {
        Finding::new(format!(
            "the image was built by `{builder}`, which is no trusted builder"
        ))
        .help("build it where the setting `trustedBuilders` says, or add the builder to it")
        .at(Location::Manifest)
        .key(format!("builder={builder}"))
    };
    Ok(builders.iter().map(finding).collect())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::{Value, json};

    const RULE: &str = "supply.builder-not-trusted";
    const NOBODY: &str = "nobody trusted says who built the image";

    fn given(attestations: &Value) -> Given {
        let given = Given::image_config("{}").attested(&attestations.to_string());
        given.settings(RULE, json!({ "trustedBuilders": ["https://ci.test/*"] }))
    }

    fn built(verification: &str, builder: &Value) -> Value {
        json!({
            "predicateType": "https://slsa.dev/provenance/v0.2", "verification": verification,
            "predicate": { "builder": {"id": builder}, "buildType": "x" },
        })
    }

    #[rstest]
    #[case(vec![built("verified", &json!("https://ci.test/runner"))], &[])]
    #[case(vec![built("verified", &json!("https://other.test")), built("verified", &json!("https://ci.test/runner"))], &[])]
    #[case(vec![built("verified", &json!("https://ci.test/a/b"))], &["the image was built by `https://ci.test/a/b`, which is no trusted builder"])]
    #[case(vec![], &[NOBODY])]
    // Everybody can write these.
    #[case(vec![built("unsigned", &json!("https://ci.test/runner"))], &[NOBODY])]
    #[case(vec![built("untrusted", &json!("https://ci.test/runner"))], &[NOBODY])]
    #[case(vec![built("invalid", &json!("https://ci.test/runner"))], &[NOBODY])]
    #[case(vec![built("verified", &json!(["https://ci.test/runner"]))], &[NOBODY])]
    fn only_a_builder_in_signed_provenance_is_believed(
        #[case] attached: Vec<Value>,
        #[case] found: &[&str],
    ) {
        let given = given(&json!({ "attached": attached }));
        assert_eq!(messages(&PACK, RULE, given), found);
    }

    #[test]
    fn without_a_list_it_does_not_apply() {
        let given = Given::image_config("{}").attested("{}");
        let outcome = evaluate(&PACK, RULE, given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::NotApplicable"),
            "{outcome:?}"
        );
    }

    #[test]
    fn where_nobody_is_trusted_nobody_can_say() {
        let attached = vec![built("unsigned", &json!("https://ci.test/runner"))];
        let given = given(&json!({ "trustsNobody": true, "attached": attached }));
        let outcome = evaluate(&PACK, RULE, given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Inconclusive"),
            "{outcome:?}"
        );
    }
}
