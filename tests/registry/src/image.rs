//! Small images, byte for byte the same in every run.

use crate::media_type;
use crate::server::TestRegistry;
use crate::store::sha256;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value, json};
use std::io::Write as _;

/// Bytes with their media type and digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// As in a descriptor.
    pub media_type: String,
    /// Of the bytes.
    pub digest: String,
    /// The content.
    pub bytes: Bytes,
}

impl Blob {
    /// Bytes of a media type.
    pub fn new(media_type: &str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            media_type: media_type.to_owned(),
            digest: sha256(&bytes),
            bytes,
        }
    }

    /// What names this blob in a manifest.
    pub fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len() })
    }

    fn json(media_type: &str, value: &Value) -> Self {
        Self::new(media_type, value.to_string())
    }
}

/// A manifest with all it names, or an index with all its manifests.
#[derive(Clone, Debug)]
pub struct TestImage {
    /// The manifest or index.
    pub manifest: Blob,
    /// The config, then the layers from the bottom up; nothing for an index.
    pub blobs: Vec<Blob>,
    /// What an index names.
    pub children: Vec<TestImage>,
    /// What an index says of this manifest beside its descriptor: `platform`, `annotations`.
    pub entry: Map<String, Value>,
    /// The layers as plain tar.
    pub(crate) layer_tars: Vec<Bytes>,
}

/// Makes an image of a config and a few files.
#[derive(Clone, Debug)]
pub struct ImageBuilder {
    config: Value,
    platform: (String, String),
    layers: Vec<Bytes>,
    annotations: Map<String, Value>,
    is_docker: bool,
}

impl ImageBuilder {
    /// An image without layers for linux/amd64. The value is the object `config` of the image config: `User`, `Env`, …
    pub fn new(config: Value) -> Self {
        Self {
            config,
            platform: ("linux".into(), "amd64".into()),
            layers: Vec::new(),
            annotations: Map::new(),
            is_docker: false,
        }
    }

    /// For another platform.
    #[must_use]
    pub fn platform(mut self, os: &str, architecture: &str) -> Self {
        self.platform = (os.into(), architecture.into());
        self
    }

    /// With one more layer, of these files.
    #[must_use]
    pub fn layer(mut self, files: &[(&str, &str)]) -> Self {
        let files: Vec<_> = files
            .iter()
            .map(|(path, content)| (*path, content.as_bytes()))
            .collect();
        self.layers.push(crate::formats::tar(&files).into());
        self
    }

    /// With an annotation on the manifest.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// With Docker's media types instead of the OCI's.
    #[must_use]
    pub fn docker(mut self) -> Self {
        self.is_docker = true;
        self
    }

    /// The image.
    pub fn build(self) -> TestImage {
        let [manifest_type, config_type, layer_type] = if self.is_docker {
            [
                media_type::DOCKER_MANIFEST,
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
            ]
        } else {
            [media_type::MANIFEST, media_type::CONFIG, media_type::LAYER]
        };
        let (os, architecture) = &self.platform;
        let diff_ids: Vec<_> = self.layers.iter().map(|tar| sha256(tar)).collect();
        let history: Vec<_> = (1..=self.layers.len())
            .map(|number| json!({ "created": "2026-01-01T00:00:00Z", "created_by": format!("COPY layer-{number} / # buildkit") }))
            .collect();
        let config = json!({
            "architecture": architecture,
            "config": self.config,
            "created": "2026-01-01T00:00:00Z",
            "history": history,
            "os": os,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        let mut blobs = vec![Blob::json(config_type, &config)];
        blobs.extend(
            self.layers
                .iter()
                .map(|tar| Blob::new(layer_type, gzip(tar))),
        );
        let mut entry = Map::new();
        entry.insert(
            "platform".into(),
            json!({ "architecture": architecture, "os": os }),
        );
        TestImage {
            manifest: manifest(manifest_type, &blobs, &self.annotations),
            blobs,
            children: Vec::new(),
            entry,
            layer_tars: self.layers,
        }
    }
}

/// An index of several images.
pub fn image_index(children: Vec<TestImage>) -> TestImage {
    let entries: Vec<_> = children.iter().map(TestImage::index_entry).collect();
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::INDEX, "manifests": entries });
    TestImage {
        manifest: Blob::json(media_type::INDEX, &index),
        blobs: Vec::new(),
        children,
        entry: Map::new(),
        layer_tars: Vec::new(),
    }
}

