//! A label claims a result that nobody signed
//!
//! ## What it does
//! Looks for labels that say that the image was scanned, approved, certified or found compliant. A label whose claim the
//! policy set itself decides in this run is left alone: the signed statement then says whether it is true. So is one whose claim
//! a statement about this very image makes, if the policy set trusts who signed it. Of a Dockerfile alone nobody has signed
//! anything yet.
//!
//! ## Why is this bad?
//! Whoever writes the Dockerfile writes its labels. `security.scan=passed` can be written without any scan, and looks
//! like proof to everybody who reads it later.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Labels": { "security.scan": "passed" } } }
//! ```
//! ```json fails
//! { "config": { "Labels": { "compliance.level": "enterprise" } } }
//! ```
//! ```dockerfile fails
//! FROM scratch
//! LABEL security.scan="passed"
//! ```
//! ```json attestations
//! { "trustedClaims": ["security.scan"] }
//! ```
//! ```json passes
//! { "config": { "Labels": { "security.scan": "passed" } } }
//! ```
//! Use instead a statement that is signed (`polcheck attest`), and no label:
//! ```json passes
//! { "config": { "Labels": { "security.contact": "https://example.com/security" } } }
//! ```
//! ```dockerfile passes
//! FROM scratch
//! LABEL security.contact="https://example.com/security"
//! ```

use crate::env_names::words;
use crate::parts;
use polcheck_sdk::{
    Confidence, FactError, Facts, Finding, Item, Judgement, Rule, Settings, Severity,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["image", "dockerfile"]],
    uses: &["attestations"],
    ..Rule::of(check)
};

/// Words of a key that ask for a result.
const CHECKS: [&str; 14] = [
    "scan",
    "scanned",
    "scanning",
    "audit",
    "audited",
    "approval",
    "approved",
    "certified",
    "certification",
    "verified",
    "attested",
    "vetted",
    "vulnerabilities",
    "cve",
];
/// Words of a key that claim to keep somebody's rules.
const COMPLIANCE: [&str; 3] = ["compliance", "compliant", "hardened"];
/// Values that are a good result.
const RESULTS: [&str; 16] = [
    "passed",
    "pass",
    "ok",
    "success",
    "succeeded",
    "true",
    "yes",
    "clean",
    "approved",
    "certified",
    "compliant",
    "verified",
    "none",
    "0",
    "secure",
    "scanned",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let labels = facts.run_config()?.labels.iter();
    let own = labels.filter(|label| !label.is_inherited);
    let undecided = own.filter(|label| !facts.claims().contains(&label.key));
    let claims: Vec<(&str, Finding)> = undecided
        .filter_map(|label| Some((label.key.as_str(), claim(label)?)))
        .collect();
    if claims.is_empty() {
        return Ok(vec![]);
    }
    let trusted = trusted_claims(facts)?;
    let unsigned = claims
        .into_iter()
        .filter(|(key, _)| !trusted.iter().any(|claim| claim == key));
    Ok(unsigned.map(|(_, finding)| finding).collect())
}

/// The claims that somebody trusted signed for this image. Where nobody is trusted, or there is no image, there are none.
fn trusted_claims(facts: &Facts) -> Result<Vec<String>, FactError> {
    match facts.attestations().trusted_claims() {
        Err(FactError::Absent | FactError::Denied) => Ok(vec![]),
        claims => claims,
    }
}

