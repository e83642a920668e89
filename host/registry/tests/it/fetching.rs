//! Fetching: again where it is worth it, on where it broke off, once where many want it, and not at all where it was
//! kept.

use crate::{document, open, open_with, options, reference, sample, with_sample};
use futures_util::future::join_all;
use oci_spec::image::Descriptor;
use polcheck_registry::{
    CacheOptions, Image, MAX_CONFIG_BYTES, Options, Registry, RegistryError, RegistryOptions,
    WaitListener,
};
use rstest::rstest;
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use test_registry::{ImageBuilder, Misbehaviour, TestRegistry};

const SIZE: usize = 3 << 20;

/// A registry with a blob of three megabytes, no two of whose pieces are the same.
async fn with_blob() -> (TestRegistry, Image, Descriptor, Vec<u8>) {
    let (registry, _) = with_sample(test_registry::Options::default());
    let content: Vec<u8> = (0..SIZE / 4)
        .flat_map(|number| u32::try_from(number).unwrap().to_be_bytes())
        .collect();
    let digest = registry.put_blob("app", content.clone());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let descriptor = Descriptor::new(
        "x/y".into(),
        SIZE as u64,
        digest.parse::<model::Digest>().unwrap(),
    );
    registry.forget_requests();
    (registry, image, descriptor, content)
}

async fn stream(image: &Image, descriptor: &Descriptor) -> Result<Vec<u8>, RegistryError> {
    let mut reader = image.blob_reader(descriptor).await?;
    let mut read = Vec::new();
    while let Some(piece) = reader.chunk().await? {
        read.extend_from_slice(&piece);
    }
    Ok(read)
}

fn ranges(registry: &TestRegistry) -> Vec<Option<u64>> {
    let start = |range: String| {
        let start = range.strip_prefix("bytes=")?.strip_suffix('-')?;
        start.parse().ok()
    };
    let requests = registry.requests().into_iter();
    requests
        .map(|request| request.range.and_then(start))
        .collect()
}

#[tokio::test]
async fn a_blob_that_breaks_off_is_read_on_where_it_broke_off() {
    let (registry, image, descriptor, content) = with_blob().await;
    registry.misbehave_times(1, "/blobs/", Misbehaviour::BreakOff(1 << 20));
    registry.misbehave_times(1, "/blobs/", Misbehaviour::BreakOff(512 << 10));
    assert!(stream(&image, &descriptor).await.unwrap() == content);
    assert_eq!(ranges(&registry), [None, Some(1 << 20), Some(1536 << 10)]);
}

#[tokio::test]
async fn a_registry_that_knows_no_ranges_starts_over_and_nothing_comes_twice() {
    let (registry, image, descriptor, content) = with_blob().await;
    registry.misbehave_times(1, "/blobs/", Misbehaviour::BreakOff(1 << 20));
    registry.misbehave_times(1, "/blobs/", Misbehaviour::WithoutRange);
    assert!(stream(&image, &descriptor).await.unwrap() == content);
    let blob = image.blob(&descriptor, SIZE as u64).await.unwrap();
    assert!(blob == content);
}

#[tokio::test]
async fn the_rest_is_held_against_the_digest_of_the_whole() {
    let (registry, image, descriptor, content) = with_blob().await;
    registry.misbehave_times(1, "/blobs/", Misbehaviour::BreakOff(1 << 20));
    let mut other = content;
    *other.last_mut().unwrap() ^= 1;
    let mut reader = image.blob_reader(&descriptor).await.unwrap();
    registry.replace_blob("app", descriptor.digest().as_ref(), other);
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
}

