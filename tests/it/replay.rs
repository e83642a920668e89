//! `polcheck replay` and `polcheck verify --replay`: verdicts that are come to again.

use crate::harness::{Said, World, root, shared};
use crate::images::{good, good_config, good_for, with};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use test_registry::{ImageBuilder, Options, TestImage, image_index};

const SET: &str = "name: own\nuri: https://example.com/own\npacks: [builtin:core]\nrules: { '*': {}, net.ssh-port: { settings: { port: 22 } } }\nclaims: { security.scan: { rules: ['*'], mayBeMissing: ['*'], waivers: count, origins: [given, provenance] } }\nwaivers:\n- { id: W1, reason: r, owner: o, expires: 2999-12-31, rule: health.missing }\n";

/// What [`image`] is made of.
const DOCKERFILE: &str = "\
FROM scratch
COPY layer-1 /
USER 65532:65532
ENTRYPOINT [\"/service\"]
HEALTHCHECK CMD [\"/service\", \"healthcheck\"]
LABEL org.opencontainers.image.source=https://git.example.com/shop/api org.opencontainers.image.revision=3f1c5a0b
";

fn image() -> TestImage {
    let mut config = good_config();
    config["Env"] = json!(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
    config["WorkingDir"] = json!("/");
    ImageBuilder::new(config).layer(&[("service", "x")]).build()
}

/// Runs a command line in which words are separated by blanks, and `IMAGE` is the image.
pub(crate) fn run(world: &World, command: &str) -> Said {
    let command = command.replace("IMAGE", &world.image("app:1"));
    world.polcheck(&command.split_whitespace().collect::<Vec<_>>())
}

fn succeed(world: &World, command: &str) -> Said {
    let said = run(world, command);
    assert_eq!(said.code, 0, "{command}\n{said}");
    said
}

/// The one file of evidence in a folder.
pub(crate) fn evidence(world: &World, folder: &str) -> PathBuf {
    let mut files = fs::read_dir(world.path(folder)).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "there is more than one");
    file
}

fn unpack(bytes: &[u8]) -> Value {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn pack(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

/// Changes evidence and writes it as polcheck would.
pub(crate) fn change(world: &World, folder: &str, edit: impl FnOnce(&mut Value)) {
    let path = evidence(world, folder);
    let mut document = unpack(&fs::read(&path).unwrap());
    edit(&mut document);
    fs::write(path, pack(&document.to_string())).unwrap();
}

/// A world with evidence of a Dockerfile in `ev`, judged by a set of its own.
fn linted() -> World {
    let world = World::new();
    world.write("own.yaml", SET);
    world.write("Dockerfile", DOCKERFILE.replace("HEALTHCHECK CMD", "# "));
    let said = run(
        &world,
        "lint -q --exit-zero --policy-set own.yaml --evidence ev Dockerfile",
    );
    assert_eq!(said.code, 0, "{said}");
    world
}

/// A world with an image that has a statement and evidence attached to it.
fn attested(options: &str) -> World {
    let world = World::new();
    image().push(&world.registry, "app", Some("1"));
    world.write("Dockerfile", DOCKERFILE);
    world.write("own.yaml", SET);
    world.make_key();
    succeed(
        &world,
        &format!("attest -q --key polcheck.key {options} IMAGE"),
    );
    world
}

const REPLAY: &str = "verify --key polcheck.pub --replay";

#[test]
fn a_verdict_that_is_the_same_is_said_to_be() {
    let world = linted();
    let said = succeed(&world, "replay --evidence ev");
    assert!(
        said.stdout
            .starts_with("Dockerfile: replayed, and the same (sha256:"),
        "{said}"
    );
    // The sources are not needed any more.
    fs::remove_file(world.path("Dockerfile")).unwrap();
    fs::remove_file(world.path("own.yaml")).unwrap();
    assert_eq!(run(&world, "replay -q --evidence ev").stdout, "");
    let document = world.json(&["replay", "-o", "json", "--evidence", "ev"]);
    assert_eq!(document["replayed"][0]["outcome"], "same");
}

/// Each part that a verdict is come to with, as it is today, and what is said of it.
#[rstest]
#[case::file(("Dockerfile", "USER 65532:65532", "USER 0"), "-f Dockerfile", &["input `/dockerfile/text`", "fact `/dockerfile/", "outcome `user.final-root`: holds, now 1 finding"])]
#[case::setting(("own.yaml", "port: 22", "port: 2222"), "--policy-set own.yaml", &["setting `net.ssh-port/port`: 22, now 2222"])]
#[case::waiver_is_gone(("own.yaml", "- { id: W1, reason: r, owner: o, expires: 2999-12-31, rule: health.missing }", "- { id: W2, reason: r, owner: o, expires: 2999-12-31, rule: health.missing }"), "--policy-set own.yaml", &["waiver `W1`: until 2999-12-31, and now none", "waiver `W2`: none, and now until 2999-12-31"])]
#[case::waiver_ends(("own.yaml", "2999-12-31", "2998-12-31"), "--policy-set own.yaml", &["waiver `W1/expires`: \"2999-12-31\", now \"2998-12-31\""])]
#[case::rule(("own.yaml", "'*': {}", "'*': {}, user.final-root: { enabled: false }"), "--policy-set own.yaml", &["rule `user.final-root`: selected, and now none"])]
#[case::severity(("own.yaml", "'*': {}", "'*': {}, user.final-root: { severity: low }"), "--policy-set own.yaml", &["rule `user.final-root/severity`: none, and now \"low\""])]
#[case::threshold(("own.yaml", "packs:", "failOn: low\npacks:"), "--policy-set own.yaml", &["policy set `failOn`: \"high\", now \"low\""])]
#[case::pack(("own.yaml", "[builtin:core]", "[builtin:core, pack.wasm]"), "--policy-set own.yaml", &["pack `hostile`: none, and now sha256:"])]
fn what_is_otherwise_today_is_named(
    #[case] (file, from, to): (&str, &str, &str),
    #[case] against: &str,
    #[case] expected: &[&str],
) {
    let world = linted();
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    let text = world.read(file);
    assert!(text.contains(from), "{text}");
    world.write(file, text.replace(from, to));
    let said = run(&world, &format!("replay --evidence ev {against}"));
    assert_eq!(said.code, 1, "{said}");
    for expected in expected {
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
    world.write(file, text);
    succeed(
        &world,
        &format!(
            "replay --evidence ev {}",
            against.replace("-f Dockerfile", "")
        ),
    );
}

/// Evidence that was changed, and what is said of it.
#[rstest]
#[case::fact("/facts/dockerfile/text", json!("FROM x\n"), "evidence `facts`: sha256:")]
#[case::verdict("/verdict/verdict", json!("failed"), "evidence `verdict`: sha256:")]
#[case::verdict_comes_out("/verdict/verdict", json!("failed"), "verdict `verdict`: failed, now passed")]
#[case::setting("/policySet/rules/net.ssh-port/settings/port", json!(2222), "evidence `settings`: sha256:")]
#[case::set("/policySet/failOn", json!("critical"), "evidence `policySet`: sha256:")]
#[case::outcome("/verdict/rules/user.final-root/state", json!("not-applicable"), "outcome `user.final-root`: ")]
fn evidence_that_was_changed_is_not_the_same(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let world = linted();
    change(&world, "ev", |document| {
        *document.pointer_mut(pointer).unwrap() = value;
    });
    let said = run(&world, "replay --evidence ev");
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains(expected), "{said}");
}

/// Evidence whose verdict cannot be come to again, and why.
#[rstest]
#[case::pack("/policySet/packs/0/digest", json!(format!("sha256:{}", "0".repeat(64))), "the pack `core` with the digest `sha256:0000")]
#[case::contract("/contract", json!("polcheck:policy@0.2.0"), "the verdict was come to with the contract `polcheck:policy@0.2.0`, and this polcheck serves `polcheck:policy@0.1.0`")]
#[case::future("/circumstances/time", json!("2999-01-01T00:00:00Z"), "the verdict is of `2999-01-01T00:00:00Z`, which is in the future")]
#[case::fuel("/fuel", json!(9_000_000_000_000_000_u64), "units of fuel, and 50000000000 are given at most")]
#[case::version("/version", json!(2), "the evidence has version 2, and 1 is the newest that this polcheck reads")]
#[case::rule("/policySet/rules/net.ssh-port/pack", json!("other"), "no pack of the recorded policy set has the rule `net.ssh-port`")]
fn what_cannot_be_had_again_is_said(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let world = linted();
    change(&world, "ev", |document| {
        *document.pointer_mut(pointer).unwrap() = value;
        if pointer == "/version" {
            document["later"] = json!(1);
        }
    });
    let said = run(&world, "replay --evidence ev");
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stdout.contains("could not be replayed"), "{said}");
    assert!(said.stdout.contains(expected), "{said}");
}

#[test]
fn evidence_of_a_newer_contract_with_facts_that_nobody_knows_says_so() {
    let world = linted();
    change(&world, "ev", |document| {
        document["contract"] = json!("polcheck:policy@0.1.9");
        document["facts"]["newFamily"] = json!({});
    });
    let said = run(&world, "replay --evidence ev");
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout
            .contains("the evidence is of the contract `polcheck:policy@0.1.9`"),
        "{said}"
    );
}

#[test]
fn bytes_that_are_no_evidence_are_refused() {
    let world = linted();
    let path = evidence(&world, "ev");
    let right = fs::read(&path).unwrap();
    let document = unpack(&right);
    let pretty = format!("{document:#}");
    let mut doubled = document.to_string();
    doubled.insert_str(1, "\"kind\":\"polcheck-evidence\",");
    let mut unknown = document.clone();
    unknown["facts"]["dockerfile"]["more"] = json!(1);
    let cases: [(&str, Vec<u8>); 8] = [
        ("cut short or damaged", right[..right.len() / 2].to_vec()),
        (
            "cut short or damaged",
            document.to_string().as_bytes()[..999].to_vec(),
        ),
        (
            "was not written by polcheck, or was changed since",
            pack(&pretty),
        ),
        ("no evidence of polcheck", pack(&doubled)),
        ("no evidence of polcheck", pack(&unknown.to_string())),
        ("no evidence of polcheck", b"hello".to_vec()),
        ("no evidence of polcheck", pack(&"[".repeat(1 << 20))),
        (
            "more than 33554432 bytes when it is unpacked",
            pack(&" ".repeat(40 << 20)),
        ),
    ];
    for (expected, bytes) in cases {
        fs::write(&path, bytes).unwrap();
        let said = run(&world, "replay --evidence ev");
        assert_eq!(said.code, 2, "{said}");
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
    fs::File::create(&path).unwrap().set_len(500 << 20).unwrap();
    let (said, peak) = world.polcheck_within(200 << 10, &["replay", "--evidence", "ev"]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stdout.contains("more than 33554432 bytes"), "{said}");
    assert!(peak < 150 << 10, "{peak} KiB");
}

#[test]
fn evidence_may_be_unpacked_for_reading() {
    let world = linted();
    let path = evidence(&world, "ev");
    let text = unpack(&fs::read(&path).unwrap()).to_string();
    world.write("plain.json", text + "\n");
    succeed(&world, "replay --evidence plain.json");
}

#[test]
fn a_folder_without_evidence_is_no_success() {
    let world = World::new();
    world.write("empty/x", "");
    let said = run(&world, "replay --evidence empty");
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("there is no evidence in `empty`"),
        "{said}"
    );
    assert_eq!(run(&world, "replay --evidence missing").code, 2);
}

#[test]
fn a_waiver_that_is_over_since_changes_nothing_and_is_said() {
    let world = World::new();
    world.write("own.yaml", SET.replace("2999-12-31", "2026-02-01"));
    world.write("Dockerfile", DOCKERFILE.replace("HEALTHCHECK CMD", "# "));
    let lint = "lint -q --exit-zero --effective-time 2026-01-01T00:00:00Z --policy-set own.yaml --evidence ev Dockerfile";
    succeed(&world, lint);
    let said = succeed(&world, "replay --evidence ev");
    let note = "note: the waiver `W1` counted then, and is over since 2026-02-01";
    assert!(said.stdout.contains(note), "{said}");
}

#[test]
fn what_a_baseline_knew_is_known_again() {
    let world = World::new();
    world.write("Dockerfile", "FROM alpine:3.22\nUSER root\n");
    run(&world, "lint -o json=base.json Dockerfile");
    succeed(
        &world,
        "lint -q --baseline base.json --evidence ev Dockerfile",
    );
    succeed(&world, "replay --evidence ev");
}

#[test]
fn another_polcheck_is_named_where_the_verdict_is_another_one() {
    let world = linted();
    change(&world, "ev", |document| {
        document["polcheck"] = json!("0.0.1");
    });
    let said = succeed(&world, "replay --evidence ev");
    assert!(
        said.stdout
            .contains("note: polcheck 0.0.1 with wasmtime-48 came to the same verdict"),
        "{said}"
    );
    change(&world, "ev", |document| {
        document["engine"] = json!("wasmtime-1");
        document["verdict"]["findings"] = json!([]);
    });
    let said = run(&world, "replay --evidence ev");
    assert_eq!(said.code, 1, "{said}");
    for expected in [
        "polcheck `version`: 0.0.1, now",
        "engine `version`: wasmtime-1, now wasmtime-48",
    ] {
        assert!(said.stdout.contains(expected), "{said}");
    }
}

#[test]
fn a_pack_is_taken_from_a_file_or_from_what_was_compiled_before_and_only_by_its_digest() {
    let world = World::new();
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.write("Dockerfile", "FROM alpine:3.22\n");
    good().push(&world.registry, "app", Some("1"));
    let check = "check -q --policy pack.wasm --rule good.neighbour --evidence ev IMAGE";
    succeed(&world, check);
    succeed(&world, "replay --evidence ev");
    let anew = "replay --evidence ev --cache-dir other";
    assert_eq!(run(&world, anew).code, 2);
    succeed(&world, &format!("{anew} --pack pack.wasm"));
    // Another component, or code that is not whole, is as if there were none.
    let mut other = fs::read(world.path("pack.wasm")).unwrap();
    other.extend(b"\0\x02\x01x");
    world.write("pack.wasm", other);
    assert_eq!(
        run(
            &world,
            "replay --evidence ev --cache-dir third --pack pack.wasm"
        )
        .code,
        2
    );
    let compiled = world.path("other/compiled");
    for code in fs::read_dir(compiled).unwrap() {
        let path = code.unwrap().path();
        let mut bytes = fs::read(&path).unwrap();
        bytes[100] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    assert_eq!(run(&world, anew).code, 2);
}

#[test]
fn a_statement_is_replayed_from_what_is_attached() {
    let world = attested("--attach-evidence");
    let said = succeed(&world, &format!("{REPLAY} IMAGE"));
    assert!(
        said.stdout
            .contains("registry.test/app:1: replayed, and the same"),
        "{said}"
    );
    // Without evidence a plain image has all that it takes.
    let world = attested("");
    succeed(&world, &format!("{REPLAY} IMAGE"));
    let verify = [
        "verify",
        "--key",
        "polcheck.pub",
        "--replay",
        "-o",
        "json",
        &world.image("app:1"),
    ];
    assert_eq!(world.json(&verify)["replay"]["outcome"], "same");
}

/// The digest of the set in `own.yaml`.
fn digest_of_own(world: &World) -> String {
    let image = world.image("app:1");
    let said = world.json(&["check", "-o", "json", "--policy-set", "own.yaml", &image]);
    let digest = said["reports"][0]["policySet"]["digest"].as_str();
    digest.unwrap().to_owned()
}

#[test]
fn what_was_attached_to_an_image_is_taken_from_the_evidence() {
    let world = attested("");
    let trust = "trust: { signers: { ci: { keys: [polcheck.pub] } }, statements: [{ claims: ['**'], signers: [ci] }] }\n";
    world.write("own.yaml", format!("{SET}{trust}"));
    let attest = "attest -q --key polcheck.key --policy-set own.yaml";
    let replay = format!("{REPLAY} --policy-set {} IMAGE", digest_of_own(&world));
    // The keys of the set are in no evidence, and the statement is attached by now.
    succeed(&world, &format!("{attest} IMAGE"));
    let with_set = replay.replace(REPLAY, &format!("{REPLAY} --replay-policy-set own.yaml"));
    let said = run(&world, &with_set);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout.contains("what was attached to `sha256:"),
        "{said}"
    );
    assert!(said.stdout.contains("--attach-evidence"), "{said}");
    succeed(&world, &format!("{attest} --attach-evidence IMAGE"));
    let said = succeed(&world, &replay);
    assert!(said.stdout.contains("replayed, and the same"), "{said}");
}

#[test]
fn a_statement_by_a_set_of_its_own_is_replayed_where_the_set_is_had() {
    let world = attested("--policy-set own.yaml");
    let replay = format!("{REPLAY} --policy-set {}", digest_of_own(&world));
    let said = run(&world, &format!("{replay} IMAGE"));
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout
            .contains("the policy set with the digest `sha256:"),
        "{said}"
    );
    succeed(
        &world,
        &format!("{replay} --replay-policy-set own.yaml IMAGE"),
    );
    succeed(
        &world,
        "attest -q --key polcheck.key --policy-set own.yaml --attach-evidence IMAGE",
    );
    succeed(&world, &format!("{replay} IMAGE"));
    world.write("own.yaml", SET.replace("port: 22", "port: 2222"));
    let said = run(
        &world,
        &format!("{replay} --replay-policy-set own.yaml IMAGE"),
    );
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout
            .contains("setting `net.ssh-port/port`: 22, now 2222"),
        "{said}"
    );
}

