//! `polcheck trusted-root update`

use crate::assert_said;
use crate::harness::{Said, World};
use jiff::Timestamp;
use model::canonical;
use serde_json::json;
use std::fs;
use test_sigstore::{LogVersion, Sigstore, SigstoreServer, TufKey};

const UPDATE: &str = "trusted-root update --tuf-root root.json --tuf-mirror";

/// A Sigstore whose repository publishes its trusted root and its signing config, in a version.
fn publish(server: &SigstoreServer, key: &TufKey, version: u32) {
    let root = server.sigstore().trusted_root().to_string().into_bytes();
    let config = server.signing_config(&[LogVersion::One], true).to_string();
    let targets = [
        ("trusted_root.json", root),
        ("signing_config.v0.2.json", config.into_bytes()),
    ];
    for (path, bytes) in key.repository(version, &targets) {
        server.serve(&format!("/tuf/{path}"), bytes);
    }
}

fn world() -> (World, SigstoreServer, TufKey) {
    let world = World::new();
    let key = TufKey::new();
    let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let server = SigstoreServer::start(Sigstore::new(start));
    world.write("root.json", key.root());
    (world, server, key)
}

fn update(world: &World, server: &SigstoreServer) -> Said {
    let mirror = format!("{}/tuf/", server.url());
    let words: Vec<_> = UPDATE.split(' ').chain([mirror.as_str()]).collect();
    let said = world.polcheck(&words);
    Said {
        stderr: said.stderr.replace(server.url(), "http://sigstore.test"),
        ..said
    }
}

#[test]
fn what_is_published_is_fetched_and_can_be_used() {
    let (world, server, key) = world();
    publish(&server, &key, 1);
    assert_said!(update(&world, &server), @"
    exit code: 0
    --- stdout
    trusted root ./trusted_root.json, which knows of nothing after [TIME]
    signing config ./signing_config.json
    ");
    let root = server.sigstore().trusted_root().to_string();
    assert_eq!(world.read("trusted_root.json"), root);
    let config = server.signing_config(&[LogVersion::One], true).to_string();
    assert_eq!(world.read("signing_config.json"), config);
}

#[test]
fn what_somebody_else_signed_is_not_trusted() {
    let (world, server, _key) = world();
    publish(&server, &TufKey::new(), 1);
    assert_said!(update(&world, &server), @"
    exit code: 2
    --- stderr
    error: the repository `http://sigstore.test/tuf/` offers nothing that can be trusted
     |
     = caused by: signature threshold not met for role timestamp: 0/1 valid signatures
     = help: check the network, the clock, and that `--tuf-root` is of the same repository as `--tuf-mirror`
    ");
    assert!(!world.path("trusted_root.json").exists());
}

#[test]
fn what_is_older_than_what_was_seen_before_is_not_trusted() {
    let (world, server, key) = world();
    publish(&server, &key, 2);
    assert_eq!(update(&world, &server).code, 0);
    publish(&server, &key, 1);
    let said = update(&world, &server);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("rollback"), "{said}");
}

#[test]
fn a_file_that_is_no_root_and_a_repository_that_is_not_there_are_named() {
    let (world, server, key) = world();
    let said = update(&world, &server);
    assert_eq!(said.code, 2, "{said}");
    publish(&server, &key, 1);
    world.write("root.json", json!({}).to_string());
    let said = update(&world, &server);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("the root metadata cannot be trusted"),
        "{said}"
    );
}

#[test]
fn a_repository_needs_the_root_that_it_begins_with() {
    let (world, server, _key) = world();
    let said = world.polcheck(&["trusted-root", "update", "--tuf-mirror", server.url()]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("--tuf-root"), "{said}");
    assert!(fs::read_dir(world.path("")).unwrap().count() > 0);
}

#[test]
fn a_root_that_is_known_by_its_digest_is_fetched_and_no_other_is_trusted() {
    let (world, server, key) = world();
    publish(&server, &key, 1);
    server.serve("/tuf/1.root.json", key.root());
    let mirror = format!("{}/tuf/", server.url());
    let update = |root: &str| {
        let words = [
            "trusted-root",
            "update",
            "--tuf-mirror",
            &mirror,
            "--tuf-root",
            root,
        ];
        world.polcheck(&words)
    };
    let digest = canonical::sha256(&key.root());
    let said = update(&format!("1@{digest}"));
    assert_eq!(said.code, 0, "{said}");
    let other = canonical::sha256(b"other");
    for root in [format!("1@{other}"), format!("7@{digest}")] {
        let said = update(&root);
        assert_eq!(said.code, 2, "{said}");
        assert!(
            said.stderr.contains("has not the root metadata of version"),
            "{said}"
        );
    }
}
