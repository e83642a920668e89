//! Mirrors: asked first, believed only as far as a digest reaches, and never told a login of others.

use crate::access::login_to;
use crate::{document, open_with, options, reference, sample, with_sample};
use polcheck_registry::{
    Attachment, Image, MAX_CONFIG_BYTES, Options, RegistryError, RegistryOptions,
};
use rstest::rstest;
use std::collections::BTreeMap;
use test_registry::{Auth, ImageBuilder, Misbehaviour, TestImage, TestRegistry, media_type};

/// A registry with an image, a mirror of it below a path, and the options that know.
struct Scene {
    registry: TestRegistry,
    mirror: TestRegistry,
    image: TestImage,
}

fn scene(auth: Auth) -> Scene {
    let mirror = TestRegistry::start(test_registry::Options {
        auth,
        ..test_registry::Options::default()
    });
    let (registry, image) = with_sample(test_registry::Options::default());
    image.push(&mirror, "copies/app", Some("1"));
    Scene {
        registry,
        mirror,
        image,
    }
}

impl Scene {
    fn options(&self, fallback: Option<bool>) -> Options {
        let about = RegistryOptions {
            mirrors: vec![format!("{}/copies", self.mirror.host()).parse().unwrap()],
            fallback,
            ..RegistryOptions::default()
        };
        Options {
            registries: [(self.registry.host().parse().unwrap(), about)].into(),
            retries: 0,
            ..options()
        }
    }

    async fn open(&self, rest: &str, fallback: Option<bool>) -> Image {
        let reference = reference(&self.registry, rest);
        open_with(self.options(fallback), &reference).await.unwrap()
    }
}

/// Reads the manifest and the config.
async fn pull(image: &Image) -> Result<String, RegistryError> {
    let found = document(image).await?;
    let config = found.manifest().unwrap().config();
    image.blob(config, MAX_CONFIG_BYTES).await?;
    Ok(found.digest.to_string())
}

#[tokio::test]
async fn a_mirror_answers_instead_of_the_registry() {
    let scene = scene(Auth::None);
    let image = scene.open(":1", None).await;
    assert_eq!(pull(&image).await.unwrap(), scene.image.digest());
    assert_eq!(scene.registry.requests(), []);
    assert_eq!(
        scene.mirror.request_lines(),
        [
            "GET /v2/copies/app/manifests/1".to_owned(),
            format!("GET /v2/copies/app/blobs/{}", scene.image.config().digest),
        ]
    );
}

fn failing(status: u16) -> Misbehaviour {
    Misbehaviour::Status {
        status,
        code: "UNKNOWN",
        retry_after: None,
    }
}

#[rstest]
#[case(failing(404))]
#[case(failing(403))]
#[case(failing(429))]
#[case(failing(500))]
#[case(Misbehaviour::Challenge("Basic".to_owned()))]
#[case(Misbehaviour::Challenge("Negotiate".to_owned()))]
#[case(Misbehaviour::Redirect("ftp://x".to_owned()))]
#[tokio::test]
async fn where_a_mirror_does_not_help_the_registry_does(#[case] misbehaviour: Misbehaviour) {
    let scene = scene(Auth::None);
    scene.mirror.misbehave("/v2/", misbehaviour);
    let image = scene.open(":1", None).await;
    assert_eq!(pull(&image).await.unwrap(), scene.image.digest());
    assert_eq!(scene.registry.requests().len(), 2);
    // Without a pause, and without a second attempt.
    assert_eq!(scene.mirror.requests().len(), 2);
}

#[tokio::test]
async fn a_mirror_that_is_down_is_left_alone_for_a_while() {
    let mut scene = scene(Auth::None);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut options = scene.options(None);
    for about in options.registries.values_mut() {
        about.mirrors = vec![host.parse().unwrap()];
    }
    scene.mirror = TestRegistry::start(test_registry::Options::default());
    let image = open_with(options, &reference(&scene.registry, ":1"))
        .await
        .unwrap();
    assert_eq!(pull(&image).await.unwrap(), scene.image.digest());
}

