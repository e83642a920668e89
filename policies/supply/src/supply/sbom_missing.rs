//! The image has no list of what is in it
//!
//! ## What it does
//! Looks for an SBOM, in SPDX or `CycloneDX`, among what is attached to the image: as the predicate of a statement, as
//! `docker build --sbom=true` and `cosign attest` attach it, or as an artifact that refers to the image, as `oras attach` does.
//! One that nobody signed counts, unless the setting `requireSigned` says otherwise.
//!
//! ## Why is this bad?
//! When a vulnerability becomes known, the first question is which images have the package. With a list that question is
//! answered in a minute and without opening a single layer.
//!
//! ## Examples
//! ```json attestations
//! { "attached": [] }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! ```json attestations
//! { "attached": [ { "predicateType": "https://spdx.dev/Document", "verification": "unsigned", "predicate": {} } ] }
//! ```
//! ```json passes
//! { "config": {} }
//! ```
//! ```json attestations
//! { "attached": [ { "artifactType": "application/vnd.cyclonedx+json", "verification": "unsigned" } ] }
//! ```
//! ```json passes
//! { "config": {} }
//! ```

use polcheck_sdk::attestations::{Attestation, Subject, Verification};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    opt_in: true,
    needs: &[&["attestations"]],
    uses: &["attestations/unverified"],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "requireSigned": { "type": "boolean", "default": false,
            "description": "Whether only an SBOM counts that somebody signed whom the policy set trusts." }
    } }"#,
    url: Some("https://docs.docker.com/build/metadata/attestations/sbom/"),
    ..Rule::of(check)
};

/// The predicate types of SBOMs; a version may stand behind a slash.
const PREDICATES: [&str; 2] = ["https://spdx.dev/Document", "https://cyclonedx.org/bom"];
/// The artifact types of SBOMs; a version may stand behind a semicolon.
const ARTIFACTS: [&str; 5] = [
    "application/spdx+json",
    "text/spdx",
    "text/spdx+json",
    "application/vnd.cyclonedx+json",
    "application/vnd.cyclonedx+xml",
];

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let require_signed = settings.boolean("/requireSigned") == Some(true);
    let attestations = facts.attestations();
    if require_signed && !attestations.trusts_anybody()? {
        let why = "the policy set trusts nobody whose signature could count";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let attached = attestations.attached(Subject::Image, &[])?;
    let mut sboms = attached.iter().filter(|it| is_sbom(it)).peekable();
    let is_any = sboms.peek().is_some();
    let counts = |it: &Attestation| !require_signed || it.verification == Verification::Verified;
    if sboms.any(counts) {
        return Ok(vec![]);
    }
    let message = if is_any {
        "the image has no SBOM that somebody trusted signed"
    } else {
        "the image has no SBOM"
    };
    let finding = Finding::new(message).at(Location::Manifest);
    Ok(vec![
        finding
            .help("build with `--sbom=true`, or attach one: `cosign attest --type spdxjson`")
            .key("sbom"),
    ])
}

fn is_sbom(attestation: &Attestation) -> bool {
    if attestation.verification == Verification::Invalid {
        return false;
    }
    let is_of = |text: &Option<String>, types: &[&str], end: char| {
        let begins = |text: &str, known: &str| {
            let rest = text.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(end))
        };
        let text = text.as_deref().unwrap_or_default();
        types.iter().any(|known| begins(text, known))
    };
    is_of(&attestation.predicate_type, &PREDICATES, '/')
        || is_of(&attestation.artifact_type, &ARTIFACTS, ';')
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::{Value, json};

    const RULE: &str = "supply.sbom-missing";
    const NONE: &str = "the image has no SBOM";
    const UNTRUSTED: &str = "the image has no SBOM that somebody trusted signed";

    fn given(attached: &Value, settings: Value) -> Given {
        let attestations = json!({ "attached": [attached] }).to_string();
        Given::image_config("{}")
            .attested(&attestations)
            .settings(RULE, settings)
    }

    #[rstest]
    #[case(json!({ "predicateType": "https://spdx.dev/Document/v2.3", "verification": "untrusted" }), false, &[])]
    #[case(json!({ "predicateType": "https://cyclonedx.org/bom", "verification": "verified" }), true, &[])]
    #[case(json!({ "artifactType": "application/vnd.cyclonedx+json;version=1.6", "verification": "unsigned" }), false, &[])]
    #[case(json!({ "artifactType": "application/spdx+json", "verification": "unsigned" }), true, &[UNTRUSTED])]
    #[case(json!({ "predicateType": "https://spdx.dev/Document", "verification": "untrusted" }), true, &[UNTRUSTED])]
    #[case(json!({ "predicateType": "https://spdx.dev/Document", "verification": "invalid" }), false, &[NONE])]
    #[case(json!({ "predicateType": "https://spdx.dev/Documentation", "verification": "verified" }), false, &[NONE])]
    #[case(json!({ "artifactType": "application/vnd.acme.thing", "verification": "unsigned" }), false, &[NONE])]
    fn spdx_and_cyclonedx_count_in_both_forms(
        #[case] attached: Value,
        #[case] require_signed: bool,
        #[case] found: &[&str],
    ) {
        let given = given(&attached, json!({ "requireSigned": require_signed }));
        assert_eq!(messages(&PACK, RULE, given), found);
    }

    #[test]
    fn without_anybody_who_is_trusted_nothing_signed_can_be_asked_for() {
        let given = Given::image_config("{}").attested(r#"{ "trustsNobody": true }"#);
        let outcome = evaluate(
            &PACK,
            RULE,
            given.settings(RULE, json!({ "requireSigned": true })),
        );
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Inconclusive"),
            "{outcome:?}"
        );
    }
}
