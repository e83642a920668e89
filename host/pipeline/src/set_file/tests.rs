use super::*;
use crate::set_document::Tool;
use model::Severity;
use rstest::rstest;
use tempfile::TempDir;

/// Reads the first of these files.
fn read(files: &[(&str, &str)]) -> (TempDir, Result<SetDocument, PoliciesError>) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let first = folder.path().join(files[0].0);
    let set = read_set(first.to_str().unwrap());
    (folder, set)
}

const BELOW: &str = "
name: below
uri: https://example.com/below
failOn: medium
packs: [builtin:core, own.wasm]
rules:
  '*': {}
  net.ssh-port: { severity: critical, settings: { port: 2222 } }
  user.sudo: { enabled: false }
claims: { a.b: { rules: ['*'] }, c.d: { rules: [user.sudo] } }
suppressions: [hadolint]
notCovered: { x: nobody looks }
";

#[test]
fn a_set_is_laid_over_what_it_extends() {
    let above = "
name: above
extends: [shared/below.yaml]
packs: [builtin:core]
rules:
  net.ssh-port: { settings: { other: 1 } }
  user.sudo: { enabled: true }
claims: { a.b: { rules: [net.*] } }
";
    let (folder, set) = read(&[("above.yaml", above), ("shared/below.yaml", BELOW)]);
    let set = set.unwrap();
    assert_eq!((set.name.as_str(), set.uri), ("above", None));
    assert_eq!(set.fail_on, Some(Severity::Medium));
    let own = folder.path().join("shared/own.wasm").display().to_string();
    assert_eq!(set.packs, ["builtin:core".to_owned(), own]);
    let rule = &set.rules["net.ssh-port"];
    assert_eq!(rule.severity, Some(Severity::Critical));
    assert_eq!(
        rule.settings,
        Some(serde_json::json!({ "port": 2222, "other": 1 }))
    );
    assert_eq!(set.rules["user.sudo"].enabled, Some(true));
    assert_eq!(set.claims["a.b"].rules, ["net.*"]);
    assert_eq!(set.claims["c.d"].rules, ["user.sudo"]);
    assert_eq!(set.suppressions, Some([Tool::Hadolint].into()));
    assert_eq!(set.not_covered["x"], "nobody looks");
}

#[test]
fn the_last_of_several_lies_on_top_and_what_is_said_of_nothing_takes_something_away() {
    let files = [
        (
            "set.yaml",
            "{ name: s, extends: [a.yaml, b.yaml], suppressions: [] }",
        ),
        (
            "a.yaml",
            "{ name: a, failOn: low, packs: [builtin:core], suppressions: [polcheck] }",
        ),
        ("b.yaml", "{ name: b, failOn: critical }"),
    ];
    let set = read(&files).1.unwrap();
    assert_eq!(set.fail_on, Some(Severity::Critical));
    assert_eq!(set.suppressions, Some([].into()));
}

#[test]
fn a_built_in_set_can_be_extended() {
    let set = read(&[("set.yaml", "{ name: s, extends: [builtin:strict] }")]).1;
    let set = set.unwrap();
    assert_eq!(set.packs, ["builtin:core", "builtin:supply"]);
    assert_eq!(set.fail_on, Some(Severity::Medium));
    assert_eq!(set.uri, None);
}

#[rstest]
#[case::itself(&[("a.yaml", "{ name: a, extends: [a.yaml] }")], "the policy set extends itself, or more sets than can be read: `[]/a.yaml` → `[]/a.yaml`")]
#[case::in_a_circle(
    &[("a.yaml", "{ name: a, extends: [b.yaml] }"), ("b.yaml", "{ name: b, extends: [a.yaml] }")],
    "the policy set extends itself, or more sets than can be read: `[]/a.yaml` → `[]/b.yaml` → `[]/a.yaml`"
)]
#[case::missing(&[("a.yaml", "{ name: a, extends: [b.yaml] }")], "cannot read `[]/b.yaml`")]
#[case::no_built_in(&[("a.yaml", "{ name: a, extends: ['builtin:b'] }")], "there is no built-in policy set `b`")]
#[case::nothing(&[("a.yaml", "{ name: a }")], "`[]/a.yaml` names no pack, and extends no policy set")]
#[case::reserved(
    &[("a.yaml", "{ name: a, extends: [b.yaml] }"), ("b.yaml", "{ name: b, uri: 'polcheck:set/standard' }")],
    "`[]/b.yaml` has a uri that begins with `polcheck:`, which is reserved for built-in policy sets"
)]
fn what_cannot_be_extended_is_said(#[case] files: &[(&str, &str)], #[case] expected: &str) {
    let (folder, set) = read(files);
    let error = set.unwrap_err().to_string();
    let folder = folder.path().display().to_string();
    assert_eq!(error.replace(&folder, "[]"), expected);
}