#[rstest]
#[case("bytes 0-3145727/3145728")]
#[case("bytes */3145728")]
#[case("nonsense")]
#[tokio::test]
async fn another_part_than_the_rest_is_refused(#[case] range: &str) {
    let (registry, image, descriptor, _) = with_blob().await;
    registry.misbehave_times(1, "/blobs/", Misbehaviour::BreakOff(1 << 20));
    registry.misbehave(
        "/blobs/",
        Misbehaviour::Header("content-range", range.to_owned()),
    );
    let error = stream(&image, &descriptor).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` sends another part of a blob than it was asked for",
            registry.host()
        )
    );
}

#[tokio::test]
async fn a_blob_that_breaks_off_for_ever_ends_in_an_error() {
    let (registry, image, descriptor, _) = with_blob().await;
    registry.misbehave("/blobs/", Misbehaviour::BreakOff(1));
    let error = stream(&image, &descriptor).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Interrupted { .. }),
        "{error}"
    );
    assert_eq!(ranges(&registry), [None, Some(1), Some(2), Some(3)]);
}

#[tokio::test]
async fn a_manifest_that_breaks_off_is_asked_for_again() {
    let (registry, sample) = with_sample(test_registry::Options::default());
    registry.misbehave_times(2, "/manifests/", Misbehaviour::Truncated);
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    assert_eq!(registry.requests().len(), 3);
}

#[rstest]
#[case(0, 1)]
#[case(1, 2)]
#[case(5, 6)]
#[tokio::test]
async fn as_often_as_it_is_said(#[case] retries: u32, #[case] requests: usize) {
    let (registry, _) = with_sample(test_registry::Options::default());
    registry.misbehave("/manifests/", Misbehaviour::Busy("0".to_owned()));
    let options = Options {
        retries,
        ..options()
    };
    let image = open_with(options, &reference(&registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap_err();
    assert_eq!(registry.requests().len(), requests);
}

#[tokio::test]
async fn a_wait_is_as_long_as_the_registry_says_and_somebody_is_told() {
    let (registry, _) = with_sample(test_registry::Options::default());
    registry.misbehave_times(1, "/manifests/", Misbehaviour::Busy("1".to_owned()));
    registry.misbehave_times(
        1,
        "/manifests/",
        Misbehaviour::Busy("Sun, 06 Nov 1994 08:49:37 GMT".to_owned()),
    );
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let options = Options {
        on_wait: Some(WaitListener::new(move |host, time| {
            tell.lock().unwrap().push((host.to_owned(), time));
        })),
        ..options()
    };
    let image = open_with(options, &reference(&registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap();
    let host = registry.host().to_owned();
    let expected = [
        (host.clone(), Duration::from_secs(1)),
        (host, Duration::ZERO),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

/// As many images as that, all with the same config.
fn with_images(count: usize) -> (TestRegistry, Vec<String>) {
    let registry = TestRegistry::start(test_registry::Options::default());
    let mut references = Vec::new();
    for number in 0..count {
        let image = ImageBuilder::new(serde_json::json!({ "User": "1" }))
            .annotation("number", &number.to_string())
            .build();
        image.push(&registry, &format!("app-{number}"), Some("1"));
        references.push(format!("{}/app-{number}:1", registry.host()));
    }
    registry.forget_requests();
    (registry, references)
}

async fn pull(way: &Registry, source: &str) {
    let image = way.open(&source.parse().unwrap()).await.unwrap();
    let found = document(&image).await.unwrap();
    let config = found.manifest().unwrap().config();
    image.blob(config, MAX_CONFIG_BYTES).await.unwrap();
}

#[tokio::test]
async fn a_blob_that_many_images_have_is_fetched_once() {
    let (registry, references) = with_images(12);
    registry.misbehave("/blobs/", Misbehaviour::Late(Duration::from_millis(50)));
    let way = Registry::new(options());
    join_all(references.iter().map(|source| pull(&way, source))).await;
    let lines = registry.request_lines();
    let blobs = lines.iter().filter(|line| line.contains("/blobs/"));
    assert_eq!(blobs.count(), 1, "{lines:?}");
    assert_eq!(lines.len(), 13, "{lines:?}");
}

#[rstest]
#[case(None)]
#[case(Some(1))]
#[case(Some(3))]
#[tokio::test]
async fn a_host_is_asked_so_much_at_the_same_time_whoever_asks(#[case] said: Option<usize>) {
    let (registry, references) = with_images(24);
    registry.misbehave("/manifests/", Misbehaviour::Late(Duration::from_millis(30)));
    let about = RegistryOptions {
        max_concurrent: said,
        ..RegistryOptions::default()
    };
    let way = Registry::new(Options {
        registries: [(registry.host().parse().unwrap(), about)].into(),
        ..options()
    });
    let clones: Vec<Registry> = references.iter().map(|_| way.clone()).collect();
    let pulls = clones.iter().zip(&references);
    join_all(pulls.map(|(way, source)| pull(way, source))).await;
    assert_eq!(registry.most_at_once(), said.unwrap_or(8));
}

#[tokio::test]
async fn one_request_at_a_time_is_enough_for_logins_redirects_and_pushes() {
    let auth = test_registry::Auth::Token {
        user: "user",
        password: "secret",
        anonymous_pull: false,
        realm: None,
    };
    let (registry, _) = with_sample(test_registry::Options {
        auth,
        ..test_registry::Options::default()
    });
    let (_folder, file) = crate::access::login_to(&[registry.host()]);
    let way = Registry::new(Options {
        docker_config: Some(file),
        max_concurrent: 1,
        ..options()
    });
    let source = reference(&registry, ":1");
    registry.misbehave_times(
        1,
        "/manifests/",
        Misbehaviour::Redirect("/v2/app/manifests/1?again".to_owned()),
    );
    let work = async {
        join_all((0..4).map(|_| pull(&way, &source))).await;
        let image = way.open(&source.parse().unwrap()).await.unwrap();
        let found = document(&image).await.unwrap();
        let attachment = polcheck_registry::Attachment {
            artifact_type: "x/y".to_owned(),
            layer_media_type: "x/z".to_owned(),
            bytes: "statement".into(),
            annotations: std::collections::BTreeMap::new(),
        };
        image
            .attach(&found.descriptor(), &attachment)
            .await
            .unwrap();
        image.referrers(&found.digest).await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(15), work)
        .await
        .expect("nobody waits for himself");
    assert_eq!(registry.most_at_once(), 1);
}

fn cached(folder: &tempfile::TempDir) -> Options {
    Options {
        cache: Some(CacheOptions {
            dir: folder.path().join("blobs"),
            max_bytes: 1 << 20,
        }),
        ..options()
    }
}

#[tokio::test]
async fn what_has_a_digest_is_kept_for_the_next_run_and_a_tag_is_not() {
    let (registry, sample) = with_sample(test_registry::Options::default());
    let folder = tempfile::tempdir().unwrap();
    let source = reference(&registry, ":1");
    let by_digest = reference(&registry, &format!("@{}", sample.digest()));
    pull(&Registry::new(cached(&folder)), &source).await;
    assert_eq!(registry.requests().len(), 2);
    pull(&Registry::new(cached(&folder)), &source).await;
    assert_eq!(registry.requests().len(), 3);
    registry.forget_requests();
    pull(&Registry::new(cached(&folder)), &by_digest).await;
    assert_eq!(registry.requests(), []);
    // Another image under the same tag is another image.
    let other = ImageBuilder::new(serde_json::json!({ "User": "root" })).build();
    other.push(&registry, "app", Some("1"));
    let image = open_with(cached(&folder), &source).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), other.digest());
}

#[rstest]
#[case(b"planted".to_vec())]
#[case(Vec::new())]
#[tokio::test]
async fn what_somebody_put_into_the_cache_is_not_believed(#[case] planted: Vec<u8>) {
    let (registry, sample) = with_sample(test_registry::Options::default());
    let folder = tempfile::tempdir().unwrap();
    let source = reference(&registry, ":1");
    pull(&Registry::new(cached(&folder)), &source).await;
    for file in fs::read_dir(folder.path().join("blobs")).unwrap() {
        fs::write(file.unwrap().path(), &planted).unwrap();
    }
    registry.forget_requests();
    let by_digest = reference(&registry, &format!("@{}", sample.digest()));
    let image = open_with(cached(&folder), &by_digest).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.bytes, sample.manifest.bytes);
    let config = found.manifest().unwrap().config();
    let config = image.blob(config, MAX_CONFIG_BYTES).await.unwrap();
    assert_eq!(config, sample.config().bytes);
    assert_eq!(registry.requests().len(), 2);
}

#[tokio::test]
async fn a_size_that_is_wrong_stays_wrong_where_the_blob_was_kept() {
    let (registry, _) = with_sample(test_registry::Options::default());
    let image = open(&reference(&registry, ":1")).await.unwrap();
    let found = document(&image).await.unwrap();
    let mut config = found.manifest().unwrap().config().clone();
    image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
    let size = config.size();
    for wrong in [size - 1, size + 1] {
        config.set_size(wrong);
        let error = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap_err();
        assert!(
            matches!(error, RegistryError::SizeMismatch { expected, actual, .. } if expected == wrong && actual == size),
            "{error:?}"
        );
    }
    let mut manifest = found.descriptor();
    manifest.set_size(manifest.size() + 1);
    assert!(image.manifest(&manifest).await.is_err());
}

#[tokio::test]
async fn what_was_not_what_it_should_be_is_not_kept() {
    let (registry, _) = with_sample(test_registry::Options::default());
    let folder = tempfile::tempdir().unwrap();
    let image = open_with(cached(&folder), &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    let config = found.manifest().unwrap().config().clone();
    let right = sample().config().bytes.clone();
    let mut wrong = right.to_vec();
    *wrong.last_mut().unwrap() ^= 1;
    registry.replace_blob("app", config.digest().as_ref(), wrong);
    for _ in 0..2 {
        image.blob(&config, MAX_CONFIG_BYTES).await.unwrap_err();
    }
    registry.replace_blob("app", config.digest().as_ref(), right.clone());
    let blob = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
    assert_eq!(blob, right);
}
