//! Trust policies: who may state what about which images, and how many of them have to.

use crate::assert_said;
use crate::harness::{Said, World, root};
use crate::identities::{BUNDLE, RESULT, attest_as_before, called, envelope, now, sigstore};
use crate::images::{bad_for, good, good_for};
use crate::statements::{push, referrer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use test_registry::image_index;
use test_sigstore::{Content, Signing};

/// What a trust policy begins with in most tests.
const SIGNERS: &str = "signers: { ci: { keys: [keys/ci.pub] }, security: { keys: [keys/security.pub] }, team: { identities: [{ identityRegexp: ^https://ci\\.test/, issuer: https://token.ci.test }] } }\ntrustedRoot: root.json\n";

/// A world with a good image, and some that may sign.
fn world() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    fs::create_dir(world.path("keys")).unwrap();
    for name in ["ci", "security", "stranger"] {
        world.make_key_called(&format!("keys/{name}"));
    }
    world.write("root.json", sigstore().trusted_root().to_string());
    world
}

/// Attaches a statement by a key.
fn attest(world: &World, key: &str, more: &str) {
    let command = format!("attest -q --key keys/{key}.key{more}");
    let said = called(world, &command, &world.image("app:1"));
    assert_eq!(said.code, 0, "{said}");
}

/// Keeps a statement by a key.
fn keep(world: &World, key: &str, file: &str) -> Value {
    attest(world, key, &format!(" --no-upload --bundle {file}"));
    serde_json::from_str(&world.read(file)).unwrap()
}

/// Attaches a statement that an identity signed in some way, changed before in some way.
fn attest_as_identity(
    world: &World,
    how: impl FnOnce(&mut Signing<'_>),
    change: impl FnOnce(&mut Value),
) {
    let payload = &keep(world, "stranger", "unsigned.json")["dsseEnvelope"]["payload"];
    let payload = STANDARD.decode(payload.as_str().unwrap()).unwrap();
    let mut statement = serde_json::from_slice(&payload).unwrap();
    change(&mut statement);
    let sigstore = sigstore();
    world.write("root.json", sigstore.trusted_root().to_string());
    let mut signing = sigstore.signing(now());
    how(&mut signing);
    let bundle = sigstore.sign(
        Content::Statement(statement.to_string().as_bytes()),
        &signing,
    );
    attach(world, &bundle);
}

fn attach(world: &World, bundle: &Value) {
    let layer = bundle.to_string();
    let manifest = referrer(world, good().digest(), BUNDLE, (BUNDLE, &layer));
    push(world, &manifest);
}

fn verify(world: &World, statements: &str, flags: &str) -> Said {
    world.write("trust.yaml", format!("{SIGNERS}statements:\n{statements}"));
    let command = format!("verify --trust-policy trust.yaml {flags}");
    called(world, command.trim_end(), &world.image("app:1"))
}

fn verified(world: &World, statements: &str, flags: &str) -> Value {
    let said = verify(world, statements, &format!("-o json {flags}"));
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}\n{said}"))
}

#[test]
fn a_statement_is_accepted_by_a_rule_and_its_signer_is_called_by_name() {
    let world = world();
    attest(&world, "ci", "");
    let rules = "- { claims: [licence.ok], signers: [security] }\n- { claims: [security.scan], signers: [ci] }\n";
    assert_said!(verify(&world, rules, ""), @"
    exit code: 0
    --- stdout
    registry.test/app:1: verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], key sha256:[DIGEST]
        accepted for security.scan=passed by rule 2, as ci
    ");
    let document = verified(&world, rules, "--require security.scan");
    assert_eq!(document["verified"], true);
    let accepted = &document["accepted"][0];
    assert_eq!(
        accepted["acceptedBy"],
        json!([{ "rule": 2, "claims": ["security.scan=passed"], "signers": ["ci"] }])
    );
    assert_eq!(accepted["from"], "referrers-api");
    assert_eq!(
        document["claims"],
        json!([{ "claim": "security.scan", "met": true, "rule": 2, "signers": ["ci"], "distinctSigners": 1, "threshold": 1 }])
    );
    assert_eq!(document["trustPolicy"]["file"], "trust.yaml");
    assert_eq!(document["trustedRoot"]["file"], "root.json");
}

