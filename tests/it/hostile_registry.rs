//! A registry that lies, floods, drips and loops: it costs a bounded time and little memory, and ends in one clear error,
//! never in a pass.

use crate::harness::{Said, World};
use crate::images::good;
use flate2::Compression;
use flate2::write::GzEncoder;
use rstest::rstest;
use serde_json::json;
use std::io::Write;
use std::time::{Duration, Instant};
use test_registry::{Misbehaviour, media_type};

/// What polcheck may have in memory, in KiB.
const MEMORY: u64 = 100 << 10;

/// Far more than any of these may take, on a machine that is busy.
const LONG: Duration = Duration::from_mins(1);

fn with_image() -> World {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world
}

/// Calls polcheck, which has to end in time and in little memory.
fn within(world: &World, args: &[&str]) -> Said {
    let begin = Instant::now();
    let (said, memory) = world.polcheck_within(MEMORY, args);
    assert!(begin.elapsed() < LONG, "{said}");
    assert!(memory > 0 && memory <= MEMORY, "{memory} KiB\n{said}");
    said
}

fn status(status: u16, retry_after: Option<u64>) -> Misbehaviour {
    Misbehaviour::Status {
        status,
        code: "UNKNOWN",
        retry_after,
    }
}

/// Two hundred megabytes of blanks, compressed.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..200 {
        encoder.write_all(&blanks).unwrap();
    }
    encoder.finish().unwrap()
}

#[rstest]
#[case::three_gigabytes_of_manifest("/manifests/", Misbehaviour::Endless(3 << 30), "is larger than 4194304 bytes")]
#[case::an_endless_blob("/blobs/", Misbehaviour::Endless(u64::MAX), "bytes instead of")]
#[case::a_slow_drip(
    "/manifests/",
    Misbehaviour::Drip(Duration::from_millis(100)),
    "took longer than 4s"
)]
#[case::a_blob_that_drips(
    "/blobs/",
    Misbehaviour::Drip(Duration::from_millis(100)),
    "took longer than 4s"
)]
#[case::silence(
    "/manifests/",
    Misbehaviour::Late(Duration::from_mins(5)),
    "took longer than 4s"
)]
#[case::a_manifest_of_another_digest("/manifests/", Misbehaviour::Header("docker-content-digest", format!("sha256:{}", "0".repeat(64))), "has the digest")]
#[case::a_blob_of_another_digest("/blobs/", Misbehaviour::Body(vec![b' '; 10].into()), "has 10 bytes instead of")]
#[case::half_a_manifest("/manifests/", Misbehaviour::Truncated, "broke")]
#[case::half_a_blob("/blobs/", Misbehaviour::BreakOff(7), "broke")]
#[case::redirects_in_a_circle("/v2/", Misbehaviour::Redirect("/v2/app/manifests/1".to_owned()), "redirects too often")]
#[case::another_scheme("/v2/", Misbehaviour::Redirect("file:///etc/passwd".to_owned()), "leads to `file:///etc/passwd`")]
#[case::a_neighbour("/blobs/", Misbehaviour::Redirect("http://169.254.169.254/latest".to_owned()), "leads to `http://169.254.169.254/latest`")]
#[case::always_busy("/v2/", status(429, Some(0)), "has had too many requests")]
#[case::always_busy_for_a_second("/v2/", status(429, Some(1)), "has had too many requests")]
#[case::busy_for_a_year("/v2/", status(429, Some(31_536_000)), "has had too many requests")]
#[case::always_failing("/v2/", status(503, None), "failed with status 503")]
#[case::always_a_login("/v2/", Misbehaviour::Challenge("Basic realm=\"x\"".to_owned()), "refuses access")]
#[case::garbage("/manifests/", Misbehaviour::Answer(media_type::MANIFEST.to_owned(), vec![0xff; 1 << 20].into()), "cannot be used")]
#[case::a_gzip_bomb("/manifests/", Misbehaviour::Encoded("gzip", bomb().into()), "compressed as `gzip`")]
#[case::a_gzip_bomb_of_a_blob("/blobs/", Misbehaviour::Encoded("gzip", bomb().into()), "bytes instead of")]
#[case::many_headers("/manifests/", Misbehaviour::Headers(3000, 10), "broke")]
#[case::a_large_header("/manifests/", Misbehaviour::Headers(1, 10 << 20), "broke")]
fn it_costs_little_and_ends_in_one_error(
    #[case] request: &str,
    #[case] misbehaviour: Misbehaviour,
    #[case] expected: &str,
) {
    let world = with_image();
    world.registry.misbehave(request, misbehaviour);
    let image = world.image("app:1");
    let said = within(
        &world,
        &["check", "--timeout", "4s", "--retries", "2", &image],
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(expected), "{said}");
    assert_eq!(said.stderr.matches("error: ").count(), 1, "{said}");
    assert!(said.stdout.contains("app:1: undecided"), "{said}");
}

#[test]
fn a_token_endpoint_that_always_wants_another_token_ends() {
    let world = with_image();
    let realm = format!("Bearer realm=\"http://{}/token\"", world.registry.host());
    world
        .registry
        .misbehave("/v2/", Misbehaviour::Challenge(realm.clone()));
    world
        .registry
        .misbehave("/token", Misbehaviour::Challenge(realm));
    let said = within(&world, &["check", &world.image("app:1")]);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("refuses access"), "{said}");
    assert!(world.registry.requests().len() <= 4);
}

/// A list of referrers, as the registry answers it.
fn referrers(entries: impl Iterator<Item = serde_json::Value>) -> Misbehaviour {
    let entries: Vec<_> = entries.collect();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": entries });
    Misbehaviour::Answer(media_type::INDEX.to_owned(), index.to_string().into())
}

#[test]
fn ten_thousand_referrers_are_no_statement() {
    let world = with_image();
    world.make_key();
    let entry = |number: u32| {
        json!({
            "mediaType": media_type::MANIFEST,
            "digest": format!("sha256:{number:064x}"),
            "size": 500,
            "artifactType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        })
    };
    world
        .registry
        .misbehave("/referrers/", referrers((0..10_000).map(entry)));
    let said = within(
        &world,
        &["verify", "--key", "polcheck.pub", &world.image("app:1")],
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains("has more than 1000 referrers"),
        "{said}"
    );
    assert_eq!(said.stderr.matches("error: ").count(), 1, "{said}");
}

#[test]
fn a_statement_about_another_image_is_none_about_this_one() {
    let world = with_image();
    world.make_key();
    let other = crate::images::good_for("arm64");
    other.push(&world.registry, "app", Some("other"));
    let attest = [
        "attest",
        "--key",
        "polcheck.key",
        "--platform",
        "linux/arm64",
    ];
    let said = world.polcheck(&[&attest[..], &[&world.image("app:other")]].concat());
    assert_eq!(said.code, 0, "{said}");
    let own = format!("/v2/app/referrers/{}", good().digest());
    let list = |of: &str| {
        let path = format!("http://{}/v2/app/referrers/{of}", world.registry.host());
        Misbehaviour::Redirect(path)
    };
    world.registry.misbehave(&own, list(other.digest()));
    let said = within(
        &world,
        &["verify", "--key", "polcheck.pub", &world.image("app:1")],
    );
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains("no accepted statement"), "{said}");
}
