//! OCI layouts in directories.

use crate::{chain, document, open, sample};
use polcheck_registry::{Attachment, MAX_CONFIG_BYTES, RegistryError, Selector};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::{TempDir, tempdir};
use test_registry::{Blob, ImageBuilder, TestImage, image_index, media_type};

fn layout_of(image: &TestImage, tag: Option<&str>) -> (TempDir, String) {
    let directory = tempdir().unwrap();
    image.write_layout(directory.path(), tag);
    let source = format!("oci:{}", directory.path().display());
    (directory, source)
}

fn blob_path(directory: &Path, digest: &str) -> PathBuf {
    directory.join("blobs").join(digest.replace(':', "/"))
}

/// Adds entries to the index of a layout.
fn add_entries(directory: &Path, entries: &[Value]) {
    let file = directory.join("index.json");
    let mut index: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let manifests = index
        .pointer_mut("/manifests")
        .unwrap()
        .as_array_mut()
        .unwrap();
    manifests.extend_from_slice(entries);
    fs::write(file, index.to_string()).unwrap();
}

fn tagged(blob: &Blob, tag: &str) -> Value {
    let mut entry = blob.descriptor();
    let annotations = json!({ "org.opencontainers.image.ref.name": tag });
    entry
        .as_object_mut()
        .unwrap()
        .insert("annotations".to_owned(), annotations);
    entry
}

async fn error_of(source: &str) -> RegistryError {
    match open(source).await {
        Ok(image) => document(&image).await.unwrap_err(),
        Err(error) => error,
    }
}

#[tokio::test]
async fn an_image_is_found_by_tag_by_digest_and_by_being_the_only_one() {
    let sample = sample();
    let (_directory, source) = layout_of(&sample, Some("v1"));
    let digest = sample.digest();
    for selector in [String::new(), ":v1".to_owned(), format!("@{digest}")] {
        let image = open(&format!("{source}{selector}")).await.unwrap();
        let found = document(&image).await.unwrap();
        assert_eq!(found.digest.as_ref(), digest);
        assert_eq!(found.bytes, sample.manifest.bytes);
        let config = found.manifest().unwrap().config().clone();
        let config = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap();
        assert_eq!(config, sample.config().bytes);
    }
}

#[tokio::test]
async fn an_index_in_a_layout_leads_to_its_manifests() {
    let child = sample();
    let (_directory, source) = layout_of(&image_index(vec![child.clone()]), None);
    let image = open(&source).await.unwrap();
    let index = document(&image).await.unwrap();
    let entry = index.index().unwrap().manifests().first().unwrap().clone();
    let manifest = image.manifest(&entry).await.unwrap();
    assert_eq!(manifest.digest.as_ref(), child.digest());
    // A digest below the index is found too.
    let image = open(&format!("{source}@{}", child.digest())).await.unwrap();
    assert_eq!(document(&image).await.unwrap().bytes, child.manifest.bytes);
}

#[tokio::test]
async fn a_layer_is_streamed_and_checked() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, None);
    let image = open(&source).await.unwrap();
    let manifest = document(&image).await.unwrap();
    let layer = manifest
        .manifest()
        .unwrap()
        .layers()
        .first()
        .unwrap()
        .clone();
    let mut reader = image.blob_reader(&layer).await.unwrap();
    let mut read = Vec::new();
    while let Some(piece) = reader.chunk().await.unwrap() {
        read.extend_from_slice(&piece);
    }
    let path = blob_path(directory.path(), layer.digest().as_ref());
    assert_eq!(read, fs::read(&path).unwrap());

    *read.last_mut().unwrap() ^= 1;
    fs::write(&path, &read).unwrap();
    let mut reader = image.blob_reader(&layer).await.unwrap();
    reader.chunk().await.unwrap();
    let error = reader.chunk().await.unwrap_err();
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn several_images_have_to_be_told_apart() {
    let (directory, source) = layout_of(&sample(), Some("v1"));
    let other = ImageBuilder::new(json!({})).build();
    fs::write(
        blob_path(directory.path(), other.digest()),
        &other.manifest.bytes,
    )
    .unwrap();
    add_entries(directory.path(), &[tagged(&other.manifest, "v2")]);
    let error = error_of(&source).await;
    let place = directory.path().display();
    assert_eq!(
        error.to_string(),
        format!("`{place}` has 2 images of which one has to be named")
    );
    assert_eq!(error.help().unwrap(), "there is: v1, v2");
    let error = error_of(&format!("{source}:v3")).await;
    assert_eq!(error.to_string(), format!("`{place}` has no image `v3`"));
    assert_eq!(error.help().unwrap(), "there is: v1, v2");
    let image = open(&format!("{source}:v2")).await.unwrap();
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        other.digest()
    );
    // One tag, two manifests.
    add_entries(directory.path(), &[tagged(&other.manifest, "v1")]);
    let error = error_of(&format!("{source}:v1")).await;
    assert!(
        matches!(error, RegistryError::Ambiguous { count: 2, .. }),
        "{error}"
    );
    // The same manifest twice is one image.
    add_entries(directory.path(), &[tagged(&other.manifest, "v2")]);
    let image = open(&format!("{source}:v2")).await.unwrap();
    assert!(document(&image).await.is_ok());
}