#[test]
fn nobody_states_what_the_policy_lets_others_state() {
    let world = world();
    attest(&world, "ci", "");
    let rules = "- { claims: [licence.ok], signers: [ci] }\n- { claims: [security.scan], signers: [security] }\n";
    assert_said!(verify(&world, rules, ""), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST] by rule 1: the statement claims `security.scan=passed`, which the rule is not about
        help: add the claim to the rule of the trust policy, if its signers may state it
      rejected sha256:[DIGEST] by rule 2: the bundle is signed with the key `sha256:[DIGEST]`, which is not trusted
        help: if you trust whoever signed it, add them to a signer that the rule of the trust policy names
    ");
    assert_said!(verify(&world, rules, "--require security.scan=passed"), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST] by rule 2: the bundle is signed with the key `sha256:[DIGEST]`, which is not trusted
        help: if you trust whoever signed it, add them to a signer that the rule of the trust policy names
    ");
    // What no rule is about is not even looked for.
    assert_said!(verify(&world, rules, "--require slsa.level=3"), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      the trust policy has no rule about slsa.level=3 of registry.test/app
        help: add one to `statements`, if somebody may state it
    ");
}

#[rstest]
#[case("'**/app'", 0)]
#[case("'*/*'", 0)]
#[case("registry.example.com/**", 1)]
#[case("app", 1)]
fn a_rule_is_about_its_repositories(#[case] repositories: &str, #[case] code: i32) {
    let world = world();
    attest(&world, "ci", "");
    let rule =
        format!("- {{ claims: [security.scan], signers: [ci], repositories: [{repositories}] }}\n");
    let said = verify(&world, &rule, "");
    assert_eq!(said.code, code, "{said}");
    assert_eq!(
        said.stdout.contains("no rule about registry.test/app"),
        code == 1,
        "{said}"
    );
}

const TWO: &str = "- { claims: [security.scan], signers: [ci, security, team], threshold: 2 }\n";

#[test]
fn it_takes_as_many_distinct_signers_as_a_rule_requires() {
    let world = world();
    attest(&world, "ci", "");
    assert_said!(verify(&world, TWO, ""), @"
    exit code: 1
    --- stdout
    registry.test/app:1: not verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], key sha256:[DIGEST]
        accepted for security.scan=passed by rule 1, as ci
      security.scan=passed is stated by 1 distinct signer (ci), and rule 1 requires 2
    ");
    // The same signer again.
    attest(&world, "ci", " --keep-superseded");
    assert_eq!(verify(&world, TWO, "").code, 1);
    // A stranger.
    attest(&world, "stranger", "");
    assert_eq!(verify(&world, TWO, "").code, 1);
    attest_as_identity(&world, |_| {}, |_| {});
    let said = verify(&world, TWO, "");
    assert_eq!(said.code, 0, "{said}");
    for (text, count) in [
        ("by rule 1, as ci\n", 2),
        ("by rule 1, as team\n", 1),
        ("  rejected ", 1),
    ] {
        assert_eq!(said.stdout.matches(text).count(), count, "{said}");
    }
    let three = TWO.replace("threshold: 2", "threshold: 3");
    assert_eq!(verify(&world, &three, "").code, 1);
    attest(&world, "security", "");
    assert_eq!(verify(&world, &three, "").code, 0);
}

#[test]
fn a_key_and_an_identity_of_one_name_are_one_signer() {
    let world = world();
    attest(&world, "ci", "");
    attest_as_identity(&world, |_| {}, |_| {});
    let policy = "signers: { ci: { keys: [keys/ci.pub], identities: [{ identityRegexp: ., issuer: https://token.ci.test }] }, other: { keys: [keys/security.pub] } }\ntrustedRoot: root.json\nstatements: [{ claims: [security.scan], signers: [ci, other], threshold: 2 }]\n";
    world.write("one.yaml", policy);
    let image = world.image("app:1");
    let said = called(&world, "verify --trust-policy one.yaml", &image);
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout.contains("stated by 1 distinct signer (ci)"),
        "{said}"
    );
}