#[test]
fn two_sets_may_extend_the_same_one() {
    let files = [
        ("set.yaml", "{ name: s, extends: [a.yaml, b.yaml] }"),
        ("a.yaml", "{ name: a, extends: [c.yaml] }"),
        ("b.yaml", "{ name: b, extends: [c.yaml] }"),
        ("c.yaml", "{ name: c, packs: [builtin:core] }"),
    ];
    assert_eq!(read(&files).1.unwrap().packs, ["builtin:core"]);
}

#[test]
fn sets_that_double_with_each_step_are_refused_soon() {
    let sets: Vec<(String, String)> = (0..40)
        .map(|at| {
            let next = at + 1;
            let text = format!("{{ name: s, extends: [{next}.yaml, {next}.yaml] }}");
            (format!("{at}.yaml"), text)
        })
        .chain([(
            "40.yaml".to_owned(),
            "{ name: s, packs: ['builtin:core'] }".to_owned(),
        )])
        .collect();
    let files: Vec<(&str, &str)> = sets
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let (_folder, set) = read(&files);
    assert!(matches!(set, Err(PoliciesError::ExtendsItself { .. })));
}

const TRUST: &str = "signers: { ci: { keys: [keys/ci.pub, '-----BEGIN PUBLIC KEY-----'] } }, trustedRoot: root.json, policySetStatements: [sets], statements: [{ claims: [a], signers: [ci] }]";

#[test]
fn what_a_set_says_about_trust_takes_the_place_of_all_that_is_said_below() {
    let below = format!("{BELOW}trust: {{ {TRUST} }}\n");
    let silent = "name: above\nextends: [shared/below.yaml]\n";
    let (folder, set) = read(&[("above.yaml", silent), ("shared/below.yaml", &below)]);
    let trust = set.unwrap().trust.unwrap();
    let shared = |name: &str| {
        folder
            .path()
            .join("shared")
            .join(name)
            .display()
            .to_string()
    };
    assert_eq!(
        trust.signers["ci"].keys,
        [
            shared("keys/ci.pub"),
            "-----BEGIN PUBLIC KEY-----".to_owned()
        ]
    );
    assert_eq!(trust.trusted_root, Some(shared("root.json")));
    assert_eq!(trust.policy_set_statements, [shared("sets")]);
    let says = "name: above\nextends: [shared/below.yaml]\ntrust: { signers: {}, statements: [] }\npoints: { push: { trust: { signers: { x: {} }, statements: [] } } }\n";
    let (_, set) = read(&[("above.yaml", says), ("shared/below.yaml", &below)]);
    let set = set.unwrap();
    assert!(set.trust.as_ref().unwrap().signers.is_empty());
    let names =
        |set: SetDocument| -> Vec<String> { set.trust.unwrap().signers.into_keys().collect() };
    assert_eq!(names(set.clone().at(EnforcementPoint::Push)), ["x"]);
    assert_eq!(names(set.at(EnforcementPoint::Scan)), Vec::<String>::new());
}

#[test]
fn a_file_about_trust_is_a_trust_policy_or_a_set_with_a_section() {
    let folder = tempfile::tempdir().unwrap();
    let read = |text: &str| {
        let path = folder.path().join("file.yaml");
        fs::write(&path, text).unwrap();
        read_trust(&path, EnforcementPoint::Ci)
    };
    let of_its_own = read(
        &TRUST
            .replace(", trusted", "\ntrusted")
            .replace(", policySetS", "\npolicySetS")
            .replace(", statements", "\nstatements"),
    )
    .unwrap();
    let root = folder.path().join("root.json").display().to_string();
    assert_eq!(of_its_own.trusted_root, Some(root));
    let of_set = read(&format!("{BELOW}trust: {{ {TRUST} }}\n")).unwrap();
    assert_eq!(of_set, of_its_own);
    let error = read(BELOW).unwrap_err();
    assert!(
        error.to_string().contains("has no section `trust`"),
        "{error}"
    );
    let error = read("signers: {}\nzzz: 1\n").unwrap_err();
    assert!(
        error.to_string().contains("is not a trust policy"),
        "{error}"
    );
}
