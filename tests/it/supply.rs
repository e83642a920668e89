//! Rules about what is attached to images, from a registry to the verdict.

use crate::harness::{Said, World};
use crate::images::{bad, good, good_config, with};
use crate::statements::{list, push, referrer};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use test_registry::{
    ImageBuilder, Misbehaviour, Options, TestImage, image_index, provenance_manifest,
};
use test_sigstore::{Content, Sigstore};

const CI: &str = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SPDX: &str = "application/spdx+json";

/// A set of rules of the pack, without anybody who is trusted.
const NOBODY: &str = "
name: own
failOn: low
packs: [builtin:supply]
rules: { image.no-provenance: {}, supply.sbom-missing: {} }
";

fn world_with(image: &TestImage, set: &str) -> World {
    let world = World::new();
    image.push(&world.registry, "app", Some("1"));
    world.write("set.yaml", set);
    world
}

fn check(world: &World, more: &[&str]) -> Said {
    let image = world.image("app:1");
    let args = [
        &["check", "-o", "json", "--policy-set", "set.yaml", &image],
        more,
    ];
    world.polcheck(&args.concat())
}

/// The verdict, what is found, and what is undecided.
fn judged(said: &Said) -> (String, Vec<String>, Vec<String>) {
    let document: Value =
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}\n{said}"));
    let report = &document["reports"][0];
    let texts = |list: &str, keys: [&str; 2]| {
        let rows = report[list].as_array().unwrap().iter();
        let text = |row: &Value| {
            keys.map(|key| row[key].as_str().unwrap().to_owned())
                .join(": ")
        };
        rows.map(text).collect()
    };
    (
        report["verdict"].as_str().unwrap().to_owned(),
        texts("findings", ["rule", "message"]),
        texts("undecided", ["what", "why"]),
    )
}

/// Provenance as BuildKit makes it.
fn build(steps: bool) -> Value {
    let mut predicate = json!({
        "buildDefinition": {
            "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
            "internalParameters": {},
        },
        "runDetails": { "builder": { "id": "" } },
    });
    if steps {
        predicate["buildDefinition"]["internalParameters"]["buildConfig"] =
            json!({ "llbDefinition": [] });
    }
    predicate
}

/// Attaches a bundle to an image of the repository `app`.
fn attach(world: &World, subject: &str, bundle: &str) {
    push(world, &referrer(world, subject, BUNDLE, (BUNDLE, bundle)));
}

const NO_PROVENANCE: &str = "image.no-provenance: the image has no provenance";
const SHORT: &str = "image.no-provenance: the provenance of the image leaves out how it was built";
const NO_SBOM: &str = "supply.sbom-missing: the image has no SBOM";

#[rstest]
#[case(build(true), &[NO_SBOM])]
#[case(build(false), &[SHORT, NO_SBOM])]
// What is no provenance is none.
#[case(json!({}), &[NO_PROVENANCE, NO_SBOM])]
#[case(json!("provenance"), &[NO_PROVENANCE, NO_SBOM])]
fn what_the_builder_puts_beside_an_image_is_read(#[case] predicate: Value, #[case] found: &[&str]) {
    let image = good();
    let attestation = provenance_manifest(&image, &predicate);
    let world = world_with(&image_index(vec![image, attestation]), NOBODY);
    let (verdict, findings, undecided) = judged(&check(&world, &[]));
    assert_eq!((verdict.as_str(), undecided), ("failed", vec![]));
    assert_eq!(findings, found);
}

#[test]
fn provenance_of_another_image_is_none() {
    let (image, other) = (good(), bad());
    let mut attestation = provenance_manifest(&other, &build(true));
    attestation.entry_of(&provenance_manifest(&image, &build(true)));
    let world = world_with(&image_index(vec![image, attestation]), NOBODY);
    let (_, findings, _) = judged(&check(&world, &[]));
    assert_eq!(findings, [NO_PROVENANCE, NO_SBOM]);
}

