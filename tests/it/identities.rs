//! `polcheck verify` and `polcheck statements` where an identity signed, and attestations of the older form.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::good;
use crate::statements::{push, referrer};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::{Value, json};
use test_registry::{media_type, sha256};
use test_sigstore::{Content, Signing, Sigstore};

pub(crate) const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";
const IDENTITY: &str = "https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://token.ci.test";
const BY_IDENTITY: &str = "--certificate-identity https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main --certificate-oidc-issuer https://token.ci.test";

/// This second.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap()
}

/// A Sigstore that exists since yesterday.
pub(crate) fn sigstore() -> Sigstore {
    Sigstore::new(now() - SignedDuration::from_hours(24))
}

/// A world with a good image that has no statement, and the bundle of one that is not attached.
fn unattached() -> (World, Value) {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    world.make_key();
    world.make_key_called("stranger");
    let image = world.image("app:1");
    let attest = "attest -q --key polcheck.key --no-upload --bundle key.json";
    let said = called(&world, attest, &image);
    assert_eq!(said.code, 0, "{said}");
    let bundle = serde_json::from_str(&world.read("key.json")).unwrap();
    (world, bundle)
}

/// A world with a good image that has a statement signed by an identity, in some way, in a bundle that is changed in some
/// way.
fn signed_by_identity(
    how: impl FnOnce(&mut Signing<'_>),
    change: impl FnOnce(&mut Value),
) -> World {
    let (world, bundle) = unattached();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = STANDARD.decode(payload).unwrap();
    let sigstore = sigstore();
    world.write("root.json", sigstore.trusted_root().to_string());
    world.write("other.json", self::sigstore().trusted_root().to_string());
    let mut signing = sigstore.signing(now());
    how(&mut signing);
    let mut bundle = sigstore.sign(Content::Statement(&payload), &signing);
    change(&mut bundle);
    let layer = bundle.to_string();
    push(
        &world,
        &referrer(&world, good().digest(), BUNDLE, (BUNDLE, &layer)),
    );
    world
}

pub(crate) fn called(world: &World, command: &str, image: &str) -> Said {
    let words: Vec<_> = command.split(' ').chain([image]).collect();
    world.polcheck(&words)
}

fn verify(world: &World, flags: &str) -> Said {
    called(world, &format!("verify {flags}"), &world.image("app:1"))
}

#[test]
fn a_statement_that_an_identity_signed_is_accepted_and_says_who_signed_it_when() {
    let world = signed_by_identity(|_| {}, |_| {});
    let flags = format!("{BY_IDENTITY} --trusted-root root.json");
    assert_said!(verify(&world, &format!("-v {flags}")), @"
    exit code: 0
    --- stdout
    registry.test/app:1: verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main (https://token.ci.test)
        signed no later than [TIME], in a transparency log
      checked with the trusted root `root.json`, which knows of nothing after [TIME]
    ");
    let said = verify(&world, &format!("-o json {flags}"));
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let accepted = &document["accepted"][0];
    assert_eq!(
        accepted["signer"],
        json!({ "identity": IDENTITY, "issuer": ISSUER })
    );
    assert_eq!(accepted["key"], Value::Null);
    assert_eq!(accepted["logEntries"], "verified");
    assert!(accepted["signedNoLaterThan"].is_string(), "{document:#}");
    assert_eq!(document["trustedRoot"]["file"], "root.json");
    assert!(document["trustedRoot"]["asOf"].is_string(), "{document:#}");
}

#[rstest]
#[case(
    "--certificate-identity-regexp ^https://ci\\.test/acme/ --certificate-oidc-issuer https://token.ci.test"
)]
#[case(
    "--certificate-identity-regexp acme --certificate-oidc-issuer-regexp ^https://token\\.ci\\.test$"
)]
#[case(
    "--key polcheck.pub --certificate-identity-regexp acme --certificate-oidc-issuer-regexp token"
)]
fn regular_expressions_and_keys_may_stand_beside_it(#[case] flags: &str) {
    let world = signed_by_identity(|_| {}, |_| {});
    let said = verify(&world, &format!("{flags} --trusted-root root.json"));
    assert_eq!(said.code, 0, "{said}");
}

#[rstest]
#[case::other_identity(
    "--certificate-identity mallory@ci.test --certificate-oidc-issuer https://token.ci.test --trusted-root root.json",
    "who is not trusted"
)]
#[case::not_the_whole_identity(
    "--certificate-identity-regexp ^acme --certificate-oidc-issuer https://token.ci.test --trusted-root root.json",
    "who is not trusted"
)]
#[case::other_issuer(
    "--certificate-identity-regexp acme --certificate-oidc-issuer https://token.ci.tes --trusted-root root.json",
    "was vouched for by `https://token.ci.test`, which is not trusted"
)]
#[case::keys_alone(
    "--key polcheck.pub",
    "signed with the certificate of an identity, and no identity is trusted"
)]
#[case::other_root(
    "--certificate-identity-regexp acme --certificate-oidc-issuer https://token.ci.test --trusted-root other.json",
    "the timestamp does not verify"
)]
#[case::public_root(
    "--certificate-identity-regexp acme --certificate-oidc-issuer https://token.ci.test",
    "the timestamp does not verify"
)]
fn whoever_else_signed_is_rejected_by_that_reason(#[case] flags: &str, #[case] reason: &str) {
    let world = signed_by_identity(|_| {}, |_| {});
    let said = verify(&world, flags);
    assert_eq!(said.code, 1, "{said}");
    assert!(said.stdout.contains(reason), "{said}");
    assert!(said.stdout.contains("help: "), "{said}");
}