#[test]
fn one_identity_under_two_certificates_and_two_names_is_one_signer() {
    let world = world();
    let sigstore = sigstore();
    world.write("root.json", sigstore.trusted_root().to_string());
    let payload = &keep(&world, "stranger", "unsigned.json")["dsseEnvelope"]["payload"];
    let payload = STANDARD.decode(payload.as_str().unwrap()).unwrap();
    for _ in 0..2 {
        let signing = sigstore.signing(now());
        attach(
            &world,
            &sigstore.sign(Content::Statement(&payload), &signing),
        );
    }
    let policy = "signers: { a: { identities: [{ identityRegexp: ., issuer: https://token.ci.test }] }, b: { identities: [{ identityRegexp: ., issuerRegexp: ci }] } }\ntrustedRoot: root.json\nstatements: [{ claims: [security.scan], signers: [a, b], threshold: 2 }]\n";
    world.write("two.yaml", policy);
    let said = called(
        &world,
        "verify --trust-policy two.yaml",
        &world.image("app:1"),
    );
    assert_eq!(said.code, 1, "{said}");
    assert_eq!(said.stdout.matches("accepted for").count(), 2, "{said}");
    world.write("two.yaml", policy.replace("threshold: 2", "threshold: 1"));
    let said = called(
        &world,
        "verify --trust-policy two.yaml",
        &world.image("app:1"),
    );
    assert_eq!(said.code, 0, "{said}");
}

#[test]
fn all_places_are_read_until_it_is_enough() {
    let world = world();
    attest(&world, "ci", "");
    let other = keep(&world, "security", "security.json");
    attest_as_before(&world, &[(RESULT, Some(&envelope(&other)))]);
    let document = verified(&world, TWO, "");
    assert_eq!(document["verified"], true, "{document:#}");
    let mut from: Vec<&str> = document["accepted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["from"].as_str().unwrap())
        .collect();
    from.sort_unstable();
    assert_eq!(from, ["legacy-tag", "referrers-api"]);
    // Where one is enough, nobody asks for the older form.
    let document = verified(&world, &TWO.replace("threshold: 2", "threshold: 1"), "");
    assert_eq!(document["accepted"].as_array().unwrap().len(), 1);
}

#[test]
fn bundles_at_hand_are_judged_together_and_a_bad_one_hides_no_good_one() {
    let world = world();
    keep(&world, "ci", "ci.json");
    keep(&world, "security", "security.json");
    world.write("bad.json", "{\"mediaType\":");
    let said = verify(
        &world,
        TWO,
        "--bundle bad.json --bundle ci.json --bundle security.json",
    );
    assert_eq!(said.code, 0, "{said}");
    let texts = [
        "by rule 1, as ci\n",
        "by rule 1, as security\n",
        "rejected `bad.json`: the bundle cannot be read",
    ];
    for text in texts {
        assert!(said.stdout.contains(text), "{said}");
    }
    let said = verify(
        &world,
        TWO,
        "--bundle bad.json --bundle ci.json --bundle ci.json",
    );
    assert_eq!(said.code, 1, "{said}");
}

#[test]
fn each_required_claim_may_be_stated_by_another_statement() {
    let world = world();
    attest(&world, "ci", "");
    let claim = |statement: &mut Value| {
        statement["predicate"]["properties"] = json!(["licence.ok=passed"]);
    };
    attest_as_identity(&world, |_| {}, claim);
    let rules = "- { claims: [security.scan], signers: [ci] }\n- { claims: [licence.ok], signers: [team] }\n";
    let both = "--require security.scan=passed --require licence.ok=passed";
    let said = verify(&world, rules, both);
    assert_eq!(said.code, 0, "{said}");
    let flags = format!("verify --key keys/ci.pub {both}");
    let said = called(&world, &flags, &world.image("app:1"));
    assert_said!(said, @"
    exit code: 1
    --- stdout
    registry.test/app:1: not verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], key sha256:[DIGEST]
      rejected sha256:[DIGEST]: the bundle is signed with the certificate of an identity, and no identity is trusted
        help: if you trust an identity, give it with `--certificate-identity` and `--certificate-oidc-issuer`
      licence.ok=passed is not stated by any accepted statement
    ");
}

/// A claim that is as old as this.
fn aged(hours: i64) -> impl FnOnce(&mut Value) {
    move |statement| {
        let time = now() - SignedDuration::from_hours(hours);
        statement["predicate"]["timeCreated"] = json!(time.to_string());
    }
}

#[rstest]
#[case::young_enough(40, "", "--max-age 48h", 0)]
#[case::too_old(40, "", "--max-age 1d", 1)]
#[case::young_enough_for_the_policy(40, ", maxAge: 2d", "", 0)]
#[case::too_old_for_the_policy(40, ", maxAge: 1d", "", 1)]
#[case::the_policy_cannot_be_loosened(40, ", maxAge: 1d", "--max-age 30d", 1)]
#[case::but_narrowed(40, ", maxAge: 30d", "--max-age 1d", 1)]
#[case::from_the_future(-1, "", "--max-age 1d", 1)]
fn a_statement_may_be_only_so_old(
    #[case] hours: i64,
    #[case] policy: &str,
    #[case] flags: &str,
    #[case] code: i32,
) {
    let world = world();
    attest_as_identity(&world, |_| {}, aged(hours));
    let rule = format!("- {{ claims: [security.scan], signers: [team]{policy} }}\n");
    let said = verify(&world, &rule, flags);
    assert_eq!(said.code, code, "{said}");
    let reasons = ["may not be older than", "which is after now"];
    let is_said = reasons.iter().any(|reason| said.stdout.contains(reason));
    assert_eq!(is_said, code == 1, "{said}");
}

#[test]
fn an_old_statement_that_is_attached_again_is_too_old_by_its_own_time() {
    let world = world();
    attest_as_identity(&world, |_| {}, aged(40));
    let rule = "- { claims: [security.scan], signers: [team], maxAge: 1d }\n";
    assert_said!(verify(&world, rule, ""), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the statement was made at [TIME], and one may not be older than 24h; now is [TIME]
        help: check the image again with `polcheck attest`
    ");
    // Beside it, a new one counts, and is named first.
    attest(&world, "ci", "");
    let any = "- { claims: [security.scan], signers: [ci, team] }\n";
    let document = verified(&world, any, "");
    let times = document["accepted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| -> Timestamp { it["timeCreated"].as_str().unwrap().parse().unwrap() });
    let times: Vec<_> = times.collect();
    assert_eq!(times.len(), 2);
    assert!(times[0] > times[1], "{times:?}");
    assert_eq!(verify(&world, any, "--max-age 1d").code, 0);
}

#[rstest]
#[case("--max-age soon", "`soon` is not an age")]
#[case("--max-age 0s", "`0s` is not an age")]
#[case("--key keys/ci.pub", "cannot be used with")]
#[case(
    "--certificate-identity a --certificate-oidc-issuer b",
    "cannot be used with"
)]
#[case("--trusted-root root.json", "cannot be used with")]
#[case("--insecure-ignore-tlog", "cannot be used with")]
#[case("--policy-set builtin:strict", "cannot be used with")]
#[case("--verifier-id https://example.com", "cannot be used with")]
fn a_trust_policy_says_all_and_flags_beside_it_are_refused(
    #[case] flags: &str,
    #[case] says: &str,
) {
    let world = world();
    let said = verify(&world, TWO, flags);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(says), "{said}");
}

