//! Each way to weaken a run withholds the claim, and nothing else does.

use super::*;
use crate::decide::tests::{
    Rule, broken, finding, holds, inconclusive, judge, judged, not_evaluated, rule, set, waiver,
};
use model::facts::AttestationFacts;
use model::facts::attestations::{Attestation, AttestationKind, Verification};
use model::{ClaimDefinition, Severity};
use rstest::rstest;
use std::collections::BTreeSet;

fn definition(rules: &[Rule]) -> ClaimDefinition {
    ClaimDefinition {
        rules: rules.iter().map(|rule| rule.metadata.id.clone()).collect(),
        threshold: Severity::High,
        may_be_missing: vec![],
        tolerates_waivers: false,
        tolerates_suppressions: false,
        origins: BTreeSet::new(),
    }
}

/// The claim `c` over all rules, by a definition that a test may change.
fn decide_claim(
    rules: &[Rule],
    run: &RunConditions,
    change: impl FnOnce(&mut ClaimDefinition),
) -> Claim {
    decide_waived(rules, run, vec![], change)
}

fn decide_waived(
    rules: &[Rule],
    run: &RunConditions,
    waivers: Vec<model::Waiver>,
    change: impl FnOnce(&mut ClaimDefinition),
) -> Claim {
    let mut claim = definition(rules);
    change(&mut claim);
    let mut set = set(waivers.clone());
    set.claims.insert("c".to_owned(), claim);
    let decision = judge(rules, &[], waivers);
    claims(&set, &judged(rules), &decision, run, &Facts::default())
        .pop()
        .unwrap()
}

fn good() -> Vec<Rule> {
    vec![rule("a.a", holds()), rule("a.b", finding(Severity::Low))]
}

#[test]
fn a_pass_of_an_unchanged_set_has_its_claim() {
    let claim = decide_claim(&good(), &RunConditions::default(), |_| {});
    assert_eq!(
        claim,
        Claim {
            name: "c".to_owned(),
            issued: true,
            withheld: vec![]
        }
    );
}

#[rstest]
#[case(RunConditions { changed_set: true, ..RunConditions::default() }, "this run changed the policy set")]
#[case(RunConditions { unnamed: vec![Unnamed::Registries], ..RunConditions::default() }, "which registries are asked comes from the working directory and was not named by `--config`")]
#[case(RunConditions { unnamed: vec![Unnamed::PolicySet], ..RunConditions::default() }, "the policy set comes from the working directory and was not named by `--policy-set`")]
#[case(RunConditions { unnamed: vec![Unnamed::Point], ..RunConditions::default() }, "the point comes from the working directory and was not named by `--point`")]
#[case(RunConditions { baseline: true, ..RunConditions::default() }, "a baseline was given")]
#[case(RunConditions { other_time: true, ..RunConditions::default() }, "the effective time is not now")]
#[case(RunConditions { insecure: vec!["--allow-insecure-registry".to_owned()], ..RunConditions::default() }, "`--allow-insecure-registry` was given")]
fn whatever_weakens_the_run_withholds_the_claim(#[case] run: RunConditions, #[case] reason: &str) {
    let claim = decide_claim(&good(), &run, |_| {});
    assert_eq!(
        (claim.issued, claim.withheld),
        (false, vec![reason.to_owned()])
    );
    // And the rules are not told that it is decided.
    let mut set = set(vec![]);
    set.claims.insert("c".to_owned(), definition(&good()));
    assert_eq!(run.decided_claims(&set), Vec::<String>::new());
    assert_eq!(RunConditions::default().decided_claims(&set), ["c"]);
}

#[rstest]
#[case(vec![rule("a.a", finding(Severity::High))], "`a.a` has a finding")]
#[case(vec![rule("a.a", holds()), rule("a.b", broken())], "`a.b` came to no conclusion")]
#[case(vec![rule("a.a", holds()), rule("a.b", inconclusive()).when_available()], "`a.b` came to no conclusion")]
#[case(vec![rule("a.a", holds()), rule("a.b", not_evaluated(FactError::Absent)).when_available()], "`a.b` came to no conclusion")]
fn whatever_a_rule_of_the_claim_leaves_open_withholds_it(
    #[case] rules: Vec<Rule>,
    #[case] reason: &str,
) {
    let claim = decide_claim(&rules, &RunConditions::default(), |_| {});
    assert!(!claim.issued);
    assert!(
        claim.withheld.contains(&reason.to_owned()),
        "{:?}",
        claim.withheld
    );
}

#[test]
fn the_threshold_is_the_claims_own() {
    let rules = [rule("a.a", finding(Severity::Medium))];
    assert!(decide_claim(&rules, &RunConditions::default(), |_| {}).issued);
    assert!(
        !decide_claim(&rules, &RunConditions::default(), |claim| claim.threshold =
            Severity::Medium)
        .issued
    );
}