#[test]
fn a_dockerfile_that_was_given_is_an_input_and_has_to_be_had_again() {
    let world = attested("-f Dockerfile");
    let said = run(&world, &format!("{REPLAY} IMAGE"));
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout
            .contains("the Dockerfile that the verdict was come to with is not to be had"),
        "{said}"
    );
    succeed(&world, &format!("{REPLAY} -f Dockerfile IMAGE"));
    world.write(
        "Dockerfile",
        DOCKERFILE.replace("USER 65532:65532", "USER 0"),
    );
    let said = run(&world, &format!("{REPLAY} -f Dockerfile IMAGE"));
    assert_eq!(said.code, 1, "{said}");
    for expected in [
        "input `dockerfile`: sha256:",
        "fact `digest`: sha256:",
        "claim `security.scan=passed`: made, now withheld",
    ] {
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn recorded_inputs_are_attached_with_the_evidence() {
    let world = attested("-f Dockerfile --attach-evidence --evidence ev");
    fs::remove_file(world.path("Dockerfile")).unwrap();
    succeed(&world, &format!("{REPLAY} IMAGE"));
    succeed(&world, "replay --evidence ev");
    succeed(&world, &format!("{REPLAY} --evidence ev IMAGE"));
}

#[test]
fn evidence_that_says_otherwise_of_the_image_is_caught_by_what_was_signed() {
    let world = attested("--attach-evidence --evidence ev");
    let label = "/facts/image/config/Labels/org.opencontainers.image.revision";
    change(&world, "ev", |document| {
        *document.pointer_mut(label).unwrap() = json!("another");
    });
    let said = run(&world, &format!("{REPLAY} --evidence ev IMAGE"));
    assert_eq!(said.code, 1, "{said}");
    for expected in [
        "fact `/image/config/Labels/org.opencontainers.image.revision`: \"another\", now \"3f1c5a0b\"",
        "evidence `facts`: sha256:",
    ] {
        assert!(said.stdout.contains(expected), "{expected}\n{said}");
    }
}

#[test]
fn evidence_of_another_image_is_refused() {
    let world = attested("--evidence ev");
    let other = with(json!({ "User": "1" }));
    other.push(&world.registry, "app", Some("2"));
    run(
        &world,
        &format!("check -q --evidence other {}", world.image("app:2")),
    );
    let said = run(&world, &format!("{REPLAY} --evidence other IMAGE"));
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stdout
            .contains(&format!("the evidence is about `{}`", other.digest())),
        "{said}"
    );
}