#[test]
fn a_policy_set_may_say_whose_statements_count() {
    let world = world();
    attest(&world, "ci", "");
    let trust = "{ signers: { ci: { keys: [../keys/ci.pub] } }, statements: [{ claims: [security.scan], signers: [ci] }] }";
    let set = format!(
        "name: own\nextends: [builtin:standard]\ntrust: {trust}\npoints: {{ admission: {{ trust: {} }} }}\n",
        trust.replace("ci.pub", "stranger.pub")
    );
    world.write("sets/own.yaml", set);
    let image = world.image("app:1");
    let verify = |flags: &str| called(&world, &format!("verify {flags}"), &image).code;
    assert_eq!(verify("--trust-policy sets/own.yaml"), 0);
    world.write("named.yaml", "policySet: sets/own.yaml\n");
    assert_eq!(verify("--config named.yaml"), 0);
    world.write("named.yaml", "policySet: sets/own.yaml\npoint: admission\n");
    assert_eq!(verify("--config named.yaml"), 1);
    // Whoever is named by a flag takes its place.
    assert_eq!(verify("--config named.yaml --key keys/ci.pub"), 0);
    world.write("named.yaml", "trustPolicy: sets/own.yaml\n");
    assert_eq!(verify("--config named.yaml"), 0);
    let said = called(
        &world,
        "verify --config named.yaml --policy-set builtin:strict",
        &image,
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("says which policy sets and verifiers"),
        "{said}"
    );
}

