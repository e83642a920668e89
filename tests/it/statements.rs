//! `polcheck statements`

use crate::assert_said;
use crate::harness::{World, root};
use crate::images::{bad, good, good_for};
use serde_json::{Value, json};
use std::fs;
use test_registry::{Misbehaviour, Options, TestImage, image_index, media_type, sha256};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A certificate as Fulcio makes them, made by openssl: for an address, and with the issuer that vouched for it.
const CERTIFICATE: &str = "MIIBmjCCAUGgAwIBAgIUW3Oz8+Eg9SPRqx3OS6m7VPk7cRowCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjkxNTAzMjdaFw0zNjExMjYxNTAzMjdaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAR9z8NOor6AZsWK6FAflRFFRiYplz1++UKIe4aEzo0ZURIdhbYpqBHOSBngEVL4T23+Mqx3W7OhMsmIsOv+gAX3o4GAMH4wHAYDVR0RAQH/BBIwEIEOY2lAZXhhbXBsZS5jb20wKgYKKwYBBAGDvzABCAQcDBpodHRwczovL2lzc3Vlci5leGFtcGxlLmNvbTATBgorBgEEAYO/MAEBBAUMA29sZDAdBgNVHQ4EFgQU/CXvJdfPNTyi1oMLzwjGIDZJ3p4wCgYIKoZIzj0EAwIDRwAwRAIgTAzpj7CzonhxMAiHIrmhv2DxEEsesqcf3m9I9oMLfdECIF6fTFUKcsEqQuEgpTjuxFImreDZ28M3l3FnCCjxDZRl";

/// A world with a good image that has a statement.
fn attested(options: Options) -> World {
    let world = World::with(options);
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    attest(&world, "polcheck.key");
    world
}

fn attest(world: &World, key: &str) {
    let said = world.polcheck(&["attest", "-q", "--key", key, &world.image("app:1")]);
    assert_eq!(said.code, 0, "{said}");
}

/// A manifest that refers to a digest, with one layer.
pub(crate) fn referrer(
    world: &World,
    subject: &str,
    artifact_type: &str,
    layer: (&str, &str),
) -> Value {
    let (layer_type, layer) = layer;
    let empty = world.registry.put_blob("app", "{}");
    let digest = world.registry.put_blob("app", layer.to_owned());
    json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST, "artifactType": artifact_type,
        "config": { "mediaType": media_type::EMPTY, "digest": empty, "size": 2 },
        "layers": [{ "mediaType": layer_type, "digest": digest, "size": layer.len() }],
        "subject": { "mediaType": media_type::MANIFEST, "digest": subject, "size": 1 },
    })
}

/// Stores a manifest by its digest, and says what names it.
pub(crate) fn push(world: &World, manifest: &Value) -> Value {
    let text = manifest.to_string();
    let digest = sha256(text.as_bytes());
    let size = text.len();
    world
        .registry
        .put_manifest("app", &digest, media_type::MANIFEST, text);
    json!({ "mediaType": media_type::MANIFEST, "digest": digest, "size": size })
}

/// Writes the index at the fallback tag.
pub(crate) fn list(world: &World, subject: &str, entries: &[Value]) {
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": entries });
    let tag = subject.replace(':', "-");
    world
        .registry
        .put_manifest("app", &tag, media_type::INDEX, index.to_string());
}

