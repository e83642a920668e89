//! `polcheck attest`

use crate::assert_said;
use crate::harness::World;
use crate::images::{bad, bad_for, good, good_for};
use crate::statements::{push, referrer};
use serde_json::Value;
use std::thread;
use std::time::Duration;
use test_registry::{Misbehaviour, Options, TestRegistry, attestation_manifest, image_index};

/// What is attached to a digest, by the fallback tag.
fn attached(world: &World, repository: &str, digest: &str) -> Vec<Value> {
    let index = world
        .registry
        .content(repository, &digest.replace(':', "-"));
    let index: Value = index
        .map(|bytes| serde_json::from_slice(&bytes).unwrap())
        .unwrap_or_default();
    index["manifests"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_pass_is_signed_attached_and_verified() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    assert_said!(world.polcheck(&["attest", "--key", "polcheck.key", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached: sha256:[DIGEST]
    ");
    assert_said!(world.polcheck(&["verify", "--key", "polcheck.pub", "--require", "security.scan=passed", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], key sha256:[DIGEST]
    ");
}

#[test]
fn the_same_flag_of_check_does_the_same() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    assert_eq!(
        world
            .polcheck(&["check", "--attest", "--key", "polcheck.key", &image])
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

#[test]
fn a_failed_image_gets_no_statement() {
    let world = World::with(Options::without_referrers());
    let image = bad();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    let said = world.polcheck(&[
        "attest",
        "-q",
        "--key",
        "polcheck.key",
        "--bundle",
        "bundle.json",
        &world.image("app:1"),
    ]);
    assert_eq!(said.code, 1, "{said}");
    assert_eq!(world.registry.tags("app"), ["1"]);
    assert!(!world.path("bundle.json").exists());
}

#[test]
fn each_platform_and_the_index_get_a_statement_when_all_pass() {
    let world = World::with(Options::without_referrers());
    let (amd64, arm64) = (good_for("amd64"), good_for("arm64"));
    let attestation = attestation_manifest(&amd64);
    let digests = [
        amd64.digest().to_owned(),
        arm64.digest().to_owned(),
        attestation.digest().to_owned(),
    ];
    let index = image_index(vec![amd64, arm64, attestation]);
    index.push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    assert_said!(world.polcheck(&["attest", "--key", "polcheck.key", &image]), @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached: sha256:[DIGEST]

    registry.test/app:1: passed (linux/arm64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached: sha256:[DIGEST]

    registry.test/app:1: passed (index of linux/amd64 and linux/arm64, sha256:[DIGEST])
      security.scan=passed
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 62 more: it needs `dockerfile`: there is none
      signed and attached: sha256:[DIGEST]
    ");
    for digest in [index.digest(), &digests[0], &digests[1]] {
        assert_eq!(attached(&world, "app", digest).len(), 1, "{digest}");
        let by_digest = format!("{}@{digest}", world.image("app"));
        assert_eq!(
            world
                .polcheck(&["verify", "--key", "polcheck.pub", &by_digest])
                .code,
            0
        );
    }
    assert_eq!(attached(&world, "app", &digests[2]).len(), 0);
    for platform in ["linux/amd64", "linux/arm64"] {
        assert_eq!(
            world
                .polcheck(&[
                    "verify",
                    "--key",
                    "polcheck.pub",
                    "--platform",
                    platform,
                    &image
                ])
                .code,
            0
        );
    }
}

#[test]
fn the_index_gets_none_when_one_platform_fails() {
    let world = World::new();
    let (amd64, arm64) = (good_for("amd64"), bad_for("arm64"));
    let passed = amd64.digest().to_owned();
    image_index(vec![amd64, arm64]).push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    assert_eq!(
        world
            .polcheck(&["attest", "-q", "--key", "polcheck.key", &image])
            .code,
        1
    );
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &image])
            .code,
        1
    );
    let by_digest = format!("{}@{passed}", world.image("app"));
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &by_digest])
            .code,
        0
    );
}

#[test]
fn with_one_platform_only_that_one_gets_a_statement() {
    let world = World::new();
    image_index(vec![good_for("amd64"), good_for("arm64")]).push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    assert_eq!(
        world
            .polcheck(&[
                "attest",
                "--key",
                "polcheck.key",
                "--platform",
                "linux/arm64",
                &image
            ])
            .code,
        0
    );
    assert_eq!(
        world
            .polcheck(&[
                "verify",
                "--key",
                "polcheck.pub",
                "--platform",
                "linux/arm64",
                &image
            ])
            .code,
        0
    );
    assert_eq!(
        world
            .polcheck(&[
                "verify",
                "--key",
                "polcheck.pub",
                "--platform",
                "linux/amd64",
                &image
            ])
            .code,
        1
    );
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &image])
            .code,
        1
    );
}