#[rstest]
#[case("trustPolicy: trust.yaml\n")]
#[case("policySet: own.yaml\n")]
fn whom_to_trust_is_not_for_a_file_to_say_that_lies_in_the_working_directory(#[case] config: &str) {
    let world = world();
    attest(&world, "ci", "");
    let trust = "{ signers: { ci: { keys: [keys/ci.pub] } }, statements: [{ claims: [security.scan], signers: [ci] }] }";
    world.write("trust.yaml", trust);
    world.write(
        "own.yaml",
        format!("name: own\nextends: [builtin:standard]\ntrust: {trust}\n"),
    );
    world.write("polcheck.yaml", config);
    let image = world.image("app:1");
    for verb in ["verify", "statements"] {
        let said = called(&world, verb, &image);
        assert_eq!(said.code, 2, "{said}");
        assert!(said.stderr.contains("which nobody named"), "{said}");
        assert!(said.stderr.contains("--trust-policy"), "{said}");
        let named = called(&world, &format!("{verb} --config polcheck.yaml"), &image);
        assert_eq!(named.code, 0, "{named}");
        let by_flag = called(&world, &format!("{verb} --key keys/ci.pub"), &image);
        assert_eq!(by_flag.code, 0, "{by_flag}");
    }
}

#[test]
fn a_run_that_trusts_others_than_the_set_makes_no_claims() {
    let world = world();
    let trust = |key: &str| {
        format!(
            "{{ signers: {{ ci: {{ keys: [keys/{key}.pub] }} }}, statements: [{{ claims: [a], signers: [ci] }}] }}"
        )
    };
    world.write(
        "own.yaml",
        format!(
            "name: own\nuri: https://example.com/own\nextends: [builtin:standard]\ntrust: {}\n",
            trust("ci")
        ),
    );
    world.write("same.yaml", trust("ci"));
    world.write("other.yaml", trust("security"));
    let image = world.image("app:1");
    let issued = |flags: &str| {
        let command = format!("check -o json {flags}");
        let words: Vec<&str> = command.split(' ').chain([image.as_str()]).collect();
        let document = world.json(&words);
        let report = &document["reports"][0];
        assert_eq!(report["verdict"], "passed", "{report:#}");
        (
            report["policySet"]["digest"].clone(),
            report["claims"][0]["issued"].clone(),
        )
    };
    let (published, is_issued) = issued("--policy-set own.yaml");
    assert_eq!(is_issued, true);
    let (same, is_issued) = issued("--policy-set own.yaml --trust-policy same.yaml");
    assert_eq!((same, is_issued), (published.clone(), json!(true)));
    let (other, is_issued) = issued("--policy-set own.yaml --trust-policy other.yaml");
    assert_ne!(other, published);
    assert_eq!(is_issued, false);
    let (_, is_issued) = issued("--trust-policy other.yaml");
    assert_eq!(is_issued, false);
}

#[rstest]
#[case::unknown_field("signers: {}\nstatements: []\nzzz: 1\n", "line 3, column 1")]
#[case::unknown_signer(
    "signers: { ci: { keys: [keys/ci.pub] } }\nstatements:\n- { claims: [a], signers: [cl] }\n",
    "trust.yaml:3:28"
)]
#[case::no_key(
    "signers:\n  ci: { keys: [root.json] }\nstatements: [{ claims: [a], signers: [ci] }]\n",
    "trust.yaml:2:16"
)]
#[case::no_age(
    "signers: { ci: { keys: [keys/ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], maxAge: soon }]\n",
    "line 2, column 52"
)]
#[case::no_set(
    "signers: { ci: { keys: [keys/ci.pub] } }\nstatements: [{ claims: [a], signers: [ci], policySets: [standard] }]\n",
    "trust.yaml:2:57"
)]
fn an_error_in_a_trust_policy_is_shown_where_it_is(#[case] text: &str, #[case] place: &str) {
    let world = world();
    world.write("trust.yaml", text);
    for command in ["config validate", "verify --trust-policy"] {
        let said = if command.starts_with("verify") {
            called(
                &world,
                "verify --trust-policy trust.yaml",
                &world.image("app:1"),
            )
        } else {
            called(&world, command, "trust.yaml")
        };
        assert_eq!(said.code, 2, "{said}");
        assert!(said.stderr.contains(place), "{said}");
    }
    let set: String = text.lines().flat_map(|line| ["  ", line, "\n"]).collect();
    world.write(
        "own.yaml",
        format!("name: own\npacks: [builtin:core]\nrules: {{ '*': {{}} }}\ntrust:\n{set}"),
    );
    let said = called(&world, "config validate", "own.yaml");
    assert_eq!(said.code, 2, "{said}");
}

