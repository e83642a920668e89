//! Nobody trusted signed the base image
//!
//! ## What it does
//! Finds out what the image was built on, from its provenance, its annotations, its labels or its Dockerfile, and looks for a
//! signature or a statement about that image by somebody whom the policy set trusts. That the layers of the image really begin
//! with those of its base is checked; where that cannot be, the rule is inconclusive unless verified provenance says so.
//!
//! ## Why is this bad?
//! All that is in the base image is in yours, and runs with its rights. Without a signature nobody knows whether the base comes
//! from those whose name it has, or from whoever got hold of their registry. CIS Docker Benchmark 4.5 and 4.12.
//!
//! ## Examples
//! ```json attestations
//! {
//!   "builtOn": {
//!     "reference": "registry.example.com/base/debian:13", "saidBy": "annotation", "layersMatch": true,
//!     "digest": "sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0"
//!   },
//!   "base": []
//! }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! ```json attestations
//! {
//!   "builtOn": {
//!     "reference": "registry.example.com/base/debian:13", "saidBy": "annotation", "layersMatch": true,
//!     "digest": "sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0"
//!   },
//!   "base": [ { "verification": "verified", "signer": "https://ci.example.com/base" } ]
//! }
//! ```
//! ```json passes
//! { "config": {} }
//! ```

use crate::built_on::{short, source};
use polcheck_sdk::attestations::{Subject, Verification};
use polcheck_sdk::{BaseSource, Facts, Finding, Judgement, Location, Rule, Settings, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["CIS-4.5", "CIS-4.12", "CIS-DI-0005"],
    opt_in: true,
    needs: &[&["attestations/base"], &["base-image/of-image"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let attestations = facts.attestations();
    if !attestations.trusts_anybody()? {
        let why = "the policy set trusts nobody whose signature could count";
        return Err(Unsettled::Inconclusive(why.to_owned()));
    }
    let base = facts.base_of_image()?;
    let attached = attestations.attached(Subject::Base, &[])?;
    let is_verified = attached
        .iter()
        .any(|it| it.verification == Verification::Verified);
    let reference = &base.reference;
    let message = match base.layers_match {
        Some(false) => format!(
            "the image is built on `{reference}`, {}, and its layers are not those of that image: nobody knows who signed them",
            source(&base)
        ),
        None if is_verified && base.said_by != BaseSource::VerifiedProvenance => {
            let why = format!("whether the image is built on `{reference}` cannot be seen");
            return Err(Unsettled::Inconclusive(why));
        }
        _ if is_verified => return Ok(vec![]),
        _ => format!("the base image `{reference}` is not signed by anybody trusted"),
    };
    let digest = base.digest.as_deref().or(base.tag_digest.as_deref());
    let finding = Finding::new(message)
        .at(Location::Manifest)
        .help("build on an image that is signed, or add those who sign it to the trust policy")
        .key(reference.as_str());
    Ok(vec![match digest {
        Some(digest) => finding.evidence("digest", short(digest)),
        None => finding,
    }])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::{Value, json};

    const RULE: &str = "base.unsigned";
    const UNSIGNED: &str = "the base image `base.test/debian:13` is not signed by anybody trusted";
    const OTHER_LAYERS: &str = "the image is built on `base.test/debian:13`, its annotations say, and its layers are not those of that image: nobody knows who signed them";

    fn given(base: &Value, said_by: &str, layers_match: Option<bool>) -> Given {
        let built_on = json!({ "reference": "base.test/debian:13", "saidBy": said_by, "layersMatch": layers_match });
        let attestations = json!({ "builtOn": built_on, "base": base });
        Given::image_config("{}").attested(&attestations.to_string())
    }

    #[rstest]
    #[case("verified", Some(true), "annotation", &[])]
    #[case("verified", None, "verified-provenance", &[])]
    #[case("verified", Some(false), "annotation", &[OTHER_LAYERS])]
    #[case("untrusted", Some(true), "annotation", &[UNSIGNED])]
    #[case("unsigned", Some(true), "annotation", &[UNSIGNED])]
    #[case("invalid", None, "label", &[UNSIGNED])]
    fn only_a_verified_signature_of_what_the_layers_are_counts(
        #[case] verification: &str,
        #[case] layers_match: Option<bool>,
        #[case] said_by: &str,
        #[case] found: &[&str],
    ) {
        let base = json!([{ "verification": verification }]);
        let given = given(&base, said_by, layers_match);
        assert_eq!(messages(&PACK, RULE, given), found);
    }

    #[test]
    fn a_signed_base_that_the_image_only_claims_to_have_is_no_pass() {
        let given = given(&json!([{ "verification": "verified" }]), "label", None);
        let outcome = evaluate(&PACK, RULE, given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Inconclusive"),
            "{outcome:?}"
        );
    }

    #[test]
    fn where_nobody_is_trusted_nothing_is_concluded() {
        let attestations = json!({
            "trustsNobody": true, "base": [], "builtOn": { "reference": "base.test/debian:13" },
        });
        let given = Given::image_config("{}").attested(&attestations.to_string());
        let outcome = evaluate(&PACK, RULE, given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Inconclusive"),
            "{outcome:?}"
        );
    }
}
