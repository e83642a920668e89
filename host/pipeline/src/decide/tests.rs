//! The table of states and verdicts, row by row.

use super::*;
use crate::builtin::PACKS;
use model::Waiver;
use model::facts::Interface;
use model::policy_set::{Required, SelectedRule};
use model::{Broken, BrokenKind, Confidence, Digest, FactError, Severity, canonical};
use proptest::prelude::*;
use rstest::rstest;
use std::collections::BTreeMap;

/// A rule with what became of it, owned.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) metadata: RuleMetadata,
    pub(crate) selected: SelectedRule,
    pub(crate) outcome: Outcome,
}

pub(crate) fn rule(id: &str, outcome: Outcome) -> Rule {
    Rule {
        metadata: RuleMetadata {
            id: id.parse().unwrap(),
            title: id.to_owned(),
            default_severity: Severity::High,
            description: String::new(),
            aliases: vec![],
            opt_in: false,
            fixable: false,
            needs: vec![vec!["image".to_owned()]],
            uses: vec![],
            settings_schema: None,
            url: None,
        },
        selected: SelectedRule {
            pack: "core".to_owned(),
            severity: None,
            required: Required::Always,
            settings: serde_json::json!({}),
        },
        outcome,
    }
}

impl Rule {
    pub(crate) fn when_available(mut self) -> Self {
        self.selected.required = Required::Never;
        self
    }

    fn overridden(mut self, severity: Severity) -> Self {
        self.selected.severity = Some(severity);
        self
    }
}

pub(crate) fn finding(severity: Severity) -> Outcome {
    Outcome::Evaluated {
        findings: vec![Finding {
            severity,
            confidence: Confidence::High,
            message: "something is wrong".to_owned(),
            locations: vec![],
            remediation: None,
            key: "thing".to_owned(),
            evidence: BTreeMap::new(),
        }],
    }
}

pub(crate) fn holds() -> Outcome {
    Outcome::HOLDS
}

pub(crate) fn not_evaluated(cause: FactError) -> Outcome {
    Outcome::NotEvaluated {
        needs: vec!["dockerfile".to_owned()],
        cause,
    }
}

pub(crate) fn inconclusive() -> Outcome {
    Outcome::Inconclusive {
        reason: "too little".to_owned(),
    }
}

pub(crate) fn broken() -> Outcome {
    Outcome::Broken(Broken {
        kind: BrokenKind::Trap,
        message: "trap".to_owned(),
    })
}

pub(crate) fn waiver(rule: &str, expires: &str) -> Waiver {
    let json = serde_json::json!({ "id": "w", "reason": "r", "owner": "o", "expires": expires, "rule": rule });
    serde_json::from_value(json).unwrap()
}

pub(crate) fn set(waivers: Vec<Waiver>) -> PolicySet {
    PolicySet {
        name: "test".to_owned(),
        uri: None,
        packs: vec![],
        rules: BTreeMap::new(),
        fail_on: Severity::High,
        claims: BTreeMap::new(),
        waivers: waivers.into(),
        suppressions: BTreeSet::new(),
        not_covered: BTreeMap::new(),
        trust: None,
    }
}

pub(crate) fn digest() -> Digest {
    canonical::sha256(b"image")
}

pub(crate) fn judge(rules: &[Rule], problems: &[FactProblem], waivers: Vec<Waiver>) -> Decision {
    let judged: Vec<JudgedRule<'_>> = judged(rules);
    decide(&Judgement {
        set: &set(waivers),
        rules: &judged,
        problems,
        subject: SubjectNames {
            given: "r.io/app:1",
            image: Some("r.io/app"),
            dockerfile: None,
            digest: &digest(),
        },
        baseline: None,
        file: None,
        time: "2026-11-23T12:00:00Z".parse().unwrap(),
    })
}

/// A verdict does not depend on what a pack says of itself.
fn pack() -> &'static Arc<PackDescription> {
    let [pack, ..] = &PACKS;
    pack.description()
}