#[rstest]
#[case(Options::default())]
#[case(Options::without_referrers())]
fn an_artifact_that_refers_to_the_image_counts_wherever_it_is_listed(#[case] options: Options) {
    let world = World::with(options.clone());
    good().push(&world.registry, "app", Some("1"));
    world.write(
        "set.yaml",
        "name: own\nfailOn: low\npacks: [builtin:supply]\nrules: { supply.sbom-missing: {} }\n",
    );
    assert_eq!(check(&world, &[]).code, 1);
    let digest = good().digest().to_owned();
    let entry = push(&world, &referrer(&world, &digest, SPDX, (SPDX, "{}")));
    let mut entry = entry;
    entry["artifactType"] = json!(SPDX);
    if !options.referrers_api {
        list(&world, &digest, &[entry]);
    }
    let said = check(&world, &[]);
    assert_eq!(said.code, 0, "{said}");
}

/// A bundle that nobody could have signed, around a statement.
fn forged(subject: &str, predicate: &str) -> String {
    use base64::Engine;
    let sha256 = subject.trim_start_matches("sha256:");
    let statement = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{sha256}"}}}}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{predicate}}}"#
    );
    let payload = base64::engine::general_purpose::STANDARD.encode(statement);
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": "AAAA" } },
        "dsseEnvelope": {
            "payload": payload, "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": "AAAA" }],
        },
    })
    .to_string()
}

#[rstest]
// About this image: provenance that nobody trusted signed, which counts as such where it is not asked for more.
#[case::untrusted(good(), build(true).to_string(), &[])]
#[case::other_image(bad(), build(true).to_string(), &[NO_PROVENANCE])]
#[case::no_object(good(), "[1, 2]".to_owned(), &[NO_PROVENANCE])]
#[case::same_key_twice(good(), build(true).to_string().replace('{', r#"{"x":1,"x":2,"#), &[NO_PROVENANCE])]
#[case::not_json(good(), "{".to_owned(), &[NO_PROVENANCE])]
fn a_bundle_counts_only_if_it_can_be_read_and_is_about_the_image(
    #[case] about: TestImage,
    #[case] predicate: String,
    #[case] found: &[&str],
) {
    let world = world_with(&good(), &NOBODY.replace(", supply.sbom-missing: {}", ""));
    attach(&world, good().digest(), &forged(about.digest(), &predicate));
    let (_, findings, undecided) = judged(&check(&world, &[]));
    assert_eq!(findings, found);
    assert_eq!(undecided, Vec::<String>::new());
}

#[test]
fn a_bundle_that_is_too_large_is_no_provenance() {
    let world = world_with(&good(), NOBODY);
    let large = " ".repeat(10 << 20) + &forged(good().digest(), &build(true).to_string());
    attach(&world, good().digest(), &large);
    let (verdict, findings, _) = judged(&check(&world, &[]));
    assert_eq!(verdict, "failed");
    assert_eq!(findings, [NO_PROVENANCE, NO_SBOM]);
}

#[test]
fn more_referrers_than_anybody_can_look_at_leave_it_undecided() {
    let world = World::with(Options::without_referrers());
    good().push(&world.registry, "app", Some("1"));
    world.write("set.yaml", NOBODY);
    let digest = good().digest().to_owned();
    let mut entry = push(&world, &referrer(&world, &digest, SPDX, (SPDX, "{}")));
    entry["artifactType"] = json!(SPDX);
    let entry = |number: u32| {
        let mut entry = entry.clone();
        entry["digest"] = json!(format!("sha256:{number:064x}"));
        entry
    };
    list(&world, &digest, &(0..1001).map(entry).collect::<Vec<_>>());
    let said = check(&world, &[]);
    let (verdict, findings, undecided) = judged(&said);
    assert_eq!((said.code, verdict.as_str()), (2, "undecided"));
    assert_eq!(findings, Vec::<String>::new());
    assert!(
        undecided[0].contains("more than 1000 referrers"),
        "{undecided:?}"
    );
}

