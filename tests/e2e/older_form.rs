//! Signatures and attestations of the form before cosign 3, and what bundles do to them.

use crate::images::Quality;
use crate::peers::Peer;
use crate::process::Said;
use crate::push::Client;
use crate::registries::Kind;
use crate::world::{SVR, World};
use rstest::rstest;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::Duration;
use test_sigstore::{LogVersion, Sigstore, SigstoreServer};

/// A world with a good image, a key for statements and a key for images.
fn world(kind: Kind) -> Option<(World, String)> {
    let world = World::new(kind, &[Peer::Crane, Peer::Cosign, Peer::Oras])?;
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image)?;
    world.make_key("polcheck");
    world.peer(Peer::Cosign, &["generate-key-pair"]).ok();
    Some((world, image))
}

fn attest(world: &World, flags: &[&str], image: &str) -> Said {
    let words = ["attest", "--key", "polcheck.key"];
    world.polcheck(&[&words[..], flags, &[image]].concat())
}

fn verify(world: &World, key: &str, image: &str) -> Said {
    world.polcheck(&["verify", "--key", key, image])
}

/// Has cosign do something as it did before version 3.
fn old_cosign(world: &World, verb: &str, more: &[&str]) {
    let form = ["--use-signing-config=false", "--new-bundle-format=false"];
    let words = [verb, "--yes", "--key", "cosign.key", "--tlog-upload=false"];
    let words = [&words[..], &form, more].concat();
    world.peer(Peer::Cosign, &words).ok();
}

/// Whether cosign sees the signature of an image, without a service of Sigstore.
fn cosign_verify(world: &World, key: &str, flags: &[&str], image: &str) -> Said {
    let trust = [
        "--trusted-root",
        "trusted_root.json",
        "--insecure-ignore-tlog",
    ];
    let words = ["verify", "--key", key];
    world.peer(
        Peer::Cosign,
        &[&words[..], &trust, flags, &[image]].concat(),
    )
}

/// The tags of the image's repository that end so.
fn tags(world: &World, suffix: &str) -> usize {
    let tags = world.crane(&["ls", &world.image("app")]);
    tags.lines().filter(|tag| tag.ends_with(suffix)).count()
}

#[rstest]
fn signatures_of_the_older_form_stay_what_they_were(
    #[values(Kind::Open, Kind::Debian, Kind::Refreg)] kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    old_cosign(&world, "sign", &[&image]);
    world.without_sigstore();
    cosign_verify(&world, "cosign.pub", &[], &image).ok();
    attest(&world, &[], &image)
        .ok()
        .says("the form before cosign 3");
    assert_eq!((tags(&world, ".sig"), tags(&world, ".att")), (1, 1));
    cosign_verify(&world, "cosign.pub", &[], &image).ok();
    // And the statement is there too.
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    world.cosign_verifies("cosign.pub", SVR, &image).refused();
    verify(&world, "polcheck.pub", &image).ok();
    world.shown("`cosign verify` accepts a `.sig` as before, and `cosign verify-attestation` the `.att` that polcheck wrote beside it");
}

#[rstest]
fn a_bundle_hides_signatures_of_the_older_form(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    old_cosign(&world, "sign", &[&image]);
    world.without_sigstore();
    cosign_verify(&world, "cosign.pub", &[], &image).ok();
    attest(&world, &["--attach", "bundle"], &image)
        .ok()
        .says("cosign 3 ignores the signatures");
    cosign_verify(&world, "cosign.pub", &[], &image).refused();
    // What the warning advises.
    let older = ["--new-bundle-format=false"];
    cosign_verify(&world, "cosign.pub", &older, &image).ok();
    // With both forms there is a bundle too.
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    world.shown("`--attach bundle` hides a `.sig` from `cosign verify`, as polcheck warns");
}