fn json_of(world: &World, image: &str, more: &[&str]) -> Value {
    let document = world.json(&[&["statements", "-o", "json", image], more].concat());
    let schema = root().join("docs/reference/statements.schema.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new(), "{document:#}");
    document
}

/// The states of what is attached, in its order.
fn states(document: &Value) -> Vec<&str> {
    let attached = document["attached"].as_array().unwrap();
    let states = attached.iter().map(|it| it["state"].as_str().unwrap());
    states.collect()
}

#[test]
fn nothing_that_is_attached_is_an_answer() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    assert_said!(world.polcheck(&["statements", &world.image("app:1")]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: nothing is attached (sha256:[DIGEST])
    ");
    assert_eq!(
        json_of(&world, &world.image("app:1"), &[])["attached"],
        json!([])
    );
}

#[test]
fn a_statement_is_listed_as_what_it_says_of_itself_until_a_key_verifies_it() {
    let world = attested(Options::default());
    world.make_key_called("stranger");
    let image = world.image("app:1");
    assert_said!(world.polcheck(&["statements", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not checked: no key was given
        says of itself: security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME], signed by the key sha256:[DIGEST]
    ");
    assert_said!(world.polcheck(&["statements", "--key", "polcheck.pub", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: verified with the key sha256:[DIGEST]
        security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME]
    ");
    assert_said!(world.polcheck(&["statements", "--key", "stranger.pub", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not verified: the bundle is signed with the key `sha256:[DIGEST]`, which is not trusted
        says of itself: security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME], signed by the key sha256:[DIGEST]
    ");
    for (key, state) in [
        (&[][..], "not-checked"),
        (&["--key", "polcheck.pub"], "verified"),
        (&["--key", "stranger.pub"], "not-verified"),
    ] {
        let document = json_of(&world, &image, key);
        assert_eq!(states(&document), [state]);
        let says = &document["attached"][0]["says"];
        assert_eq!(says["result"]["claims"], json!(["security.scan=passed"]));
        assert_eq!(says["subjects"][0]["digest"], digest_set(&good()));
    }
}

#[test]
fn what_is_no_statement_is_listed_by_its_type() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    let mut sbom = referrer(
        &world,
        image.digest(),
        "application/spdx+json",
        ("text/plain", "x"),
    );
    sbom["annotations"] = json!({ "org.opencontainers.image.created": "2026-11-01T00:00:00Z" });
    push(&world, &sbom);
    // The registry says what its config is, where a manifest has no type.
    let mut bare = referrer(&world, image.digest(), "", ("text/plain", "y"));
    bare.as_object_mut().unwrap().remove("artifactType");
    push(&world, &bare);
    assert_said!(world.polcheck(&["statements", &world.image("app:1")]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 2 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not checked: it is not a Sigstore bundle
        says of itself: application/spdx+json, [TIME]
      sha256:[DIGEST]: not checked: it is not a Sigstore bundle
        says of itself: application/vnd.oci.empty.v1+json
    ");
    json_of(&world, &world.image("app:1"), &[]);
}

#[test]
fn text_of_strangers_does_nothing_to_a_terminal() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    let evil = referrer(
        &world,
        image.digest(),
        "a/\u{1b}[2Jb\nc",
        ("text/plain", "x"),
    );
    push(&world, &evil);
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "digest": digest_set(&image) }],
        "predicateType": "https://\u{1b}]0;x\u{7}evil",
        "predicate": {},
    });
    push(
        &world,
        &referrer(
            &world,
            image.digest(),
            BUNDLE,
            (BUNDLE, &bundle(&statement)),
        ),
    );
    let said = world.polcheck(&["statements", &world.image("app:1")]);
    assert_said!(said, @r"
    exit code: 0
    --- stdout
    registry.test/app:1: 2 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not checked: it is not a Sigstore bundle
        says of itself: a/\u{1b}[2Jb\nc
      sha256:[DIGEST]: not checked: no key was given
        says of itself: https://\u{1b}]0;x\u{7}evil, signed by the key me
    ");
    assert!(!said.stdout.contains('\u{1b}') && !said.stdout.contains('\u{7}'));
}

/// The digest of an image as statements write it.
fn digest_set(image: &TestImage) -> Value {
    let (algorithm, digest) = image.digest().split_once(':').unwrap();
    json!({ algorithm: digest })
}

/// A bundle that nobody signed.
fn bundle(statement: &Value) -> String {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    json!({
        "mediaType": BUNDLE,
        "verificationMaterial": { "publicKey": { "hint": "me" } },
        "dsseEnvelope": {
            "payload": STANDARD.encode(statement.to_string()),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{ "sig": STANDARD.encode("x"), "keyid": "me" }],
        },
    })
    .to_string()
}

#[test]
fn an_identity_is_listed_as_it_claims_to_be_and_is_not_checked_where_none_is_given() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{ "digest": digest_set(&image) }],
    });
    let mut bundle: Value = serde_json::from_str(&bundle(&statement)).unwrap();
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = "".into();
    for certificate in [CERTIFICATE, "AAAA"] {
        bundle["verificationMaterial"] = json!({ "certificate": { "rawBytes": certificate } });
        let layer = bundle.to_string();
        push(
            &world,
            &referrer(&world, image.digest(), BUNDLE, (BUNDLE, &layer)),
        );
    }
    let name = world.image("app:1");
    assert_said!(world.polcheck(&["statements", "--key", "polcheck.pub", &name]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 2 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not checked: no identity was given
        says of itself: https://slsa.dev/provenance/v1, signed by ci@example.com of https://issuer.example.com
      sha256:[DIGEST]: not checked: no identity was given
        says of itself: https://slsa.dev/provenance/v1, signed by an identity that cannot be read
    ");
    let document = json_of(&world, &name, &["--key", "polcheck.pub"]);
    let signer = &document["attached"][0]["says"]["signer"];
    assert_eq!(signer["identity"], "ci@example.com");
    assert_eq!(signer["issuer"], "https://issuer.example.com");
}

#[test]
fn what_cannot_be_read_is_listed_with_the_reason_and_hides_nothing() {
    let world = attested(Options::without_referrers());
    let image = good();
    let good_entry = first_listed(&world, &image);
    let bundle_of = |subject: &str, layer: (&str, &str)| {
        push(&world, &referrer(&world, subject, BUNDLE, layer))
    };
    let mut without_subject = referrer(&world, image.digest(), BUNDLE, (BUNDLE, "a"));
    without_subject.as_object_mut().unwrap().remove("subject");
    let mut too_large = referrer(&world, image.digest(), BUNDLE, (BUNDLE, "b"));
    too_large["layers"][0]["size"] = json!(11 << 20);
    let missing =
        json!({ "mediaType": media_type::MANIFEST, "digest": sha256(b"gone"), "size": 4 });
    let mut huge = missing.clone();
    huge["size"] = json!(5 << 20);
    let entries = [
        missing,
        huge,
        bundle_of(bad().digest(), (BUNDLE, "c")),
        push(&world, &without_subject),
        bundle_of(image.digest(), (BUNDLE, "{\"mediaType\":")),
        push(&world, &too_large),
        bundle_of(image.digest(), ("text/plain", "d")),
        good_entry,
    ];
    // All but the one whose manifest is announced as too large, which has the digest of the first.
    list(
        &world,
        image.digest(),
        &[&entries[..1], &entries[2..]].concat(),
    );
    let name = world.image("app:1");
    assert_said!(world.polcheck(&["statements", "--key", "polcheck.pub", &name]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 7 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not readable: `registry.test/app` has no blob `sha256:[DIGEST]`
        says of itself: nothing
      sha256:[DIGEST]: not readable: its manifest refers to `sha256:[DIGEST]`
        says of itself: application/vnd.dev.sigstore.bundle.v0.3+json
      sha256:[DIGEST]: not readable: its manifest refers to nothing
        says of itself: application/vnd.dev.sigstore.bundle.v0.3+json
      sha256:[DIGEST]: not readable: the bundle cannot be read: it is not JSON: EOF while parsing a value at line 1 column 13
        says of itself: application/vnd.dev.sigstore.bundle.v0.3+json
      sha256:[DIGEST]: not readable: blob `sha256:[DIGEST]` of `registry.test/app` is larger than 10485760 bytes
        says of itself: application/vnd.dev.sigstore.bundle.v0.3+json
      sha256:[DIGEST]: not readable: it is called a bundle, and its manifest has none
        says of itself: application/vnd.dev.sigstore.bundle.v0.3+json
      sha256:[DIGEST]: verified with the key sha256:[DIGEST]
        security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME]
    ");
    let document = json_of(&world, &name, &["--key", "polcheck.pub"]);
    assert_eq!(states(&document).last(), Some(&"verified"));
    let verify = ["verify", "--key", "polcheck.pub", &name];
    assert_eq!(world.polcheck(&verify).code, 0);
    // Without the good one it is no pass, and what could not be read leaves it open.
    list(&world, image.digest(), &entries[1..2]);
    assert_eq!(world.polcheck(&verify).code, 2);
    list(&world, image.digest(), &entries[2..5]);
    assert_eq!(world.polcheck(&verify).code, 1);
}

#[test]
fn a_statement_behind_a_manifest_that_refers_to_another_image_does_not_count() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    let name = world.image("app:1");
    let keep = [
        "attest",
        "--key",
        "polcheck.key",
        "--no-upload",
        "--bundle",
        "b.json",
        &name,
    ];
    assert_eq!(world.polcheck(&keep).code, 0);
    let bundle = world.read("b.json");
    let right = referrer(&world, image.digest(), BUNDLE, (BUNDLE, &bundle));
    let wrong = referrer(&world, bad().digest(), BUNDLE, (BUNDLE, &bundle));
    let verify = ["verify", "--key", "polcheck.pub", &name];
    list(&world, image.digest(), &[push(&world, &wrong)]);
    let said = world.polcheck(&verify);
    assert_said!(said, @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: its manifest refers to `sha256:[DIGEST]`
    ");
    list(&world, image.digest(), &[push(&world, &right)]);
    assert_eq!(world.polcheck(&verify).code, 0);
}

#[test]
fn what_only_the_fallback_tag_lists_is_found_beside_the_list_of_a_registry() {
    let options = Options {
        oci_subject: false,
        ..Options::default()
    };
    let world = attested(options);
    let image = good();
    let empty = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [] });
    let answer = Misbehaviour::Answer(media_type::INDEX.to_owned(), empty.to_string().into());
    world.registry.misbehave("/referrers/", answer);
    let name = world.image("app:1");
    let said = world.polcheck(&["statements", "--key", "polcheck.pub", &name]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: verified with the key sha256:[DIGEST], at the fallback tag only, where most readers do not look
        security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME]
    ");
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &name])
            .code,
        0
    );
    // A tag that is no index lists nothing.
    let tag = image.digest().replace(':', "-");
    world.registry.retag("app", &tag, image.digest());
    assert_eq!(states(&json_of(&world, &name, &[])), Vec::<&str>::new());
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &name])
            .code,
        1
    );
}

