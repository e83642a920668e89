//! Policy sets: those that lie in the binary, and files.

use crate::assert_said;
use crate::harness::{World, root, shared};
use rstest::rstest;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const SETS: [&str; 7] = [
    "standard",
    "strict",
    "cis-docker",
    "microservice",
    "api-gateway",
    "database-migration",
    "ml-serving",
];

const GOOD: &str = "FROM scratch\nUSER 65532:65532\n";

#[test]
fn nothing_in_a_built_in_set_is_without_effect() {
    let world = World::new();
    world.write("Dockerfile", GOOD);
    for set in SETS {
        let set = format!("builtin:{set}");
        let document = world.json(&["lint", "-o", "json", "--policy-set", &set, "Dockerfile"]);
        assert_eq!(document["withoutEffect"], serde_json::json!([]), "{set}");
    }
}

/// The rules with findings that are medium or worse.
fn failing(set: &str, file: &Path) -> Vec<String> {
    let (set, file) = (format!("builtin:{set}"), file.display().to_string());
    let args = ["lint", "-o", "json", "--policy-set", &set, &file];
    let document = World::new().json(&args);
    let report = &document["reports"][0];
    assert_eq!(report["verdict"], "failed");
    let findings = report["findings"].as_array().unwrap().iter();
    let rules: BTreeSet<String> = findings
        .map(|finding| ["severity", "rule"].map(|key| finding[key].as_str().unwrap()))
        .filter(|[severity, _]| !["low", "info"].contains(severity))
        .map(|words| words.join(" "))
        .collect();
    rules.into_iter().collect()
}

