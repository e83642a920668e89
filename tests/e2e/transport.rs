//! The way to a registry: certificates that the system does not know, and mirrors.

use crate::images::Quality;
use crate::peers::Peer;
use crate::push::Client;
use crate::registries::{Kind, Registry};
use crate::world::World;
use serde_json::json;

#[test]
fn the_authority_of_a_private_registry_is_named() {
    let Some(mut world) = World::new(Kind::Tls, &[Peer::Oras]) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    world.set("SSL_CERT_FILE", "/dev/null");
    world.polcheck(&["check", &image]).ended(2);
    let authority = world.registry.certificates.as_ref().unwrap();
    let authority = authority.authority.to_string_lossy().into_owned();
    world
        .polcheck(&["check", "--registry-cacert", &authority, &image])
        .ok();
    world.shown("`--registry-cacert` names the authority of a registry");
}

#[test]
fn a_registry_that_wants_a_certificate_gets_one() {
    let Some(world) = World::of_strangers(Kind::ClientCertificate, &[Peer::Skopeo]) else {
        return;
    };
    let certificates = world.registry.certificates.as_ref().unwrap();
    let (certificate, key) = &certificates.client;
    // As skopeo wants to have them.
    for (from, to) in [
        (&certificates.authority, "ca.crt"),
        (certificate, "client.cert"),
        (key, "client.key"),
    ] {
        world.write(&format!("certificates/{to}"), std::fs::read(from).unwrap());
    }
    let image = world.image("app:good");
    Quality::Good
        .image()
        .write_layout(&world.path("layout"), Some("1"));
    let to = format!("docker://{image}");
    let copy = [
        "--insecure-policy",
        "copy",
        "--dest-cert-dir",
        "certificates",
    ];
    world
        .peer(Peer::Skopeo, &[&copy[..], &["oci:layout:1", &to]].concat())
        .ok();
    let check = ["check", "--registry-cacert", "certificates/ca.crt", &image];
    world.polcheck(&check).ended(2);
    let client = [
        "--registry-client-cert",
        "certificates/client.cert",
        "--registry-client-key",
        "certificates/client.key",
    ];
    world.polcheck(&[&check[..], &client].concat()).ok();
    world.shown(
        "`--registry-client-cert` and `--registry-client-key` show a certificate to a registry",
    );
}

#[test]
fn a_mirror_is_asked_first_and_the_registry_where_the_mirror_does_not_help() {
    let Some(mut world) = World::new(Kind::Open, &[Peer::Crane, Peer::Oras]) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    let mut mirror = Registry::start(Kind::Open);
    let config = json!({ "registries": { &world.registry.host: { "mirrors": [&mirror.host] } } });
    world.write("mirrors.yaml", config.to_string());
    let check = |world: &World| world.polcheck(&["--config", "mirrors.yaml", "check", &image]);
    // The mirror has no such image.
    check(&world).ok();
    world.crane(&["copy", &image, &format!("{}/app:good", mirror.host)]);
    world.registry.stop();
    check(&world).ok();
    mirror.stop();
    check(&world).ended(2);
    world.shown("a mirror of `polcheck.yaml` is asked first");
}
