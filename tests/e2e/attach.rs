//! What polcheck attaches, as others see it; and what others attach, as polcheck sees it.

use crate::images::Quality;
use crate::peers::Peer;
use crate::process::Said;
use crate::push::{Client, oras_of};
use crate::registries::Kind;
use crate::world::{SVR, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::{Value, json};

/// The media type of a bundle, which is also the artifact type of its manifest.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A world with a good image, a key, and all who look at what is attached.
fn world(kind: Kind) -> Option<(World, String)> {
    let world = World::new(kind, &[Peer::Crane, Peer::Cosign, Peer::Oras])?;
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image)?;
    world.make_key("polcheck");
    Some((world, image))
}

fn attest(world: &World, image: &str) -> Said {
    world.polcheck(&["attest", "--key", "polcheck.key", image])
}

fn verify(world: &World, image: &str) -> Said {
    world.polcheck(&["verify", "--key", "polcheck.pub", image])
}

/// The bundles that are attached to an image, as `oras discover` lists them.
fn discovered(world: &World, image: &str) -> Vec<Value> {
    let words = ["discover", "--format", "json", "--artifact-type", BUNDLE];
    let listed = oras_of(world, &[&words[..], &[image]].concat()).json();
    listed["referrers"].as_array().cloned().unwrap_or_default()
}

#[rstest]
fn others_find_and_accept_what_polcheck_attached(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Tls,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg,
        Kind::NoOciSubject,
        Kind::NoFilter,
        Kind::OneAPage
    )]
    kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    world.cosign_verifies("polcheck.pub", SVR, &image).refused();
    verify(&world, &image).ended(1);
    attest(&world, &image).ok();
    verify(&world, &image).ok();

    let listed = discovered(&world, &image);
    assert_eq!(listed.len(), 1, "{listed:?}");
    let attached = listed[0]["digest"].as_str().unwrap();
    world
        .peer(Peer::Cosign, &["tree", &image])
        .ok()
        .says(attached);
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    // A type that nobody attached, and a key that nobody used.
    let other = "https://example.com/other";
    world
        .cosign_verifies("polcheck.pub", other, &image)
        .refused();
    world.make_key("stranger");
    world.cosign_verifies("stranger.pub", SVR, &image).refused();

    let manifest = world.crane(&["manifest", &format!("{}@{attached}", world.image("app"))]);
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["artifactType"], BUNDLE);
    assert_eq!(manifest["layers"][0]["mediaType"], BUNDLE);
    let digest = world.crane(&["digest", &image]);
    assert_eq!(manifest["subject"]["digest"], digest.as_str());
    // Old registries have an index at a tag instead of the API, and the others need none.
    let tag = digest.replace(':', "-");
    let tags = world.crane(&["ls", &world.image("app")]);
    assert_eq!(tags.contains(&tag), is_at_a_tag(kind), "{tags}");
    world.shown(
        "`oras discover`, `cosign tree` and `cosign verify-attestation` see what polcheck attached",
    );
}

/// Whether what is attached is also named in an index at a tag: the specification asks for one where a registry does not
/// answer `OCI-Subject`.
fn is_at_a_tag(kind: Kind) -> bool {
    !kind.has_referrers_api() || kind == Kind::NoOciSubject
}

#[rstest]
fn one_changed_byte_is_rejected_by_all(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Tls,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg
    )]
    kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    attest(&world, &image).ok();
    verify(&world, &image).ok();
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    let attached = discovered(&world, &image)[0]["digest"]
        .as_str()
        .unwrap()
        .to_owned();
    let manifest = world.crane(&["manifest", &format!("{}@{attached}", world.image("app"))]);
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    world
        .registry
        .damage(manifest["layers"][0]["digest"].as_str().unwrap());
    world.cosign_verifies("polcheck.pub", SVR, &image).refused();
    // What was verified before is kept, and stays what it was: only who asks the registry sees what it does.
    verify(&world, &image).ok();
    let anew = ["verify", "--key", "polcheck.pub", "--blob-cache", "0"];
    world
        .polcheck(&[&anew[..], &[image.as_str()]].concat())
        .refused();
    world.shown("`cosign verify-attestation` and polcheck reject a bundle of which the registry changed a byte");
}