/// What `BuildKit` puts beside an image in its index: a manifest whose layers are in-toto statements.
pub fn attestation_manifest(image: &TestImage) -> TestImage {
    provenance_manifest(image, &json!({}))
}

/// The same, with this predicate in the provenance of the build.
pub fn provenance_manifest(image: &TestImage, predicate: &Value) -> TestImage {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{ "name": "test", "digest": { "sha256": image.manifest.digest.trim_start_matches("sha256:") } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": predicate,
    });
    let mut attestation = artifact(
        media_type::CONFIG,
        media_type::IN_TOTO,
        statement.to_string().as_bytes(),
    );
    attestation.annotate_layers(
        "in-toto.io/predicate-type",
        "https://slsa.dev/provenance/v1",
    );
    attestation.entry.insert(
        "platform".into(),
        json!({ "architecture": "unknown", "os": "unknown" }),
    );
    attestation.entry.insert(
        "annotations".into(),
        json!({
            "vnd.docker.reference.digest": image.manifest.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        }),
    );
    attestation
}

/// A manifest with one layer that is no image, as Helm charts and other artifacts are stored.
pub fn artifact(config_media_type: &str, layer_media_type: &str, layer: &[u8]) -> TestImage {
    let blobs = vec![
        Blob::json(config_media_type, &json!({})),
        Blob::new(layer_media_type, Bytes::copy_from_slice(layer)),
    ];
    TestImage {
        manifest: manifest(media_type::MANIFEST, &blobs, &Map::new()),
        blobs,
        children: Vec::new(),
        entry: Map::new(),
        layer_tars: Vec::new(),
    }
}

impl TestImage {
    /// Annotates every layer.
    fn annotate_layers(&mut self, key: &str, value: &str) {
        let mut manifest: Value = serde_json::from_slice(&self.manifest.bytes).unwrap();
        for layer in manifest["layers"].as_array_mut().unwrap() {
            layer["annotations"] = json!({ key: value });
        }
        self.manifest = Blob::json(media_type::MANIFEST, &manifest);
    }

    /// The digest of the manifest or index.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Is listed in an index like another one: with its platform and its annotations.
    pub fn entry_of(&mut self, other: &Self) {
        self.entry.clone_from(&other.entry);
    }

    /// The config blob. An index has none.
    pub fn config(&self) -> &Blob {
        &self.blobs[0]
    }

    /// Puts the image into a registry, under a tag if one is given. Nothing goes over the network.
    pub fn push(&self, registry: &TestRegistry, repository: &str, tag: Option<&str>) {
        for child in &self.children {
            child.push(registry, repository, None);
        }
        for blob in &self.blobs {
            registry.put_blob(repository, blob.bytes.clone());
        }
        let reference = tag.unwrap_or(&self.manifest.digest);
        registry.put_manifest(
            repository,
            reference,
            &self.manifest.media_type,
            self.manifest.bytes.clone(),
        );
    }

    /// All blobs, manifests among them, of this image and its children.
    pub(crate) fn all_blobs(&self) -> Vec<&Blob> {
        let below = self.children.iter().flat_map(TestImage::all_blobs);
        std::iter::once(&self.manifest)
            .chain(&self.blobs)
            .chain(below)
            .collect()
    }

    fn index_entry(&self) -> Value {
        let mut descriptor = self.manifest.descriptor();
        for (key, value) in &self.entry {
            descriptor[key] = value.clone();
        }
        descriptor
    }
}

fn manifest(media_type: &str, blobs: &[Blob], annotations: &Map<String, Value>) -> Blob {
    let layers: Vec<_> = blobs[1..].iter().map(Blob::descriptor).collect();
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": media_type, "config": blobs[0].descriptor(), "layers": layers,
    });
    if !annotations.is_empty() {
        manifest["annotations"] = annotations.clone().into();
    }
    Blob::json(media_type, &manifest)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
