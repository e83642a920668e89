//! Whatever weakens the policy set in a run withholds its claims, and then there is no statement.

use crate::harness::World;
use crate::images::{bad, good};
use rstest::rstest;

const SET: &str = "name: own\npacks: [builtin:core]\nrules: { '*': {} }\nclaims: { security.scan: { rules: ['*'], mayBeMissing: ['*'] } }\n";

/// Weaker where images are scanned.
const POINTS: &str = "name: own\npacks: [builtin:core]\nrules: { '*': {} }\nclaims: { security.scan: { rules: ['*'], mayBeMissing: ['*'] } }\npoints: { scan: { failOn: critical } }\n";

/// The reasons why `security.scan` is withheld from a good image; none if it is issued.
fn withheld(world: &World, options: &[&str]) -> Vec<String> {
    good().push(&world.registry, "app", Some("1"));
    let document = world.json(&[&["check", "-o", "json", &world.image("app:1")], options].concat());
    let claim = &document["reports"][0]["claims"][0];
    let reasons = claim["withheld"].as_array().cloned().unwrap_or_default();
    assert_eq!(claim["issued"].as_bool().unwrap(), reasons.is_empty());
    reasons
        .iter()
        .map(|reason| reason.as_str().unwrap().to_owned())
        .collect()
}

const CHANGED: &str = "this run changed the policy set";

#[rstest]
#[case(&[], None)]
#[case(&["--policy-set", "builtin:standard"], None)]
#[case(&["--policy-set", "own.yaml"], None)]
#[case(&["--exit-zero"], None)]
#[case(&["--fail-on", "never"], None)]
// Both are what the set that was named says, for a place that was named.
#[case(&["--policy-set", "points.yaml", "--point", "scan"], None)]
// The same threshold, the default setting: nothing is changed.
#[case(&["--fail-on", "high"], None)]
#[case(&["--set", "net.ssh-port.port=22"], None)]
#[case(&["--fail-on", "critical"], Some(CHANGED))]
#[case(&["--fail-on", "low"], Some(CHANGED))]
#[case(&["--rule", "user.final-root"], Some(CHANGED))]
#[case(&["--skip-rule", "health.missing"], Some(CHANGED))]
#[case(&["--set", "net.ssh-port.port=2222"], Some(CHANGED))]
#[case(&["--settings", "settings.yaml"], Some(CHANGED))]
#[case(&["--policy", "pack.wasm"], Some(CHANGED))]
#[case(&["--waivers", "waivers.yaml"], Some(CHANGED))]
#[case(&["--waivers", "no-waivers.yaml"], None)]
#[case(&["--ignore-comments"], Some(CHANGED))]
#[case(&["--baseline", "baseline.json"], Some("a baseline was given"))]
#[case(&["--effective-time", "2026-01-01T00:00:00Z"], Some("the effective time is not now"))]
#[case(&["--allow-insecure-registry"], Some("`--allow-insecure-registry` was given"))]
fn a_flag_that_weakens_the_set_withholds_the_claim(
    #[case] options: &[&str],
    #[case] reason: Option<&str>,
) {
    let world = World::new();
    world.write("own.yaml", SET);
    world.write("points.yaml", POINTS);
    world.write("settings.yaml", "net.ssh-port: { port: 2222 }\n");
    world.write(
        "waivers.yaml",
        "waivers: [{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root }]\n",
    );
    world.write("no-waivers.yaml", "waivers: []\n");
    world.write("baseline.json", "{ \"schemaVersion\": 1, \"reports\": [] }");
    world.write(
        "pack.wasm",
        std::fs::read(crate::harness::root().join("tests/built/hostile.wasm")).unwrap(),
    );
    let options = match options {
        // Only its good rule.
        ["--policy", _] => [options, &["--skip-rule", "endless.*"]].concat(),
        options => options.to_vec(),
    };
    let reasons = withheld(&world, &options);
    assert_eq!(reasons.first().map(String::as_str), reason, "{reasons:?}");
}

