//! Whatever is wrong with the input: one clear line that names it, a cure, exit code 2, and nothing half-written.

use crate::assert_said;
use crate::harness::World;
use crate::images::{good, with};
use rstest::rstest;
use serde_json::json;
use std::fmt::Write as _;
use test_registry::{Auth, ImageBuilder, Misbehaviour, Options, artifact, image_index};

fn check(world: &World, image: &str) -> crate::harness::Said {
    let said = world.polcheck(&["check", "-q", image]);
    assert_eq!(said.code, 2, "{said}");
    said
}

#[rstest]
#[case("Shop/API:1")]
#[case("shop/api@sha256:123")]
#[case("https://registry.test/shop/api")]
#[case("docker-daemon:Shop/API")]
#[case("containers-storage:shop/api")]
#[case("dir:")]
#[case("oci:")]
#[case("a b")]
fn a_wrong_reference_is_named(#[case] image: &str) {
    let said = check(&World::new(), image);
    assert!(said.stderr.starts_with("error: "), "{said}");
    assert!(said.stderr.contains('`'), "{said}");
}

#[test]
fn an_unknown_image_is_named_with_what_to_try() {
    let world = World::new();
    assert_said!(check(&world, &world.image("shop/api:1")), @"
    exit code: 2
    --- stdout
    registry.test/shop/api:1: undecided
      no image `registry.test/shop/api:1` in the registry
    --- stderr
    error: no image `registry.test/shop/api:1` in the registry
     |
     = help: check the name and the tag; a private repository answers the same without a login: `docker login registry.test`
    ");
}

#[test]
fn a_registry_that_is_not_there_is_named() {
    let world = World::new();
    assert_said!(check(&world, "127.0.0.1:1/shop/api:1"), @"
    exit code: 2
    --- stdout
    127.0.0.1:1/shop/api:1: undecided
      `127.0.0.1:1` refuses the connection
    --- stderr
    error: `127.0.0.1:1` refuses the connection
     |
     = help: check the host and the port, and that the registry is running
    ");
}

#[test]
fn a_login_that_is_missing_is_said() {
    let auth = Auth::Basic {
        user: "me",
        password: "secret",
    };
    let world = World::with(Options {
        auth,
        ..Options::default()
    });
    good().push(&world.registry, "app", Some("1"));
    assert_said!(check(&world, &world.image("app:1")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test` refuses access to `app` without a login, and `[FOLDER]/home/.docker/config.json` has none for it
    --- stderr
    error: `registry.test` refuses access to `app` without a login, and `[FOLDER]/home/.docker/config.json` has none for it
     |
     = help: check the name; for a private repository log in first: `docker login registry.test`
    ");
}

#[test]
fn a_login_that_is_wrong_is_said_without_the_password() {
    let auth = Auth::Basic {
        user: "me",
        password: "secret",
    };
    let mut world = World::with(Options {
        auth,
        ..Options::default()
    });
    good().push(&world.registry, "app", Some("1"));
    let config =
        json!({ "auths": { world.registry.host(): { "username": "me", "password": "wr0ng" } } });
    world.write("docker/config.json", config.to_string());
    let folder = world.path("docker");
    world.set("DOCKER_CONFIG", &folder.to_string_lossy());
    let said = check(&world, &world.image("app:1"));
    assert!(!said.to_string().contains("wr0ng"));
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test` refuses access to `app` with the login from `[FOLDER]/docker/config.json`
    --- stderr
    error: `registry.test` refuses access to `app` with the login from `[FOLDER]/docker/config.json`
     |
     = help: check the name, and log in again: `docker login registry.test`
    ");
}

#[test]
fn a_registry_that_denies_is_said() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.registry.misbehave(
        "manifests/1",
        Misbehaviour::Status {
            status: 403,
            code: "DENIED",
            retry_after: None,
        },
    );
    assert_said!(check(&world, &world.image("app:1")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test` denies access to `app` without a login, and `[FOLDER]/home/.docker/config.json` has none for it: `denied`
    --- stderr
    error: `registry.test` denies access to `app` without a login, and `[FOLDER]/home/.docker/config.json` has none for it: `denied`
     |
     = help: log in first: `docker login registry.test`
    ");
}

#[test]
fn a_digest_that_does_not_match_is_never_used() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    let root = br#"{"config":{"User":"65532"}}"#.to_vec();
    world
        .registry
        .misbehave("GET /v2/app/blobs", Misbehaviour::Body(root.into()));
    let said = check(&world, &world.image("app:1"));
    assert!(said.stdout.contains("undecided"), "{said}");
    assert!(!said.stdout.contains("passed"), "{said}");
}

#[test]
fn a_manifest_of_three_gigabytes_is_not_read() {
    let world = World::new();
    world
        .registry
        .misbehave("manifests/1", Misbehaviour::Endless(3 << 30));
    let said = check(&world, &world.image("app:1"));
    assert!(
        world.registry.endless_bytes_sent() < 64 << 20,
        "{}",
        world.registry.endless_bytes_sent()
    );
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test/app:1` is larger than 4194304 bytes
    --- stderr
    error: `registry.test/app:1` is larger than 4194304 bytes
     |
     = help: check what the reference names: images that anybody runs are far below this
    ");
}

#[test]
fn an_index_without_the_platform_lists_those_it_has() {
    let world = World::new();
    image_index(vec![
        crate::images::good_for("arm64"),
        crate::images::good_for("s390x"),
    ])
    .push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&[
        "check",
        "-q",
        "--platform",
        "linux/amd64",
        &world.image("app:1"),
    ]);
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test/app:1` has no image for linux/amd64
    --- stderr
    error: `registry.test/app:1` has no image for linux/amd64
     |
     = help: choose another with `--platform`: there is linux/arm64, linux/s390x
    ");
}

#[test]
fn an_image_for_another_platform_than_the_one_asked_for_is_not_judged() {
    let world = World::new();
    crate::images::good_for("arm64").push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&[
        "check",
        "-q",
        "--platform",
        "linux/amd64",
        &world.image("app:1"),
    ]);
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test/app:1` is for `linux/arm64`, not for `linux/amd64`
    --- stderr
    error: `registry.test/app:1` is for `linux/arm64`, not for `linux/amd64`
     |
     = help: leave `--platform` out, or name an image that is built for that platform
    ");
}

#[test]
fn a_chart_is_no_image() {
    let world = World::new();
    let chart = artifact(
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        b"chart",
    );
    chart.push(&world.registry, "chart", Some("1"));
    assert_said!(check(&world, &world.image("chart:1")), @"
    exit code: 2
    --- stdout
    registry.test/chart:1: undecided
      `registry.test/chart:1` cannot be checked
    --- stderr
    error: `registry.test/chart:1` cannot be checked
     |
     = caused by: it is not a container image: its config is `application/vnd.cncf.helm.config.v1+json`
     = help: name an image; charts, signatures and other artifacts have no config to check
    ");
}

#[test]
fn the_first_version_of_manifests_is_refused_with_a_cure() {
    let world = World::new();
    let manifest =
        json!({ "schemaVersion": 1, "name": "app", "tag": "1", "fsLayers": [], "history": [] })
            .to_string();
    world.registry.put_manifest(
        "app",
        "1",
        "application/vnd.docker.distribution.manifest.v1+json",
        manifest,
    );
    assert_said!(check(&world, &world.image("app:1")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      `registry.test/app:1` is a schema 1 manifest, which has no digest that can be relied on
    --- stderr
    error: `registry.test/app:1` is a schema 1 manifest, which has no digest that can be relied on
     |
     = help: pull the image with a current engine and push it again, which converts it
    ");
}

#[test]
fn a_config_that_two_readers_may_read_differently_is_undecided() {
    let world = World::new();
    let image = ambiguous();
    image.push(&world.registry, "app", Some("1"));
    assert_said!(check(&world, &world.image("app:1")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided (sha256:[DIGEST])
      undecided: image: it cannot be read: the key `user` differs from the field `User` only in case
    ");
}

/// Runs as 1000 for us, and as root for an engine that ignores the case of keys.
fn ambiguous() -> test_registry::TestImage {
    with(json!({ "User": "1000", "user": "root" }))
}

#[test]
fn a_layout_that_is_cut_short_names_what_is_missing() {
    let world = World::new();
    let image = good();
    image.write_layout(&world.path("layout"), Some("1"));
    let config = image
        .config()
        .digest
        .trim_start_matches("sha256:")
        .to_owned();
    std::fs::remove_file(world.path("layout/blobs/sha256").join(config)).unwrap();
    assert_said!(check(&world, "oci:layout:1"), @"
    exit code: 2
    --- stdout
    oci:layout:1: undecided
      `layout` has no blob `sha256:[DIGEST]`
    --- stderr
    error: `layout` has no blob `sha256:[DIGEST]`
     |
     = help: copy or push the image again
    ");
}

#[test]
fn an_archive_that_wants_to_leave_its_folder_is_refused() {
    let world = World::new();
    let mut archive = tar_with("../../etc/cron.d/x");
    world.write("image.tar", &archive);
    assert_said!(check(&world, "docker-archive:image.tar"), @"
    exit code: 2
    --- stdout
    docker-archive:image.tar: undecided
      `image.tar` is refused for its entry `../../etc/cron.d/x`, whose path leads out of the archive
    --- stderr
    error: `image.tar` is refused for its entry `../../etc/cron.d/x`, whose path leads out of the archive
     |
     = help: do not trust where this comes from; `skopeo copy` or `docker save` make a sound one
    ");
    archive.truncate(700);
    world.write("short.tar", archive);
    assert_eq!(check(&world, "oci-archive:short.tar").code, 2);
}

/// A tar archive with one entry of that name, written by hand, since no library writes such a name.
fn tar_with(name: &str) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(b"00000000001");
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut archive = header.to_vec();
    archive.extend([b'x'; 1]);
    archive.resize(512 * 4, 0);
    archive
}

#[test]
fn a_key_that_is_none_is_named() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.write("not.key", "hello");
    let image = world.image("app:1");
    assert_said!(world.polcheck(&["attest", "--key", "not.key", &image]), @"
    exit code: 2
    --- stderr
    error: cannot use the key `not.key`
     |
     = caused by: the key is not in PEM form
     = help: give a file that begins with `-----BEGIN`; `polcheck key generate` makes a pair, and `openssl pkey -inform der -in KEY -out key.pem` converts DER
    ");
    assert_said!(world.polcheck(&["attest", "--key", "missing.key", &image]), @"
    exit code: 2
    --- stderr
    error: cannot read `missing.key`
     |
     = caused by: No such file or directory (os error 2)
     = help: check the path
    ");
    assert_said!(world.polcheck(&["verify", "--key", "not.key", &image]), @"
    exit code: 2
    --- stderr
    error: cannot use the key `not.key`
     |
     = caused by: the key is not in PEM form
     = help: give a file that begins with `-----BEGIN`; `polcheck key generate` makes a pair, and `openssl pkey -inform der -in KEY -out key.pem` converts DER
    ");
    assert_eq!(world.registry.tags("app"), ["1"]);
}

#[test]
fn a_wrong_password_is_said_and_nothing_is_attached() {
    let mut world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.set("POLCHECK_KEY_PASSWORD", "right");
    assert_eq!(world.polcheck(&["key", "generate"]).code, 0);
    world.set("POLCHECK_KEY_PASSWORD", "wrong");
    world.registry.forget_requests();
    assert_said!(world.polcheck(&["attest", "--key", "polcheck.key", &world.image("app:1")]), @"
    exit code: 2
    --- stderr
    error: cannot use the key `polcheck.key`
     |
     = caused by: the password is not the one of this key
     = help: check `POLCHECK_KEY_PASSWORD` and `COSIGN_PASSWORD`, and that the file is the right one
    ");
    assert_eq!(world.registry.request_lines(), Vec::<String>::new());
}

/// What a run with each of these options says; each stops before anything is judged.
fn refusals(world: &World, wrong: &[&[&str]]) -> String {
    good().push(&world.registry, "app", Some("1"));
    let mut all = String::new();
    for options in wrong {
        let said = world.polcheck(&[&["check", &world.image("app:1")], *options].concat());
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said}");
        writeln!(all, "$ {}\n{}", options.join(" "), said.stderr).unwrap();
    }
    all
}

#[test]
fn a_wrong_policy_or_set_is_named_with_a_cure() {
    let world = World::new();
    world.write("broken.wasm", "not wasm");
    world.write("broken.yaml", "name: x\npacks: [builtin:core]\nrule: {}\n");
    let said = refusals(
        &world,
        &[
            &["--policy", "broken.wasm"],
            &["--policy", "missing.wasm"],
            &["--policy", "builtin:nothing"],
            &["--policy-set", "builtin:nothing"],
            &["--policy-set", "broken.yaml"],
        ],
    );
    insta::assert_snapshot!(said, @"
    $ --policy broken.wasm
    error: cannot use the pack `broken.wasm`
     |
     = caused by: the policy is not WebAssembly
     = help: a policy is a component that exports `polcheck:policy/check@0.1`

    $ --policy missing.wasm
    error: cannot read `missing.wasm`
     |
     = caused by: No such file or directory (os error 2)
     = help: check the path

    $ --policy builtin:nothing
    error: there is no built-in pack `nothing`
     |
     = help: built in are `core`, `supply`; the path of a file works too

    $ --policy-set builtin:nothing
    error: there is no built-in policy set `nothing`
     |
     = help: built in are `standard`, `strict`, `cis-docker`, `microservice`, `api-gateway`, `database-migration`, `ml-serving`; the path of a file works too

    $ --policy-set broken.yaml
    error: `broken.yaml` is not a policy set: unknown field `rule`, expected one of name, uri, extends, failOn, packs, rules, claims, waivers, suppressions, notCovered, trust, points at line 3, column 1
     |
     = help: the smallest set is `{ name: own, packs: [builtin:core], rules: { '*': {} } }`
    ");
}

#[test]
fn a_wrong_setting_is_named_with_a_cure() {
    let said = refusals(
        &World::new(),
        &[
            &["--set", "net.ssh-port.prt=22"],
            &["--set", "net.ssh-port.port=\"x\""],
            &["--set", "user.final-root.strict=true"],
            &["--set", "port=22"],
        ],
    );
    insta::assert_snapshot!(said, @r#"
    $ --set net.ssh-port.prt=22
    error: the settings of `net.ssh-port` are not valid: Additional properties are not allowed ('prt' was unexpected)
     |
     = help: `polcheck explain net.ssh-port` shows what it takes

    $ --set net.ssh-port.port="x"
    error: the settings of `net.ssh-port` are not valid at `/port`: "x" is not of type "integer"
     |
     = help: `polcheck explain net.ssh-port` shows what it takes

    $ --set user.final-root.strict=true
    error: the settings of `user.final-root` are not valid: Additional properties are not allowed ('strict' was unexpected)
     |
     = help: `polcheck explain user.final-root` shows what it takes

    $ --set port=22
    error: `port=22` is not a setting
     |
     = help: write `--set RULE.KEY=VALUE`, such as `--set net.ssh-port.port=2222`
    "#);
}

#[test]
fn a_wrong_option_is_named_with_a_cure() {
    let said = refusals(
        &World::new(),
        &[
            &["--rule", "user.final-rot"],
            &["--skip-rule", "nothing.like-it"],
            &["--fail-on", "loud"],
            &["--platform", "linux"],
            &["--effective-time", "yesterday"],
            &["-o", "yaml"],
            &["-o", "text", "-o", "json"],
        ],
    );
    insta::assert_snapshot!(said, @"
    $ --rule user.final-rot
    error: there is no rule `user.final-rot`
     |
     = help: did you mean `user.final-root`?

    $ --skip-rule nothing.like-it
    error: there is no rule `nothing.like-it`
     |
     = help: `polcheck rules` lists them

    $ --fail-on loud
    error: `loud` is not a severity
     |
     = help: `--fail-on` takes info, low, medium, high, critical or never

    $ --platform linux
    error: `linux` is not a platform
     |
     = help: write `OS/ARCH`, such as `linux/arm64`, or `all`

    $ --effective-time yesterday
    error: `yesterday` is not a time
     |
     = help: write `now`, or a time such as `2026-11-23T12:00:00Z`

    $ -o yaml
    error: `yaml` is not an output format
     |
     = help: the formats are `text`, `json`, `sarif`, `junit`, `github`, `github-output`, `gitlab`, `gitlab-container-scanning`, `markdown`, `html`

    $ -o text -o json
    error: two outputs would go to standard output, mixed up
     |
     = help: write all but one to a file: `-o json=report.json`
    ");
}

#[test]
fn a_broken_configuration_file_says_where() {
    let world = World::new();
    world.write("polcheck.yaml", "policySet: builtin:standard\njobs: many\n");
    assert_said!(world.polcheck(&["app:1"]), @"
    exit code: 2
    --- stderr
    error: `polcheck.yaml` is not valid: invalid u64 at line 2, column 7
     |
     = help: `polcheck config show` lists all that can be set, and what is set
    ");
}

#[test]
fn an_image_larger_than_its_limits_is_not_read() {
    let world = World::new();
    let label = "x".repeat(9 << 20);
    ImageBuilder::new(json!({ "Labels": { "big": label } }))
        .build()
        .push(&world.registry, "app", Some("1"));
    assert_said!(check(&world, &world.image("app:1")), @"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided
      blob `sha256:[DIGEST]` of `registry.test/app` is larger than 8388608 bytes
    --- stderr
    error: blob `sha256:[DIGEST]` of `registry.test/app` is larger than 8388608 bytes
     |
     = help: check what the reference names: images that anybody runs are far below this
    ");
}