#[tokio::test]
async fn one_manifest_under_two_tags_is_one_image() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, Some("v1"));
    add_entries(directory.path(), &[tagged(&sample.manifest, "latest")]);
    let image = open(&source).await.unwrap();
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        sample.digest()
    );
}

#[tokio::test]
async fn what_is_no_layout_says_what_is_missing() {
    let directory = tempdir().unwrap();
    let source = format!("oci:{}", directory.path().display());
    let place = directory.path().display();
    let error = error_of(&source).await;
    assert_eq!(
        error.to_string(),
        format!("`{place}` is not an OCI layout: there is no file `oci-layout`")
    );
    fs::write(
        directory.path().join("oci-layout"),
        r#"{"imageLayoutVersion":"2.0.0"}"#,
    )
    .unwrap();
    assert_eq!(
        error_of(&source).await.to_string(),
        format!("`{place}` is not an OCI layout: `oci-layout` does not have the version 1.0.0")
    );
    fs::write(
        directory.path().join("oci-layout"),
        r#"{"imageLayoutVersion":"1.0.0"}"#,
    )
    .unwrap();
    assert_eq!(
        error_of(&source).await.to_string(),
        format!("`{place}` is not an OCI layout: there is no file `index.json`")
    );
    fs::write(directory.path().join("index.json"), "{").unwrap();
    assert_eq!(
        chain(&error_of(&source).await),
        format!(
            "`index.json` of `{place}` cannot be used: it is not JSON: EOF while parsing an object at line 1 column 1"
        )
    );
    let error = error_of("oci:/nonexistent/layout").await;
    assert_eq!(error.to_string(), "`/nonexistent/layout` cannot be read");
}

