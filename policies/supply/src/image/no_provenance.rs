//! The image has no provenance
//!
//! ## What it does
//! Looks for build provenance (SLSA v0.2 or v1) among what is attached to the image, and for the steps of the build in it,
//! which BuildKit leaves out unless it is asked for `mode=max`. Provenance that nobody signed counts, unless the setting
//! `requireSigned` says otherwise; provenance that cannot be read, that was changed, or that is about another image does not.
//!
//! ## Why is this bad?
//! Without provenance nobody can tell from what, by whom and how an image was made; after an attack on a builder or a source,
//! nobody can tell which images it is in. CIS Docker Benchmark 4.12.
//!
//! ## Examples
//! ```json attestations
//! { "attached": [] }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! ```json attestations
//! { "attached": [ {
//!   "predicateType": "https://slsa.dev/provenance/v1", "verification": "unsigned",
//!   "predicate": {
//!     "buildDefinition": {
//!       "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
//!       "internalParameters": { "buildConfig": { "llbDefinition": [] } }
//!     },
//!     "runDetails": { "builder": { "id": "" } }
//!   }
//! } ] }
//! ```
//! ```json passes
//! { "config": {} }
//! ```

use crate::provenance::{Provenance, all};
use polcheck_sdk::attestations::Verification;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["CIS-4.12"],
    opt_in: true,
    needs: &[&["attestations"]],
    uses: &["attestations/unverified"],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "requireSigned": { "type": "boolean", "default": false,
            "description": "Whether only provenance counts that somebody signed whom the policy set trusts." },
        "allowShort": { "type": "boolean", "default": false,
            "description": "Whether provenance of BuildKit without the steps of the build, `mode=min`, will do." }
    } }"#,
    url: Some("https://docs.docker.com/build/metadata/attestations/slsa-provenance/"),
    ..Rule::of(check)
};

const HELP: &str =
    "build with `--provenance=mode=max`, or let the builder attach signed provenance";

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let require_signed = settings.boolean("/requireSigned") == Some(true);
    if require_signed && !facts.attestations().trusts_anybody()? {
        let why = "the policy set trusts nobody whose signature could count";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let all = all(facts)?;
    let counts = |it: &&Provenance| !require_signed || it.verification == Verification::Verified;
    let mut counting = all.iter().filter(counts).peekable();
    let message = match (counting.peek(), all.is_empty()) {
        (None, true) => "the image has no provenance",
        (None, false) => "the image has no provenance that somebody trusted signed",
        (Some(_), _) => {
            let is_enough = |it: &Provenance| !it.is_short;
            if settings.boolean("/allowShort") == Some(true) || counting.any(is_enough) {
                return Ok(vec![]);
            }
            "the provenance of the image leaves out how it was built"
        }
    };
    let finding = Finding::new(message).at(Location::Manifest).help(HELP);
    Ok(vec![finding.key("provenance")])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::{Value, json};

    const RULE: &str = "image.no-provenance";
    const NONE: &str = "the image has no provenance";
    const UNTRUSTED: &str = "the image has no provenance that somebody trusted signed";
    const SHORT: &str = "the provenance of the image leaves out how it was built";

    fn given(attestations: &Value) -> Given {
        Given::image_config("{}").attested(&attestations.to_string())
    }

    fn v02(verification: &str, predicate: &Value) -> Value {
        json!({ "predicateType": "https://slsa.dev/provenance/v0.2", "verification": verification, "predicate": predicate })
    }

    fn max() -> Value {
        json!({ "builder": {"id": "https://ci.test"}, "buildType": "https://mobyproject.org/buildkit@v1", "buildConfig": {} })
    }

    fn min() -> Value {
        json!({ "builder": {"id": ""}, "buildType": "https://mobyproject.org/buildkit@v1" })
    }

    #[rstest]
    #[case(vec![v02("unsigned", &max())], &[])]
    #[case(vec![v02("untrusted", &max())], &[])]
    #[case(vec![v02("unsigned", &min())], &[SHORT])]
    #[case(vec![v02("unsigned", &min()), v02("verified", &max())], &[])]
    #[case(vec![v02("unsigned", &json!({ "builder": {"id": "x"}, "buildType": "https://other.test/v1" }))], &[])]
    // What was changed, is about another image, or is no provenance, is none.
    #[case(vec![v02("invalid", &max())], &[NONE])]
    #[case(vec![v02("unsigned", &json!("https://mobyproject.org/buildkit@v1"))], &[NONE])]
    #[case(vec![v02("unsigned", &json!({ "buildType": "x" }))], &[NONE])]
    #[case(vec![json!({ "predicateType": "https://spdx.dev/Document", "verification": "verified", "predicate": max() })], &[NONE])]
    fn provenance_that_says_how_it_was_built_is_enough(
        #[case] attached: Vec<Value>,
        #[case] found: &[&str],
    ) {
        let given = given(&json!({ "attached": attached }));
        assert_eq!(messages(&PACK, RULE, given), found);
    }

    #[rstest]
    #[case("unsigned", &[UNTRUSTED])]
    #[case("untrusted", &[UNTRUSTED])]
    #[case("invalid", &[NONE])]
    #[case("verified", &[])]
    fn only_signed_provenance_counts_where_the_settings_say_so(
        #[case] verification: &str,
        #[case] found: &[&str],
    ) {
        let given = given(&json!({ "attached": [v02(verification, &max())] }));
        let given = given.settings(RULE, json!({ "requireSigned": true }));
        assert_eq!(messages(&PACK, RULE, given), found);
    }

    #[test]
    fn without_anybody_who_is_trusted_nothing_signed_can_be_asked_for() {
        let given = given(&json!({ "trustsNobody": true, "attached": [v02("unsigned", &max())] }));
        let given = given.settings(RULE, json!({ "requireSigned": true }));
        let outcome = evaluate(&PACK, RULE, given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Inconclusive"),
            "{outcome:?}"
        );
    }

    #[test]
    fn short_provenance_will_do_where_the_settings_say_so() {
        let given = given(&json!({ "attached": [v02("unsigned", &min())] }));
        let given = given.settings(RULE, json!({ "allowShort": true }));
        assert_eq!(messages(&PACK, RULE, given), Vec::<String>::new());
    }

    #[test]
    fn what_could_not_be_had_is_no_pass() {
        let given = Given::image_config("{}");
        let error = model_error();
        let outcome = evaluate(&PACK, RULE, given.without_attestations(error));
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Broken"),
            "{outcome:?}"
        );
    }

    fn model_error() -> polcheck_sdk::testing::Missing {
        polcheck_sdk::testing::Missing::TooLarge("1000 referrers".to_owned())
    }
}
