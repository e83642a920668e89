//! Images of a local container engine, and engines that do not behave.

use crate::{chain, document, open_with, options, sample};
use polcheck_registry::{DockerImage, Image, MAX_CONFIG_BYTES, Options, RegistryError, Resolved};
use rstest::rstest;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use test_registry::{EngineFault, TestEngine, TestImage, image_index};

/// An engine with the sample image as `app:latest`.
struct Host {
    _directory: TempDir,
    socket: PathBuf,
    engine: TestEngine,
}

/// The beginning of an id, as engines show it.
fn short(id: &str) -> &str {
    id.get(7..19).unwrap()
}

impl Host {
    fn new(id: &str, archive: Vec<u8>, fault: EngineFault) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("engine.sock");
        let names = ["app", "app:latest", short(id)];
        let engine = TestEngine::start(&socket, &names, id, archive, fault);
        Self {
            _directory: directory,
            socket,
            engine,
        }
    }

    fn with(fault: EngineFault) -> Self {
        let sample = sample();
        let archive = sample.docker_archive(&["app:latest"]);
        Self::new(&sample.config().digest, archive, fault)
    }

    fn options(&self) -> Options {
        Options {
            engine: Some(self.engine.address()),
            ..options()
        }
    }

    async fn open(&self, name: &str) -> Result<Image, RegistryError> {
        open_with(self.options(), &format!("docker-daemon:{name}")).await
    }
}

async fn docker_image(image: &Image) -> DockerImage {
    match image.resolve().await.unwrap() {
        Resolved::DockerImage(image) => *image,
        Resolved::Document(document) => panic!("a manifest: {document:?}"),
    }
}

#[tokio::test]
async fn an_image_is_had_by_name_by_id_and_by_the_beginning_of_it() {
    let host = Host::with(EngineFault::None);
    let id = sample().config().digest.clone();
    let digits = id.trim_start_matches("sha256:");
    for name in ["app", "app:latest", &id, digits, short(&id)] {
        let image = docker_image(&host.open(name).await.unwrap()).await;
        assert_eq!(image.config_digest.as_ref(), id);
        assert_eq!(image.config, sample().config().bytes);
    }
    let asked = host.engine.requests();
    let saved: Vec<_> = asked.iter().filter(|path| path.ends_with("/get")).collect();
    let base = "/v1.45/images";
    assert_eq!(
        saved,
        [
            // Without a tag an engine would write all images of the name.
            &format!("{base}/app:latest/get"),
            &format!("{base}/app:latest/get"),
            &format!("{base}/{id}/get"),
            &format!("{base}/{id}/get"),
            &format!("{base}/{}/get", short(&id)),
        ]
    );
}

#[tokio::test]
async fn an_engine_that_writes_another_image_than_the_id_says_is_found_out() {
    let sample = sample();
    let id = format!("sha256:{}", "a".repeat(64));
    let host = Host::new(
        &id,
        sample.docker_archive(&["app:latest"]),
        EngineFault::None,
    );
    let image = host.open(&id).await.unwrap();
    let error = image.resolve().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`docker-daemon:{id}` has no image `{id}`")
    );
}

#[tokio::test]
async fn an_engine_that_keeps_manifests_gives_them() {
    let sample = sample();
    // The id is the digest of the manifest where containerd keeps the images.
    let archive = sample.docker_archive_with_layout(&["app:latest"]);
    let host = Host::new(sample.digest(), archive, EngineFault::None);
    for name in ["app", sample.digest()] {
        let image = host.open(name).await.unwrap();
        let found = document(&image).await.unwrap();
        assert_eq!(found.digest.as_ref(), sample.digest());
        let config = found.manifest().unwrap().config();
        assert!(image.blob(config, MAX_CONFIG_BYTES).await.is_ok());
    }
}

/// An archive as containerd writes it: an index in the layout, and each platform in `manifest.json`.
fn archive_of_index(index: &TestImage, children: &[TestImage]) -> Vec<u8> {
    let entries = children.iter().map(|child| {
        let path = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
        serde_json::json!({ "Config": path(&child.config().digest), "RepoTags": ["app:latest"], "Layers": [] })
    });
    let manifest = serde_json::Value::Array(entries.collect());
    let whole = index.oci_archive(Some("latest"));
    let mut builder = tar::Builder::new(Vec::new());
    for entry in tar::Archive::new(whole.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header().clone();
        builder.append(&header, entry).unwrap();
    }
    let bytes = manifest.to_string();
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    builder
        .append_data(&mut header, "manifest.json", bytes.as_bytes())
        .unwrap();
    builder.into_inner().unwrap()
}