#[tokio::test]
async fn a_truncated_layout_names_what_is_missing() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, None);
    let place = directory.path().display().to_string();
    let image = open(&source).await.unwrap();
    let config = document(&image)
        .await
        .unwrap()
        .manifest()
        .unwrap()
        .config()
        .clone();
    let path = blob_path(directory.path(), &sample.config().digest);
    fs::write(&path, "{}").unwrap();
    let error = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "blob `{}` of `{place}` has 2 bytes instead of {}",
            config.digest(),
            config.size()
        )
    );
    fs::remove_file(&path).unwrap();
    let error = image.blob(&config, MAX_CONFIG_BYTES).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{place}` has no blob `{}`", config.digest())
    );
    assert_eq!(error.help().unwrap(), "copy or push the image again");
}

#[tokio::test]
async fn a_tampered_manifest_is_found_out() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, None);
    let path = blob_path(directory.path(), sample.digest());
    let manifest = fs::read_to_string(&path).unwrap();
    fs::write(&path, manifest.replace("layers", "lAyers")).unwrap();
    let error = error_of(&source).await;
    assert!(
        matches!(error, RegistryError::DigestMismatch { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_link_does_not_lead_out_of_the_layout() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, None);
    let path = blob_path(directory.path(), sample.digest());
    let outside = tempdir().unwrap();
    let target = outside.path().join("manifest");
    fs::rename(&path, &target).unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    let error = error_of(&source).await;
    assert!(
        matches!(error, RegistryError::LeavesLayout { .. }),
        "{error}"
    );

    // Within the layout it may lead anywhere.
    fs::remove_file(&path).unwrap();
    fs::copy(&target, directory.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../../elsewhere", &path).unwrap();
    let image = open(&source).await.unwrap();
    assert_eq!(
        document(&image).await.unwrap().digest.as_ref(),
        sample.digest()
    );
}

#[tokio::test]
async fn a_directory_in_place_of_a_file_is_refused() {
    let directory = tempdir().unwrap();
    fs::create_dir(directory.path().join("oci-layout")).unwrap();
    let error = error_of(&format!("oci:{}", directory.path().display())).await;
    assert!(
        matches!(error, RegistryError::LeavesLayout { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn referrers_are_the_manifests_with_that_subject() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, Some("v1"));
    let referrer = json!({
        "schemaVersion": 2,
        "mediaType": media_type::MANIFEST,
        "artifactType": "x/statement",
        "config": { "mediaType": media_type::EMPTY, "digest": test_registry::sha256(b"{}"), "size": 2 },
        "layers": [],
        "subject": sample.manifest.descriptor(),
        "annotations": { "a": "b" },
    });
    let referrer = Blob::new(media_type::MANIFEST, referrer.to_string());
    fs::write(
        blob_path(directory.path(), &referrer.digest),
        &referrer.bytes,
    )
    .unwrap();
    add_entries(directory.path(), &[referrer.descriptor()]);
    let image = open(&format!("{source}:v1")).await.unwrap();
    let found = image
        .referrers(&sample.digest().parse().unwrap())
        .await
        .unwrap();
    assert_eq!(found.by, polcheck_registry::ListedBy::Layout);
    let [found] = found.entries.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(found.digest().as_ref(), referrer.digest);
    assert_eq!(
        found.artifact_type().as_ref().unwrap().as_ref(),
        "x/statement"
    );
    assert_eq!(found.annotations().as_ref().unwrap().get("a").unwrap(), "b");
    let none = image
        .referrers(&referrer.digest.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(none.entries, []);
}

#[tokio::test]
async fn referrers_are_also_what_an_index_at_the_fallback_tag_lists() {
    let sample = sample();
    let (directory, source) = layout_of(&sample, Some("v1"));
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": [sample.manifest.descriptor()],
    });
    let index = Blob::new(media_type::INDEX, index.to_string());
    fs::write(blob_path(directory.path(), &index.digest), &index.bytes).unwrap();
    let mut entry = index.descriptor();
    let tag = sample.digest().replace(':', "-");
    entry["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
    add_entries(directory.path(), &[entry]);
    let image = open(&format!("{source}:v1")).await.unwrap();
    let subject = sample.digest().parse().unwrap();
    let found = image.referrers(&subject).await.unwrap();
    let digests: Vec<_> = found
        .entries
        .iter()
        .map(|entry| entry.digest().as_ref())
        .collect();
    assert_eq!(digests, [sample.digest()]);
    let legacy = image.legacy_document(&subject, polcheck_registry::LegacyTag::Signature);
    assert_eq!(legacy.await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_pushed_to_a_layout() {
    let (_directory, source) = layout_of(&sample(), None);
    let image = open(&source).await.unwrap();
    let subject = document(&image).await.unwrap().descriptor();
    let attachment = Attachment {
        artifact_type: "x/y".to_owned(),
        layer_media_type: "x/y".to_owned(),
        bytes: "x".into(),
        annotations: [].into(),
    };
    let tag = Selector::Tag("1".to_owned());
    for error in [
        image.push_blob("x/y", "x".into()).await.unwrap_err(),
        image
            .push_manifest(&tag, "x/y", "x".into())
            .await
            .unwrap_err(),
        image.attach(&subject, &attachment).await.unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            format!("nothing can be pushed to `{source}`")
        );
        assert_eq!(error.help().unwrap(), "name an image in a registry");
    }
}