#[test]
fn the_sets_for_kinds_of_images_fail_on_what_matters_there() {
    let Some(seed) = shared("seed", "policy_sets") else {
        return;
    };
    let pairs = [
        ("microservice", "Dockerfile.production"),
        ("microservice", "Dockerfile.debug"),
        ("api-gateway", "Dockerfile.gateway"),
        ("api-gateway", "Dockerfile.traefik"),
        ("database-migration", "Dockerfile.migration"),
        ("ml-serving", "Dockerfile.ml-serving"),
    ];
    let judged = pairs.map(|(set, file)| {
        let failing = failing(set, &seed.join(file)).join("\n  ");
        format!("{set} {file}:\n  {failing}")
    });
    insta::assert_snapshot!(judged.join("\n"), @r#"
    microservice Dockerfile.production:
      high build.undefined-variable
      high label.self-attested
      high user.final-root
      medium base.end-of-life
      medium base.no-digest
      medium build.directive-ineffective
      medium label.self-attested
      medium pkg.go-install-latest
    microservice Dockerfile.debug:
      critical net.debug-listener
      high net.debug-listener
      high pkg.debug-tool-in-final
      high user.final-root
      medium base.end-of-life
      medium base.no-digest
      medium build.directive-ineffective
      medium health.missing
      medium pkg.go-install-latest
    api-gateway Dockerfile.gateway:
      critical net.admin-listener
      critical secret.private-key-generated
      critical secret.private-key-in-image
      high base.latest-tag
      medium build.directive-ineffective
    api-gateway Dockerfile.traefik:
      high net.dashboard-routed
      medium build.directive-ineffective
      medium label.stray-escape
    database-migration Dockerfile.migration:
      critical secret.default-credential
      high pkg.unpinned-pip
      high secret.credential-in-url
      high shell.exit-status-lost
      high user.final-root
      medium base.no-digest
      medium build.directive-ineffective
      medium health.undefined-variable
    ml-serving Dockerfile.ml-serving:
      critical build.invalid
      high secret.file-copied
      medium build.directive-ineffective
      medium pkg.compiler-in-final
    "#);
}

const POINTS: &str = "
name: own
packs: [builtin:core]
failOn: high
rules: { user.not-numeric: { severity: low }, health.missing: {} }
points:
  push: { failOn: low }
  admission: { rules: { user.not-numeric: { severity: high } } }
  scan: { rules: { user.not-numeric: { enabled: false } } }
";

#[rstest]
#[case("ci", 0)]
#[case("push", 1)]
#[case("admission", 1)]
#[case("scan", 0)]
fn a_set_says_what_is_otherwise_at_each_point(#[case] point: &str, #[case] code: i32) {
    let world = World::new();
    world.write("own.yaml", POINTS);
    world.write(
        "Dockerfile",
        "FROM scratch\nUSER app\nHEALTHCHECK CMD [\"/a\"]\n",
    );
    let said = world.polcheck(&[
        "lint",
        "--policy-set",
        "own.yaml",
        "--point",
        point,
        "Dockerfile",
    ]);
    assert_eq!(said.code, code, "{said}");
    assert_eq!(said.stdout.contains("user.not-numeric"), point != "scan");
}

#[test]
fn each_point_has_a_digest_of_its_own() {
    let world = World::new();
    world.write("own.yaml", POINTS);
    world.write("Dockerfile", GOOD);
    let digest = |point: &str| {
        let args = [
            "lint",
            "-o",
            "json",
            "--policy-set",
            "own.yaml",
            "--point",
            point,
            "Dockerfile",
        ];
        world.json(&args)["reports"][0]["policySet"]["digest"].to_string()
    };
    let digests: BTreeSet<String> = ["ci", "push", "admission", "scan"].map(digest).into();
    assert_eq!(digests.len(), 4);
}

#[test]
fn a_pack_is_the_one_that_the_set_means() {
    let world = World::new();
    world.write("Dockerfile", GOOD);
    let version = world.json(&["version", "-o", "json"]);
    let digest = version["packs"]["builtin:core"].as_str().unwrap();
    let other = format!("sha256:{}", "0".repeat(64));
    let pack = fs::read(root().join("tests/built/hostile.wasm")).unwrap();
    world.write("pack.wasm", &pack);
    for (pack, code) in [
        (format!("builtin:core@{digest}"), 0),
        (format!("builtin:core@{other}"), 2),
        (format!("pack.wasm@{other}"), 2),
    ] {
        world.write(
            "own.yaml",
            format!("name: own\npacks: ['{pack}']\nrules: {{ '*': {{}} }}\n"),
        );
        let said = world.polcheck(&["lint", "--policy-set", "own.yaml", "Dockerfile"]);
        assert_eq!(said.code, code, "{said}");
        if code == 2 {
            assert!(said.stderr.contains("has the digest `sha256:"), "{said}");
            assert!(said.stderr.contains("own.yaml:2:9"), "{said}");
        }
    }
}

#[rstest]
#[case::unknown_key("failon: high", "line 4, column 1")]
#[case::unknown_rule("rules: { user.final-rot: {} }", "own.yaml:4:10")]
#[case::unknown_severity("rules: { user.sudo: { severity: hgih } }", "line 4, column 33")]
#[case::settings_that_the_rule_does_not_take(
    "rules: { net.ssh-port: { settings: { port: x } } }",
    "own.yaml:4:10"
)]
#[case::rule_of_a_claim("claims: { a: { rules: [user.nobody] } }", "own.yaml:4:24")]
#[case::conflicting_severities(
    "rules: { user.final-root: { severity: low }, DL3002: { severity: high } }",
    "own.yaml:4:10"
)]
#[case::waiver_twice(
    "waivers: [{ id: A, reason: r, owner: o, expires: 2999-01-01, rule: user.sudo }, { id: A, reason: r, owner: o, expires: 2999-01-01, rule: user.sudo }]",
    "own.yaml:4:17"
)]
#[case::not_a_point("points: { everywhere: {} }", "line 4, column 11")]
#[case::no_yaml("rules: { '*': {}", "line 4, column 8")]
fn an_error_in_a_set_is_shown_where_it_is(#[case] line: &str, #[case] place: &str) {
    let world = World::new();
    world.write(
        "own.yaml",
        format!("name: own\n# A set\npacks: [builtin:core]\n{line}\n"),
    );
    let said = world.polcheck(&["config", "validate", "own.yaml"]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(place), "{said}");
}