#[rstest]
#[case("failOn: critical\n", CHANGED)]
#[case("skipRules: [net.ssh-port]\n", CHANGED)]
#[case("settings: { net.ssh-port: { port: 1 } }\n", CHANGED)]
#[case(
    "waivers: [{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root }]\n",
    CHANGED
)]
#[case("waiverFiles: [waivers.yaml]\n", CHANGED)]
#[case("ignoreComments: true\n", CHANGED)]
#[case("policies: [pack.wasm]\nskipRules: [endless.*]\n", CHANGED)]
#[case("rules: [user.*]\n", CHANGED)]
#[case("baseline: baseline.json\n", "a baseline was given")]
#[case(
    "policySet: builtin:standard\n",
    "the policy set comes from the working directory and was not named by `--policy-set`"
)]
#[case(
    "policySet: own.yaml\n",
    "the policy set comes from the working directory and was not named by `--policy-set`"
)]
#[case(
    "allowInsecureRegistry: true\n",
    "`--allow-insecure-registry` was given"
)]
fn a_configuration_file_that_weakens_the_set_withholds_the_claim(
    #[case] file: &str,
    #[case] reason: &str,
) {
    let world = World::new();
    world.write("own.yaml", SET);
    world.write(
        "waivers.yaml",
        "waivers: [{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root }]\n",
    );
    world.write("baseline.json", "{ \"schemaVersion\": 1, \"reports\": [] }");
    world.write(
        "pack.wasm",
        std::fs::read(crate::harness::root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.write("polcheck.yaml", file);
    assert_eq!(withheld(&world, &[])[0], reason);
    assert_eq!(withheld(&world, &["--no-config"]), Vec::<String>::new());
}

#[rstest]
#[case("POLCHECK_FAIL_ON", "critical", Some(CHANGED))]
#[case("POLCHECK_SKIP_RULES", "net.ssh-port", Some(CHANGED))]
#[case("POLCHECK_RULES", "user.final-root", Some(CHANGED))]
#[case("POLCHECK_IGNORE_COMMENTS", "true", Some(CHANGED))]
#[case("POLCHECK_WAIVERS", "waivers.yaml", Some(CHANGED))]
#[case("POLCHECK_BASELINE", "baseline.json", Some("a baseline was given"))]
#[case(
    "POLCHECK_ALLOW_INSECURE_REGISTRY",
    "true",
    Some("`--allow-insecure-registry` was given")
)]
#[case("POLCHECK_POLICIES", "pack.wasm", Some(CHANGED))]
#[case("POLCHECK_POINT", "scan", None)]
// The environment belongs to whoever runs polcheck: it names the set.
#[case("POLCHECK_POLICY_SET", "own.yaml", None)]
fn a_variable_that_weakens_the_set_withholds_the_claim(
    #[case] name: &str,
    #[case] value: &str,
    #[case] reason: Option<&str>,
) {
    let mut world = World::new();
    world.write("own.yaml", SET);
    world.write(
        "waivers.yaml",
        "waivers: [{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root }]\n",
    );
    world.write("baseline.json", "{ \"schemaVersion\": 1, \"reports\": [] }");
    world.write(
        "pack.wasm",
        std::fs::read(crate::harness::root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.set(name, value);
    let options: &[&str] = match name {
        // Only its good rule.
        "POLCHECK_POLICIES" => &["--skip-rule", "endless.*"],
        _ => &[],
    };
    let reasons = withheld(&world, options);
    assert_eq!(reasons.first().map(String::as_str), reason);
}

#[test]
fn the_working_directory_does_not_say_for_which_place_a_set_is_taken() {
    let world = World::new();
    world.write("points.yaml", POINTS);
    world.write("polcheck.yaml", "point: scan\n");
    let named = ["--policy-set", "points.yaml"];
    assert_eq!(
        withheld(&world, &named),
        ["the point comes from the working directory and was not named by `--point`"]
    );
    let both = [&named[..], &["--point", "scan"]].concat();
    assert_eq!(withheld(&world, &both), Vec::<String>::new());
}

#[rstest]
#[case(
    "ignore",
    Some("`user.final-root` has a waived finding, and the claim does not accept waivers")
)]
#[case("count", None)]
fn a_waiver_of_the_set_itself_withholds_the_claim_unless_the_claim_says_otherwise(
    #[case] waivers: &str,
    #[case] reason: Option<&str>,
) {
    let world = World::new();
    let mut config = crate::images::good_config();
    config["User"] = "root".into();
    crate::images::with(config).push(&world.registry, "root", Some("1"));
    let claim = format!("mayBeMissing: ['*'], waivers: {waivers}");
    let set = SET.replace("mayBeMissing: ['*']", &claim);
    world.write(
        "own.yaml",
        format!("{set}waivers: [{{ id: W, reason: r, owner: o, expires: 2999-01-01, rule: user.final-root }}]\n"),
    );
    let image = world.image("root:1");
    let document = world.json(&["check", "-o", "json", "--policy-set", "own.yaml", &image]);
    let report = &document["reports"][0];
    assert_eq!(report["verdict"], "passed", "{report:#}");
    let claim = &report["claims"][0];
    assert_eq!(claim["issued"], reason.is_none(), "{claim}");
    assert_eq!(claim["withheld"][0].as_str(), reason, "{claim}");
}

#[test]
fn a_withheld_claim_is_no_statement() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    let said = world.polcheck(&[
        "attest",
        "--key",
        "polcheck.key",
        "--skip-rule",
        "net.ssh-port",
        &image,
    ]);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("no statement"), "{said}");
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &image])
            .code,
        1
    );
}

#[test]
fn forgiving_the_exit_code_does_not_forgive_the_image() {
    let world = World::new();
    bad().push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    let said = world.polcheck(&[
        "attest",
        "-q",
        "--exit-zero",
        "--key",
        "polcheck.key",
        &image,
    ]);
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &image])
            .code,
        1
    );
}

#[test]
fn a_set_cannot_take_the_name_of_a_built_in_one() {
    let world = World::new();
    world.write("fake.yaml", format!("uri: polcheck:set/standard\n{SET}"));
    let said = world.polcheck(&["check", "--policy-set", "fake.yaml", "app:1"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("reserved for built-in policy sets"),
        "{said}"
    );
}

#[rstest]
fn every_format_says_why_a_claim_is_withheld(
    #[values(
        "text",
        "json",
        "sarif",
        "junit",
        "github",
        "gitlab",
        "gitlab-container-scanning",
        "markdown",
        "html"
    )]
    format: &str,
) {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let weaker = ["--skip-rule", "health.missing", "-o", format, &image];
    let said = world.polcheck(&[&["check"], &weaker[..]].concat());
    assert!(said.stdout.contains(CHANGED), "{said}");
}