#[tokio::test]
async fn an_image_of_several_platforms_is_its_index() {
    let children = [
        sample(),
        test_registry::ImageBuilder::new(serde_json::json!({}))
            .platform("linux", "arm64")
            .build(),
    ];
    let index = image_index(children.to_vec());
    let host = Host::new(
        index.digest(),
        archive_of_index(&index, &children),
        EngineFault::None,
    );
    for name in ["app", index.digest()] {
        let image = host.open(name).await.unwrap();
        let found = document(&image).await.unwrap();
        assert_eq!(found.digest.as_ref(), index.digest());
        assert_eq!(found.index().unwrap().manifests().len(), 2);
    }
}

#[tokio::test]
async fn an_image_that_the_engine_does_not_have_is_named_with_the_engine() {
    let host = Host::with(EngineFault::None);
    let error = host.open("other:1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the container engine at `{}` has no image `other:1`",
            host.engine.address()
        )
    );
    assert_eq!(
        error.help().unwrap(),
        "check the name with `docker images`; `DOCKER_HOST` says which engine is asked"
    );
}

#[rstest]
#[case(
    EngineFault::Garbage,
    "no container engine answers: `[ENGINE]` does not answer as an engine does"
)]
#[case(
    EngineFault::AnotherServer,
    "no container engine answers: `[ENGINE]` does not answer as an engine does"
)]
#[case(
    EngineFault::Silent,
    "no container engine answers: `[ENGINE]` does not answer in time"
)]
#[case(
    EngineFault::NotJson,
    "what listens at `[ENGINE]` does not answer as a container engine does"
)]
#[case(
    EngineFault::Fails,
    r"the container engine at `[ENGINE]` failed with status 500: `the disk is \u{1b}[31mfull`"
)]
#[case(EngineFault::SilentArchive, "`[ENGINE]` did not answer in time")]
#[case(EngineFault::EndlessArchive, "`[ENGINE]` did not answer in time")]
#[case(
    EngineFault::TruncatedArchive,
    "`docker-daemon:app` is truncated: it ends within `layer-1/layer.tar`"
)]
#[tokio::test]
async fn an_engine_that_misbehaves_is_one_clear_error(
    #[case] fault: EngineFault,
    #[case] expected: &str,
) {
    let host = Host::with(fault);
    let short = Options {
        connect_timeout: Duration::from_millis(300),
        overall_timeout: Duration::from_millis(600),
        ..host.options()
    };
    let error = open_with(short, "docker-daemon:app").await.unwrap_err();
    assert_eq!(
        chain(&error).replace(&host.engine.address(), "[ENGINE]"),
        expected
    );
    assert!(error.help().is_some(), "{error}");
}

#[rstest]
#[case(EngineFault::BrokenAnswer)]
#[case(EngineFault::TooLongLength)]
#[tokio::test]
async fn an_answer_that_is_not_whole_is_no_archive(#[case] fault: EngineFault) {
    let host = Host::with(fault);
    let error = host.open("app").await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Interrupted { .. }),
        "{error:?}"
    );
    assert_eq!(
        error.to_string(),
        format!("the connection to `{}` broke", host.engine.address())
    );
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_named() {
    let host = Host::with(EngineFault::None);
    let address = host.engine.address();
    drop(host.engine);
    for (is_there, reason) in [(true, "has nobody listening"), (false, "is not there")] {
        if !is_there {
            std::fs::remove_file(&host.socket).unwrap();
        }
        let options = Options {
            engine: Some(address.clone()),
            ..options()
        };
        let error = open_with(options, "docker-daemon:app:1").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("no container engine answers: `{address}` {reason}")
        );
        assert_eq!(
            error.help().unwrap(),
            "start Docker or Podman's socket, or say with `DOCKER_HOST` where it is; without a socket: `docker save app:1 | polcheck docker-archive:-`"
        );
    }
}