#[test]
fn a_certificate_that_no_log_promised_to_publish_counts_only_where_that_is_said() {
    let world = world();
    attest_as_identity(&world, |signing| signing.certificate_log = None, |_| {});
    let flags = "verify --certificate-identity-regexp acme --certificate-oidc-issuer https://token.ci.test --trusted-root root.json";
    let image = world.image("app:1");
    let said = called(&world, flags, &image);
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout.contains("certificate transparency log"),
        "{said}"
    );
    assert_said!(called(&world, &format!("{flags} --insecure-ignore-sct"), &image), @"
    exit code: 0
    --- stdout
    registry.test/app:1: verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main (https://token.ci.test)
        signed no later than [TIME], in a transparency log
      insecure: `--insecure-ignore-sct` was given
    ");
    let rule = "- { claims: [security.scan], signers: [team], sct: ignored }\n";
    assert_eq!(verify(&world, rule, "").code, 0);
    assert_eq!(
        verify(&world, &rule.replace("ignored", "required"), "").code,
        1
    );
}

#[rstest]
#[case("log: required", 1)]
#[case("log: identities", 0)]
#[case("timestamp: required", 1)]
fn a_rule_may_require_more_of_signatures_with_keys(#[case] requirement: &str, #[case] code: i32) {
    let world = world();
    attest(&world, "ci", "");
    let rule = format!("- {{ claims: [security.scan], signers: [ci], {requirement} }}\n");
    let said = verify(&world, &rule, "");
    assert_eq!(said.code, code, "{said}");
}

const WEAK: &str = "name: weak\nuri: https://example.com/weak\npacks: [builtin:core]\nrules: { net.ssh-port: {} }\nclaims: { security.scan: { rules: ['*'] } }\n";

/// A bundle in which an identity says that it published a set.
fn publication(world: &World, digest: &str, predicate_type: &str) -> Value {
    let (_, hex) = digest.split_once(':').unwrap();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": { "sha256": hex } }],
        "predicateType": predicate_type,
        "predicate": {},
    });
    let sigstore = sigstore();
    world.write("root.json", sigstore.trusted_root().to_string());
    sigstore.sign(
        Content::Statement(statement.to_string().as_bytes()),
        &sigstore.signing(now()),
    )
}

/// A world in which an image has a statement by a weak set, and the digest of that.
fn judged_weakly() -> (World, String) {
    let world = world();
    world.write("weak.yaml", WEAK);
    attest(&world, "ci", " --policy-set weak.yaml");
    let digest = digest_of_weak(&world);
    (world, digest)
}

fn digest_of_weak(world: &World) -> String {
    let image = world.image("app:1");
    let report = world.json(&["check", "-o", "json", "--policy-set", "weak.yaml", &image]);
    let digest = &report["reports"][0]["policySet"]["digest"];
    digest.as_str().unwrap().to_owned()
}

/// A rule that trusts policy sets.
fn trusting(sets: &str) -> String {
    format!("- {{ claims: [security.scan], signers: [ci]{sets} }}\n")
}

#[test]
fn a_claim_by_a_weaker_policy_set_counts_only_where_that_set_is_trusted() {
    let (world, digest) = judged_weakly();
    let said = verify(&world, &trusting(""), "");
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout.contains("made with the policy set `weak`"),
        "{said}"
    );
    for (sets, code) in [
        (format!(", policySets: ['{digest}']"), 0),
        (
            format!(", policySets: ['https://example.com/weak@{digest}']"),
            0,
        ),
        (
            format!(", policySets: [{{ uri: 'https://example.com/weak', digest: '{digest}' }}]"),
            0,
        ),
        (
            format!(", policySets: ['https://example.com/other@{digest}']"),
            1,
        ),
        (", policySets: ['builtin:strict']".to_owned(), 1),
        (
            ", policySets: [{ publisher: team, uri: 'https://example.com/weak' }]".to_owned(),
            1,
        ),
    ] {
        let said = verify(&world, &trusting(&sets), "");
        assert_eq!(said.code, code, "{sets}\n{said}");
    }
}