#[rstest]
fn cosign_takes_any_bundle_for_a_signature(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    world.without_sigstore();
    cosign_verify(&world, "polcheck.pub", &[], &image).refused();
    attest(&world, &[], &image).ok();
    // Nobody has signed the image: statements need a key of their own.
    cosign_verify(&world, "polcheck.pub", &[], &image).ok();
    cosign_verify(&world, "cosign.pub", &[], &image).refused();
    world.shown("`cosign verify` takes a statement for a signature by the same key: hence a key for statements alone");
}

#[rstest]
fn each_form_is_found_where_both_are_attached(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    attest(&world, &["--attach", "both"], &image).ok();
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    let older = [
        "verify-attestation",
        "--key",
        "polcheck.pub",
        "--type",
        SVR,
        "--trusted-root",
        "trusted_root.json",
        "--insecure-ignore-tlog",
        "--new-bundle-format=false",
        &image,
    ];
    world.peer(Peer::Cosign, &older).ok();
    verify(&world, "polcheck.pub", &image).ok();
    world.shown("`--attach both`: `cosign verify-attestation` finds the bundle, and with `--new-bundle-format=false` the `.att`");
}

#[rstest]
fn attestations_of_the_older_form_are_kept_by_all(
    #[values(Kind::Open, Kind::Debian, Kind::Refreg)] kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    let other = "https://example.com/other";
    world.write("predicate.json", "{}");
    let predicate = ["--type", other, "--predicate", "predicate.json", &image];
    old_cosign(&world, "attest", &predicate);
    // There is an attestation of that form, so polcheck keeps to it.
    attest(&world, &[], &image).ok();
    old_cosign(&world, "attest", &predicate);
    sleep(Duration::from_secs(1));
    attest(&world, &[], &image)
        .ok()
        .says("superseded and removed");
    assert_eq!(tags(&world, ".att"), 1);
    let tag = format!("{}.att", world.crane(&["digest", &image]).replace(':', "-"));
    let manifest = world.crane(&["manifest", &world.image(&format!("app:{tag}"))]);
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 3);
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    world.cosign_verifies("cosign.pub", other, &image).ok();
    verify(&world, "polcheck.pub", &image).ok();
    world.shown("polcheck and `cosign attest` keep what the other wrote into an `.att`");
}

#[rstest]
fn an_identity_signs_in_the_older_form(#[values(Kind::Open)] kind: Kind) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    // No released Rekor v1 runs without a database: this one is ours.
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).unwrap();
    let start = now - jiff::SignedDuration::from_hours(24);
    let server = SigstoreServer::start(Sigstore::new(start));
    let config = server.signing_config(&[LogVersion::One], true);
    world.write("signing_config.json", config.to_string());
    let root = server.sigstore().trusted_root();
    world.write("trusted_root.json", root.to_string());
    world.write("token", server.token(&json!({})));
    let services = ["--signing-config", "signing_config.json"];
    let trust = ["--trusted-root", "trusted_root.json"];
    let words = ["attest", "--identity-token", "token", "--attach", "legacy"];
    world
        .polcheck(&[&words[..], &services, &trust, &[&image]].concat())
        .ok();
    let verify = |program: &dyn Fn(&[&str]) -> Said, verb: &[&str], who: &str| {
        let identity = ["--certificate-identity", who];
        let issuer = ["--certificate-oidc-issuer", server.url()];
        program(&[verb, &identity, &issuer, &trust, &[&image]].concat())
    };
    let who = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";
    let cosign = |words: &[&str]| world.peer(Peer::Cosign, words);
    let verb = ["verify-attestation", "--type", SVR];
    verify(&cosign, &verb, who).ok();
    verify(&cosign, &verb, "https://ci.test/other").refused();
    let polcheck = |words: &[&str]| world.polcheck(words);
    verify(&polcheck, &["verify"], who).ok();
    verify(&polcheck, &["verify"], "https://ci.test/other").ended(1);
    world.shown("`cosign verify-attestation` accepts an `.att` that polcheck signed as an identity (Rekor v1 and Fulcio of our own tests)");
}
