//! Pulling from a registry that does what it should.

use crate::{document, open, options, reference, sample, with_sample};
use polcheck_registry::{MAX_CONFIG_BYTES, MAX_MANIFEST_BYTES, Registry, RegistryError, platform};
use rstest::rstest;
use serde_json::json;
use sha2::{Digest as _, Sha512};
use std::fmt::Write as _;
use test_registry::{
    Auth, ImageBuilder, Options, TestRegistry, artifact, attestation_manifest, image_index,
    media_type,
};

#[tokio::test]
async fn a_cold_image_takes_two_requests() {
    let (registry, sample) = with_sample(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    assert_eq!(found.bytes, sample.manifest.bytes);
    let config = found.manifest().unwrap().config().clone();
    let config = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
    assert_eq!(config, sample.config().bytes);
    assert_eq!(
        registry.request_lines(),
        [
            "GET /v2/app/manifests/1".to_owned(),
            format!("GET /v2/app/blobs/{}", sample.config().digest),
        ]
    );
}

#[rstest]
#[case(true)]
#[case(false)]
#[tokio::test]
async fn a_token_takes_one_request_more_and_is_asked_for_once(#[case] anonymous_pull: bool) {
    let auth = Auth::Token {
        user: "user",
        password: "secret",
        anonymous_pull,
        realm: None,
    };
    let (registry, _) = with_sample(Options {
        auth,
        ..Options::default()
    });
    let (_directory, docker_config) = crate::access::login_to(&[registry.host()]);
    let options = polcheck_registry::Options {
        docker_config: Some(docker_config),
        ..options()
    };
    let image = crate::open_with(options, &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    let config = found.manifest().unwrap().config().clone();
    image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
    let lines = registry.request_lines();
    let tokens = lines.iter().filter(|line| line.starts_with("GET /token?"));
    assert_eq!(tokens.count(), 1, "{lines:?}");
    // The first request, which nobody could know to need a token, and the three of a cold image.
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[tokio::test]
async fn an_index_takes_one_request_more_and_leads_to_the_platform() {
    let registry = TestRegistry::start(Options::default());
    let other = ImageBuilder::new(json!({}))
        .platform("linux", "arm64")
        .build();
    let attestation = attestation_manifest(&sample());
    let index = image_index(vec![sample(), other.clone(), attestation]);
    index.push(&registry, "app", Some("1"));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    let entries = found.index().unwrap();
    let chosen = platform::require(entries, &"linux/arm64".parse().unwrap(), image.source());
    let manifest = image.manifest(chosen.unwrap()).await.unwrap();
    assert_eq!(manifest.digest.as_ref(), other.digest());
    let config = manifest.manifest().unwrap().config().clone();
    image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
    assert_eq!(registry.requests().len(), 3);
    let platforms: Vec<_> = platform::platforms(entries)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
}

#[tokio::test]
async fn an_index_without_the_platform_says_which_there_are() {
    let registry = TestRegistry::start(Options::default());
    image_index(vec![sample()]).push(&registry, "app", Some("1"));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    let wanted = "linux/s390x".parse().unwrap();
    let error = platform::require(found.index().unwrap(), &wanted, image.source()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}/app:1` has no image for linux/s390x", registry.host())
    );
    assert_eq!(
        error.help().unwrap(),
        "choose another with `--platform`: there is linux/amd64"
    );
}

#[tokio::test]
async fn only_a_manifest_of_statements_alone_is_an_attestation() {
    let registry = TestRegistry::start(Options::default());
    let honest = attestation_manifest(&sample());
    let mut mixed = sample();
    mixed.entry = honest.entry.clone();
    let mut empty = ImageBuilder::new(json!({})).build();
    empty.entry = honest.entry.clone();
    let mut unannotated = honest.clone();
    unannotated.entry.remove("annotations");
    let mut with_platform = honest.clone();
    with_platform.entry.remove("platform");
    let index = image_index(vec![
        honest,
        mixed,
        empty,
        unannotated,
        with_platform,
        sample(),
    ]);
    index.push(&registry, "app", Some("1"));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    let mut answers = Vec::new();
    for entry in found.index().unwrap().manifests() {
        answers.push(image.is_attestation_manifest(entry).await.unwrap());
    }
    assert_eq!(answers, [true, false, false, false, false, false]);
}

#[tokio::test]
async fn a_digest_decides_and_the_tag_beside_it_does_not() {
    let (registry, first) = with_sample(Options::default());
    let second = ImageBuilder::new(json!({ "User": "root" })).build();
    second.push(&registry, "app", Some("1"));
    let image = open(&reference(&registry, &format!(":1@{}", first.digest())))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), first.digest());
}

#[tokio::test]
async fn a_tag_that_moves_names_something_else_the_next_time() {
    let (registry, first) = with_sample(Options::default());
    let second = ImageBuilder::new(json!({ "User": "root" })).build();
    second.push(&registry, "app", Some("2"));
    let image = open(&reference(&registry, ":1")).await.unwrap();
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        first.digest()
    );
    registry.retag("app", "1", second.digest());
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        second.digest()
    );
}

#[tokio::test]
async fn a_reference_by_sha512_is_checked_by_sha512() {
    let registry = TestRegistry::start(Options::default());
    let bytes = sample().manifest.bytes;
    let mut digits = String::new();
    for byte in Sha512::digest(&bytes) {
        write!(digits, "{byte:02x}").unwrap();
    }
    let digest = format!("sha512:{digits}");
    registry.put_manifest("app", &digest, media_type::MANIFEST, bytes);
    let image = open(&reference(&registry, &format!("@{digest}")))
        .await
        .unwrap();
    assert_eq!(document(&image).await.unwrap().digest.as_ref(), digest);
    registry.replace_blob("app", &digest, "{}");
    let image = open(&reference(&registry, &format!("@{digest}")))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_blob_of_any_size_arrives_in_pieces() {
    let (registry, sample) = with_sample(Options::default());
    let content = vec![7; 5 << 20];
    let digest = registry.put_blob("app", content.clone());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let mut descriptor = document(&image).await.unwrap().descriptor();
    assert_eq!(descriptor.digest().as_ref(), sample.digest());
    descriptor.set_digest(digest.parse::<model::Digest>().unwrap());
    descriptor.set_size(content.len() as u64);
    let mut reader = image.blob_reader(&descriptor).await.unwrap();
    let mut read = Vec::new();
    let mut pieces = 0;
    while let Some(piece) = reader.chunk().await.unwrap() {
        read.extend_from_slice(&piece);
        pieces += 1;
    }
    assert_eq!(read, content);
    assert!(pieces > 1);
    assert!(reader.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn docker_media_types_and_artifacts_are_read_as_they_are() {
    let registry = TestRegistry::start(Options::default());
    let docker = ImageBuilder::new(json!({})).layer(&[("a", "b")]).docker();
    docker.build().push(&registry, "app", Some("docker"));
    let chart = artifact(
        "application/vnd.cncf.helm.config.v1+json",
        "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
        b"chart",
    );
    chart.push(&registry, "app", Some("chart"));
    let image = open(&reference(&registry, ":docker")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.media_type.as_ref(), media_type::DOCKER_MANIFEST);
    let image = open(&reference(&registry, ":chart")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(
        found.manifest().unwrap().config().media_type().as_ref(),
        "application/vnd.cncf.helm.config.v1+json"
    );
}

#[tokio::test]
async fn opening_a_registry_asks_nothing() {
    let registry = TestRegistry::start(Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    assert_eq!(image.source().to_string(), reference(&registry, ":1"));
    assert_eq!(registry.requests(), []);
}

#[tokio::test]
async fn many_futures_share_one_way_and_each_can_be_dropped() {
    let (registry, sample) = with_sample(Options::default());
    registry.misbehave(
        "manifests/slow",
        test_registry::Misbehaviour::Late(std::time::Duration::from_mins(1)),
    );
    let shared = Registry::new(options());
    let [slow, fast] = [":slow", ":1"].map(|rest| reference(&registry, rest).parse().unwrap());
    let slow = shared.open(&slow).await.unwrap();
    let dropped = tokio::time::timeout(std::time::Duration::from_millis(50), slow.resolve()).await;
    assert!(dropped.is_err());
    let fast = shared.open(&fast).await.unwrap();
    assert_eq!(
        document(&fast).await.unwrap().digest.as_ref(),
        sample.digest()
    );
}

#[tokio::test]
async fn a_manifest_up_to_the_limit_is_read() {
    let registry = TestRegistry::start(Options::default());
    let limit = usize::try_from(MAX_MANIFEST_BYTES).unwrap();
    let sample = sample();
    let manifest = String::from_utf8(sample.manifest.bytes.to_vec()).unwrap();
    for (tag, length, expected) in [("fits", limit, true), ("large", limit + 1, false)] {
        let padded = manifest.clone() + &" ".repeat(length - manifest.len());
        registry.put_manifest("app", tag, media_type::MANIFEST, padded);
        let image = open(&reference(&registry, &format!(":{tag}")))
            .await
            .unwrap();
        let result = document(&image).await;
        assert_eq!(result.is_ok(), expected);
        if let Err(error) = result {
            assert_eq!(
                error.to_string(),
                format!(
                    "`{}` is larger than 4194304 bytes",
                    reference(&registry, ":large")
                )
            );
        }
    }
}
