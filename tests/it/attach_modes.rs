//! `--attach` and `--dry-run`: in which form statements are attached, beside what others have attached.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::{bad, good, good_for};
use crate::statements::{push, referrer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};
use std::thread;
use std::time::Duration;
use test_registry::{Options, image_index, media_type};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";

/// A world with a good image and a key.
fn world() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    world
}

/// A world whose image is also signed in the form before cosign 3.
fn signed() -> World {
    let world = world();
    bad().push(&world.registry, "app", Some(&tag(".sig")));
    world
}

/// A tag that is about the good image.
fn tag(suffix: &str) -> String {
    good().digest().replace(':', "-") + suffix
}

fn attest(world: &World, flags: &[&str]) -> Said {
    let words = ["attest", "-q", "--key", "polcheck.key"];
    world.polcheck(&[&words[..], flags, &[&world.image("app:1")]].concat())
}

/// The artifact types of what refers to the good image.
fn referrers(world: &World) -> Vec<String> {
    let document = world.json(&["statements", "-o", "json", &world.image("app:1")]);
    let attached = document["attached"].as_array().unwrap().iter();
    attached
        .map(|it| it["artifactType"].as_str().unwrap().to_owned())
        .collect()
}

/// The manifest of attestations in the older form.
fn attestations(world: &World) -> Option<Value> {
    let manifest = world.registry.content("app", &tag(".att"))?;
    Some(serde_json::from_slice(&manifest).unwrap())
}

/// How many attestations have the older form.
fn layers(world: &World) -> usize {
    attestations(world).map_or(0, |manifest| manifest["layers"].as_array().unwrap().len())
}

fn verify(world: &World, key: &str) -> i32 {
    let words = ["verify", "--key", key, &world.image("app:1")];
    world.polcheck(&words).code
}

/// Statements are older than one another by whole seconds.
fn later() {
    thread::sleep(Duration::from_millis(1100));
}