#[test]
fn evidence_counts_for_no_claim() {
    let world = World::new();
    image().push(&world.registry, "app", Some("1"));
    world.make_key();
    succeed(&world, "check -q --evidence ev IMAGE");
    // Whatever it says of claims: without a statement there is nothing to verify.
    let said = run(&world, &format!("{REPLAY} --evidence ev IMAGE"));
    assert_eq!(said.code, 1, "{said}");
    let said = run(&world, "check --attach-evidence IMAGE");
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr
            .contains("evidence is attached beside a statement, and none is made"),
        "{said}"
    );
}

#[test]
fn an_index_is_replayed_with_all_its_platforms() {
    let world = World::with(Options::without_referrers());
    let (amd64, arm64) = (good_for("amd64"), good_for("arm64"));
    let digest = arm64.digest().to_owned();
    image_index(vec![amd64, arm64]).push(&world.registry, "app", Some("1"));
    world.make_key();
    succeed(
        &world,
        "attest -q --key polcheck.key --attach-evidence IMAGE",
    );
    succeed(&world, &format!("{REPLAY} IMAGE"));
    succeed(&world, &format!("{REPLAY} --platform linux/arm64 IMAGE"));
    // Evidence knows the index that named a manifest.
    let by_digest = format!("{}@{digest}", world.image("app"));
    succeed(&world, &format!("{REPLAY} {by_digest}"));
}