pub(crate) fn judged(rules: &[Rule]) -> Vec<JudgedRule<'_>> {
    rules
        .iter()
        .map(
            |Rule {
                 metadata,
                 selected,
                 outcome,
             }| JudgedRule {
                pack: pack(),
                metadata,
                selected,
                required: selected.required == Required::Always,
                outcome,
            },
        )
        .collect()
}

#[rstest]
// An open finding at or above the threshold fails, whatever else is wrong.
#[case(vec![rule("a.a", finding(Severity::High))], Verdict::Failed)]
#[case(vec![rule("a.a", finding(Severity::Critical))], Verdict::Failed)]
#[case(vec![rule("a.a", finding(Severity::High)), rule("a.b", broken())], Verdict::Failed)]
#[case(vec![rule("a.a", finding(Severity::Low)).overridden(Severity::Critical)], Verdict::Failed)]
// Something that had to be known and could not be.
#[case(vec![rule("a.a", broken())], Verdict::Undecided)]
#[case(vec![rule("a.a", broken()).when_available()], Verdict::Undecided)]
#[case(vec![rule("a.a", holds()), rule("a.b", broken())], Verdict::Undecided)]
#[case(vec![rule("a.a", not_evaluated(FactError::Absent))], Verdict::Undecided)]
#[case(vec![rule("a.a", not_evaluated(FactError::Denied))], Verdict::Undecided)]
#[case(vec![rule("a.a", inconclusive())], Verdict::Undecided)]
#[case(vec![rule("a.a", holds()), rule("a.b", inconclusive())], Verdict::Undecided)]
#[case(vec![rule("a.a", finding(Severity::Low)), rule("a.b", broken())], Verdict::Undecided)]
// Nothing could be evaluated at all.
#[case(vec![], Verdict::NothingToCheck)]
#[case(vec![rule("a.a", not_evaluated(FactError::Absent)).when_available()], Verdict::NothingToCheck)]
#[case(vec![rule("a.a", inconclusive()).when_available()], Verdict::NothingToCheck)]
// Otherwise it passed.
#[case(vec![rule("a.a", holds())], Verdict::Passed)]
#[case(vec![rule("a.a", finding(Severity::Medium))], Verdict::Passed)]
#[case(vec![rule("a.a", finding(Severity::Critical)).overridden(Severity::Low)], Verdict::Passed)]
#[case(vec![rule("a.a", holds()), rule("a.b", not_evaluated(FactError::Absent)).when_available()], Verdict::Passed)]
#[case(vec![rule("a.a", holds()), rule("a.b", inconclusive()).when_available()], Verdict::Passed)]
#[case(vec![rule("a.a", Outcome::NotApplicable { reason: "no".to_owned() })], Verdict::Passed)]
fn the_first_row_that_holds_is_the_verdict(#[case] rules: Vec<Rule>, #[case] expected: Verdict) {
    assert_eq!(judge(&rules, &[], vec![]).verdict, expected);
}

#[rstest]
#[case(FactError::Malformed("x".to_owned()), Verdict::Undecided)]
#[case(FactError::Unsupported("x".to_owned()), Verdict::Undecided)]
#[case(FactError::Unavailable("x".to_owned()), Verdict::Undecided)]
#[case(FactError::TooLarge("x".to_owned()), Verdict::Undecided)]
fn a_fact_that_may_exist_and_cannot_be_used_is_never_a_pass(
    #[case] error: FactError,
    #[case] expected: Verdict,
) {
    let problem = FactProblem {
        interface: Interface::Image,
        fact: "layers",
        error,
    };
    assert_eq!(
        judge(
            &[rule("a.a", holds())],
            std::slice::from_ref(&problem),
            vec![]
        )
        .verdict,
        expected
    );
    // A fact that no selected rule needs or uses does not matter.
    let mut elsewhere = rule("a.a", holds());
    elsewhere.metadata.needs = vec![];
    assert_eq!(
        judge(&[elsewhere.clone()], std::slice::from_ref(&problem), vec![]).verdict,
        Verdict::Passed
    );
    elsewhere.metadata.uses = vec!["image".to_owned()];
    assert_eq!(judge(&[elsewhere], &[problem], vec![]).verdict, expected);
}

