//! Pushing blobs and manifests.

use crate::{document, open, reference, sample, with_sample};
use polcheck_registry::{RegistryError, Selector};
use rstest::rstest;
use test_registry::{Misbehaviour, Options, TestRegistry, media_type, sha256};

#[tokio::test]
async fn a_blob_that_is_there_is_not_pushed_again() {
    let registry = TestRegistry::start(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let first = image.push_blob("x/y", "content".into()).await.unwrap();
    assert_eq!(
        registry.content("app", first.digest().as_ref()).unwrap(),
        "content"
    );
    assert_eq!(first.size(), 7);
    assert_eq!(first.media_type().as_ref(), "x/y");
    registry.forget_requests();
    let second = image.push_blob("x/y", "content".into()).await.unwrap();
    assert_eq!(second, first);
    assert_eq!(
        registry.request_lines(),
        [format!("HEAD /v2/app/blobs/{}", first.digest())]
    );
}

#[rstest]
#[case("/v2/app/blobs/uploads/upload-1?state=kept")]
#[case("upload-1?state=kept")]
#[tokio::test]
async fn an_upload_goes_where_the_registry_says(#[case] location: &str) {
    let registry = TestRegistry::start(Options::default());
    registry.misbehave(
        "POST ",
        Misbehaviour::Header("location", location.to_owned()),
    );
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let blob = image.push_blob("x/y", "content".into()).await.unwrap();
    assert!(registry.content("app", blob.digest().as_ref()).is_some());
}

#[tokio::test]
async fn an_upload_goes_to_an_absolute_place_too() {
    let registry = TestRegistry::start(Options::default());
    let location = format!(
        "http://{}/v2/app/blobs/uploads/upload-1?state=kept",
        registry.host()
    );
    registry.misbehave("POST ", Misbehaviour::Header("location", location));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    image.push_blob("x/y", "content".into()).await.unwrap();
}

#[tokio::test]
async fn an_upload_without_a_place_is_an_error() {
    let registry = TestRegistry::start(Options::default());
    registry.misbehave("POST ", Misbehaviour::WithoutHeader("location"));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let error = image.push_blob("x/y", "content".into()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` accepts an upload and does not say where",
            registry.host()
        )
    );
}

#[tokio::test]
async fn a_registry_that_stores_something_else_is_found_out() {
    let registry = TestRegistry::start(Options::default());
    let other = sha256(b"other");
    registry.misbehave("PUT ", Misbehaviour::Header("docker-content-digest", other));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let error = image.push_blob("x/y", "content".into()).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn an_image_is_pushed_and_pulled_again() {
    let registry = TestRegistry::start(Options::default());
    let sample = sample();
    let image = open(&reference(&registry, ":1")).await.unwrap();
    for blob in &sample.blobs {
        let pushed = image.push_blob(&blob.media_type, blob.bytes.clone());
        assert_eq!(pushed.await.unwrap().digest().as_ref(), blob.digest);
    }
    let tag = Selector::Tag("1".to_owned());
    let pushed = image.push_manifest(&tag, media_type::MANIFEST, sample.manifest.bytes.clone());
    let pushed = pushed.await.unwrap();
    assert_eq!(pushed.digest.as_ref(), sample.digest());
    assert!(!pushed.oci_subject);
    assert_eq!(document(&image).await.unwrap().bytes, sample.manifest.bytes);
}

#[tokio::test]
async fn a_manifest_is_not_pushed_under_the_digest_of_another() {
    let (registry, sample) = with_sample(Options::default());
    registry.forget_requests();
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let at = Selector::Digest(sample.digest().parse().unwrap());
    let error = image
        .push_manifest(&at, media_type::MANIFEST, "{}".into())
        .await
        .unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
    assert_eq!(registry.requests(), []);
}

#[tokio::test]
async fn what_the_registry_does_not_take_is_repeated_in_its_words() {
    let registry = TestRegistry::start(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let tag = Selector::Tag("1".to_owned());
    let manifest = sample().manifest.bytes;
    let error = image
        .push_manifest(&tag, media_type::MANIFEST, manifest)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` answered PUT /v2/app/manifests/1 with status 400: `manifest blob unknown`",
            registry.host()
        )
    );
}
