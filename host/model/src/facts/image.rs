//! The facts of the interface `image`.

use super::{Fact, FactError};
use crate::platform::Platform;
use oci_spec::image::Digest;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::{BTreeMap, BTreeSet};

/// The facts of the interface `image`.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageFacts {
    /// The manifest; absent for an archive of `docker save`, which has none.
    pub manifest: Fact<ManifestInfo>,
    /// The config that a container engine runs.
    pub config: Fact<ImageConfig>,
    /// The history, oldest first.
    pub history: Fact<Vec<HistoryEntry>>,
    /// The layers, from the bottom up.
    pub layers: Fact<Vec<Layer>>,
    /// The whole config blob.
    pub raw_config: Fact<serde_json::Value>,
}

impl ImageFacts {
    /// The same error for every fact: where the config is not there, nothing is.
    pub fn unusable(error: &FactError) -> Self {
        Self {
            manifest: Err(error.clone()),
            config: Err(error.clone()),
            history: Err(error.clone()),
            layers: Err(error.clone()),
            raw_config: Err(error.clone()),
        }
    }

    pub(super) fn errors(&self) -> impl Iterator<Item = (&'static str, &FactError)> {
        let errors = [
            ("manifest", self.manifest.as_ref().err()),
            ("config", self.config.as_ref().err()),
            ("history", self.history.as_ref().err()),
            ("layers", self.layers.as_ref().err()),
            ("rawConfig", self.raw_config.as_ref().err()),
        ];
        errors
            .into_iter()
            .filter_map(|(fact, error)| Some((fact, error?)))
    }
}

/// Facts that are there stand under their names; the others under `errors`, with the reason.
impl Serialize for ImageFacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Ok(manifest) = &self.manifest {
            map.serialize_entry("manifest", manifest)?;
        }
        if let Ok(config) = &self.config {
            map.serialize_entry("config", config)?;
        }
        if let Ok(history) = &self.history {
            map.serialize_entry("history", history)?;
        }
        if let Ok(layers) = &self.layers {
            map.serialize_entry("layers", layers)?;
        }
        if let Ok(raw_config) = &self.raw_config {
            map.serialize_entry("rawConfig", raw_config)?;
        }
        let errors: BTreeMap<_, _> = self.errors().collect();
        if !errors.is_empty() {
            map.serialize_entry("errors", &errors)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ImageFacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "camelCase")]
        struct Written {
            manifest: Option<ManifestInfo>,
            config: Option<ImageConfig>,
            history: Option<Vec<HistoryEntry>>,
            layers: Option<Vec<Layer>>,
            raw_config: Option<serde_json::Value>,
            #[serde(default)]
            errors: BTreeMap<String, FactError>,
        }
        let mut written = Written::deserialize(deserializer)?;
        let errors = &mut written.errors;
        let facts = Self {
            manifest: one_of("manifest", written.manifest, errors)?,
            config: one_of("config", written.config, errors)?,
            history: one_of("history", written.history, errors)?,
            layers: one_of("layers", written.layers, errors)?,
            raw_config: one_of("rawConfig", written.raw_config, errors)?,
        };
        match errors.keys().next() {
            None => Ok(facts),
            Some(name) => Err(de::Error::custom(format_args!(
                "no fact is called `{name}`"
            ))),
        }
    }
}

/// The fact, or why it is not there: never both, and never neither.
fn one_of<T, E: de::Error>(
    name: &'static str,
    fact: Option<T>,
    errors: &mut BTreeMap<String, FactError>,
) -> Result<Fact<T>, E> {
    match (fact, errors.remove(name)) {
        (Some(fact), None) => Ok(Ok(fact)),
        (None, Some(error)) => Ok(Err(error)),
        (Some(_), Some(_)) => Err(E::duplicate_field(name)),
        (None, None) => Err(E::missing_field(name)),
    }
}

/// What the manifest, and the index that led to it, say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ManifestInfo {
    /// The digest that is judged.
    pub digest: Digest,
    /// The index that named this manifest, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_digest: Option<Digest>,
    /// The media type of the manifest.
    pub media_type: String,
    /// From the config, which is what runs.
    pub platform: Platform,
    /// `os.version` of the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Of the manifest.
    pub annotations: BTreeMap<String, String>,
    /// Of the index.
    pub index_annotations: BTreeMap<String, String>,
    /// The sum of the layers' sizes in bytes, as stored.
    pub compressed_size: u64,
}

/// The `config` object of the image config under the names of the OCI image specification, and `created` and `author`,
/// which stand beside it there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct ImageConfig {
    /// None: not set, or set to the empty string, which means the same: root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// `WorkingDir`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// None: not set. Empty: set to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entrypoint: Option<Vec<String>>,
    /// None: not set. Empty: set to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cmd: Option<Vec<String>>,
    /// The shell of shell-form instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<Vec<String>>,
    /// `NAME=VALUE` in the order of the config; a name may occur twice.
    pub env: Vec<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// `PORT/PROTOCOL`.
    pub exposed_ports: BTreeSet<String>,
    /// Paths.
    pub volumes: BTreeSet<String>,
    /// ONBUILD triggers.
    pub on_build: Vec<String>,
    /// The signal that ends the container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// The health check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<Healthcheck>,
    /// RFC 3339; written by the author of the image.
    #[serde(rename = "created", skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Written by the author of the image.
    #[serde(rename = "author", skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl ImageConfig {
    /// The environment as names and values. An entry without `=` is a name with an empty value.
    pub fn variables(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.env
            .iter()
            .map(|entry| entry.split_once('=').unwrap_or((entry, "")))
    }
}

/// `Healthcheck` of the image config; durations in nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct Healthcheck {
    /// `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", …]`.
    pub test: Vec<String>,
    /// Between two checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// Of one check.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// In which a failure does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_period: Option<u64>,
    /// Between two checks within the start period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_interval: Option<u64>,
    /// How many failures make the container unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
}

/// One step of the image's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct HistoryEntry {
    /// The instruction, as the builder wrote it down.
    pub created_by: String,
    /// A remark of the builder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The step made no layer.
    pub empty_layer: bool,
    /// Index into the layers; none for empty layers, and where history and layers do not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<u32>,
}

/// One layer as the manifest and the config describe it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Layer {
    /// Of the blob as stored.
    pub digest: Digest,
    /// Of the uncompressed tar.
    pub diff_id: Digest,
    /// Of the blob as stored.
    pub media_type: String,
    /// In bytes, as stored.
    pub compressed_size: u64,
}