#[rstest]
#[case("GET /v2/app/referrers/", "attestations.attached")]
#[case("GET /v2/app/manifests/sha256-", "attestations.attached")]
fn what_the_registry_does_not_tell_leaves_it_undecided(#[case] request: &str, #[case] what: &str) {
    let world = world_with(&good(), NOBODY);
    push(
        &world,
        &referrer(&world, good().digest(), SPDX, (SPDX, "{}")),
    );
    let denied = Misbehaviour::Status {
        status: 403,
        code: "DENIED",
        retry_after: None,
    };
    world.registry.misbehave(request, denied);
    let said = check(&world, &["--retries", "0"]);
    let (verdict, _, undecided) = judged(&said);
    assert_eq!((said.code, verdict.as_str()), (2, "undecided"), "{said}");
    assert!(undecided[0].starts_with(what), "{undecided:?}");
}

#[rstest]
#[case("builtin:standard", 2)]
#[case("set.yaml", 2)]
fn nobody_pays_for_what_no_rule_asks_for(#[case] set: &str, #[case] requests: usize) {
    let world = world_with(
        &good(),
        "name: own\npacks: [builtin:core, builtin:supply]\nrules: { '*': {} }\n",
    );
    let said = world.polcheck(&["check", "--policy-set", set, &world.image("app:1")]);
    assert_eq!(said.code, 0, "{said}");
    let lines = world.registry.request_lines();
    assert_eq!(lines.len(), requests, "{lines:#?}");
}

/// An image on a base, which says so.
fn on_base(name: &str, digest: Option<&str>, layers: &[&str]) -> TestImage {
    let builder = ImageBuilder::new(good_config());
    let builder = layers
        .iter()
        .fold(builder, |builder, layer| builder.layer(&[("file", layer)]));
    let builder = builder.annotation("org.opencontainers.image.base.name", name);
    match digest {
        Some(digest) => builder.annotation("org.opencontainers.image.base.digest", digest),
        None => builder,
    }
    .build()
}

fn base(layer: &str) -> TestImage {
    ImageBuilder::new(json!({}))
        .layer(&[("file", layer)])
        .build()
}

const DRIFT: &str = "
name: own
failOn: low
packs: [builtin:supply]
rules: { base.drift: { required: true } }
";

fn drift(image: impl FnOnce(&World) -> TestImage) -> (String, Vec<String>, Vec<String>) {
    let world = World::new();
    base("old").push(&world.registry, "base", Some("1"));
    let image = image(&world);
    image.push(&world.registry, "app", Some("1"));
    world.write("set.yaml", DRIFT);
    judged(&check(&world, &[]))
}

#[test]
fn a_base_that_is_what_it_was_has_not_drifted() {
    let same = |world: &World| {
        let digest = base("old").digest().to_owned();
        on_base(&world.image("base:1"), Some(&digest), &["old", "own"])
    };
    assert_eq!(drift(same), ("passed".to_owned(), vec![], vec![]));
}

#[test]
fn a_base_whose_tag_was_moved_has_drifted() {
    let moved = |world: &World| {
        base("new").push(&world.registry, "base", Some("1"));
        let digest = base("old").digest().to_owned();
        on_base(&world.image("base:1"), Some(&digest), &["old", "own"])
    };
    let (verdict, findings, _) = drift(moved);
    assert_eq!(verdict, "failed");
    assert!(
        findings[0].contains("when the image was built, and is `sha256:"),
        "{findings:?}"
    );
}

#[test]
fn layers_that_are_not_those_of_the_base_are_found() {
    let other = |world: &World| {
        let digest = base("old").digest().to_owned();
        on_base(&world.image("base:1"), Some(&digest), &["other", "own"])
    };
    let (verdict, findings, _) = drift(other);
    assert_eq!(verdict, "failed");
    assert!(
        findings[0].contains("its layers do not begin with those of that image"),
        "{findings:?}"
    );
}

#[test]
fn a_base_that_is_gone_is_no_pass() {
    let gone = |world: &World| {
        let digest = format!("sha256:{}", "1".repeat(64));
        on_base(&world.image("base:2"), Some(&digest), &["old", "own"])
    };
    let (verdict, findings, _) = drift(gone);
    assert_eq!(verdict, "failed");
    assert!(
        findings[0].contains("there is no such tag any more"),
        "{findings:?}"
    );
}

#[test]
fn an_image_that_does_not_say_what_it_was_built_on_leaves_a_required_rule_open() {
    let (verdict, _, undecided) = drift(|_| good());
    assert_eq!(verdict, "undecided");
    assert_eq!(
        undecided,
        ["base.drift: it needs `base-image/of-image`: there is none"]
    );
}

