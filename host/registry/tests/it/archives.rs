//! Archives of layouts and of `docker save`.

use crate::{document, open, sample};
use flate2::write::GzEncoder;
use polcheck_registry::{MAX_CONFIG_BYTES, RegistryError, Resolved};
use rstest::rstest;
use serde_json::json;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use tempfile::tempdir;
use test_registry::{ImageBuilder, image_index};

/// A file with this content, read as `PREFIX:FILESELECTOR`.
struct Archive {
    directory: tempfile::TempDir,
}

impl Archive {
    fn new(content: &[u8]) -> Self {
        let directory = tempdir().unwrap();
        fs::write(directory.path().join("x.tar"), content).unwrap();
        Self { directory }
    }

    fn source(&self, prefix: &str, selector: &str) -> String {
        format!("{prefix}:{}{selector}", self.file().display())
    }

    fn file(&self) -> std::path::PathBuf {
        self.directory.path().join("x.tar")
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

async fn error_of(source: &str) -> RegistryError {
    match open(source).await {
        Ok(image) => image.resolve().await.unwrap_err(),
        Err(error) => error,
    }
}

#[rstest]
#[case(false)]
#[case(true)]
#[tokio::test]
async fn an_archive_of_a_layout_is_read_in_place(#[case] compressed: bool) {
    let sample = sample();
    let content = sample.oci_archive(Some("v1"));
    let content = if compressed { gzip(&content) } else { content };
    let archive = Archive::new(&content);
    for selector in ["", ":v1"] {
        let image = open(&archive.source("oci-archive", selector))
            .await
            .unwrap();
        let found = document(&image).await.unwrap();
        assert_eq!(found.digest.as_ref(), sample.digest());
        let manifest = found.manifest().unwrap();
        let config = image
            .blob(manifest.config(), MAX_CONFIG_BYTES)
            .await
            .unwrap();
        assert_eq!(config, sample.config().bytes);
        let layer = manifest.layers().first().unwrap();
        let mut reader = image.blob_reader(layer).await.unwrap();
        let mut size = 0;
        while let Some(piece) = reader.chunk().await.unwrap() {
            size += piece.len() as u64;
        }
        assert_eq!(size, layer.size());
    }
    // Nothing is unpacked beside the archive.
    assert_eq!(fs::read_dir(archive.directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn an_old_docker_archive_has_a_config_and_no_manifest() {
    let sample = sample();
    let archive = Archive::new(&sample.docker_archive(&["app:1"]));
    let source = archive.source("docker-archive", "");
    let image = open(&source).await.unwrap();
    let Resolved::DockerImage(found) = image.resolve().await.unwrap() else {
        panic!("it has no manifest")
    };
    assert_eq!(found.config_digest.as_ref(), sample.config().digest);
    assert_eq!(found.config, sample.config().bytes);
    assert_eq!(found.tags, ["app:1"]);
    let paths: Vec<_> = found
        .layers
        .iter()
        .map(|layer| layer.path.as_str())
        .collect();
    assert_eq!(paths, ["layer-0/layer.tar", "layer-1/layer.tar"]);
    let referrers = image.referrers(&found.config_digest).await.unwrap();
    assert_eq!(referrers.entries, []);
}

#[tokio::test]
async fn a_new_docker_archive_has_the_manifest_that_its_layout_has() {
    let sample = sample();
    let archive = Archive::new(&sample.docker_archive_with_layout(&["app:1"]));
    let image = open(&archive.source("docker-archive", "")).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    let config = found.manifest().unwrap().config();
    assert!(image.blob(config, MAX_CONFIG_BYTES).await.is_ok());
}

/// Two images in one archive, of which one is in an index of several platforms.
fn two_images() -> Vec<u8> {
    let first = sample();
    let second = ImageBuilder::new(json!({ "User": "root" })).build();
    let both = image_index(vec![image_index(vec![first.clone()]), second.clone()]);
    let entry = |image: &test_registry::TestImage, tags: &[&str]| {
        let path = |digest: &str| format!("blobs/{}", digest.replace(':', "/"));
        json!({ "Config": path(&image.config().digest), "RepoTags": tags, "Layers": [] })
    };
    let manifest = json!([entry(&first, &["a:1", "b:2"]), entry(&second, &["a:3"])]);
    let mut builder = tar::Builder::new(Vec::new());
    let mut archive = tar::Archive::new(std::io::Cursor::new(both.oci_archive(None)));
    for file in archive.entries().unwrap() {
        let file = file.unwrap();
        let mut header = file.header().clone();
        let path = file.path().unwrap().into_owned();
        builder.append_data(&mut header, path, file).unwrap();
    }
    append(
        &mut builder,
        "manifest.json",
        manifest.to_string().as_bytes(),
    );
    builder.into_inner().unwrap()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, path: &str, content: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, path, content).unwrap();
}

#[tokio::test]
async fn several_images_in_one_archive_are_told_apart_by_tag_and_by_image_id() {
    let archive = Archive::new(&two_images());
    let second = ImageBuilder::new(json!({ "User": "root" })).build();
    for selector in [":3".to_owned(), format!("@{}", second.config().digest)] {
        let image = open(&archive.source("docker-archive", &selector))
            .await
            .unwrap();
        assert_eq!(
            document(&image).await.unwrap().digest.as_ref(),
            second.digest()
        );
    }
    let image = open(&archive.source("docker-archive", ":2")).await.unwrap();
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        sample().digest()
    );
    for (selector, expected) in [
        ("", "has 2 images of which one has to be named"),
        (":9", "has no image `9`"),
    ] {
        let error = error_of(&archive.source("docker-archive", selector)).await;
        assert_eq!(
            error.to_string(),
            format!("`{}` {expected}", archive.file().display())
        );
        let list = format!(
            "there is: a:1 = b:2 = @{}, a:3 = @{}",
            sample().config().digest,
            second.config().digest
        );
        assert_eq!(error.help().unwrap(), list);
    }
}

#[tokio::test]
async fn a_config_that_does_not_have_the_digest_of_its_name_is_found_out() {
    let sample = sample();
    let name = format!(
        "{}.json",
        sample.config().digest.trim_start_matches("sha256:")
    );
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, &name, b"{}");
    let manifest = json!([{ "Config": name, "RepoTags": null, "Layers": [] }]);
    append(
        &mut builder,
        "manifest.json",
        manifest.to_string().as_bytes(),
    );
    let archive = Archive::new(&builder.into_inner().unwrap());
    let error = error_of(&archive.source("docker-archive", "")).await;
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
}

#[rstest]
#[case("oci-archive", "is not an OCI layout: there is no file `oci-layout`")]
#[case(
    "docker-archive",
    "is not an archive of images: there is no `manifest.json` in it"
)]
#[tokio::test]
async fn another_archive_is_named_as_such(#[case] prefix: &str, #[case] expected: &str) {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, "README", b"x");
    let archive = Archive::new(&builder.into_inner().unwrap());
    let error = error_of(&archive.source(prefix, "")).await;
    assert_eq!(
        error.to_string(),
        format!("`{}` {expected}", archive.file().display())
    );
}