#[tokio::test]
async fn without_fallback_the_registry_itself_is_never_asked() {
    let scene = scene(Auth::None);
    let image = scene.open(":2", Some(false)).await;
    let error = document(&image).await.unwrap_err();
    let host = scene.mirror.host().to_owned();
    assert!(
        matches!(&error, RegistryError::UnknownImage { host: said, .. } if *said == host),
        "{error:?}"
    );
    let digest = scene.image.digest().parse().unwrap();
    image.referrers(&digest).await.unwrap();
    image.legacy_signatures(&digest).await.unwrap();
    assert_eq!(scene.registry.requests(), []);
}

#[tokio::test]
async fn what_refers_to_an_image_is_asked_of_the_registry_itself() {
    let scene = scene(Auth::None);
    let itself = open_with(options(), &reference(&scene.registry, ":1"))
        .await
        .unwrap();
    let subject = document(&itself).await.unwrap().descriptor();
    let attachment = Attachment {
        artifact_type: "x/statement".to_owned(),
        layer_media_type: "x/layer".to_owned(),
        bytes: "statement".into(),
        annotations: BTreeMap::new(),
    };
    let statement = itself.attach(&subject, &attachment).await.unwrap();
    let image = scene.open(":1", None).await;
    let found = document(&image).await.unwrap();
    let referrers = image.referrers(&found.digest).await.unwrap();
    assert_eq!(referrers.entries.len(), 1);
    // The mirror does not have it; the registry does.
    let referrer = image
        .manifest(referrers.entries.first().unwrap())
        .await
        .unwrap();
    assert_eq!(&referrer.digest, statement.referrer.digest());
}

#[tokio::test]
async fn a_mirror_that_sends_other_bytes_is_named() {
    let scene = scene(Auth::None);
    scene
        .mirror
        .misbehave("/manifests/", Misbehaviour::Body("{}".into()));
    let by_digest = format!("@{}", scene.image.digest());
    let image = scene.open(&by_digest, None).await;
    let error = document(&image).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error:?}"
    );
    let mirror = format!("from the mirror `{}/copies/app`", scene.mirror.host());
    assert!(error.to_string().contains(&mirror), "{error}");
}

#[tokio::test]
async fn a_mirror_sees_its_own_login_and_no_other() {
    let scene = scene(Auth::Basic {
        user: "user",
        password: "secret",
    });
    let of = |host: &str| {
        let (folder, file) = login_to(&[host]);
        let options = Options {
            docker_config: Some(file),
            ..scene.options(Some(false))
        };
        (folder, options)
    };
    let (_folder, options) = of(scene.registry.host());
    let image = open_with(options, &reference(&scene.registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap_err();
    let seen = scene.mirror.requests();
    assert!(seen.iter().all(|request| request.authorization.is_none()));
    let (_folder, options) = of(scene.mirror.host());
    let image = open_with(options, &reference(&scene.registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap();
}

#[tokio::test]
async fn what_is_pushed_goes_to_the_registry_itself() {
    let scene = scene(Auth::None);
    for fallback in [None, Some(false)] {
        let image = scene.open(":1", fallback).await;
        let text = format!("content {fallback:?}");
        image.push_blob("x/y", text.into()).await.unwrap();
    }
    assert!(
        scene
            .mirror
            .requests()
            .iter()
            .all(|request| request.method == "GET")
    );
}

#[tokio::test]
async fn the_entries_of_an_index_come_from_where_they_are() {
    let scene = scene(Auth::None);
    let other = ImageBuilder::new(serde_json::json!({ "User": "1" })).build();
    let index = test_registry::image_index(vec![sample(), other]);
    index.push(&scene.registry, "app", Some("2"));
    scene.mirror.put_manifest(
        "copies/app",
        "2",
        media_type::INDEX,
        scene.registry.content("app", "2").unwrap(),
    );
    let image = scene.open(":2", None).await;
    let found = document(&image).await.unwrap();
    for entry in found.index().unwrap().manifests() {
        image.manifest(entry).await.unwrap();
    }
    // The sample is in both, the other one only in the registry.
    assert_eq!(scene.registry.requests().len(), 1);
}