#[test]
fn signatures_of_a_base_are_not_asked_for_where_nobody_is_trusted() {
    let world = World::new();
    let set = DRIFT.replace("base.drift: { required: true }", "base.unsigned: {}");
    world.write("set.yaml", set);
    let digest = base("old").digest().to_owned();
    let image = on_base(&world.image("base:1"), Some(&digest), &["old", "own"]);
    image.push(&world.registry, "app", Some("1"));
    let said = check(&world, &[]);
    assert_eq!(said.code, 3, "{said}");
    assert_eq!(world.registry.request_lines().len(), 2);
}

/// What a set says that trusts one identity.
const TRUST: &str = "
trust:
  trustedRoot: root.json
  signers:
    ci: { identities: [{ identity: 'https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main', issuer: 'https://token.ci.test' }] }
  statements: [{ claims: [security.scan], signers: [ci] }]
";

/// Rules that ask for signatures.
const SIGNED: &str = "
name: own
failOn: low
packs: [builtin:supply]
rules:
  image.no-provenance: { settings: { requireSigned: true }, required: true }
  supply.builder-not-trusted: { settings: { trustedBuilders: ['https://ci.test/*'] }, required: true }
";

fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

/// A Sigstore that a world trusts.
fn sigstore(world: &World) -> Sigstore {
    let sigstore = Sigstore::new(now() - SignedDuration::from_hours(24));
    world.write("root.json", sigstore.trusted_root().to_string());
    sigstore
}

/// A statement about an image, signed by an identity.
fn signed(sigstore: &Sigstore, identity: &str, about: &str, predicate: &Value) -> Value {
    let sha256 = about.trim_start_matches("sha256:");
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "subject": [{ "digest": { "sha256": sha256 } }],
        "predicateType": "https://slsa.dev/provenance/v1", "predicate": predicate,
    });
    let mut signing = sigstore.signing(now());
    identity.clone_into(&mut signing.identity);
    sigstore.sign(
        Content::Statement(statement.to_string().as_bytes()),
        &signing,
    )
}

fn built_by(builder: &str) -> Value {
    json!({ "buildDefinition": { "buildType": "https://ci.test/v1" }, "runDetails": { "builder": { "id": builder } } })
}

const UNTRUSTED: &str =
    "image.no-provenance: the image has no provenance that somebody trusted signed";
const NOBODY_SAYS: &str = "supply.builder-not-trusted: nobody trusted says who built the image";
const LAPTOP: &str = "supply.builder-not-trusted: the image was built by `https://laptop.test`, which is no trusted builder";

#[rstest]
#[case::signed(CI, good(), "https://ci.test/runner", &[])]
#[case::other_builder(CI, good(), "https://laptop.test", &[LAPTOP])]
#[case::stranger("https://ci.test/stranger", good(), "https://ci.test/runner", &[NOBODY_SAYS, UNTRUSTED])]
#[case::other_image(CI, bad(), "https://ci.test/runner", &[NOBODY_SAYS, NO_PROVENANCE])]
fn findings_vanish_where_somebody_trusted_signed_provenance(
    #[case] identity: &str,
    #[case] about: TestImage,
    #[case] builder: &str,
    #[case] found: &[&str],
) {
    let world = world_with(&good(), &format!("{SIGNED}{TRUST}"));
    let sigstore = sigstore(&world);
    let (_, before, _) = judged(&check(&world, &[]));
    assert_eq!(before, [NOBODY_SAYS, NO_PROVENANCE]);
    let bundle = signed(&sigstore, identity, about.digest(), &built_by(builder));
    attach(&world, good().digest(), &bundle.to_string());
    let (verdict, findings, undecided) = judged(&check(&world, &[]));
    assert_eq!(findings, found);
    assert_eq!(undecided, Vec::<String>::new());
    let passed = if found.is_empty() { "passed" } else { "failed" };
    assert_eq!(verdict, passed);
}