#[test]
fn signatures_of_the_old_form_are_listed() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    let layer = |kind: &str| json!({ "mediaType": "application/vnd.dsse.envelope.v1+json", "digest": sha256(kind.as_bytes()), "size": 1, "annotations": { "predicateType": kind } });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST,
        "config": { "mediaType": media_type::CONFIG, "digest": sha256(b"c"), "size": 1 },
        "layers": [layer("https://slsa.dev/provenance/v1"), layer("https://\u{1b}x"), layer("https://slsa.dev/provenance/v1")],
    });
    let tag = image.digest().replace(':', "-");
    world.registry.put_manifest(
        "app",
        &format!("{tag}.att"),
        media_type::MANIFEST,
        manifest.to_string(),
    );
    world
        .registry
        .put_manifest("app", &format!("{tag}.sig"), media_type::MANIFEST, "{");
    let name = world.image("app:1");
    assert_said!(world.polcheck(&["statements", &name]), @r"
    exit code: 0
    --- stdout
    registry.test/app:1: 2 attached (sha256:[DIGEST])
      sha256-daef439c5228a6b3f3d86b5bca545280982ccdc490859f7b82ce0297f1eaeddf.sig: not readable: `registry.test/app:sha256-daef439c5228a6b3f3d86b5bca545280982ccdc490859f7b82ce0297f1eaeddf.sig` cannot be used: it is not JSON: EOF while parsing an object at line 1 column 1
      sha256-daef439c5228a6b3f3d86b5bca545280982ccdc490859f7b82ce0297f1eaeddf.att: 3 attestations (sha256:[DIGEST])
        sha256:[DIGEST]: not checked: neither a key nor an identity was given; says of itself: https://slsa.dev/provenance/v1
        sha256:[DIGEST]: not checked: neither a key nor an identity was given; says of itself: https://\u{1b}x
        sha256:[DIGEST]: not checked: neither a key nor an identity was given; says of itself: https://slsa.dev/provenance/v1
    ");
    let document = json_of(&world, &name, &[]);
    assert_eq!(document["legacy"][1]["count"], 3);
}