#[test]
fn where_a_bundle_would_hide_signatures_a_statement_gets_their_form() {
    let world = signed();
    let said = world.polcheck(&["attest", "--key", "polcheck.key", &world.image("app:1")]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached in the form before cosign 3: sha256:[DIGEST]
    --- stderr
    warning: `sha256:[DIGEST]` of `registry.test/app:1` has signatures of the form before cosign 3, which cosign 3 would ignore beside a bundle, so the statement gets that form too
     |
     = help: sign the image with cosign 3, and the next statement is a bundle; `--attach` chooses a form without asking
    ");
    assert_eq!((referrers(&world).len(), layers(&world)), (0, 1));
    assert_eq!(verify(&world, "polcheck.pub"), 0);
    world.make_key_called("stranger");
    assert_eq!(verify(&world, "stranger.pub"), 1);
}

#[test]
fn the_older_form_is_the_one_that_cosign_gives_it() {
    let world = world();
    let said = attest(&world, &["--attach", "legacy"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    let manifest = attestations(&world).unwrap();
    let layer = &manifest["layers"][0];
    let digest = layer["digest"].as_str().unwrap();
    let envelope = world.registry.content("app", digest).unwrap();
    assert_eq!(
        manifest["layers"],
        json!([{
            "mediaType": ENVELOPE,
            "digest": digest,
            "size": envelope.len(),
            "annotations": { "predicateType": SVR, "dev.cosignproject.cosign/signature": "" },
        }])
    );
    assert_eq!(manifest["mediaType"], media_type::MANIFEST);
    let envelope: Value = serde_json::from_slice(&envelope).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let statement = STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap();
    let statement: Value = serde_json::from_slice(&statement).unwrap();
    assert_eq!(statement["predicateType"], SVR);
    // Its config is that of an image with these layers.
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = world.registry.content("app", config).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(config["rootfs"]["diff_ids"], json!([digest]));
}

#[test]
fn signatures_are_hidden_only_by_whoever_says_so_and_is_told() {
    let world = signed();
    let said = attest(&world, &["--attach", "bundle"]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
    --- stderr
    warning: cosign 3 ignores the signatures of the form before it that `sha256:[DIGEST]` of `registry.test/app:1` has, now that there is a bundle
     |
     = help: sign the image again with cosign 3; until then `cosign verify --new-bundle-format=false` finds them
    ");
    assert_eq!((referrers(&world).len(), layers(&world)), (1, 0));
    // Now there is nothing left to hide.
    let said = attest(&world, &[]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    assert_eq!(layers(&world), 0);
}

#[test]
fn only_a_bundle_hides_signatures() {
    let world = signed();
    // An SBOM, and something that is called a bundle.
    for (kind, content) in [("x/y", "z"), (BUNDLE, "{}")] {
        let other = referrer(&world, good().digest(), kind, (kind, content));
        push(&world, &other);
    }
    assert_eq!(attest(&world, &[]).code, 0);
    assert_eq!((referrers(&world).len(), layers(&world)), (2, 1));
}

#[test]
fn both_forms_are_attached_where_both_are_wanted() {
    let world = world();
    let image = world.image("app:1");
    let words = [
        "attest",
        "--key",
        "polcheck.key",
        "--attach",
        "both",
        &image,
    ];
    assert_said!(world.polcheck(&words), @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached: sha256:[DIGEST], and in the form before cosign 3: sha256:[DIGEST]
    ");
    assert_eq!(referrers(&world), [BUNDLE]);
    assert_eq!(layers(&world), 1);
}

#[test]
fn cosign_overlooks_the_older_form_beside_a_bundle_and_that_is_said() {
    let world = world();
    world.make_key_called("other");
    let image = world.image("app:1");
    let other = ["attest", "-q", "--key", "other.key", &image];
    assert_eq!(world.polcheck(&other).code, 0);
    assert_said!(attest(&world, &["--attach", "legacy"]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
    --- stderr
    warning: cosign 3 ignores the statement, which has the form before it, since `sha256:[DIGEST]` of `registry.test/app:1` has bundles
     |
     = help: attach it as a bundle too: `--attach both`
    ");
    assert_eq!((referrers(&world).len(), layers(&world)), (1, 1));
}

#[rstest]
#[case(&["--attach", "none"])]
#[case(&["--no-upload"])]
fn a_statement_that_is_not_attached_is_kept_in_a_file(#[case] flags: &[&str]) {
    let world = signed();
    let said = attest(&world, flags);
    assert_eq!(said.code, 2, "{said}");
    let help = "name a file with `--bundle FILE`";
    assert!(said.stderr.contains(help), "{said}");
    let said = attest(&world, &[flags, &["--bundle", "bundle.json"]].concat());
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    assert_eq!((referrers(&world).len(), layers(&world)), (0, 0));
    let image = world.image("app:1");
    let verify = ["verify", "--key", "polcheck.pub", "--bundle", "bundle.json"];
    assert_eq!(world.polcheck(&[&verify[..], &[&image]].concat()).code, 0);
}

#[rstest]
fn what_did_not_pass_is_attached_in_no_form(
    #[values("auto", "bundle", "legacy", "both")] mode: &str,
    #[values(false, true)] dry_run: bool,
) {
    let world = World::with(Options::without_referrers());
    bad().push(&world.registry, "app", Some("1"));
    world.make_key();
    let dry_run: &[&str] = if dry_run { &["--dry-run"] } else { &[] };
    let said = attest(&world, &[&["--attach", mode], dry_run].concat());
    assert_eq!(said.code, 1, "{said}");
    assert!(!said.stdout.contains("statement:"), "{said}");
    assert_eq!(world.registry.tags("app"), ["1"]);
}

#[test]
fn attestations_of_others_stay_as_they_are() {
    let world = world();
    // As an old cosign writes it, with a field that nobody knows.
    let empty = world.registry.put_blob("app", "{}");
    let envelope = world.registry.put_blob("app", "not read by anybody");
    let config = json!({ "mediaType": "application/vnd.oci.image.config.v1+json", "digest": empty, "size": 2 });
    let layer = json!({
        "mediaType": ENVELOPE, "digest": envelope, "size": 19, "future": true,
        "annotations": { "predicateType": "https://example.com/other" },
    });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer],
        "annotations": { "a": "b" },
    });
    let put = |manifest: &Value| {
        let text = manifest.to_string();
        world
            .registry
            .put_manifest("app", &tag(".att"), media_type::MANIFEST, text);
    };
    put(&manifest);
    assert_eq!(attest(&world, &[]).code, 0);
    let now = attestations(&world).unwrap();
    assert_eq!(now["layers"].as_array().unwrap().len(), 2);
    assert_eq!(now["layers"][1], layer);
    assert_eq!(now["annotations"], manifest["annotations"]);
    // A config of another kind is not ours to write.
    let config = json!({ "mediaType": media_type::EMPTY, "digest": empty, "size": 2 });
    put(&json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST, "config": config, "layers": [layer],
    }));
    assert_eq!(attest(&world, &[]).code, 0);
    assert_eq!(attestations(&world).unwrap()["config"], config);
}

#[test]
fn what_stands_at_the_tag_and_is_something_else_is_left_alone() {
    let world = world();
    let index = image_index(vec![good_for("amd64")]);
    index.push(&world.registry, "app", Some(&tag(".att")));
    let said = attest(&world, &["--attach", "legacy"]);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr
            .contains("does not have the form of its media type"),
        "{said}"
    );
    let kept = world.registry.content("app", &tag(".att")).unwrap();
    assert_eq!(kept, index.manifest.bytes);
}

#[test]
fn a_newer_statement_of_the_older_form_takes_the_place_of_our_own_older_one() {
    let world = world();
    world.make_key_called("other");
    let image = world.image("app:1");
    let legacy = |key: &str, flags: &[&str]| {
        let words = ["attest", "--attach", "legacy", "--key", key];
        let said = world.polcheck(&[&words[..], flags, &[&image]].concat());
        assert_eq!(said.code, 0, "{said}");
        said
    };
    legacy("polcheck.key", &[]);
    legacy("other.key", &[]);
    later();
    legacy("polcheck.key", &["--keep-superseded"]);
    assert_eq!(layers(&world), 3);
    later();
    let said = legacy("polcheck.key", &[]);
    let last = said.stdout.lines().rev().take(2).collect::<Vec<_>>();
    assert!(last[1].contains("superseded and removed"), "{said}");
    assert!(last[0].contains("superseded and removed"), "{said}");
    assert_eq!(layers(&world), 2);
    for key in ["polcheck.pub", "other.pub"] {
        assert_eq!(verify(&world, key), 0);
    }
}

#[test]
fn a_dry_run_says_everything_and_does_nothing() {
    let world = world();
    let image = world.image("app:1");
    assert_eq!(attest(&world, &[]).code, 0);
    later();
    let tags = world.registry.tags("app");
    world.registry.forget_requests();
    // Without a key, and with one that is not there.
    let mut dry_run = vec!["attest", "--dry-run", &image];
    let said = world.polcheck(&dry_run);
    dry_run.extend(["--key", "nothing.key"]);
    assert_eq!(world.polcheck(&dry_run).code, 0);
    assert_eq!(said.code, 0, "{said}");
    let requests = world.registry.request_lines();
    let is_read = |line: &String| line.starts_with("GET ") || line.starts_with("HEAD ");
    assert!(requests.iter().all(is_read), "{requests:?}");
    assert_eq!(world.registry.tags("app"), tags);

    let (said, statement) = said.stdout.split_once("  statement: ").unwrap();
    assert_said!(said, @"
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      would be signed and attached as a bundle
      would supersede, if signed by the key sha256:[DIGEST]: sha256:[DIGEST]
    ");
    let statement: Value = serde_json::from_str(statement).unwrap();
    assert_eq!(statement["predicateType"], SVR);
    let digest = good().digest().replace("sha256:", "");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], digest.as_str());
}

#[test]
fn a_dry_run_tells_programs_too() {
    let world = signed();
    let image = world.image("app:1");
    let said = world.polcheck(&["attest", "--dry-run", "-o", "json", &image]);
    assert_eq!(said.code, 0, "{said}");
    // What would be said on the way is said.
    assert!(said.stderr.contains("cosign 3 would ignore"), "{said}");
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let statement = &document["reports"][0]["statements"][0];
    assert_eq!(statement["dryRun"], true);
    let attach = json!({ "bundle": false, "legacy": true });
    assert_eq!(statement["attach"], attach);
    assert_eq!(statement["supersedes"], json!([]));
    assert_eq!(statement["document"]["predicateType"], SVR);
    assert_eq!(layers(&world), 0);
    // It would be the file that nobody signed.
    let words = ["attest", "--dry-run", "--bundle", "bundle.json", &image];
    assert_eq!(world.polcheck(&words).code, 2);
}

#[test]
fn each_platform_gets_the_form_that_its_own_signatures_ask_for() {
    let world = World::new();
    let (amd64, arm64) = (good_for("amd64"), good_for("arm64"));
    let signed = amd64.digest().replace(':', "-");
    image_index(vec![amd64, arm64]).push(&world.registry, "app", Some("1"));
    bad().push(&world.registry, "app", Some(&format!("{signed}.sig")));
    world.make_key();
    assert_eq!(attest(&world, &[]).code, 0);
    let mut tags = world.registry.tags("app");
    tags.retain(|tag| tag.contains(".att"));
    assert_eq!(tags, [format!("{signed}.att")]);
    let image = world.image("app:1");
    for platform in ["linux/amd64", "linux/arm64"] {
        let words = ["verify", "--key", "polcheck.pub", "--platform", platform];
        let words = [&words[..], &[&image]].concat();
        assert_eq!(world.polcheck(&words).code, 0, "{platform}");
    }
    assert_eq!(verify(&world, "polcheck.pub"), 0);
}