#[test]
fn a_bundle_whose_statement_was_changed_is_no_provenance() {
    let world = world_with(&good(), &format!("{SIGNED}{TRUST}"));
    let sigstore = sigstore(&world);
    let by = |builder| signed(&sigstore, CI, good().digest(), &built_by(builder));
    let mut bundle = by("https://laptop.test");
    bundle["dsseEnvelope"]["payload"] =
        by("https://ci.test/runner")["dsseEnvelope"]["payload"].clone();
    attach(&world, good().digest(), &bundle.to_string());
    let (_, findings, _) = judged(&check(&world, &[]));
    assert_eq!(findings, [NOBODY_SAYS, NO_PROVENANCE]);
}

#[test]
fn a_statement_about_the_index_counts_for_its_manifests() {
    let index = image_index(vec![good()]);
    let world = world_with(&index, &format!("{SIGNED}{TRUST}"));
    let bundle = signed(
        &sigstore(&world),
        CI,
        index.digest(),
        &built_by("https://ci.test/runner"),
    );
    attach(&world, index.digest(), &bundle.to_string());
    let said = check(&world, &[]);
    assert_eq!(said.code, 0, "{said}");
}

#[test]
fn where_nobody_is_trusted_rules_that_ask_for_signatures_come_to_no_conclusion() {
    let world = world_with(&good(), SIGNED);
    let said = check(&world, &[]);
    let (verdict, findings, undecided) = judged(&said);
    assert_eq!((verdict.as_str(), findings), ("undecided", vec![]));
    assert_eq!(undecided.len(), 2, "{undecided:?}");
}

#[test]
fn the_same_attachments_in_another_order_are_the_same_facts() {
    let evidence = |reversed: bool| {
        let world = World::with(Options::without_referrers());
        good().push(&world.registry, "app", Some("1"));
        world.write("set.yaml", NOBODY);
        let digest = good().digest().to_owned();
        let attach = |text: &str| {
            let mut entry = push(&world, &referrer(&world, &digest, SPDX, (SPDX, text)));
            entry["artifactType"] = json!(SPDX);
            entry
        };
        let mut entries = vec![attach("{}"), attach("[]"), attach("1")];
        if reversed {
            entries.reverse();
        }
        list(&world, &digest, &entries);
        let said = check(&world, &[]);
        let document: Value = serde_json::from_str(&said.stdout).unwrap();
        document["reports"][0]["evidence"]["facts"].clone()
    };
    assert!(evidence(false).is_string());
    assert_eq!(evidence(false), evidence(true));
}

const UNSIGNED_BASE: &str = "
name: own
failOn: low
packs: [builtin:supply]
rules: { base.unsigned: { required: true } }
";

#[rstest]
#[case::signed(CI, &["old", "own"], "passed")]
#[case::stranger("https://ci.test/stranger", &["old", "own"], "failed")]
// Everybody can say that an image is built on a signed one.
#[case::other_layers(CI, &["other", "own"], "failed")]
fn a_base_is_signed_if_somebody_trusted_signed_what_the_layers_are(
    #[case] identity: &str,
    #[case] layers: &[&str],
    #[case] verdict: &str,
) {
    let world = World::new();
    base("old").push(&world.registry, "app", Some("base"));
    let digest = base("old").digest().to_owned();
    on_base(&world.image("app:base"), Some(&digest), layers).push(
        &world.registry,
        "app",
        Some("1"),
    );
    world.write("set.yaml", format!("{UNSIGNED_BASE}{TRUST}"));
    let sigstore = sigstore(&world);
    assert_eq!(judged(&check(&world, &[])).0, "failed");
    let bundle = signed(&sigstore, identity, &digest, &json!({}));
    attach(&world, &digest, &bundle.to_string());
    let said = check(&world, &[]);
    assert_eq!(judged(&said).0, verdict, "{said}");
}

/// A set that judges labels and decides no claim.
const LABELS: &str = "
name: own
failOn: high
packs: [builtin:core]
rules: { label.self-attested: {} }
";

fn trusting(key: &str, repositories: &str) -> String {
    format!(
        "{LABELS}trust:\n  signers: {{ ci: {{ keys: [{key}] }} }}\n  statements: [{{ claims: [security.scan], signers: [ci]{repositories} }}]\n"
    )
}