#[tokio::test]
async fn a_directory_and_a_missing_file_are_no_archives() {
    let directory = tempdir().unwrap();
    let place = directory.path().display();
    let error = error_of(&format!("oci-archive:{place}")).await;
    assert_eq!(
        error.to_string(),
        format!("`{place}` is not an archive of images: it is a directory")
    );
    let missing = Path::new("/nonexistent/x.tar").display();
    let error = error_of(&format!("docker-archive:{missing}")).await;
    assert_eq!(error.to_string(), "`/nonexistent/x.tar` cannot be read");
}

#[tokio::test]
async fn a_truncated_archive_is_named_as_such() {
    let sample = sample();
    let whole = sample.oci_archive(None);
    // Within the content of an entry, within the blanks behind it, within a header, and between two entries.
    for length in [512 + 10, 512 + 300, 1024 + 100, 1024] {
        let archive = Archive::new(whole.get(..length).unwrap());
        let error = error_of(&archive.source("oci-archive", "")).await;
        assert!(
            matches!(error, RegistryError::TruncatedArchive { .. }),
            "{error}"
        );
    }
    let compressed = gzip(&whole);
    let archive = Archive::new(compressed.get(..compressed.len() / 2).unwrap());
    let error = error_of(&archive.source("oci-archive", "")).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is truncated: it ends within `the compressed stream`",
            archive.file().display()
        )
    );
}

#[tokio::test]
async fn a_layer_that_is_a_link_is_found_within_the_archive() {
    let sample = sample();
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, "one/layer.tar", b"layer");
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    builder
        .append_link(&mut header, "two/layer.tar", "../one/layer.tar")
        .unwrap();
    append(&mut builder, "config.json", &sample.config().bytes);
    let manifest = json!([{
        "Config": "config.json", "RepoTags": ["a:1"], "Layers": ["one/layer.tar", "two/layer.tar"],
    }]);
    append(
        &mut builder,
        "manifest.json",
        manifest.to_string().as_bytes(),
    );
    let archive = Archive::new(&builder.into_inner().unwrap());
    let image = open(&archive.source("docker-archive", "")).await.unwrap();
    let Resolved::DockerImage(found) = image.resolve().await.unwrap() else {
        panic!("it has no manifest")
    };
    let sizes: Vec<_> = found.layers.iter().map(|layer| layer.size).collect();
    assert_eq!(sizes, [5, 5]);
    assert_eq!(found.config_digest.as_ref(), sample.config().digest);
}