#[test]
fn a_fact_that_cannot_be_used_is_said_once_and_not_for_each_rule() {
    let error = FactError::Malformed("x".to_owned());
    let problems = ["config", "layers"].map(|fact| FactProblem {
        interface: Interface::Image,
        fact,
        error: error.clone(),
    });
    let unserved = Outcome::NotEvaluated {
        needs: vec!["image".to_owned()],
        cause: error,
    };
    let decision = judge(
        &[rule("a.a", unserved.clone()), rule("a.b", unserved)],
        &problems,
        vec![],
    );
    let gap = Gap {
        what: "image".to_owned(),
        why: "it cannot be read: x".to_owned(),
    };
    assert_eq!(
        (decision.verdict, decision.undecided),
        (Verdict::Undecided, vec![gap])
    );
}

#[rstest]
#[case("2026-12-08", Verdict::Passed, ["used"].as_slice())]
#[case("2026-12-07", Verdict::Passed, &["used", "expiring"])]
#[case("2026-11-23", Verdict::Passed, &["used", "expiring"])]
#[case("2026-11-22", Verdict::Failed, &["expired"])]
fn a_waiver_counts_until_it_expires_and_says_so_two_weeks_before(
    #[case] expires: &str,
    #[case] expected: Verdict,
    #[case] lists: &[&str],
) {
    let decision = judge(
        &[rule("a.a", finding(Severity::High))],
        &[],
        vec![waiver("a.a", expires)],
    );
    assert_eq!(decision.verdict, expected);
    let WaiverReport {
        used,
        expiring,
        expired,
        comments,
    } = decision.waivers;
    let lengths = [
        ("used", used.len()),
        ("expiring", expiring.len()),
        ("expired", expired.len()),
    ];
    let filled: Vec<&str> = lengths
        .iter()
        .filter(|(_, length)| *length == 1)
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(filled, lists);
    assert_eq!(comments, []);
}

#[test]
fn a_waiver_that_counts_is_taken_before_one_that_is_over() {
    let mut over = waiver("a.a", "2026-11-22");
    over.id = "over".to_owned();
    let waivers = vec![over, waiver("a.a", "2027-11-22")];
    let decision = judge(&[rule("a.a", finding(Severity::High))], &[], waivers);
    assert_eq!(decision.waivers.used, ["w"]);
    assert_eq!(decision.waivers.expired, []);
}

#[test]
fn a_finding_of_the_baseline_fails_nothing_and_others_do() {
    let known = rule("a.a", finding(Severity::High));
    let digest = digest();
    let names = SubjectNames {
        given: "r.io/app:1",
        image: Some("r.io/app"),
        dockerfile: None,
        digest: &digest,
    };
    let baseline = Baseline::of([names.fingerprint(&known.metadata.id, "thing", None)]);
    let judge = |rules: &[Rule]| {
        decide(&Judgement {
            set: &set(vec![]),
            rules: &judged(rules),
            problems: &[],
            subject: names,
            file: None,
            baseline: Some(&baseline),
            time: "2026-11-23T12:00:00Z".parse().unwrap(),
        })
    };
    let decision = judge(&[known]);
    assert_eq!(
        (decision.verdict, &decision.findings[0].status),
        (Verdict::Passed, &Status::Known)
    );
    assert_eq!(
        judge(&[rule("a.b", finding(Severity::High))]).verdict,
        Verdict::Failed
    );
}

#[test]
fn a_waiver_does_not_mend_a_broken_rule() {
    let decision = judge(
        &[rule("a.a", broken())],
        &[],
        vec![waiver("a.a", "2026-12-31")],
    );
    assert_eq!(decision.verdict, Verdict::Undecided);
}