/// Each entry is counted for itself.
const TWO_ENTRIES: &str = "
trust:
  signers: { other: { keys: [stranger.pub] }, ci: { keys: [polcheck.pub] } }
  statements: [{ claims: ['**'], signers: [other] }, { claims: [security.*], signers: [ci] }]
";

/// An image whose label claims a result.
fn labelled() -> TestImage {
    let mut config = good_config();
    config["Labels"]["security.scan"] = json!("passed");
    with(config)
}

fn attested(image: &TestImage) -> World {
    let world = World::new();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    world.make_key_called("stranger");
    let said = world.polcheck(&[
        "attest",
        "-q",
        "--key",
        "polcheck.key",
        &world.image("app:1"),
    ]);
    assert_eq!(said.code, 0, "{said}");
    world
}

#[rstest]
#[case::trusted(trusting("polcheck.pub", ""), 0)]
#[case::this_repository(trusting("polcheck.pub", ", repositories: ['*/app']"), 0)]
#[case::other_repository(trusting("polcheck.pub", ", repositories: ['*/other']"), 1)]
#[case::other_set(trusting("polcheck.pub", ", policySets: ['builtin:strict']"), 1)]
#[case::other_verifier(trusting("polcheck.pub", ", verifierIds: ['https://other.test']"), 1)]
#[case::stranger(trusting("stranger.pub", ""), 1)]
#[case::second_entry(format!("{LABELS}{TWO_ENTRIES}"), 0)]
#[case::nobody(LABELS.to_owned(), 1)]
fn a_label_is_believed_if_somebody_trusted_signed_its_claim(
    #[case] set: String,
    #[case] findings: usize,
) {
    let world = attested(&labelled());
    world.write("set.yaml", set);
    let said = check(&world, &[]);
    let (_, found, undecided) = judged(&said);
    assert_eq!((found.len(), undecided), (findings, vec![]), "{said}");
}

#[test]
fn a_statement_about_another_image_makes_no_label_true() {
    let world = attested(&good());
    let other = labelled();
    other.push(&world.registry, "app", Some("1"));
    world.write("set.yaml", trusting("polcheck.pub", ""));
    // The bundle of the other image, attached to this one.
    let said = world.polcheck(&[
        "attest",
        "-q",
        "--key",
        "polcheck.key",
        "--no-upload",
        "--bundle",
        "b.json",
        &format!("{}@{}", world.image("app"), good().digest()),
    ]);
    assert_eq!(said.code, 0, "{said}");
    attach(&world, other.digest(), &world.read("b.json"));
    assert_eq!(judged(&check(&world, &[])).1.len(), 1);
}

#[test]
fn what_is_attached_is_only_asked_for_where_somebody_is_trusted() {
    let asked = |set: &str| {
        let world = attested(&labelled());
        world.write("set.yaml", set);
        world.registry.forget_requests();
        check(&world, &[]);
        let lines = world.registry.request_lines();
        lines.iter().any(|line| line.contains("/referrers/"))
    };
    assert!(!asked(LABELS));
    assert!(asked(&trusting("polcheck.pub", "")));
}

#[test]
fn of_a_dockerfile_alone_a_label_is_never_believed() {
    let world = attested(&labelled());
    world.write("set.yaml", trusting("polcheck.pub", ""));
    world.write("Dockerfile", "FROM scratch\nLABEL security.scan=passed\n");
    let said = world.polcheck(&["lint", "--policy-set", "set.yaml", "Dockerfile"]);
    assert_eq!(said.code, 1, "{said}");
}

#[test]
fn the_pack_imports_what_its_rules_read_and_nothing_else() {
    let world = world_with(&good(), NOBODY);
    let said = check(&world, &[]);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        document["reports"][0]["evidence"]["imports"],
        json!({ "supply": ["base-image", "attestations"] })
    );
}

