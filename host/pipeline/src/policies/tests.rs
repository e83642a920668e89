use super::*;
use crate::builtin::{SETS, builtin_set};
use engine::{Allocation, Case, Circumstances, Compiler, Limits, Options};
use model::{BrokenKind, Facts, Outcome, canonical};
use rstest::rstest;
use serde_json::json;
use std::time::Duration;

fn engine() -> Engine {
    Engine::new(Options {
        allocation: Allocation::OnDemand,
        limits: Limits::default(),
        // What lies in the binary is compiled.
        compiler: Compiler {
            program: "nothing-is-compiled".into(),
            args: vec![],
            timeout: Duration::from_secs(1),
        },
        cache: None,
    })
    .unwrap()
}

/// The built-in pack in a set of one's own, changed by a run.
fn load(rules: &str, changes: &Changes) -> Result<Policies, PoliciesError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("set.yaml");
    let text = format!("name: own\npacks: [builtin:core]\n{rules}");
    fs::write(&path, text).unwrap();
    Policies::load(
        &engine(),
        path.to_str().unwrap(),
        EnforcementPoint::default(),
        changes,
    )
}

fn selected(rules: &str) -> Vec<String> {
    let policies = load(rules, &Changes::default()).unwrap();
    policies.set.rules.keys().map(ToString::to_string).collect()
}

#[rstest]
#[case("rules: { net.ssh-port: {} }", &["net.ssh-port"])]
#[case("rules: { DS-0004: {} }", &["net.ssh-port"])]
#[case("rules: { shell.*: {} }", &["shell.cd", "shell.exit-status-lost", "shell.pipe-status-lost", "shell.shell-link"])]
#[case("rules: { shell.*: {}, DL3003: { enabled: false } }", &["shell.exit-status-lost", "shell.pipe-status-lost", "shell.shell-link"])]
// A rule that is opt-in is not meant by its group.
#[case("rules: { layer.*: {} }", &["layer.world-writable"])]
#[case("rules: { layer.*: {}, layer.consecutive-run: {} }", &["layer.consecutive-run", "layer.world-writable"])]
#[case("rules: { '*': { enabled: false }, net.*: {}, net.ssh-port: { enabled: true } }", &["net.ssh-port"])]
#[case("rules: {}", &[])]
fn what_names_a_rule_more_exactly_decides_whether_it_counts(
    #[case] rules: &str,
    #[case] expected: &[&str],
) {
    assert_eq!(selected(rules), expected);
}

#[test]
fn every_default_is_written_out() {
    let policies = load("rules: { net.ssh-port: {} }", &Changes::default()).unwrap();
    let rule = &policies.set.rules["net.ssh-port"];
    assert_eq!(rule.settings, json!({ "port": 22 }));
    assert_eq!(policies.set.fail_on, Severity::High);
    assert_eq!(policies.set.packs.len(), 1);
}

#[rstest]
#[case("rules: { net.ssh-port: { settings: { port: 1 } } }", "net.ssh-port")]
#[case("rules: { net.ssh-port: { settings: { port: 1 } } }", "DS-0004")]
#[case("rules: { DS-0004: { settings: { port: 1 } } }", "net.ssh-port")]
fn settings_of_the_run_win_by_whatever_name(#[case] rules: &str, #[case] name: &str) {
    let changes = Changes {
        settings: [(name.to_owned(), json!({ "port": 2 }))].into(),
        ..Changes::default()
    };
    let policies = load(rules, &changes).unwrap();
    let rule = &policies.set.rules["net.ssh-port"];
    assert_eq!(rule.settings, json!({ "port": 2 }));
    assert!(!policies.as_published);
}

#[test]
fn settings_under_two_names_are_refused() {
    let names = ["net.ssh-port", "DS-0004"];
    let changes = Changes {
        settings: names
            .map(|name| (name.to_owned(), json!({ "port": 2 })))
            .into(),
        ..Changes::default()
    };
    let error = load("rules: { '*': {} }", &changes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`net.ssh-port` has settings under two names"
    );
}

#[rstest]
#[case("user.final-root", None)]
#[case("DL3002", None)]
#[case(
    "user.*",
    Some("the waiver `W` is for `user.*`, which means several rules")
)]
#[case("user.nobody", Some("there is no rule `user.nobody`"))]
fn a_waiver_is_for_one_rule(#[case] rule: &str, #[case] refusal: Option<&str>) {
    let text = format!(
        "rules: {{ '*': {{}} }}\nwaivers: [{{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: '{rule}' }}]"
    );
    match (load(&text, &Changes::default()), refusal) {
        (Ok(policies), None) => {
            let mut waivers = policies.set.waivers.iter();
            assert_eq!(waivers.next().unwrap().rule, "user.final-root");
        }
        (loaded, refusal) => assert_eq!(
            loaded.map(drop).map_err(|error| error.to_string()),
            Err(refusal.unwrap().to_owned())
        ),
    }
}

#[test]
fn changes_without_an_effect_leave_the_set_as_published() {
    let changes = Changes {
        fail_on: Some(Severity::High),
        settings: [("net.ssh-port".to_owned(), json!({ "port": 22 }))].into(),
        ..Changes::default()
    };
    assert!(load("rules: { '*': {} }", &changes).unwrap().as_published);
}