#[test]
fn newer_evidence_takes_the_place_of_older_and_statements_stay() {
    let world = attested("--attach-evidence");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    succeed(
        &world,
        "attest -q --key polcheck.key --attach-evidence IMAGE",
    );
    let document = world.json(&[
        "verify",
        "-o",
        "json",
        "--key",
        "polcheck.pub",
        &world.image("app:1"),
    ]);
    assert_eq!(document["otherReferrers"], 1, "{document:#}");
    succeed(&world, &format!("{REPLAY} IMAGE"));
}

/// Runs under circumstances that must make no difference, and the bytes of their evidence.
#[test]
fn the_same_verdict_has_the_same_bytes_wherever_it_is_come_to() {
    let mut bytes = Vec::new();
    let time = "--effective-time 2026-11-01T12:00:00Z";
    for (variables, options) in [
        (&[][..], "--jobs 1"),
        (
            &[
                ("TZ", "Pacific/Kiritimati"),
                ("LANG", "tr_TR.UTF-8"),
                ("LC_ALL", "de_DE"),
                ("USER", "somebody"),
                ("RUST_BACKTRACE", "1"),
            ],
            "--jobs 8",
        ),
        (&[], "--jobs 3 --cache-dir elsewhere"),
    ] {
        let mut world = World::new();
        for (name, value) in variables {
            world.set(name, value);
        }
        let mut files: Vec<String> = (0..40)
            .map(|number| format!("d{number}/Dockerfile"))
            .collect();
        for (number, file) in files.iter().enumerate() {
            world.write(file, DOCKERFILE.replace("65532", &number.to_string()));
        }
        if !variables.is_empty() {
            files.reverse();
        }
        // All at once in a pool of instances, or one alone without a pool.
        run(
            &world,
            &format!(
                "lint -q --exit-zero {time} {options} --evidence ev {}",
                files.join(" ")
            ),
        );
        let alone = "d7/Dockerfile";
        run(
            &world,
            &format!("lint -q --exit-zero {time} --evidence alone {alone}"),
        );
        let mut all: Vec<PathBuf> = fs::read_dir(world.path("ev"))
            .unwrap()
            .map(|it| it.unwrap().path())
            .collect();
        all.sort();
        assert_eq!(all.len(), 40);
        let read = |path: &PathBuf| {
            (
                path.file_name().unwrap().to_owned(),
                fs::read(path).unwrap(),
            )
        };
        let one = read(&evidence(&world, "alone"));
        let all: Vec<_> = all.iter().map(read).collect();
        assert!(all.contains(&one), "alone, and in a pool");
        bytes.push(all);
    }
    assert_eq!(bytes[0], bytes[1]);
    assert_eq!(bytes[0], bytes[2]);
}