#[test]
fn what_is_attached_has_the_form_that_cosign_gives_it() {
    let world = World::with(Options::without_referrers());
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    assert_eq!(
        world
            .polcheck(&["attest", "--key", "polcheck.key", &world.image("app:1")])
            .code,
        0
    );
    let entries = attached(&world, "app", image.digest());
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    assert_eq!(entries[0]["artifactType"], bundle);
    let manifest = world
        .registry
        .content("app", entries[0]["digest"].as_str().unwrap())
        .unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["artifactType"], bundle);
    assert_eq!(manifest["subject"]["digest"], image.digest());
    assert_eq!(manifest["layers"][0]["mediaType"], bundle);
    assert_eq!(
        manifest["annotations"]["dev.sigstore.bundle.content"],
        "dsse-envelope"
    );
    assert_eq!(
        manifest["annotations"]["dev.sigstore.bundle.predicateType"],
        "https://in-toto.io/attestation/svr/v0.2"
    );
}

#[test]
fn a_statement_can_be_kept_instead_of_attached() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    image.write_layout(&world.path("layout"), None);
    world.make_key();
    let keep = [
        "attest",
        "--key",
        "polcheck.key",
        "--no-upload",
        "--bundle",
        "bundle.json",
    ];
    for source in [world.image("app:1"), "oci:layout".to_owned()] {
        let said = world.polcheck(&[keep.as_slice(), &[&source]].concat());
        assert_eq!(said.code, 0, "{said}");
        let by_digest = format!("{}@{}", world.image("app"), image.digest());
        let verify = [
            "verify",
            "--key",
            "polcheck.pub",
            "--bundle",
            "bundle.json",
            &by_digest,
        ];
        world.registry.forget_requests();
        assert_eq!(world.polcheck(&verify).code, 0);
        assert_eq!(
            world.registry.request_lines(),
            Vec::<String>::new(),
            "a bundle at hand needs no network"
        );
        assert_eq!(
            world
                .polcheck(&["verify", "--key", "polcheck.pub", &by_digest])
                .code,
            1,
            "nothing was attached"
        );
        std::fs::remove_file(world.path("bundle.json")).unwrap();
    }
}