#[test]
fn what_has_no_effect_is_named() {
    let world = World::new();
    world.write("Dockerfile", GOOD);
    world.write(
        "own.yaml",
        "name: own
packs: [builtin:core]
rules:
  user.*: {}
  user.sudo: { enabled: false }
  net.ssh-port: { enabled: false }
claims:
  a.b: { rules: [user.*, net.*], mayBeMissing: [base.*] }
waivers:
- { id: W1, reason: r, owner: o, expires: 2999-01-01, rule: health.missing }
- { id: W2, reason: r, owner: o, expires: 2020-01-01, rule: user.not-numeric }
",
    );
    assert_said!(world.polcheck(&["config", "validate", "own.yaml"]), @"
    exit code: 0
    --- stdout
    own.yaml is valid
    without effect: `net.ssh-port` of `rules` is switched off, and nothing switches it on
    without effect: `net.*` of `rules` of the claim `a.b` means no rule that counts for it
    without effect: `base.*` of `mayBeMissing` of the claim `a.b` means no rule that counts for it
    without effect: the waiver `W1` is for `health.missing`, which is not selected
    without effect: the waiver `W2` ended on 2020-01-01
    ");
    let said = world.polcheck(&[
        "lint",
        "-q",
        "--policy-set",
        "own.yaml",
        "--skip-rule",
        "label.empty",
        "Dockerfile",
    ]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    Dockerfile: passed (sha256:[DIGEST])

    unused waiver: W1 (until 2999-01-01)
    unused waiver: W2 (until 2020-01-01)
    without effect: `net.ssh-port` of `rules` is switched off, and nothing switches it on
    without effect: `net.*` of `rules` of the claim `a.b` means no rule that counts for it
    without effect: `base.*` of `mayBeMissing` of the claim `a.b` means no rule that counts for it
    without effect: `label.empty` is left out, and was not selected
    without effect: the waiver `W1` is for `health.missing`, which is not selected
    ");
}

#[rstest]
#[case::of_a_rule_that_the_set_has_not("rules: { user.*: {} }", &["--set", "net.ssh-port.port=2"])]
#[case::of_a_rule_that_is_switched_off("rules: { '*': {}, net.ssh-port: { enabled: false } }", &["--set", "DS-0004.port=2"])]
#[case::of_a_rule_that_is_left_out("rules: { '*': {} }", &["--skip-rule", "net.ssh-port", "--set", "net.ssh-port.port=2"])]
fn settings_of_a_rule_that_does_not_count_are_named(#[case] rules: &str, #[case] options: &[&str]) {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch\nEXPOSE 2\nUSER 1\n");
    world.write(
        "own.yaml",
        format!("name: own\npacks: [builtin:core]\n{rules}\n"),
    );
    let args = ["lint", "--policy-set", "own.yaml", "Dockerfile"];
    let said = world.polcheck(&[&args[..], options].concat());
    assert!(
        said.stdout.contains("has settings, and is not selected"),
        "{said}"
    );
    assert!(!said.stdout.contains("[net.ssh-port]"), "{said}");
}

#[test]
fn what_a_rule_that_is_switched_off_says_beside_is_named() {
    let world = World::new();
    world.write(
        "own.yaml",
        "name: own\npacks: [builtin:core]\nrules: { '*': {}, net.ssh-port: { enabled: false, severity: high } }\n",
    );
    assert_said!(world.polcheck(&["config", "validate", "own.yaml"]), @"
    exit code: 0
    --- stdout
    own.yaml is valid
    without effect: `net.ssh-port` of `rules` is switched off, and says more than that
    ");
}

#[test]
fn a_point_has_packs_of_its_own() {
    let world = World::new();
    world.write("Dockerfile", GOOD);
    let pack = fs::read(root().join("tests/built/hostile.wasm")).unwrap();
    world.write("sets/pack.wasm", &pack);
    world.write(
        "sets/own.yaml",
        "name: own\npacks: [builtin:core]\nrules: { user.*: {} }\npoints: { scan: { packs: [pack.wasm], rules: { edit.rebases: {} }, notCovered: { the weather: nobody looks } } }\n",
    );
    let lint = |point: &str| {
        world.polcheck(&[
            "lint",
            "--policy-set",
            "sets/own.yaml",
            "--point",
            point,
            "Dockerfile",
        ])
    };
    let (ci, scan) = (lint("ci"), lint("scan"));
    assert_eq!((ci.code, scan.code), (0, 1), "{ci}\n{scan}");
    assert!(scan.stdout.contains("edit.rebases"), "{scan}");
    assert!(scan.stdout.contains("not checked: the weather"), "{scan}");
    assert!(!ci.stdout.contains("the weather"), "{ci}");
}

/// Where an unknown field may stand, and what the schema says of it.
fn places<'s>(
    set: &'s Value,
    configuration: &'s Value,
    trust: &'s Value,
) -> Vec<(&'static str, &'s Value)> {
    vec![
        ("name: own\nzzz: 1\n", &set["properties"]),
        (
            "name: own\npacks: [builtin:core]\nrules: { '*': { zzz: 1 } }\n",
            &set["$defs"]["rule"]["properties"],
        ),
        (
            "name: own\nclaims: { a: { zzz: 1 } }\n",
            &set["$defs"]["claim"]["properties"],
        ),
        (
            "name: own\nwaivers: [{ zzz: 1 }]\n",
            &set["$defs"]["waiver"]["properties"],
        ),
        (
            "name: own\npoints: { ci: { zzz: 1 } }\n",
            &set["$defs"]["point"]["properties"],
        ),
        (
            "name: own\ntrust: { zzz: 1 }\n",
            &set["$defs"]["trust"]["properties"],
        ),
        ("signers: {}\nzzz: 1\n", &trust["properties"]),
        (
            "signers: { a: { zzz: 1 } }\n",
            &trust["$defs"]["signer"]["properties"],
        ),
        (
            "signers: { a: { identities: [{ zzz: 1 }] } }\n",
            &trust["$defs"]["identity"]["properties"],
        ),
        (
            "signers: {}\nstatements: [{ zzz: 1 }]\n",
            &trust["$defs"]["statements"]["properties"],
        ),
        ("zzz: 1\n", &configuration["properties"]),
        (
            "registries: { r.io: { zzz: 1 } }\n",
            &configuration["$defs"]["registry"]["properties"],
        ),
        (
            "waivers: [{ zzz: 1 }]\n",
            &configuration["$defs"]["waiver"]["properties"],
        ),
    ]
}

#[test]
fn the_published_schemas_know_what_polcheck_knows() {
    let world = World::new();
    let schema = |name: &str| -> Value {
        let path = root().join("docs/reference").join(name);
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    let set = schema("policy-set.schema.json");
    let configuration = schema("configuration.schema.json");
    let trust = schema("trust-policy.schema.json");
    // A section of a set is a trust policy.
    for part in ["signer", "identity", "statements", "trustedPolicySet"] {
        assert_eq!(set["$defs"][part], trust["$defs"][part], "{part}");
    }
    assert_eq!(set["$defs"]["trust"]["properties"], trust["properties"]);
    let places = places(&set, &configuration, &trust);
    for (text, properties) in places {
        world.write("file.yaml", text);
        let said = world.polcheck(&["config", "validate", "file.yaml"]);
        let (_, rest) = said
            .stderr
            .split_once("expected one of ")
            .unwrap_or_else(|| panic!("{said}"));
        let (known, _) = rest.split_once(" at line").unwrap();
        let known: BTreeSet<&str> = known.split(", ").collect();
        let described: BTreeSet<&str> = properties
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(described, known, "{text}");
    }
}

#[test]
fn the_built_in_sets_keep_to_the_published_schema() {
    let path = root().join("docs/reference/policy-set.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for set in SETS {
        let text = fs::read_to_string(root().join(format!("policies/sets/{set}.yaml"))).unwrap();
        let document: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{set}");
    }
}