#[test]
fn each_platform_has_its_own() {
    let world = World::new();
    let (amd64, arm64) = (good_for("amd64"), good_for("arm64"));
    let digest = arm64.digest().to_owned();
    image_index(vec![amd64, arm64]).push(&world.registry, "app", Some("1"));
    world.make_key();
    let name = world.image("app:1");
    let arm = ["--platform", "linux/arm64"];
    let attest = [&["attest", "--key", "polcheck.key", &name], &arm[..]].concat();
    assert_eq!(world.polcheck(&attest).code, 0);
    assert_eq!(states(&json_of(&world, &name, &[])), Vec::<&str>::new());
    let document = json_of(&world, &name, &arm);
    assert_eq!(states(&document), ["not-checked"]);
    assert_eq!(document["subject"]["digest"], digest.as_str());
    let missing = world.polcheck(&["statements", "--platform", "linux/s390x", &name]);
    assert_eq!(missing.code, 2, "{missing}");
}

#[test]
fn a_layout_has_statements_too() {
    let world = attested(Options::without_referrers());
    let image = good();
    image.write_layout(&world.path("layout"), Some("v1"));
    copy_referrers(&world, &image);
    let said = world.polcheck(&["statements", "--key", "polcheck.pub", "oci:layout:v1"]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    oci:layout:v1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: verified with the key sha256:[DIGEST]
        security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME]
    ");
    json_of(&world, "oci:layout:v1", &[]);
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", "oci:layout:v1"])
            .code,
        0
    );
}

