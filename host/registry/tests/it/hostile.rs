//! Registries that fail, lie, never end or never begin.

use crate::{chain, document, error_of, open, open_with, options, reference, sample, with_sample};
use polcheck_registry::{Image, RegistryError};
use rstest::rstest;
use serde_json::json;
use std::time::{Duration, Instant};
use test_registry::{Misbehaviour, Options, TestRegistry, media_type, sha256};

const OTHER: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn failing(status: u16, code: &'static str, retry_after: Option<u64>) -> Misbehaviour {
    Misbehaviour::Status {
        status,
        code,
        retry_after,
    }
}

#[tokio::test]
async fn an_unknown_image_is_named_with_the_cure() {
    let registry = TestRegistry::start(Options::default());
    let error = error_of(&registry).await;
    let host = registry.host();
    assert_eq!(
        error.to_string(),
        format!("no image `{host}/app:1` in the registry")
    );
    assert_eq!(
        error.help().unwrap(),
        format!(
            "check the name and the tag; a private repository answers the same without a login: `docker login {host}`"
        )
    );
}

#[tokio::test]
async fn three_gigabytes_of_manifest_cost_a_few_megabytes() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", Misbehaviour::Endless(3 << 30));
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is larger than 4194304 bytes",
            reference(&registry, ":1")
        )
    );
    // What the limit allows, and what the buffers of the network hold.
    assert!(registry.endless_bytes_sent() < 32 << 20);
}

#[tokio::test]
async fn a_blob_that_does_not_end_is_cut_at_its_size() {
    let (registry, _) = with_sample(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let config = document(&image)
        .await
        .unwrap()
        .manifest()
        .unwrap()
        .config()
        .clone();
    registry.misbehave("/blobs/", Misbehaviour::Endless(3 << 30));
    let error = image.blob(&config, 1 << 20).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::SizeMismatch { .. }),
        "{error}"
    );
    let mut reader = image.blob_reader(&config).await.unwrap();
    let error = reader.chunk().await.unwrap_err();
    assert!(
        matches!(error, RegistryError::SizeMismatch { .. }),
        "{error}"
    );
    assert!(reader.chunk().await.is_err());
    drop(reader);
    assert!(registry.endless_bytes_sent() < 64 << 20);
}

#[tokio::test]
async fn a_blob_over_the_limit_is_not_even_asked_for() {
    let (registry, _) = with_sample(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let config = document(&image)
        .await
        .unwrap()
        .manifest()
        .unwrap()
        .config()
        .clone();
    registry.forget_requests();
    let error = image.blob(&config, 10).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "blob `{}` of `{}/app` is larger than 10 bytes",
            config.digest(),
            registry.host()
        )
    );
    assert_eq!(registry.requests(), []);
}

#[tokio::test]
async fn bytes_that_do_not_have_their_digest_are_refused() {
    let (registry, sample) = with_sample(Options::default());
    let by_digest = reference(&registry, &format!("@{}", sample.digest()));
    registry.misbehave("/manifests/", Misbehaviour::Body("{}".into()));
    let image = open(&by_digest).await.unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{by_digest}` has the digest `{}` instead of `{}`",
            sha256(b"{}"),
            sample.digest()
        )
    );
}

#[tokio::test]
async fn a_registry_that_contradicts_itself_is_refused() {
    let (registry, sample) = with_sample(Options::default());
    registry.misbehave(
        "/manifests/",
        Misbehaviour::Header("docker-content-digest", OTHER.to_owned()),
    );
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` has the digest `{}` instead of `{OTHER}`",
            reference(&registry, ":1"),
            sample.digest()
        )
    );
}

#[rstest]
#[case(Misbehaviour::WithoutHeader("docker-content-digest"))]
#[case(Misbehaviour::Header("docker-content-digest", "x".to_owned()))]
#[tokio::test]
async fn a_registry_that_says_nothing_about_the_digest_is_not_asked_to(
    #[case] misbehaviour: Misbehaviour,
) {
    let (registry, sample) = with_sample(Options::default());
    registry.misbehave("/manifests/", misbehaviour);
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
}

