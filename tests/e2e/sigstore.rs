//! Identities: what polcheck signs as somebody, as others see it; and what others sign, as polcheck sees it.

use crate::images::Quality;
use crate::peers::Peer;
use crate::private_sigstore::{PEERS, PrivateSigstore};
use crate::process::Said;
use crate::push::{Client, oras_of};
use crate::registries::Kind;
use crate::world::{SVR, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};

/// Who signs.
const CI: &str = "ci@polcheck.test";
const STRANGER: &str = "stranger@polcheck.test";
/// What cosign's own signatures of images are.
const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// A world with a Sigstore of its own, in which somebody has logged in, and an image of two platforms.
struct Scene {
    world: World,
    sigstore: PrivateSigstore,
    image: String,
}

impl Scene {
    fn new(kind: Kind, peers: &[Peer]) -> Option<Self> {
        let world = World::new(
            kind,
            &[&[Peer::Crane, Peer::Oras], &PEERS[..], peers].concat(),
        )?;
        let image = world.image("app:index");
        Quality::Good
            .index()
            .write_layout(&world.path("layout"), Some("1"));
        oras_of(&world, &["copy", "--from-oci-layout", "layout:1", &image]);
        let sigstore = PrivateSigstore::start(&world);
        sigstore.log_in(&world, CI);
        Some(Self {
            world,
            sigstore,
            image,
        })
    }

    /// The manifest of one platform, by its digest.
    fn child(&self, architecture: &str) -> String {
        let platform = format!("linux/{architecture}");
        let words = ["digest", "--platform", &platform, &self.image];
        format!("{}@{}", self.world.image("app"), self.world.crane(&words))
    }

    fn attest(&self, flags: &[&str]) -> Said {
        let services = ["--signing-config", "signing_config.json"];
        let trust = ["--trusted-root", "trusted_root.json"];
        let words = ["attest", "--identity-token", "token"];
        let words = [&words[..], &services, &trust, flags].concat();
        self.world.polcheck(&words)
    }

    /// What a verb of polcheck says, if this identity of this issuer is trusted.
    fn trusting(&self, verb: &str, who: &str, issuer: &str, more: &[&str]) -> Said {
        let identity = ["--certificate-identity", who];
        let issuer = ["--certificate-oidc-issuer", issuer];
        let root = ["--trusted-root", "trusted_root.json"];
        let words = [&[verb][..], &identity, &issuer, &root, more].concat();
        self.world.polcheck(&words)
    }

    fn verify(&self, who: &str, image: &str) -> Said {
        self.trusting("verify", who, &self.sigstore.issuer, &[image])
    }

    /// What cosign says of an attestation by this identity.
    fn cosign_verifies(&self, who: &str, predicate_type: &str, image: &str) -> Said {
        let identity = ["--certificate-identity", who];
        let issuer = ["--certificate-oidc-issuer", &self.sigstore.issuer];
        let root = ["--trusted-root", "trusted_root.json"];
        let words = ["verify-attestation", "--type", predicate_type];
        let words = [&words[..], &identity, &issuer, &root, &[image]].concat();
        self.world.peer(Peer::Cosign, &words)
    }

    /// Has cosign do something as whoever is logged in.
    fn cosign_as_identity(&self, verb: &str, more: &[&str]) {
        let token = self.world.read("token");
        let identity = ["--identity-token", &token];
        let services = ["--signing-config", "signing_config.json"];
        let trust = ["--trusted-root", "trusted_root.json"];
        let words = [&[verb, "--yes"][..], &identity, &services, &trust, more].concat();
        self.world.peer(Peer::Cosign, &words).ok();
    }
}

#[rstest]
fn cosign_accepts_what_polcheck_signs_as_somebody(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some(scene) = Scene::new(kind, &[]) else {
        return;
    };
    scene.attest(&[&scene.image]).ok();
    for image in [
        scene.image.clone(),
        scene.child("amd64"),
        scene.child("arm64"),
    ] {
        scene.cosign_verifies(CI, SVR, &image).ok();
        scene.cosign_verifies(STRANGER, SVR, &image).refused();
        scene.verify(CI, &image).ok();
        scene.verify(STRANGER, &image).ended(1);
    }
    scene.cosign_verifies(CI, SIGNATURE, &scene.image).refused();
    let issuer = "https://issuer.example.com";
    let other = scene.trusting("verify", CI, issuer, &[&scene.image]);
    other.ended(1);
    scene
        .world
        .shown("`cosign verify-attestation` accepts what polcheck signed as an identity (Fulcio, Rekor v2, timestamps)");
}