#[rstest]
#[case(FactError::Absent, true)]
#[case(FactError::Denied, false)]
#[case(FactError::Unavailable("offline".to_owned()), false)]
#[case(FactError::Malformed("x".to_owned()), false)]
fn only_an_absent_fact_may_be_missing(#[case] cause: FactError, #[case] issued: bool) {
    let rules = [
        rule("a.a", holds()),
        rule("a.b", not_evaluated(cause)).when_available(),
    ];
    let claim = decide_claim(&rules, &RunConditions::default(), |claim| {
        claim.may_be_missing = vec!["a.b".parse().unwrap()];
    });
    assert_eq!(claim.issued, issued);
}

#[test]
fn a_claim_needs_at_least_one_rule_that_holds() {
    let rules = [rule(
        "a.a",
        Outcome::NotApplicable {
            reason: "no".to_owned(),
        },
    )];
    let claim = decide_claim(&rules, &RunConditions::default(), |_| {});
    assert_eq!(claim.withheld, ["none of its rules was evaluated"]);
}

#[test]
fn a_rule_of_the_claim_that_was_not_run_withholds_it() {
    let claim = decide_claim(&good(), &RunConditions::default(), |claim| {
        claim.rules.push("a.other".parse().unwrap());
    });
    assert_eq!(claim.withheld, ["`a.other` was not run"]);
}

#[test]
fn a_waived_finding_counts_as_open_unless_the_claim_says_otherwise() {
    let rules = [rule("a.a", finding(Severity::High)), rule("a.b", holds())];
    let waivers = || vec![waiver("a.a", "2026-12-31")];
    let strict = decide_waived(&rules, &RunConditions::default(), waivers(), |_| {});
    assert_eq!(
        strict.withheld,
        ["`a.a` has a waived finding, and the claim does not accept waivers"]
    );
    let lenient = decide_waived(&rules, &RunConditions::default(), waivers(), |claim| {
        claim.tolerates_waivers = true;
    });
    assert!(lenient.issued);
}

#[rstest]
#[case(false)]
#[case(true)]
fn a_silenced_finding_counts_as_open_unless_the_claim_says_otherwise(#[case] tolerated: bool) {
    let rules = [rule("a.a", holds()), rule("a.b", finding(Severity::High))];
    let mut claim = definition(&rules);
    claim.tolerates_suppressions = tolerated;
    let mut set = set(vec![]);
    set.claims.insert("c".to_owned(), claim);
    let mut decision = judge(&rules, &[], vec![]);
    decision.verdict = Verdict::Passed;
    for finding in &mut decision.findings {
        finding.status = Status::Suppressed {
            tool: "polcheck".to_owned(),
            reason: None,
        };
    }
    let run = RunConditions::default();
    let claims = claims(&set, &judged(&rules), &decision, &run, &Facts::default());
    assert_eq!(claims[0].issued, tolerated);
}

#[rstest]
#[case("attestations/unverified", Verification::Unsigned, &[], &["the claim accepts no attestation that nobody trusted signed"])]
#[case("attestations/unverified", Verification::Untrusted, &[Origin::Given], &["the claim accepts no attestation that nobody trusted signed"])]
#[case("attestations/unverified", Verification::Unsigned, &[Origin::Provenance], &[])]
#[case("attestations/unverified", Verification::Verified, &[], &[])]
// Rules that do not ask for it see nothing that such an attestation says.
#[case("attestations", Verification::Unsigned, &[], &[])]
fn a_claim_that_unsigned_attestations_decided_is_withheld_unless_it_accepts_them(
    #[case] uses: &str,
    #[case] verification: Verification,
    #[case] origins: &[Origin],
    #[case] withheld: &[&str],
) {
    let mut rules = [rule("a.a", holds())];
    rules[0].metadata.uses = vec![uses.to_owned()];
    let facts = Facts {
        attestations: Some(Ok(Box::new(AttestationFacts {
            image: vec![attestation(verification)],
            ..AttestationFacts::default()
        }))),
        ..Facts::default()
    };
    let mut claim = definition(&rules);
    claim.origins = origins.iter().copied().collect();
    let mut set = set(vec![]);
    set.claims.insert("c".to_owned(), claim);
    let decision = judge(&rules, &[], vec![]);
    let run = RunConditions::default();
    let claims = claims(&set, &judged(&rules), &decision, &run, &facts);
    assert_eq!(claims[0].withheld, withheld);
}

fn attestation(verification: Verification) -> Attestation {
    Attestation {
        kind: AttestationKind::Statement,
        digest: model::canonical::sha256(b"x"),
        predicate_type: None,
        artifact_type: None,
        verification,
        signer: None,
        signed_at: None,
        logged: false,
        predicate: Ok(serde_json::json!({})),
    }
}