async fn layer(registry: &TestRegistry) -> (Image, oci_spec::image::Descriptor) {
    let image = open(&reference(registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    let layer = found.manifest().unwrap().layers().first().unwrap().clone();
    (image, layer)
}

#[tokio::test]
async fn a_tampered_blob_is_found_out_at_its_end() {
    let (registry, _) = with_sample(Options::default());
    let (image, layer) = layer(&registry).await;
    let digest = layer.digest().to_string();
    let mut tampered = registry.content("app", &digest).unwrap().to_vec();
    *tampered.last_mut().unwrap() ^= 1;
    registry.replace_blob("app", &digest, tampered);
    let error = image.blob(&layer, 1 << 20).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
    let mut reader = image.blob_reader(&layer).await.unwrap();
    let error = loop {
        match reader.chunk().await {
            Ok(piece) => assert!(piece.is_some(), "it was taken for the blob"),
            Err(error) => break error,
        }
    };
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
    assert!(reader.chunk().await.is_err());
}

#[tokio::test]
async fn a_blob_of_another_size_is_found_out_before_it_is_read() {
    let (registry, _) = with_sample(Options::default());
    let (image, layer) = layer(&registry).await;
    registry.replace_blob("app", layer.digest().as_ref(), "short");
    for result in [
        image.blob(&layer, 1 << 20).await.map(|_| ()),
        image.blob_reader(&layer).await.map(|_| ()),
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "blob `{}` of `{}/app` has 5 bytes instead of {}",
                layer.digest(),
                registry.host(),
                layer.size()
            )
        );
    }
}