#[rstest]
fn polcheck_accepts_what_cosign_signs_as_somebody(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some(scene) = Scene::new(kind, &[]) else {
        return;
    };
    let Scene { world, image, .. } = &scene;
    // What polcheck would sign, signed by cosign.
    let planned = world
        .polcheck(&["attest", "--dry-run", "-o", "json", image])
        .ok()
        .json();
    let reports = planned["reports"].as_array().unwrap();
    let statement = &reports.last().unwrap()["statements"][0]["document"];
    world.write("predicate.json", statement["predicate"].to_string());
    scene.verify(CI, image).ended(1);
    let attest = ["--type", SVR, "--predicate", "predicate.json", image];
    scene.cosign_as_identity("attest", &attest);
    scene.verify(CI, image).ok();
    scene.verify(STRANGER, image).ended(1);
    let issuer = "https://issuer.example.com";
    scene.trusting("verify", CI, issuer, &[image]).ended(1);
    // It is about the index, and about none of its platforms.
    scene.verify(CI, &scene.child("amd64")).ended(1);
    // It is in a log that only this trusted root knows.
    let public = ["verify", "--certificate-identity", CI];
    let public = [
        &public[..],
        &["--certificate-oidc-issuer", &scene.sigstore.issuer],
    ]
    .concat();
    world.polcheck(&[&public[..], &[image]].concat()).ended(1);
    // A signature of the image is none of a statement, and is listed as what it is.
    scene.cosign_as_identity("sign", &[image]);
    let listed = scene.trusting(
        "statements",
        CI,
        &scene.sigstore.issuer,
        &["-o", "json", image],
    );
    let listed = listed.ok().json();
    let mut types: Vec<_> = listed["attached"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            (
                it["state"].as_str().unwrap(),
                it["says"]["predicateType"].as_str().unwrap(),
            )
        })
        .collect();
    types.sort_unstable();
    assert_eq!(types, [("verified", SVR), ("verified", SIGNATURE)]);
    world.shown("polcheck accepts what `cosign attest` signed as an identity, and lists what `cosign sign` signed");
}

#[test]
fn libraries_accept_what_polcheck_signs_as_somebody() {
    let Some(scene) = Scene::new(Kind::Refreg, &[Peer::SigstorePython, Peer::SigstoreJs]) else {
        return;
    };
    let Scene { world, image, .. } = &scene;
    let platform = [
        "--platform",
        "linux/amd64",
        "--bundle",
        "bundle.json",
        image,
    ];
    scene.attest(&platform).ok();
    let child = scene.child("amd64");
    let digest = child.split_once('@').unwrap().1;
    let other = scene.child("arm64");
    let other = other.split_once('@').unwrap().1;
    let issuer = scene.sigstore.issuer.as_str();
    let python = |bundle: &str, who: &str, digest: &str| {
        let trust = ["--trust-config", "trust_config.json", "verify", "identity"];
        let identity = ["--cert-identity", who, "--cert-oidc-issuer", issuer];
        let what = ["--offline", "--bundle", bundle, digest];
        world.peer(
            Peer::SigstorePython,
            &[&trust[..], &identity, &what].concat(),
        )
    };
    let js = |bundle: &str, who: &str, digest: &str| {
        let words = [bundle, digest, "trusted_root.json", "identity", who, issuer];
        world.peer(Peer::SigstoreJs, &words)
    };
    let polcheck = |bundle: &str, who: &str, digest: &str| {
        let image = format!("{}@{digest}", world.image("app"));
        scene.trusting("verify", who, issuer, &["--bundle", bundle, &image])
    };
    let all: [Verify<'_>; 3] = [&python, &js, &polcheck];
    tamper(world);
    for verify in all {
        verify("bundle.json", CI, digest).ok();
        verify("bundle.json", STRANGER, digest).refused();
        verify("bundle.json", CI, other).refused();
        verify("tampered.json", CI, digest).refused();
        verify("unlogged.json", CI, digest).refused();
    }
    world
        .shown("sigstore-python and `@sigstore/verify` accept what polcheck signed as an identity");
}

#[test]
fn a_library_accepts_what_a_key_signed() {
    let peers = [Peer::Crane, Peer::Cosign, Peer::Oras, Peer::SigstoreJs];
    let Some(world) = World::new(Kind::Open, &peers) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    world.make_key("polcheck");
    world.make_key("stranger");
    world.without_sigstore();
    let attest = ["attest", "--key", "polcheck.key", "--no-upload"];
    let attest = [&attest[..], &["--bundle", "bundle.json", &image]].concat();
    world.polcheck(&attest).ok();
    tamper(&world);
    let digest = world.crane(&["digest", &image]);
    let other = format!("sha256:{}", "0".repeat(64));
    let js = |bundle: &str, digest: &str, key: &str| {
        let words = [bundle, digest, "trusted_root.json", "key", key];
        world.peer(Peer::SigstoreJs, &words)
    };
    js("bundle.json", &digest, "polcheck.pub").ok().says(SVR);
    js("bundle.json", &digest, "stranger.pub").refused();
    js("bundle.json", &other, "polcheck.pub").refused();
    js("tampered.json", &digest, "polcheck.pub").refused();
    world.shown("`@sigstore/verify` accepts what polcheck signed with a key");
}

/// What somebody says of a bundle, if this identity is trusted, about this digest.
type Verify<'v> = &'v dyn Fn(&str, &str, &str) -> Said;

/// Writes the bundle `bundle.json` twice more: with another statement, and without what the log said.
fn tamper(world: &World) {
    let bundle: Value = serde_json::from_str(&world.read("bundle.json")).unwrap();
    let mut tampered = bundle.clone();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let statement = String::from_utf8(STANDARD.decode(payload).unwrap()).unwrap();
    let statement = statement.replace("security.scan", "security.SCAN");
    tampered["dsseEnvelope"]["payload"] = json!(STANDARD.encode(statement));
    world.write("tampered.json", tampered.to_string());
    let mut unlogged = bundle;
    unlogged["verificationMaterial"]["tlogEntries"] = json!([]);
    world.write("unlogged.json", unlogged.to_string());
}

#[test]
fn a_log_without_promises_and_the_older_form_exclude_one_another() {
    let Some(scene) = Scene::new(Kind::Open, &[]) else {
        return;
    };
    scene
        .attest(&["--attach", "legacy", &scene.image])
        .ended(2)
        .says("Rekor v2");
    let tags = scene.world.crane(&["ls", &scene.world.image("app")]);
    assert_eq!(tags, "index");
}
