//! `polcheck attest` where an identity signs, and where logs and authorities take part.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::good;
use crate::statements::{push, referrer};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use test_sigstore::{LogVersion, Sigstore, SigstoreServer};

const IDENTITY: &str = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";

/// A good image, and a Sigstore that exists since yesterday: its signing config is `signing_config.json`, its trusted root
/// `trusted_root.json`, and a token of its issuer `token`.
fn world(logs: &[LogVersion], timestamps: bool) -> (World, SigstoreServer) {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let start = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    let server = SigstoreServer::start(Sigstore::new(start - SignedDuration::from_hours(24)));
    let config = server.signing_config(logs, timestamps);
    world.write("signing_config.json", config.to_string());
    world.write(
        "trusted_root.json",
        server.sigstore().trusted_root().to_string(),
    );
    world.write("token", server.token(&json!({})));
    (world, server)
}

const SIGSTORE: &str = "--signing-config signing_config.json --trusted-root trusted_root.json";

fn called(world: &World, command: &str) -> Said {
    let image = world.image("app:1");
    let words: Vec<_> = command.split_whitespace().chain([image.as_str()]).collect();
    world.polcheck(&words)
}

/// Verifies as the identity of the token.
fn verify(world: &World, server: &SigstoreServer, identity: &str) -> Said {
    let issuer = server.url();
    called(
        world,
        &format!(
            "verify --certificate-identity {identity} --certificate-oidc-issuer {issuer} --trusted-root trusted_root.json"
        ),
    )
}

/// What a statement was, without what differs.
fn bundle(world: &World) -> Value {
    serde_json::from_str(&world.read("bundle.json")).unwrap()
}

#[rstest]
#[case::log_that_says_when(&[LogVersion::One], false)]
#[case::log_and_timestamp(&[LogVersion::One], true)]
#[case::log_that_does_not_say_when(&[LogVersion::Two], true)]
#[case::both_logs(&[LogVersion::One, LogVersion::Two], true)]
fn an_identity_signs_and_is_verified(#[case] logs: &[LogVersion], #[case] timestamps: bool) {
    let (world, server) = world(logs, timestamps);
    let said = called(
        &world,
        &format!("attest --identity-token token {SIGSTORE} --bundle bundle.json"),
    );
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("signed and attached"), "{said}");
    let material = &bundle(&world)["verificationMaterial"];
    assert_eq!(
        material["tlogEntries"].as_array().unwrap().len(),
        logs.len()
    );
    assert_eq!(
        material["timestampVerificationData"].is_object(),
        timestamps
    );
    assert!(material["certificate"]["rawBytes"].is_string());
    let said = verify(&world, &server, IDENTITY);
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains(IDENTITY), "{said}");
    let said = verify(&world, &server, "mallory@ci.test");
    assert_eq!(said.code, 1, "{said}");
}
