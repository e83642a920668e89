//! The built-in pack as it lies in the binary.

use crate::harness::{World, root};
use std::fs;

#[test]
fn no_path_of_the_machine_that_built_it_lies_in_the_pack() {
    let pack = fs::read(root().join("policies/built/core.wasm")).unwrap();
    let text = String::from_utf8_lossy(&pack);
    let here = root().canonicalize().unwrap();
    let home = std::env::var("HOME").unwrap_or_else(|_| "/home".to_owned());
    for path in [
        here.to_string_lossy().into_owned(),
        home + "/.cargo",
        "/target/".to_owned(),
    ] {
        assert!(!text.contains(&path), "`{path}` lies in the pack");
    }
}

#[test]
fn the_pack_imports_what_its_rules_read_and_nothing_else() {
    let world = World::new();
    crate::images::good().push(&world.registry, "app", Some("1"));
    let document = world.json(&["check", "-o", "json", &world.image("app:1")]);
    assert_eq!(
        document["reports"][0]["evidence"]["imports"],
        serde_json::json!({ "core": ["image", "dockerfile", "base-image", "attestations"] })
    );
}

#[test]
fn the_digest_that_statements_name_is_that_of_the_component() {
    let pack = fs::read(root().join("policies/built/core.wasm")).unwrap();
    let document = World::new().json(&["version", "-o", "json"]);
    assert_eq!(
        document["packs"]["builtin:core"],
        test_registry::sha256(&pack)
    );
}

#[test]
fn a_pack_from_a_file_is_compiled_once_and_then_taken_from_the_cache() {
    let world = World::new();
    crate::images::good().push(&world.registry, "app", Some("1"));
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    let check = || {
        world.polcheck(&[
            "check",
            "-q",
            "--policy",
            "pack.wasm",
            "--rule",
            "good.neighbour",
            &world.image("app:1"),
        ])
    };
    assert_eq!(check().code, 0);
    let compiled: Vec<_> = fs::read_dir(world.path("home/.cache/polcheck/compiled"))
        .unwrap()
        .collect();
    assert_eq!(compiled.len(), 1);
    assert_eq!(check().code, 0);
}

#[test]
fn a_broken_rule_leaves_the_image_undecided_and_the_others_run() {
    let world = World::new();
    crate::images::good().push(&world.registry, "app", Some("1"));
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    let args = [
        "check",
        "--policy",
        "pack.wasm",
        "--rule",
        "good.*",
        "--rule",
        "panic.message",
        "--rule",
        "user.*",
        &world.image("app:1"),
    ];
    crate::assert_said!(world.polcheck(&args), @r"
    exit code: 2
    --- stdout
    registry.test/app:1: undecided (linux/amd64, sha256:[DIGEST])
      undecided: panic.message: the rule is broken: panicked at tests/hostile/src/lib.rs:318:5:\nno seven here
      security.scan withheld: this run changed the policy set; the verdict is undecided; `answered.twice` was not run; and 112 more
      not checked: good.base, good.reader, user.large-uid, user.set-password and 1 more: it needs `dockerfile`: there is none
      not checked: base.end-of-life, base.latest-tag, base.no-digest, base.not-allowed and 77 more: this run leaves it out
    ");
}

/// Every function of the interfaces about Dockerfiles, called from a sandbox.
#[test]
fn a_policy_is_told_what_the_dockerfile_and_its_base_images_are() {
    let world = World::new();
    crate::images::with(serde_json::json!({ "User": "app" })).push(
        &world.registry,
        "base",
        Some("1"),
    );
    crate::images::good().push(&world.registry, "app", Some("1"));
    world.write(
        "pack.wasm",
        fs::read(root().join("tests/built/hostile.wasm")).unwrap(),
    );
    world.write(
        "Dockerfile",
        format!(
            "# check=skip=JSONArgsRecommended\nFROM {} AS a\n# hadolint ignore=DL3018\nRUN --mount=type=cache,target=/c apk add $X && ls\nENV A=$B\nUSER me\nCMD run\nFROM scratch\nCOPY --from=a /x /y\nLABEL z=$Z\n",
            world.image("base:1")
        ),
    );
    world.write(".dockerignore", "*.md\n");
    let document = world.json(&[
        "check",
        "-o",
        "json",
        "--policy",
        "pack.wasm",
        "--rule",
        "good.reader",
        "--rule",
        "good.base",
        "-f",
        "Dockerfile",
        "--context",
        ".",
        &world.image("app:1"),
    ]);
    let findings = document["reports"][0]["findings"].as_array().unwrap();
    let messages: Vec<&str> = findings
        .iter()
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    insta::assert_snapshot!(messages.join("\n"), @r#"
    [Ok((true, Some("app"))), Err(FactError::Absent)]
    Origin::Given FileStatus::Complete directives 1 diagnostics 2 skipped 1 stages 2 user Some("me") env 2 instructions 8 run 1 apk 1 of 3 true mounts 1 flows 1 uses 2 undefined 1 suppressions 2 comparison Ok(8) ignored Ok(["*.md"]) text 210 other Err(FactError::Absent)
    "#);
}