#[test]
fn nothing_can_be_attached_to_a_file() {
    let world = World::new();
    good().write_layout(&world.path("layout"), None);
    world.make_key();
    assert_said!(world.polcheck(&["attest", "--key", "polcheck.key", "oci:layout"]), @"
    exit code: 2
    --- stdout
    oci:layout: undecided
      a statement cannot be attached to `oci:layout`, which is not in a registry
    --- stderr
    error: a statement cannot be attached to `oci:layout`, which is not in a registry
     |
     = help: push the image and name it by its reference, or keep the bundle: `--no-upload --bundle FILE`
    ");
}

#[test]
fn without_a_key_nothing_is_asked_of_the_registry() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    assert_said!(world.polcheck(&["attest", &world.image("app:1")]), @"
    exit code: 2
    --- stderr
    error: there is nothing to sign with: no key, no identity token, and no CI that gives one
     |
     = help: give a key with `--key FILE` (`polcheck key generate` makes one), an identity token with `--identity-token FILE`, or log in with `--interactive`
    ");
    assert_eq!(world.registry.request_lines(), Vec::<String>::new());
}

#[test]
fn a_second_statement_comes_before_the_first() {
    let world = World::with(Options::without_referrers());
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key_called("one");
    world.make_key_called("two");
    for key in ["one.key", "two.key"] {
        assert_eq!(
            world
                .polcheck(&["attest", "--key", key, &world.image("app:1")])
                .code,
            0
        );
    }
    assert_eq!(attached(&world, "app", image.digest()).len(), 2);
    for key in ["one.pub", "two.pub"] {
        assert_eq!(
            world
                .polcheck(&["verify", "--key", key, &world.image("app:1")])
                .code,
            0
        );
    }
}

/// Statements are older than one another by whole seconds.
fn later() {
    thread::sleep(Duration::from_millis(1100));
}

/// A world with an image that has two statements by one key, one after the other.
fn attested_twice(options: Options, more: &[&str]) -> (World, String) {
    let world = World::with(options);
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    let image = world.image("app:1");
    let attest = [&["attest", "-v", "--key", "polcheck.key", &image], more].concat();
    assert_eq!(world.polcheck(&attest).code, 0);
    later();
    let said = world.polcheck(&attest);
    assert_eq!(said.code, 0, "{said}");
    let last = said.stdout.lines().rev().take(2).collect::<Vec<_>>();
    let last = format!("{}\n{}", last[1].trim(), last[0].trim());
    (world, last)
}

fn listed(world: &World) -> usize {
    let document = world.json(&["statements", "-o", "json", &world.image("app:1")]);
    document["attached"].as_array().unwrap().len()
}

#[test]
fn a_newer_statement_takes_the_place_of_an_older_one() {
    let (with_api, said) = attested_twice(Options::default(), &[]);
    assert_said!(said, @"
    signed and attached: sha256:[DIGEST]
    superseded and removed: sha256:[DIGEST]
    ");
    let (without, also_said) = attested_twice(Options::without_referrers(), &[]);
    assert_eq!(said.len(), also_said.len());
    for world in [with_api, without] {
        assert_eq!(listed(&world), 1);
        let verify = ["verify", "--key", "polcheck.pub", &world.image("app:1")];
        assert_eq!(world.polcheck(&verify).code, 0);
    }
}

#[test]
fn an_older_statement_stays_where_the_registry_deletes_nothing() {
    let (world, said) = attested_twice(
        Options {
            deletion: false,
            ..Options::default()
        },
        &[],
    );
    assert_said!(said, @"
    signed and attached: sha256:[DIGEST]
    superseded, and still there: sha256:[DIGEST]: the registry does not delete it
    ");
    assert_eq!(listed(&world), 2);
    // Where the list is ours to write, it gets shorter all the same.
    let (world, said) = attested_twice(
        Options {
            deletion: false,
            ..Options::without_referrers()
        },
        &[],
    );
    assert_said!(said, @"
    signed and attached: sha256:[DIGEST]
    superseded, and still there: sha256:[DIGEST]: the registry does not delete it
    ");
    assert_eq!(listed(&world), 1);
}

#[test]
fn an_older_statement_stays_if_that_is_wanted() {
    let (world, _) = attested_twice(Options::default(), &["--keep-superseded"]);
    assert_eq!(listed(&world), 2);
}

#[test]
fn those_who_attach_at_once_with_one_key_do_not_remove_the_newest() {
    let world = World::with(Options::without_referrers());
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    // Each is still looking after its entry when the next one has superseded it.
    let tag = format!("GET /v2/app/manifests/{}", image.digest().replace(':', "-"));
    let late = Misbehaviour::Late(Duration::from_millis(150));
    world.registry.misbehave(&tag, late);
    let name = world.image("app:1");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let said = world.polcheck(&["attest", "-q", "--key", "polcheck.key", &name]);
                assert_eq!(said.code, 0, "{said}");
            });
            thread::sleep(Duration::from_millis(600));
        }
    });
    assert!(listed(&world) >= 1);
    let verify = ["verify", "--key", "polcheck.pub", &name];
    assert_eq!(world.polcheck(&verify).code, 0);
}