#[test]
fn a_pack_that_was_just_compiled_and_one_that_was_kept_give_the_same_bytes() {
    let world = World::new();
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    good().push(&world.registry, "app", Some("1"));
    let evidence_of = |folder: &str, cache: &str| {
        let check = "check -q --policy pack.wasm --effective-time 2026-11-01T12:00:00Z --rule good.neighbour";
        succeed(
            &world,
            &format!("{check} --evidence {folder} --cache-dir {cache} IMAGE"),
        );
        fs::read(evidence(&world, folder)).unwrap()
    };
    let fresh = evidence_of("a", "cache");
    assert_eq!(fresh, evidence_of("b", "cache"));
    assert_eq!(fresh, evidence_of("c", "another"));
}

/// Debug and release builds, and every machine, come to these.
#[test]
fn facts_and_settings_have_the_digests_that_they_always_had() {
    let world = World::new();
    world.write("Dockerfile", DOCKERFILE);
    let lint = [
        "lint",
        "-o",
        "json",
        "--rule",
        "net.ssh-port",
        "--effective-time",
        "2026-11-01T12:00:00Z",
        "Dockerfile",
    ];
    let evidence = &world.json(&lint)["reports"][0]["evidence"];
    insta::assert_snapshot!(format!("{}\n{}\n{}", evidence["facts"], evidence["settings"], evidence["verdict"]), @r#"
    "sha256:de699bf6b6447afc42a4a42c5a240330f744f9b8249a954b86a7f0569a824703"
    "sha256:0cae7f9f6f2999e00ee1d01e368aa4bce29243dea394e238a146ecc571561eca"
    "sha256:3bd1dd6c4d4109c2737acbec86f36299a2b926898026c8ad5c3202c8303020ea"
    "#);
}

#[test]
fn every_file_of_the_corpus_is_read_back_and_replayed() {
    let Some(corpus) = shared(
        "corpus/dockerfiles",
        "every_file_of_the_corpus_is_read_back_and_replayed",
    ) else {
        return;
    };
    let world = World::new();
    let corpus = corpus.to_string_lossy().into_owned();
    let said = world.polcheck(&[
        "lint",
        "-q",
        "--exit-zero",
        "--policy-set",
        "builtin:strict",
        "--evidence",
        "ev",
        &corpus,
    ]);
    assert!(!said.stderr.contains("evidence"), "{said}");
    let said = world.polcheck(&["replay", "--evidence", "ev"]);
    let end = said.stdout.lines().last().unwrap_or_default().to_owned();
    assert_eq!(
        (said.code, end.as_str()),
        (0, "554 of 554 are the same"),
        "{said}"
    );
}