/// The first entry of the index at the fallback tag.
fn first_listed(world: &World, image: &TestImage) -> Value {
    let tag = image.digest().replace(':', "-");
    let index = world.registry.content("app", &tag).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    index["manifests"][0].clone()
}

/// Copies what is attached to an image into the layout, as copying tools do it.
fn copy_referrers(world: &World, image: &TestImage) {
    let content = |reference: &str| world.registry.content("app", reference).unwrap();
    let index: Value = serde_json::from_slice(&content(&image.digest().replace(':', "-"))).unwrap();
    let entry = index["manifests"][0].clone();
    let manifest: Value =
        serde_json::from_slice(&content(entry["digest"].as_str().unwrap())).unwrap();
    let blobs = [&entry, &manifest["config"], &manifest["layers"][0]];
    for digest in blobs.map(|blob| blob["digest"].as_str().unwrap()) {
        let path = format!("layout/blobs/{}", digest.replace(':', "/"));
        world.write(&path, content(digest));
    }
    let mut layout: Value = serde_json::from_str(&world.read("layout/index.json")).unwrap();
    layout["manifests"].as_array_mut().unwrap().push(entry);
    world.write("layout/index.json", layout.to_string());
}

#[test]
fn an_image_that_cannot_be_had_has_no_list() {
    let world = World::new();
    let said = world.polcheck(&["statements", &world.image("app:1")]);
    assert_eq!(said.code, 2, "{said}");
    good().push(&world.registry, "app", Some("1"));
    let garbage = Misbehaviour::Answer(media_type::INDEX.to_owned(), "[]".into());
    world.registry.misbehave("/referrers/", garbage);
    assert_said!(world.polcheck(&["statements", &world.image("app:1")]), @"
    exit code: 2
    --- stderr
    error: the list of referrers of `sha256:[DIGEST]` cannot be used
     |
     = caused by: it is neither a manifest nor an index
     = help: build the image again with a current builder
    ");
}