#[test]
fn what_nobody_looked_at_is_said() {
    let rules = [
        rule("a.a", holds()),
        rule("a.b", not_evaluated(FactError::Absent)).when_available(),
        rule("a.c", inconclusive()),
    ];
    let decision = judge(&rules, &[], vec![]);
    let gap = |what: &str, why: &str| Gap {
        what: what.to_owned(),
        why: why.to_owned(),
    };
    assert_eq!(
        decision.not_checked,
        [gap("a.b", "it needs `dockerfile`: there is none")]
    );
    assert_eq!(decision.undecided, [gap("a.c", "inconclusive: too little")]);
}

#[test]
fn the_worst_finding_comes_first() {
    let rules = [
        rule("b.low", finding(Severity::Low)),
        rule("a.high", finding(Severity::High)),
        rule("a.low", finding(Severity::Low)),
    ];
    let decision = judge(&rules, &[], vec![]);
    let order: Vec<_> = decision
        .findings
        .iter()
        .map(|finding| finding.rule.as_ref())
        .collect();
    assert_eq!(order, ["a.high", "a.low", "b.low"]);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(holds()),
        proptest::sample::select(Severity::ALL.to_vec()).prop_map(finding),
        Just(Outcome::NotApplicable {
            reason: "no".to_owned()
        }),
        Just(inconclusive()),
        Just(not_evaluated(FactError::Absent)),
        Just(broken()),
    ]
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    let rule = (any_outcome(), any::<bool>());
    proptest::collection::vec(rule, 0..6).prop_map(|rules| {
        let number = |(index, (outcome, required)): (usize, (Outcome, bool))| {
            let mut rule = rule_at(index, outcome);
            if !required {
                rule = rule.when_available();
            }
            rule
        };
        rules.into_iter().enumerate().map(number).collect()
    })
}

fn rule_at(index: usize, outcome: Outcome) -> Rule {
    rule(&format!("group.r{index}"), outcome)
}

proptest! {
    #[test]
    fn the_order_of_rules_does_not_matter(rules in any_rules(), seed in any::<prop::sample::Index>()) {
        let mut turned = rules.clone();
        if !turned.is_empty() {
            let middle = seed.index(turned.len());
            turned.rotate_left(middle);
        }
        prop_assert_eq!(judge(&rules, &[], vec![]).verdict, judge(&turned, &[], vec![]).verdict);
    }

    #[test]
    fn one_more_bad_outcome_never_makes_a_pass(rules in any_rules(), bad in any_outcome()) {
        prop_assume!(bad != holds() && !matches!(bad, Outcome::NotApplicable { .. }));
        let before = judge(&rules, &[], vec![]).verdict;
        let mut more = rules.clone();
        more.push(rule_at(99, bad.clone()));
        let after = judge(&more, &[], vec![]).verdict;
        let is_harmless = bad.findings().iter().all(|finding| finding.severity < Severity::High) && !bad.findings().is_empty();
        prop_assert!(is_harmless || after != Verdict::Passed || before == Verdict::Passed);
        prop_assert!(after != Verdict::Passed || before != Verdict::Failed);
    }

    #[test]
    fn a_pass_means_that_nothing_is_broken_and_nothing_required_is_open(rules in any_rules()) {
        if judge(&rules, &[], vec![]).verdict == Verdict::Passed {
            for rule in &rules {
                prop_assert!(!matches!(rule.outcome, Outcome::Broken(_)));
                prop_assert!(rule.outcome.findings().iter().all(|finding| finding.severity < Severity::High));
                if rule.selected.required == Required::Always {
                    let is_open = matches!(rule.outcome, Outcome::NotEvaluated { .. } | Outcome::Inconclusive { .. });
                    prop_assert!(!is_open);
                }
            }
        }
    }
}