fn claim(label: &Item) -> Option<Finding> {
    let (key, value) = (&label.key, label.value.as_deref()?);
    let words = words(key);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let is_result = RESULTS.contains(&value.trim().to_ascii_lowercase().as_str());
    // That there are none of them is good news only of what nobody wants.
    let is_good_news =
        is_result && (!matches!(value.trim(), "none" | "0") || has(&["vulnerabilities", "cve"]));
    let finding = if is_good_news && (has(&CHECKS) || has(&COMPLIANCE)) {
        Finding::new(format!(
            "the label `{key}` claims `{value}`, and nobody signed that"
        ))
    } else if has(&COMPLIANCE) && !value.trim().is_empty() && !parts::has(value, "://") {
        Finding::new(format!(
            "the label `{key}` claims `{value}`, and nobody signed that"
        ))
        .severity(Severity::Medium)
        .confidence(Confidence::Medium)
    } else {
        return None;
    };
    let finding = finding.at(label.place.clone());
    Some(
        finding
            .help("remove the label, and attach a signed statement: `polcheck attest`")
            .key(key.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, Missing, evaluate, messages};
    use rstest::rstest;

    fn labelled(key: &str, value: &str) -> Given {
        Given::image_config(
            &serde_json::json!({ "config": { "Labels": { key: value } } }).to_string(),
        )
    }

    #[rstest]
    #[case("security.scan", "Passed", 1)]
    #[case("com.acme.scan-result", "ok", 1)]
    #[case("securityScan", "true", 1)]
    #[case("security.scan", "pending", 0)]
    #[case("security.scan", "failed", 0)]
    #[case("security.vulnerabilities", "0", 1)]
    #[case("scan.retries", "0", 0)]
    #[case("compliance.level", "enterprise", 1)]
    #[case("compliance.url", "https://example.com", 0)]
    #[case("security.scan.url", "https://example.com/passed", 0)]
    #[case("description", "passed", 0)]
    #[case("io.k8s.display-name", "Scanner", 0)]
    fn only_a_claimed_result_is_found(
        #[case] key: &str,
        #[case] value: &str,
        #[case] findings: usize,
    ) {
        assert_eq!(
            messages(&PACK, "label.self-attested", labelled(key, value)).len(),
            findings
        );
    }

    #[test]
    fn a_claim_that_this_run_decides_is_left_alone() {
        let given = labelled("security.scan", "passed").claim("security.scan");
        assert_eq!(
            messages(&PACK, "label.self-attested", given),
            Vec::<String>::new()
        );
        let other = labelled("security.scan", "passed").claim("security.audit");
        assert_eq!(messages(&PACK, "label.self-attested", other).len(), 1);
    }

    #[rstest]
    #[case(r#"{ "trustedClaims": ["security.scan"] }"#, 0)]
    #[case(r#"{ "trustedClaims": ["security.audit"] }"#, 1)]
    #[case(r#"{ "trustedClaims": [] }"#, 1)]
    // What nobody verified is no claim that is trusted.
    #[case(r#"{ "attached": [{ "predicateType": "https://in-toto.io/attestation/svr/v0.2", "verification": "untrusted", "predicate": { "properties": ["security.scan=passed"] } }] }"#, 1)]
    fn a_claim_that_somebody_trusted_signed_is_left_alone(
        #[case] attestations: &str,
        #[case] findings: usize,
    ) {
        let given = labelled("security.scan", "passed").attested(attestations);
        assert_eq!(
            messages(&PACK, "label.self-attested", given).len(),
            findings
        );
    }

    #[test]
    fn where_statements_cannot_be_had_it_is_not_said_that_nobody_signed() {
        let error = Missing::Unavailable("timeout".to_owned());
        let given = labelled("security.scan", "passed").without_attestations(error.clone());
        let outcome = evaluate(&PACK, "label.self-attested", given);
        assert!(
            format!("{outcome:?}").starts_with("Outcome::Broken"),
            "{outcome:?}"
        );
        let other = labelled("description", "passed").without_attestations(error);
        assert_eq!(messages(&PACK, "label.self-attested", other).len(), 0);
    }

    #[test]
    fn of_a_dockerfile_alone_nobody_has_signed_anything() {
        let given = Given::dockerfile("FROM scratch\nLABEL security.scan=passed\n");
        assert_eq!(messages(&PACK, "label.self-attested", given).len(), 1);
    }
}