#[test]
fn a_log_of_another_sigstore_vouches_for_nothing() {
    let world = signed_by_identity(|signing| signing.timestamp = false, |_| {});
    let flags = format!("{BY_IDENTITY} --trusted-root other.json");
    let said = verify(&world, &flags);
    assert_eq!(said.code, 1, "{said}");
    let reason = "the promise of the transparency log to include the entry does not verify";
    assert!(said.stdout.contains(reason), "{said}");
}

#[test]
fn whoever_gives_no_trusted_root_is_told_how_old_the_public_one_is() {
    let world = signed_by_identity(|_| {}, |_| {});
    let said = verify(&world, &format!("-v {BY_IDENTITY}"));
    let root =
        "checked with the trusted root of the public Sigstore, which knows of nothing after 20";
    assert!(said.stdout.contains(root), "{said}");
    let said = verify(&world, BY_IDENTITY);
    assert!(said.stdout.contains(root), "{said}");
    // Whoever chose one knows it.
    let said = verify(&world, &format!("{BY_IDENTITY} --trusted-root root.json"));
    assert!(!said.stdout.contains("checked with"), "{said}");
    let said = verify(&world, &format!("-o json {BY_IDENTITY}"));
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["trustedRoot"]["file"], Value::Null);
    assert!(document["trustedRoot"]["asOf"].is_string(), "{document:#}");
    let said = verify(&world, "-o json --key polcheck.pub");
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["trustedRoot"], Value::Null);
}

#[test]
fn a_changed_statement_of_an_identity_is_rejected() {
    let world = signed_by_identity(
        |_| {},
        |bundle| {
            let payload = &mut bundle["dsseEnvelope"]["payload"];
            let bytes = STANDARD.decode(payload.as_str().unwrap()).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            let changed = text.replace("security.scan=passed", "security.scan=PASSED");
            assert_ne!(changed, text);
            *payload = STANDARD.encode(changed).into();
        },
    );
    assert_said!(verify(&world, &format!("{BY_IDENTITY} --trusted-root root.json")), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the signature does not verify with the certificate of the bundle
        help: do not use the image on the word of this statement; fetch the statement again, or check the image
    ");
}

#[test]
fn what_is_in_no_log_is_accepted_only_where_logs_are_ignored() {
    let world = signed_by_identity(|signing| signing.log = None, |_| {});
    let flags = format!("{BY_IDENTITY} --trusted-root root.json");
    assert_said!(verify(&world, &flags), @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the signature is in no transparency log, and has to be
        help: `--insecure-ignore-tlog` accepts signatures that are in no log
    ");
    let said = verify(&world, &format!("{flags} --insecure-ignore-tlog"));
    assert_eq!(said.code, 0, "{said}");
    assert!(said.stdout.contains("signed no later than"), "{said}");
}

#[rstest]
#[case("", "nobody is trusted")]
#[case("--trusted-root root.json", "nobody is trusted")]
#[case("--certificate-identity a", "--certificate-oidc-issuer")]
#[case(
    "--key polcheck.pub --certificate-identity-regexp a",
    "--certificate-oidc-issuer"
)]
#[case("--certificate-oidc-issuer a", "--certificate-identity")]
#[case(
    "--certificate-identity a --certificate-identity-regexp a --certificate-oidc-issuer b",
    "cannot be used with"
)]
#[case(
    "--certificate-identity-regexp ( --certificate-oidc-issuer b",
    "regular expression"
)]
#[case(
    "--certificate-identity= --certificate-oidc-issuer b",
    "a value is required"
)]
#[case(
    "--certificate-identity a --certificate-oidc-issuer b --trusted-root polcheck.pub",
    "cannot use the trusted root `polcheck.pub`"
)]
#[case(
    "--certificate-identity a --certificate-oidc-issuer b --trusted-root gone.json",
    "cannot read `gone.json`"
)]
fn whoever_does_not_say_clearly_whom_to_trust_is_told_how(#[case] flags: &str, #[case] says: &str) {
    let world = signed_by_identity(|_| {}, |_| {});
    let image = world.image("app:1");
    let words = ["verify"].into_iter().chain(flags.split_whitespace());
    let words: Vec<_> = words.chain([image.as_str()]).collect();
    let said = world.polcheck(&words);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains(says), "{said}");
}