#[test]
fn a_publisher_says_which_policy_sets_are_theirs() {
    let (world, digest) = judged_weakly();
    let published = |kind: &str| publication(&world, &digest, kind).to_string();
    let kind = "https://polcheck.dev/attestation/policy-set/v1";
    let by = |uri: &str| {
        trusting(&format!(
            ", policySets: [{{ publisher: team, uri: '{uri}' }}]"
        ))
    };
    let with = |rule: &str| format!("{rule}policySetStatements: [published]\n");
    world.write("published/weak.json", published(kind));
    let said = verify(&world, &with(&by("https://example.com/weak")), "");
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(
        verify(&world, &with(&by("https://example.com/other")), "").code,
        1
    );
    // Whoever is trusted to publish is not trusted to judge, and the other way round.
    let other =
        with(&by("https://example.com/weak").replace("publisher: team", "publisher: security"));
    let said = verify(&world, &other, "");
    assert_eq!(said.code, 2, "{said}");
    world.write(
        "published/weak.json",
        published("https://slsa.dev/provenance/v1"),
    );
    assert_said!(verify(&world, &with(&by("https://example.com/weak")), ""), @"
    exit code: 2
    --- stderr
    error: `published/weak.json` is not a statement of a publisher about a policy set
     |
     = caused by: the statement has the predicate type `https://slsa.dev/provenance/v1`, which publishes no policy set
     = help: name its publisher in `policySets`, or take the file away
    ");
}

#[test]
fn a_list_calls_signers_by_the_names_of_the_trust_policy() {
    let world = world();
    attest(&world, "ci", "");
    attest(&world, "stranger", "");
    world.write(
        "trust.yaml",
        format!("{SIGNERS}statements: [{{ claims: [a], signers: [ci] }}]\n"),
    );
    let image = world.image("app:1");
    let said = called(&world, "statements --trust-policy trust.yaml", &image);
    assert!(said.stdout.contains(" (ci)\n"), "{said}");
    assert_eq!(
        said.stdout.matches(": verified with the key").count(),
        1,
        "{said}"
    );
    let document = called(
        &world,
        "statements -o json --trust-policy trust.yaml",
        &image,
    );
    let document: Value = serde_json::from_str(&document.stdout).unwrap();
    let attached = document["attached"].as_array().unwrap();
    let mut names: Vec<&Value> = attached.iter().map(|it| &it["signerNames"]).collect();
    names.sort_by_key(|names| names.as_array().unwrap().len());
    assert_eq!(names, [&json!([]), &json!(["ci"])]);
}

#[test]
fn the_guide_has_a_trust_policy_that_works() {
    let world = world();
    let guide = fs::read_to_string(root().join("docs/guide/trust.md")).unwrap();
    let (_, behind) = guide.split_once("```yaml\n").unwrap();
    let (example, _) = behind.split_once("```").unwrap();
    world.write("trust.yaml", example);
    for (file, key) in [
        ("keys/release.pub", "ci.pub"),
        ("keys/audit.pub", "security.pub"),
    ] {
        world.write(file, world.read(&format!("keys/{key}")));
    }
    fs::create_dir(world.path("published-sets")).unwrap();
    let said = called(&world, "config validate", "trust.yaml");
    assert_eq!(said.code, 0, "{said}");
    let schema =
        fs::read_to_string(root().join("docs/reference/trust-policy.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let document: Value = serde_saphyr::from_str(example).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

/// The statement by a key that is not attached, in a bundle that was changed.
fn changed(world: &World, change: impl FnOnce(&mut Value)) -> Value {
    let mut bundle = keep(world, "ci", "ci.json");
    change(&mut bundle);
    bundle
}

#[rstest]
#[case::unsigned(|bundle: &mut Value| bundle["dsseEnvelope"]["signatures"] = json!([]), "the envelope has 0 signatures")]
#[case::signed_by_nobody(|bundle: &mut Value| bundle["dsseEnvelope"]["signatures"][0]["sig"] = "AAAA".into(), "the signature does not verify")]
#[case::payload_type(|bundle: &mut Value| bundle["dsseEnvelope"]["payloadType"] = "text/plain".into(), "the signature does not verify")]
#[case::key_in_the_bundle(|bundle: &mut Value| bundle["verificationMaterial"]["publicKey"]["rawBytes"] = "AAAA".into(), "has not the form that its specification says")]
#[case::key_hint(|bundle: &mut Value| bundle["verificationMaterial"]["publicKey"]["hint"] = STANDARD.encode([7; 32]).into(), "is signed with the key `sha256:0707")]
fn what_is_attached_and_forged_is_rejected_and_hides_no_good_statement(
    #[case] change: fn(&mut Value),
    #[case] reason: &str,
) {
    let world = world();
    let forged = changed(&world, change);
    attach(&world, &forged);
    let rule = "- { claims: [security.scan], signers: [ci] }\n";
    let said = verify(&world, rule, "");
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains(reason), "{said}");
    attest(&world, "ci", "");
    let said = verify(&world, rule, "");
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains(reason), "{said}");
}

#[test]
fn a_bundle_that_nobody_wants_to_read_and_a_thousand_others_hide_no_good_statement() {
    let world = world();
    let image = good();
    let bundle = keep(&world, "ci", "ci.json").to_string();
    let forged = keep(&world, "stranger", "stranger.json");
    let put = |text: &str| {
        push(
            &world,
            &referrer(&world, image.digest(), BUNDLE, (BUNDLE, text)),
        )
    };
    let mut huge = referrer(&world, image.digest(), BUNDLE, (BUNDLE, "huge"));
    huge["layers"][0]["size"] = json!((10 << 20) + 1);
    push(&world, &huge);
    for number in 0..997 {
        // Each is another one.
        put(&format!("{forged}{}", " ".repeat(number)));
    }
    let rule = "- { claims: [security.scan], signers: [ci] }\n";
    let said = verify(&world, rule, "");
    // The one that nobody could read may have been the right one.
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout.contains("is larger than 10485760 bytes"),
        "{said}"
    );
    put(&bundle);
    let document = verified(&world, rule, "");
    assert_eq!(document["verified"], true);
    assert_eq!(document["rejected"].as_array().unwrap().len(), 998);
}

#[test]
fn an_index_with_another_child_has_no_statement() {
    let world = World::new();
    fs::create_dir(world.path("keys")).unwrap();
    world.make_key_called("keys/ci");
    image_index(vec![good_for("amd64"), good_for("arm64")]).push(&world.registry, "app", Some("1"));
    attest(
        &world,
        "ci",
        " --no-upload --bundle platform.json --platform linux/amd64",
    );
    attest(&world, "ci", "");
    let image = world.image("app:1");
    let verify = |flags: &str| called(&world, &format!("verify --key keys/ci.pub{flags}"), &image);
    assert_eq!(verify("").code, 0);
    image_index(vec![bad_for("amd64"), good_for("arm64")]).push(&world.registry, "app", Some("1"));
    assert_eq!(verify("").code, 1);
    // The child that was not replaced is still what it was, and the new one is not.
    assert_eq!(verify(" --platform linux/arm64").code, 0);
    assert_eq!(verify(" --platform linux/amd64").code, 1);
    let said = verify(" --platform linux/amd64 --bundle platform.json");
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout.contains("the statement is about `sha256:"),
        "{said}"
    );
}

#[test]
fn what_stands_at_the_tags_of_the_old_form_is_verified_where_somebody_is_trusted() {
    let world = world();
    let ours = envelope(&keep(&world, "ci", "ci.json"));
    let other = envelope(&keep(&world, "stranger", "stranger.json"));
    attest_as_before(
        &world,
        &[
            (RESULT, Some(&ours)),
            (RESULT, Some(&other)),
            (RESULT, None),
        ],
    );
    let said = called(
        &world,
        "statements --key keys/ci.pub",
        &world.image("app:1"),
    );
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256-daef439c5228a6b3f3d86b5bca545280982ccdc490859f7b82ce0297f1eaeddf.att: 3 attestations (sha256:[DIGEST])
        sha256:[DIGEST]: verified with the key sha256:[DIGEST]; says of itself: https://in-toto.io/attestation/svr/v0.2
        sha256:[DIGEST]: not verified: the signature does not verify with `sha256:[DIGEST]`; says of itself: https://in-toto.io/attestation/svr/v0.2
        sha256:[DIGEST]: not readable: `registry.test/app` has no blob `sha256:[DIGEST]`; says of itself: https://in-toto.io/attestation/svr/v0.2
    ");
}
