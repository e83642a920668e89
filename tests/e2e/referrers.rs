//! `polcheck statements`, and registries that keep only parts of what the specification says of referrers.

use crate::images::Quality;
use crate::peers::Peer;
use crate::push::{Client, oras_of};
use crate::registries::Kind;
use crate::world::{SVR, World};
use rstest::rstest;
use serde_json::Value;
use std::thread::sleep;
use std::time::Duration;

#[rstest]
fn statements_are_found_among_all_that_is_attached(
    #[values(
        Kind::Open,
        Kind::Debian,
        Kind::Refreg,
        Kind::NoOciSubject,
        Kind::NoFilter,
        Kind::OneAPage
    )]
    kind: Kind,
) {
    let Some(world) = World::new(kind, &[Peer::Crane, Peer::Cosign, Peer::Oras]) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    world.write("sbom.json", "{}");
    world.peer(Peer::Cosign, &["generate-key-pair"]).ok();
    let mut attached = Vec::new();
    for (number, key) in ["first", "second", "third"].into_iter().enumerate() {
        let sbom = format!("application/x-{number}");
        let layer = format!("sbom.json:{sbom}");
        oras_of(
            &world,
            &["attach", "--artifact-type", &sbom, &image, &layer],
        );
        world.make_key(key);
        let attest = ["attest", "--key", &format!("{key}.key"), &image];
        let said = world.polcheck(&attest).ok();
        // It says under which digest the statement is to be found.
        let (_, digest) = said.stdout.split_once("attached: ").unwrap();
        attached.push(digest.split_whitespace().next().unwrap().to_owned());
    }
    world.cosign_attests("cosign.key", "https://example.com/other", &image);
    // Three of ours, three of oras, and one of cosign.
    assert_eq!(statements(&world, &image, &[]).len(), 7);
    for (key, digest) in ["first", "second", "third"].into_iter().zip(attached) {
        let key = format!("{key}.pub");
        world.polcheck(&["verify", "--key", &key, &image]).ok();
        let listed = statements(&world, &image, &["--key", &key]);
        let verified = listed.iter().filter(|one| one["state"] == "verified");
        let verified: Vec<_> = verified.map(|one| &one["digest"]).collect();
        assert_eq!(verified, [&digest]);
    }
    world.shown(
        "`polcheck statements` finds those of several keys among what cosign and oras attached",
    );
}

/// What is attached, as `polcheck statements` lists it.
fn statements(world: &World, image: &str, flags: &[&str]) -> Vec<Value> {
    let words = [&["statements", "-o", "json"], flags, &[image]].concat();
    let listed = world.polcheck(&words).ok().json();
    listed["attached"].as_array().unwrap().clone()
}

#[rstest]
fn a_new_statement_takes_the_place_of_the_old_one(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg,
        Kind::NoOciSubject,
        Kind::OneAPage
    )]
    kind: Kind,
) {
    let Some(world) = World::new(kind, &[Peer::Cosign, Peer::Oras]) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    world.make_key("polcheck");
    world.make_key("other");
    let attest = |key: &str, flags: &[&str]| {
        // Of two statements of one second nobody can say which is the newer one.
        sleep(Duration::from_secs(1));
        let words = [&["attest", "--key", key], flags, &[&image]].concat();
        world.polcheck(&words).ok();
        statements(&world, &image, &[]).len()
    };
    assert_eq!(attest("polcheck.key", &[]), 1);
    assert_eq!(attest("other.key", &[]), 2);
    assert_eq!(attest("polcheck.key", &["--keep-superseded"]), 3);
    assert_eq!(attest("polcheck.key", &[]), 2);
    for key in ["polcheck.pub", "other.pub"] {
        world.polcheck(&["verify", "--key", key, &image]).ok();
        // It reads no second page.
        if kind != Kind::OneAPage {
            world.cosign_verifies(key, SVR, &image).ok();
        }
    }
    world.shown("a new statement takes the place of those by the same key");
}