#[test]
fn only_what_says_the_same_and_is_verified_as_ours_is_removed() {
    let world = World::with(Options::without_referrers());
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.make_key();
    world.make_key_called("other");
    let name = world.image("app:1");
    let set = "name: weak\nuri: https://example.com/weak\npacks: [builtin:core]\nrules: { net.ssh-port: {} }\nclaims: { security.scan: { rules: ['*'] } }\n";
    world.write("weak.yaml", set);
    let more = set.replace("claims: {", "claims: { more: { rules: ['*'] },");
    world.write("more.yaml", &more);
    let attest = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let said = world.polcheck(&[&["attest", "-q", &name, "--key"], &words[..]].concat());
        assert_eq!(said.code, 0, "{said}");
    };
    attest("other.key");
    attest("polcheck.key --policy-set more.yaml");
    attest("polcheck.key --verifier-id https://example.com/verifier");
    // A stranger's bundle that claims to be by our key.
    push(
        &world,
        &referrer(&world, image.digest(), "x/y", ("x/y", "z")),
    );
    later();
    // The set of the same name claims less than before.
    attest("polcheck.key --policy-set weak.yaml");
    attest("polcheck.key");
    assert_eq!(attached(&world, "app", image.digest()).len(), 5);
    later();
    attest("polcheck.key --policy-set more.yaml");
    assert_eq!(attached(&world, "app", image.digest()).len(), 4);
    for key in ["other.pub", "polcheck.pub"] {
        assert_eq!(world.polcheck(&["verify", "--key", key, &name]).code, 0);
    }
}

/// Attaches so many other things.
fn crowd(registry: &TestRegistry, world: &World, count: usize) {
    let image = good();
    image.push(registry, "app", Some("1"));
    for number in 0..count {
        let content = number.to_string();
        let manifest = referrer(world, image.digest(), "x/y", ("x/y", &content));
        push(world, &manifest);
    }
}

#[test]
fn from_thirty_referrers_on_there_is_a_warning() {
    let world = World::new();
    world.make_key();
    crowd(&world.registry, &world, 28);
    let name = world.image("app:1");
    let attest = ["attest", "-q", "--key", "polcheck.key", &name];
    let said = world.polcheck(&attest);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said}");
    world.make_key_called("second");
    let said = world.polcheck(&["attest", "-q", "--key", "second.key", &name]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
    --- stderr
    warning: `sha256:[DIGEST]` of `registry.test/app:1` has 30 referrers, and some readers refuse more than 50
     |
     = help: remove what nobody needs any more: `polcheck statements IMAGE` lists it
    ");
    // One that takes the place of another adds none.
    later();
    assert_eq!(world.polcheck(&attest).stderr, said.stderr);
}

#[test]
fn a_statement_beyond_the_first_page_is_warned_of_and_found() {
    let world = World::with(Options {
        referrers_page: Some(2),
        ..Options::default()
    });
    world.make_key();
    crowd(&world.registry, &world, 4);
    let name = world.image("app:1");
    let said = world.polcheck(&["attest", "-q", "--key", "polcheck.key", &name]);
    assert_said!(said, @"
    exit code: 0
    --- stdout
    registry.test/app:1: passed (linux/amd64, sha256:[DIGEST])
    --- stderr
    warning: the statement `sha256:[DIGEST]` is not on the first page of the 5 referrers of `registry.test/app:1`, and cosign reads no other
     |
     = help: remove what nobody needs any more: `polcheck statements IMAGE` lists it
    ");
    assert_eq!(
        world
            .polcheck(&["verify", "--key", "polcheck.pub", &name])
            .code,
        0
    );
}

#[test]
fn keys_are_never_overwritten() {
    let world = World::new();
    world.make_key();
    let before = world.read("polcheck.key");
    assert_said!(world.polcheck(&["key", "generate", "--no-password"]), @"
    exit code: 2
    --- stderr
    error: `polcheck.key` is already there
     |
     = help: move it away, or choose another `--output-key-prefix`
    ");
    assert_eq!(world.read("polcheck.key"), before);
}

#[cfg(unix)]
#[test]
fn a_private_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.make_key();
    let mode = |name| {
        std::fs::metadata(world.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode("polcheck.key"), mode("polcheck.pub")), (0o600, 0o644));
}