/// Writes one layer at a tag of the form of cosign before version 3.
fn as_before(world: &World, subject: &str, tag: &str, media_type: &str, layer: (&str, &str)) {
    let (bytes, signature) = layer;
    let digest = world.registry.put_blob("app", bytes.to_owned());
    let annotations = json!({ "dev.cosignproject.cosign/signature": signature });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": test_registry::media_type::MANIFEST,
        "config": { "mediaType": test_registry::media_type::CONFIG, "digest": digest, "size": bytes.len() },
        "layers": [{ "mediaType": media_type, "digest": digest, "size": bytes.len(), "annotations": annotations }],
    });
    let tag = format!("{}.{tag}", subject.replace(':', "-"));
    let text = manifest.to_string();
    let kind = test_registry::media_type::MANIFEST;
    world.registry.put_manifest("app", &tag, kind, text);
}

#[rstest]
#[case("polcheck.pub", 0)]
#[case("stranger.pub", 1)]
fn a_claim_in_the_older_form_is_believed_as_one_in_the_newer(
    #[case] key: &str,
    #[case] findings: usize,
) {
    let world = World::new();
    labelled().push(&world.registry, "app", Some("1"));
    world.make_key();
    world.make_key_called("stranger");
    let image = world.image("app:1");
    let attest = "attest -q --key polcheck.key --no-upload --bundle b.json";
    let words: Vec<&str> = attest.split(' ').chain([image.as_str()]).collect();
    let said = world.polcheck(&words);
    assert_eq!(said.code, 0, "{said}");
    let bundle: Value = serde_json::from_str(&world.read("b.json")).unwrap();
    let mut envelope = bundle["dsseEnvelope"].clone();
    envelope["signatures"][0]["keyid"] = json!("");
    let layer = (
        envelope.to_string(),
        "application/vnd.dsse.envelope.v1+json",
    );
    as_before(&world, labelled().digest(), "att", layer.1, (&layer.0, ""));
    world.write("set.yaml", trusting(key, ""));
    let said = check(&world, &[]);
    assert_eq!(judged(&said).1.len(), findings, "{said}");
}

#[rstest]
#[case::right(base("old").digest().to_owned(), "base.pub", "passed")]
#[case::of_another_image(base("new").digest().to_owned(), "base.pub", "failed")]
#[case::by_another_key(base("old").digest().to_owned(), "other.pub", "failed")]
fn a_signature_of_the_base_in_the_older_form_counts(
    #[case] about: String,
    #[case] trusted: &str,
    #[case] verdict: &str,
) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let world = World::new();
    base("old").push(&world.registry, "app", Some("base"));
    let digest = base("old").digest().to_owned();
    let image = on_base(&world.image("app:base"), Some(&digest), &["old", "own"]);
    image.push(&world.registry, "app", Some("1"));
    let (key, other) = (test_sigstore::Key::new(), test_sigstore::Key::new());
    for (name, key) in [("base.pub", &key), ("other.pub", &other)] {
        let lines = STANDARD.encode(key.spki());
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n");
        world.write(name, pem);
    }
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": "base" }, "image": { "docker-manifest-digest": about },
            "type": "cosign container image signature",
        },
        "optional": null,
    })
    .to_string();
    let signature = STANDARD.encode(key.sign(payload.as_bytes()));
    let media_type = "application/vnd.dev.cosign.simplesigning.v1+json";
    as_before(&world, &digest, "sig", media_type, (&payload, &signature));
    let trust = trusting(trusted, "").replace(LABELS, "");
    world.write("set.yaml", format!("{UNSIGNED_BASE}{trust}"));
    let said = check(&world, &[]);
    assert_eq!(judged(&said).0, verdict, "{said}");
}

#[test]
fn a_claim_takes_as_many_signers_as_the_trust_policy_asks_for() {
    let world = attested(&labelled());
    let set = "
trust:
  signers: { one: { keys: [polcheck.pub] }, two: { keys: [stranger.pub] } }
  statements: [{ claims: [security.scan], signers: [one, two], threshold: 2 }]
";
    world.write("set.yaml", format!("{LABELS}{set}"));
    assert_eq!(judged(&check(&world, &[])).1.len(), 1);
    let image = world.image("app:1");
    let again = [
        "attest",
        "-q",
        "--keep-superseded",
        "--key",
        "stranger.key",
        &image,
    ];
    let said = world.polcheck(&again);
    assert_eq!(said.code, 0, "{said}");
    let said = check(&world, &[]);
    assert_eq!(judged(&said).1, Vec::<String>::new(), "{said}");
}