#[test]
fn a_rule_that_the_run_leaves_out_is_remembered() {
    let changes = Changes {
        skipped: vec!["health.*".to_owned()],
        ..Changes::default()
    };
    let policies = load("rules: { '*': {} }", &changes).unwrap();
    let left_out: Vec<_> = policies.left_out.iter().map(ToString::to_string).collect();
    let expected = [
        "health.missing",
        "health.needs-tool",
        "health.undefined-variable",
    ];
    assert_eq!(left_out, expected);
    assert!(!policies.as_published);
}

#[test]
fn what_a_run_says_about_trust_takes_the_place_of_what_the_set_says() {
    let key = || {
        ::attest::SigningKey::generate()
            .unwrap()
            .public_key()
            .to_pem()
    };
    let trust = |key: &str| json!({ "signers": { "ci": { "keys": [key] } }, "statements": [{ "claims": ["a"], "signers": ["ci"] }] });
    let (ours, other) = (key(), key());
    let rules = format!("rules: {{ net.ssh-port: {{}} }}\ntrust: {}\n", trust(&ours));
    let changed = |key: &str| Changes {
        trust: Some(serde_json::from_value(trust(key)).unwrap()),
        ..Changes::default()
    };
    let published = load(&rules, &Changes::default()).unwrap();
    let same = load(&rules, &changed(&ours)).unwrap();
    assert!(published.as_published && same.as_published);
    assert_eq!(published.digest, same.digest);
    let replaced = load(&rules, &changed(&other)).unwrap();
    assert!(!replaced.as_published);
    let fingerprint = |policies: &Policies| {
        policies.trust.as_ref().unwrap().rules()[0].trust.keys[0]
            .fingerprint()
            .clone()
    };
    assert_eq!(fingerprint(&published), fingerprint(&same));
    assert_ne!(fingerprint(&published), fingerprint(&replaced));
    // Where a set trusts nobody, a run that trusts somebody is another one.
    let silent = "rules: { net.ssh-port: {} }";
    assert!(load(silent, &Changes::default()).unwrap().trust.is_none());
    assert!(!load(silent, &changed(&ours)).unwrap().as_published);
}

#[test]
fn what_a_built_in_set_is_can_be_said_without_loading_it() {
    for set in SETS {
        let name = format!("{BUILTIN}{}", set.name);
        let point = EnforcementPoint::default();
        let loaded = Policies::load(&engine(), &name, point, &Changes::default()).unwrap();
        let said = builtin_set(set.name).unwrap();
        assert_eq!((said.uri, said.digest), (loaded.set.uri, loaded.digest));
    }
}

#[test]
fn two_packs_with_a_rule_of_one_id_cannot_be_used_together() {
    let [core, ..] = &PACKS;
    let mut other = core.description().as_ref().clone();
    other.digest = canonical::sha256(b"another one");
    "other".clone_into(&mut other.metadata.id);
    let mut catalogue = Catalogue::default();
    assert!(catalogue.add(Arc::clone(core.description())).unwrap());
    assert!(!catalogue.add(Arc::clone(core.description())).unwrap());
    let error = catalogue.add(Arc::new(other)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the packs `core` and `other` both have a rule `base.end-of-life`"
    );
    assert_eq!(catalogue.packs().len(), 1);
}

#[test]
fn what_built_in_sets_say_of_rules_is_what_these_take() {
    let mut catalogue = Catalogue::default();
    for pack in &PACKS {
        catalogue.add(Arc::clone(pack.description())).unwrap();
    }
    for set in SETS {
        let document = read_set(&format!("{BUILTIN}{}", set.name)).unwrap();
        for point in EnforcementPoint::ALL {
            let document = document.clone().at(point);
            check_conflicts(&document, &catalogue).unwrap();
            check_settings(&document, &catalogue).unwrap();
        }
    }
}

#[test]
fn every_rule_that_is_asked_for_has_an_outcome_whether_a_pack_has_it_or_not() {
    let engine = engine();
    let strict = "builtin:strict";
    let point = EnforcementPoint::default();
    let policies = Policies::load(&engine, strict, point, &Changes::default()).unwrap();
    let unknown: RuleId = "zz.unknown".parse().unwrap();
    let asked: Vec<&RuleId> = policies.set.rules.keys().chain([&unknown]).collect();
    let rules = policies.packs.by_pack(asked.iter().copied());
    let case = Case::new(
        Facts::default(),
        Circumstances::default(),
        Arc::clone(&policies.settings),
    );
    let evaluation = policies.packs.evaluate(&engine, &rules, &Arc::new(case));
    let answered: Vec<&RuleId> = evaluation.outcomes.iter().map(|it| &it.rule).collect();
    assert_eq!(answered, asked);
    let last = evaluation.outcomes.last().map(|it| &it.outcome);
    assert!(
        matches!(last, Some(Outcome::Broken(broken)) if broken.kind == BrokenKind::NotAnswered)
    );
    let packs = policies.catalogue().packs();
    assert!(packs.len() > 1, "rules of several packs are asked for");
}
