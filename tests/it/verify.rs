//! `polcheck verify`

use crate::assert_said;
use crate::harness::World;
use crate::images::{bad, good, good_config, with};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_registry::Misbehaviour;

/// A world with a good image that has a statement.
fn attested() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let said = world.polcheck(&[
        "attest",
        "--key",
        "polcheck.key",
        "--bundle",
        "bundle.json",
        &world.image("app:1"),
    ]);
    assert_eq!(said.code, 0, "{said}");
    world
}

/// The words of a command, and the image behind them.
fn words<'a>(command: &'a str, image: &'a str) -> Vec<&'a str> {
    command.split(' ').chain([image]).collect()
}

#[test]
fn a_moved_tag_has_no_statement() {
    let world = attested();
    let other = bad();
    other.push(&world.registry, "app", None);
    world.registry.retag("app", "1", other.digest());
    assert_said!(world.polcheck(&["verify", "--key", "polcheck.pub", &world.image("app:1")]), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      nothing that could be a statement is attached (0 other referrers)
        help: `polcheck attest --key FILE registry.test/app:1` makes one
    ");
}

#[test]
fn a_strangers_key_is_not_trusted() {
    let world = attested();
    world.make_key_called("stranger");
    assert_said!(world.polcheck(&["verify", "--key", "stranger.pub", &world.image("app:1")]), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the bundle is signed with the key `sha256:[DIGEST]`, which is not trusted
        help: if you trust whoever holds that key, give the public key with `--key`
    ");
    // One of several keys is enough.
    let both = [
        "verify",
        "--key",
        "stranger.pub",
        "--key",
        "polcheck.pub",
        &world.image("app:1"),
    ];
    assert_eq!(world.polcheck(&both).code, 0);
}

#[test]
fn a_claim_that_is_not_made_is_named() {
    let world = attested();
    assert_said!(world.polcheck(&["verify", "--key", "polcheck.pub", "--require", "slsa.level=3", &world.image("app:1")]), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the statement does not claim `slsa.level=3`, only `security.scan=passed`
        help: check the image with a policy set that makes the claim, or require less with `--require`
    ");
}

#[test]
fn a_statement_by_another_policy_set_is_rejected_and_names_it() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let set = "name: weak\nuri: https://example.com/weak\npacks: [builtin:core]\nrules: { net.ssh-port: {} }\nclaims: { security.scan: { rules: ['*'] } }\n";
    world.write("weak.yaml", set);
    let image = world.image("app:1");
    let attest = "attest --key polcheck.key --policy-set weak.yaml";
    let attest = world.polcheck(&words(attest, &image));
    assert_eq!(attest.code, 0, "{attest}");
    let verify = "verify --key polcheck.pub --require security.scan=passed";
    let said = world.polcheck(&words(verify, &image));
    assert_said!(said, @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the statement was made with the policy set `weak` (`https://example.com/weak`, `sha256:[DIGEST]`), which is not accepted
        help: `--policy-set https://example.com/weak@sha256:[DIGEST]` accepts it, if you know what that set checks
    ");
    // The cure that it names works.
    let cure = said
        .stdout
        .split("`--policy-set ")
        .nth(1)
        .unwrap()
        .split('`')
        .next()
        .unwrap()
        .to_owned();
    let digest = cure.rsplit('@').next().unwrap().to_owned();
    let verify = |accepted: &str| {
        let verify = format!("verify --key polcheck.pub --policy-set {accepted}");
        world.polcheck(&words(&verify, &image)).code
    };
    assert_eq!([verify(&cure), verify(&digest)], [0, 0]);
    assert_eq!(verify(&format!("https://example.com/other@{digest}")), 1);
}

#[test]
fn a_statement_that_was_changed_is_rejected() {
    let world = attested();
    let bundle: Value = serde_json::from_str(&world.read("bundle.json")).unwrap();
    let payload = STANDARD
        .decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap())
        .unwrap();
    let changed = String::from_utf8(payload)
        .unwrap()
        .replace("security.scan=passed", "security.scan=PASSED");
    let mut tampered = bundle.clone();
    tampered["dsseEnvelope"]["payload"] = STANDARD.encode(changed).into();
    world.write("tampered.json", tampered.to_string());
    let said = world.polcheck(&[
        "verify",
        "--key",
        "polcheck.pub",
        "--bundle",
        "tampered.json",
        &world.image("app:1"),
    ]);
    assert_said!(said, @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected the bundle: the signature does not verify with `sha256:[DIGEST]`
        help: do not use the image on the word of this statement; fetch the statement again, or check the image
    ");
}

#[test]
fn a_statement_about_another_image_is_rejected() {
    let world = attested();
    with(json!({ "User": "1" })).push(&world.registry, "other", Some("1"));
    let said = world.polcheck(&[
        "verify",
        "--key",
        "polcheck.pub",
        "--bundle",
        "bundle.json",
        &world.image("other:1"),
    ]);
    assert_said!(said, @"
    exit code: 1
    --- stdout
    registry.test/other:1: no accepted statement (sha256:[DIGEST])
      rejected the bundle: the statement is about `sha256:[DIGEST]`, not about `sha256:[DIGEST]`
        help: check this image, or ask for its own statement
    ");
}

#[test]
fn a_statement_that_cannot_be_read_leaves_the_question_open() {
    let world = attested();
    world.registry.misbehave(
        "GET /v2/app/blobs",
        Misbehaviour::Body(b"{}".as_slice().into()),
    );
    let image = world.image("app:1");
    let verify = ["verify", "--key", "polcheck.pub", "--blob-cache", "0"];
    let said = world.polcheck(&[&verify[..], &[&image]].concat());
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stdout.contains("no accepted statement"), "{said}");
}

#[test]
fn an_image_that_is_not_there_leaves_the_question_open() {
    let world = World::new();
    world.make_key();
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &world.image("app:1")])
            .code,
        2
    );
}

#[test]
fn the_result_is_there_for_programs() {
    let world = attested();
    let document = world.json(&[
        "verify",
        "-o",
        "json",
        "--key",
        "polcheck.pub",
        &world.image("app:1"),
    ]);
    assert_eq!(document["verified"], true);
    assert_eq!(
        document["accepted"][0]["claims"],
        json!(["security.scan=passed"])
    );
    assert_eq!(
        document["accepted"][0]["policySet"]["uri"],
        "polcheck:set/standard"
    );
}

#[test]
fn other_things_that_are_attached_are_passed_over() {
    let world = World::new();
    let image = with(good_config());
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    let subject = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": image.digest(), "size": 1 });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "artifactType": "application/spdx+json",
        "config": { "mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2 },
        "layers": [], "subject": subject,
    });
    world.registry.put_manifest(
        "app",
        &test_registry::sha256(manifest.to_string().as_bytes()),
        "application/vnd.oci.image.manifest.v1+json",
        manifest.to_string(),
    );
    let image = world.image("app:1");
    let document = world.json(&["verify", "-o", "json", "--key", "polcheck.pub", &image]);
    assert_eq!(
        (&document["verified"], &document["otherReferrers"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(
        world
            .polcheck(&["attest", "--key", "polcheck.key", &image])
            .code,
        0
    );
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &image])
            .code,
        0
    );
}
