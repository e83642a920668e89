//! The directories of Skopeo's `dir:`.

use crate::{chain, document, open, sample};
use polcheck_registry::{MAX_CONFIG_BYTES, RegistryError};
use rstest::rstest;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use test_registry::{ImageBuilder, TestImage, image_index};

fn dir_of(image: &TestImage) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    image.write_dir(directory.path());
    let source = format!("dir:{}", directory.path().display());
    (directory, source)
}

fn blob_path(directory: &TempDir, digest: &str) -> PathBuf {
    directory.path().join(digest.trim_start_matches("sha256:"))
}

async fn error_of(source: &str) -> RegistryError {
    match open(source).await {
        Ok(image) => document(&image).await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_image_is_read_with_all_its_blobs() {
    let sample = sample();
    let (_directory, source) = dir_of(&sample);
    let image = open(&source).await.unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    assert_eq!(found.bytes, sample.manifest.bytes);
    let manifest = found.manifest().unwrap();
    let config = image.blob(manifest.config(), MAX_CONFIG_BYTES).await;
    assert_eq!(config.unwrap(), sample.config().bytes);
    for layer in manifest.layers() {
        let mut reader = image.blob_reader(layer).await.unwrap();
        let mut size = 0;
        while let Some(piece) = reader.chunk().await.unwrap() {
            size += piece.len() as u64;
        }
        assert_eq!(size, layer.size());
    }
    assert_eq!(image.referrers(&found.digest).await.unwrap().entries, []);
}

#[tokio::test]
async fn an_index_leads_to_its_manifests() {
    let other = ImageBuilder::new(json!({}))
        .platform("linux", "arm64")
        .build();
    let children = [sample(), other];
    let (_directory, source) = dir_of(&image_index(children.to_vec()));
    let image = open(&source).await.unwrap();
    let found = document(&image).await.unwrap();
    for (entry, child) in found.index().unwrap().manifests().iter().zip(&children) {
        let manifest = image.manifest(entry).await.unwrap();
        assert_eq!(manifest.bytes, child.manifest.bytes);
        let config = manifest.manifest().unwrap().config().clone();
        assert_eq!(
            image.blob(&config, MAX_CONFIG_BYTES).await.unwrap(),
            child.config().bytes
        );
    }
}

#[rstest]
#[case("version", None, "there is no file `version`")]
#[case(
    "version",
    Some("Directory Transport Version: 2.0\n"),
    "`version` does not say that it has version 1"
)]
#[case("version", Some(""), "`version` does not say that it has version 1")]
#[case("manifest.json", None, "there is no file `manifest.json`")]
#[tokio::test]
async fn what_is_no_such_directory_says_what_is_missing(
    #[case] file: &str,
    #[case] content: Option<&str>,
    #[case] reason: &str,
) {
    let (directory, source) = dir_of(&sample());
    let path = directory.path().join(file);
    match content {
        Some(content) => fs::write(&path, content).unwrap(),
        None => fs::remove_file(&path).unwrap(),
    }
    let place = directory.path().display();
    let error = error_of(&source).await;
    assert_eq!(
        error.to_string(),
        format!("`{place}` is not a directory that `skopeo copy … dir:DIR` wrote: {reason}")
    );
    assert_eq!(
        error.help().unwrap(),
        "`dir:` reads what `skopeo copy … dir:DIR` writes; a directory with a file `oci-layout` is read with `oci:`"
    );
}

#[tokio::test]
async fn a_manifest_that_is_none_is_refused() {
    let (directory, source) = dir_of(&sample());
    fs::write(directory.path().join("manifest.json"), "{").unwrap();
    let error = error_of(&source).await;
    let place = directory.path().display();
    assert_eq!(
        chain(&error),
        format!(
            "`manifest.json` of `{place}` cannot be used: it is not JSON: EOF while parsing an object at line 1 column 1"
        )
    );
    let error = error_of("dir:/nonexistent/dir").await;
    assert_eq!(error.to_string(), "`/nonexistent/dir` cannot be read");
}

#[tokio::test]
async fn bytes_under_a_wrong_name_are_found_out() {
    let sample = sample();
    let (directory, source) = dir_of(&sample);
    let path = blob_path(&directory, &sample.config().digest);
    let tampered = fs::read_to_string(&path).unwrap().replace("65532", "00000");
    fs::write(&path, tampered).unwrap();
    let image = open(&source).await.unwrap();
    let manifest = document(&image).await.unwrap();
    let config = manifest.manifest().unwrap().config();
    let error = image.blob(config, MAX_CONFIG_BYTES).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error:?}"
    );
    fs::remove_file(&path).unwrap();
    let error = image.blob(config, MAX_CONFIG_BYTES).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::UnknownBlob { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_manifest_is_read_again_by_its_digest() {
    let sample = sample();
    let (directory, source) = dir_of(&sample);
    let image = open(&source).await.unwrap();
    let other = ImageBuilder::new(json!({})).build();
    fs::write(
        directory.path().join("manifest.json"),
        &other.manifest.bytes,
    )
    .unwrap();
    // Whoever changes it after it was opened is found out.
    assert!(document(&image).await.is_err());
}

#[rstest]
#[case("manifest.json")]
#[case("version")]
#[tokio::test]
async fn a_link_does_not_lead_out(#[case] file: &str) {
    let (directory, source) = dir_of(&sample());
    let outside = tempfile::tempdir().unwrap();
    let path = directory.path().join(file);
    let target = outside.path().join("file");
    fs::rename(&path, &target).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let error = error_of(&source).await;
    assert!(
        matches!(error, RegistryError::LeavesLayout { .. }),
        "{error:?}"
    );
}