#[tokio::test]
async fn a_truncated_answer_is_an_error_and_not_the_blob() {
    let (registry, _) = with_sample(Options::default());
    let (image, layer) = layer(&registry).await;
    registry.misbehave("/blobs/", Misbehaviour::Truncated);
    let error = image.blob(&layer, 1 << 20).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Interrupted { .. }),
        "{error}"
    );
    registry.misbehave("/manifests/", Misbehaviour::Truncated);
    let error = error_of(&registry).await;
    assert!(
        matches!(error, RegistryError::Interrupted { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_missing_blob_is_named() {
    let (registry, sample) = with_sample(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let config = document(&image)
        .await
        .unwrap()
        .manifest()
        .unwrap()
        .config()
        .clone();
    registry.delete_blob("app", &sample.config().digest);
    let error = image.blob(&config, 1 << 20).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}/app` has no blob `{}`",
            registry.host(),
            config.digest()
        )
    );
}

#[rstest]
#[case("garbage", "it is not JSON: expected value at line 1 column 1")]
#[case("<html></html>", "it is not JSON: expected value at line 1 column 1")]
#[case("{}", "it is neither a manifest nor an index")]
#[case(
    r#"{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}"#,
    "it is a manifest and an index at once"
)]
#[tokio::test]
async fn what_is_no_manifest_is_named(#[case] body: &'static str, #[case] expected: &str) {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave(
        "/manifests/",
        Misbehaviour::Answer(media_type::MANIFEST.to_owned(), body.into()),
    );
    let error = error_of(&registry).await;
    assert_eq!(
        chain(&error),
        format!(
            "`{}` cannot be used: {expected}",
            reference(&registry, ":1")
        )
    );
}

#[rstest]
#[case("application/vnd.docker.distribution.manifest.v1+prettyjws", "{}")]
#[case(
    "application/vnd.docker.distribution.manifest.v1+json; charset=utf-8",
    "{}"
)]
#[case(media_type::MANIFEST, r#"{"schemaVersion":1,"fsLayers":[]}"#)]
#[tokio::test]
async fn schema_one_has_an_error_of_its_own(#[case] media_type: &str, #[case] body: &'static str) {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave(
        "/manifests/",
        Misbehaviour::Answer(media_type.to_owned(), body.into()),
    );
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is a schema 1 manifest, which has no digest that can be relied on",
            reference(&registry, ":1")
        )
    );
    assert_eq!(
        error.help().unwrap(),
        "pull the image with a current engine and push it again, which converts it"
    );
}

#[tokio::test]
async fn a_child_of_an_index_is_what_the_index_says() {
    let registry = TestRegistry::start(Options::default());
    let child = sample();
    child.push(&registry, "app", None);
    let entry = |size: usize, media_type: &str| {
        let mut entry = child.manifest.descriptor();
        *entry.get_mut("size").unwrap() = json!(size);
        *entry.get_mut("mediaType").unwrap() = json!(media_type);
        entry
    };
    let right = child.manifest.bytes.len();
    let cases = [
        entry(right, media_type::MANIFEST),
        entry(right + 1, media_type::MANIFEST),
        entry(right - 1, media_type::MANIFEST),
        entry(right, media_type::DOCKER_MANIFEST),
        entry(right, media_type::INDEX),
        entry(5 << 20, media_type::MANIFEST),
    ];
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": cases });
    registry.put_manifest("app", "1", media_type::INDEX, index.to_string());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let index = document(&image).await.unwrap();
    let mut results = Vec::new();
    for entry in index.index().unwrap().manifests() {
        results.push(image.manifest(entry).await.map(|_| ()));
    }
    assert!(
        matches!(
            results.as_slice(),
            [
                Ok(()),
                Err(RegistryError::SizeMismatch { .. }),
                Err(RegistryError::SizeMismatch { .. }),
                Err(RegistryError::InvalidDocument { .. }),
                Err(RegistryError::InvalidDocument { .. }),
                Err(RegistryError::TooLarge { .. }),
            ]
        ),
        "{results:?}"
    );
}

#[tokio::test]
async fn too_many_requests_are_repeated_when_the_registry_says() {
    let (registry, sample) = with_sample(Options::default());
    registry.misbehave_times(2, "/manifests/", failing(429, "TOOMANYREQUESTS", Some(1)));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let begin = Instant::now();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    assert_eq!(registry.requests().len(), 3);
    assert!(begin.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn too_many_requests_for_ever_end_in_an_error() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", failing(429, "TOOMANYREQUESTS", Some(0)));
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!("`{}` has had too many requests", registry.host())
    );
    assert_eq!(registry.requests().len(), 4);
}

#[tokio::test]
async fn nobody_waits_for_an_hour() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", failing(429, "TOOMANYREQUESTS", Some(3600)));
    let error = error_of(&registry).await;
    assert_eq!(
        error.help().unwrap(),
        format!(
            "try again in 3600 seconds, or log in: `docker login {}`",
            registry.host()
        )
    );
    assert_eq!(registry.requests().len(), 1);
}

#[tokio::test]
async fn a_server_error_is_tried_again_and_then_reported() {
    let (registry, sample) = with_sample(Options::default());
    registry.misbehave_times(3, "/manifests/", failing(503, "UNAVAILABLE", None));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    registry.misbehave("/manifests/", failing(500, "UNKNOWN", Some(0)));
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` failed with status 500: `unknown`", registry.host())
    );
}

#[tokio::test]
async fn a_push_is_not_repeated_after_a_server_error() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("POST ", failing(500, "UNKNOWN", Some(0)));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    image.push_blob("x/y", "content".into()).await.unwrap_err();
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_slow_drip_ends_when_the_time_is_over() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", Misbehaviour::Drip(Duration::from_millis(50)));
    let options = polcheck_registry::Options {
        overall_timeout: Duration::from_millis(300),
        ..options()
    };
    let image = open_with(options, &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` did not answer in time", registry.host())
    );
}

#[tokio::test]
async fn silence_ends_before_the_time_is_over() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", Misbehaviour::Late(Duration::from_mins(1)));
    let options = polcheck_registry::Options {
        idle_timeout: Duration::from_millis(200),
        ..options()
    };
    let image = open_with(options, &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert!(matches!(error, RegistryError::Timeout { .. }), "{error}");
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave(
        "/manifests/",
        Misbehaviour::Redirect("/v2/app/manifests/1".to_owned()),
    );
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!("`{}` redirects too often", registry.host())
    );
    assert_eq!(registry.requests().len(), 6);
}

#[rstest]
#[case("ftp://127.0.0.1/x", "ftp://127.0.0.1/x")]
#[case("file:///etc/passwd", "file:///etc/passwd")]
#[case("http://[bad/x?token=secret", "http://[bad/x")]
#[tokio::test]
async fn a_redirect_that_must_not_be_followed_is_named_without_its_query(
    #[case] location: &str,
    #[case] expected: &str,
) {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", Misbehaviour::Redirect(location.to_owned()));
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` leads to `{expected}`, where it is not followed",
            registry.host()
        )
    );
}

#[tokio::test]
async fn a_closed_port_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let image = open(&format!("{host}/app:1")).await.unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{host}` refuses the connection")
    );
}

#[tokio::test]
async fn a_server_that_is_no_registry_is_named_without_its_page() {
    let (registry, _) = with_sample(Options::default());
    registry.misbehave("/manifests/", failing(418, "\u{1b}[31mTEAPOT", None));
    let error = error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` answered GET /v2/app/manifests/1 with status 418: `\\u{{1b}}[31mteapot`",
            registry.host()
        )
    );
}