#[test]
fn a_list_says_as_whom_a_statement_is_verified() {
    let world = signed_by_identity(|_| {}, |_| {});
    let image = world.image("app:1");
    let list = |flags: &str| called(&world, &format!("statements {flags}"), &image);
    let root = "--trusted-root root.json";
    assert_said!(list(&format!("{BY_IDENTITY} {root}")), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: verified as https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main of https://token.ci.test
        security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME]
    ");
    assert_said!(list(&format!("--certificate-identity a --certificate-oidc-issuer b {root}")), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not verified: the bundle is signed by `https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main`, who is not trusted
        says of itself: security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME], signed by https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main of https://token.ci.test
    ");
    assert_said!(list("--key polcheck.pub"), @"
    exit code: 0
    --- stdout
    registry.test/app:1: 1 attached (sha256:[DIGEST])
      sha256:[DIGEST]: not checked: no identity was given
        says of itself: security.scan=passed by polcheck:set/standard@sha256:[DIGEST], https://polcheck.dev/verifier/v1, [TIME], signed by https://ci.test/acme/shop/.workflows/release.yml@refs/heads/main of https://token.ci.test
    ");
    let document = world.json(
        &format!("statements -o json {BY_IDENTITY} {root} {image}")
            .split(' ')
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        document["attached"][0]["verifiedSigner"],
        json!({ "identity": IDENTITY, "issuer": ISSUER })
    );
}

/// The envelope of a bundle, as the older form has it.
pub(crate) fn envelope(bundle: &Value) -> String {
    let mut envelope = bundle["dsseEnvelope"].clone();
    envelope["signatures"][0]["keyid"] = "".into();
    envelope.to_string()
}

/// Writes attestations of the older form: pairs of a kind and an envelope. Those without one name a blob that is not there.
pub(crate) fn attest_as_before(world: &World, layers: &[(&str, Option<&str>)]) {
    let layers: Vec<_> = layers
        .iter()
        .map(|(kind, envelope)| {
            let digest = match envelope {
                Some(envelope) => world.registry.put_blob("app", (*envelope).to_owned()),
                None => sha256(b"gone"),
            };
            let size = envelope.map_or(4, str::len);
            let annotations = json!({ "predicateType": kind, "dev.cosignproject.cosign/signature": "" });
            json!({ "mediaType": ENVELOPE, "digest": digest, "size": size, "annotations": annotations })
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::MANIFEST,
        "config": { "mediaType": media_type::CONFIG, "digest": sha256(b"c"), "size": 1 },
        "layers": layers,
    });
    let tag = format!("{}.att", good().digest().replace(':', "-"));
    world
        .registry
        .put_manifest("app", &tag, media_type::MANIFEST, manifest.to_string());
}

pub(crate) const RESULT: &str = "https://in-toto.io/attestation/svr/v0.2";

#[test]
fn an_attestation_of_the_older_form_is_accepted_as_one_of_the_newer_would_be() {
    let (world, bundle) = unattached();
    let envelope = envelope(&bundle);
    let provenance = "https://slsa.dev/provenance/v1";
    attest_as_before(&world, &[(provenance, None), (RESULT, Some(&envelope))]);
    assert_said!(verify(&world, "--key polcheck.pub"), @"
    exit code: 0
    --- stdout
    registry.test/app:1: verified (sha256:[DIGEST])
      security.scan=passed by polcheck:set/standard, [TIME], key sha256:[DIGEST]
    ");
    let stranger = verify(&world, "--key stranger.pub");
    assert_said!(stranger, @"
    exit code: 1
    --- stdout
    registry.test/app:1: no accepted statement (sha256:[DIGEST])
      rejected sha256:[DIGEST]: the signature does not verify with `sha256:[DIGEST]`
        help: do not use the image on the word of this statement; fetch the statement again, or check the image
    ");
    // What a stranger attaches in the newer form hides nothing.
    let said = called(
        &world,
        "attest -q --key stranger.key --attach bundle",
        &world.image("app:1"),
    );
    assert_eq!(said.code, 0, "{said}");
    assert_eq!(verify(&world, "--key polcheck.pub").code, 0);
}

#[test]
fn an_attestation_of_the_older_form_that_was_changed_or_is_missing_is_no_pass() {
    let (world, bundle) = unattached();
    let mut changed = bundle.clone();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = String::from_utf8(STANDARD.decode(payload).unwrap()).unwrap();
    let payload = payload.replace("passed", "PASSED");
    changed["dsseEnvelope"]["payload"] = STANDARD.encode(payload).into();
    attest_as_before(&world, &[(RESULT, Some(&envelope(&changed)))]);
    let said = verify(&world, "--key polcheck.pub");
    assert_eq!(said.code, 1, "{said}");
    assert!(
        said.stdout.contains("the signature does not verify with"),
        "{said}"
    );
    attest_as_before(&world, &[(RESULT, None)]);
    let said = verify(&world, "--key polcheck.pub");
    assert_eq!(said.code, 2, "{said}");
}