#[rstest]
fn a_bundle_that_was_changed_before_it_was_attached_is_rejected_by_all(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Tls,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg
    )]
    kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    let words = ["attest", "--key", "polcheck.key", "--no-upload", "--bundle"];
    world
        .polcheck(&[&words[..], &["bundle.json", &image]].concat())
        .ok();
    let good = world.read("bundle.json");
    let mut changed: Value = serde_json::from_str(&good).unwrap();
    let payload = changed["dsseEnvelope"]["payload"].as_str().unwrap();
    changed["dsseEnvelope"]["payload"] = json!(with_one_byte_changed(payload));
    let layer = format!("bundle.json:{BUNDLE}");
    let attach = |world: &World| {
        let words = ["attach", "--artifact-type", BUNDLE, &image, &layer];
        oras_of(world, &words);
    };
    world.write("bundle.json", changed.to_string());
    attach(&world);
    assert_eq!(discovered(&world, &image).len(), 1);
    world.cosign_verifies("polcheck.pub", SVR, &image).refused();
    verify(&world, &image).ended(1).says("does not verify");
    // The one that was not changed is accepted where it lies beside the other.
    world.write("bundle.json", good);
    attach(&world);
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    verify(&world, &image).ok();
    world.shown("`cosign verify-attestation` and polcheck reject a bundle of which a byte was changed, as `oras attach` attached it");
}

/// The statement with another year in it.
fn with_one_byte_changed(payload: &str) -> String {
    let mut statement = STANDARD.decode(payload).unwrap();
    let before = br#""timeCreated":"202"#;
    let mut windows = statement.windows(before.len());
    let year = windows.position(|window| window == before).unwrap();
    let last_digit = &mut statement[year + before.len()];
    assert!(last_digit.is_ascii_digit());
    *last_digit = b'1';
    STANDARD.encode(statement)
}

#[rstest]
fn every_platform_and_the_index_are_accepted_by_others(
    #[values(Kind::Open, Kind::Debian, Kind::Refreg)] kind: Kind,
) {
    let Some((world, _)) = world(kind) else {
        return;
    };
    let image = world.image("app:index");
    Quality::Good
        .index()
        .write_layout(&world.path("layout-index"), Some("1"));
    oras_of(
        &world,
        &["copy", "--from-oci-layout", "layout-index:1", &image],
    );
    attest(&world, &image).ok();
    for platform in ["linux/amd64", "linux/arm64"] {
        let digest = world.crane(&["digest", "--platform", platform, &image]);
        let child = format!("{}@{digest}", world.image("app"));
        world.cosign_verifies("polcheck.pub", SVR, &child).ok();
        verify(&world, &child).ok();
    }
    world.cosign_verifies("polcheck.pub", SVR, &image).ok();
    verify(&world, &image).ok();
    world.shown("`cosign verify-attestation` accepts what polcheck attached to an index, and to each of its platforms");
}

#[rstest]
fn a_key_of_cosign_signs_what_polcheck_attaches(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    world.peer(Peer::Cosign, &["generate-key-pair"]).ok();
    let attest = ["attest", "--key", "cosign.key", &image];
    world.polcheck(&attest).ok();
    let verify = ["verify", "--key", "cosign.pub", &image];
    world.polcheck(&verify).ok();
    world.cosign_verifies("cosign.pub", SVR, &image).ok();
    world.shown("polcheck signs with a key that `cosign generate-key-pair` made");
}

#[rstest]
fn cosign_and_polcheck_keep_what_the_other_attached(
    #[values(Kind::Open, Kind::Debian, Kind::Refreg, Kind::NoOciSubject)] kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    let other = "https://example.com/other";
    world.make_key("first");
    world.peer(Peer::Cosign, &["generate-key-pair"]).ok();
    world.cosign_attests("cosign.key", other, &image);
    attest(&world, &image).ok();
    world.cosign_attests("cosign.key", "https://example.com/another", &image);
    world
        .polcheck(&["attest", "--key", "first.key", &image])
        .ok();
    verify(&world, &image).ok();
    world
        .polcheck(&["verify", "--key", "first.pub", &image])
        .ok();
    for (key, predicate_type) in [
        ("cosign.pub", other),
        ("cosign.pub", "https://example.com/another"),
        ("polcheck.pub", SVR),
        ("first.pub", SVR),
    ] {
        world.cosign_verifies(key, predicate_type, &image).ok();
    }
    world.shown("polcheck and `cosign attest` keep what the other attached");
}

#[rstest]
fn what_oras_attached_stays_beside_ours(
    #[values(Kind::Open, Kind::Debian, Kind::Refreg)] kind: Kind,
) {
    let Some((world, image)) = world(kind) else {
        return;
    };
    world.write("sbom.json", "{}");
    let sbom = "application/spdx+json";
    let layer = format!("sbom.json:{sbom}");
    oras_of(&world, &["attach", "--artifact-type", sbom, &image, &layer]);
    attest(&world, &image).ok();
    let all = oras_of(&world, &["discover", "--format", "json", &image]).json();
    let mut types: Vec<&str> = all["referrers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|referrer| referrer["artifactType"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    assert_eq!(types, [sbom, BUNDLE]);
    verify(&world, &image).ok();
    world.shown("polcheck keeps what `oras attach` attached");
}
