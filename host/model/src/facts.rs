//! Facts: everything a policy can be told about one subject, normalised, complete and frozen before any policy runs.
//!
//! A fact that is not there says why; absent is never empty.

use crate::platform::Platform;
use oci_spec::image::Digest;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A fact, or why it is not there.
pub type Fact<T> = Result<T, FactError>;

/// Why a fact is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum FactError {
    /// The image has no such thing, and the user gave none.
    #[error("there is none")]
    Absent,
    /// Not among what the rule needs or uses, or refused by the operator.
    #[error("it is denied")]
    Denied,
    /// Over a limit of the host.
    #[error("it is too large: {0}")]
    TooLarge(String),
    /// There, but it cannot be read.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// There, in a form that is not read.
    #[error("it is not supported: {0}")]
    Unsupported(String),
    /// It could not be had now.
    #[error("it could not be had: {0}")]
    Unavailable(String),
}

impl FactError {
    /// Whether the fact may exist and could not be used. Nothing passes on such a fact; one that is absent or denied
    /// only leaves the rules that need it unevaluated.
    pub fn is_problem(&self) -> bool {
        !matches!(self, Self::Absent | Self::Denied)
    }
}

/// A family of facts: one interface of the contract that a rule may need or use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// Manifest, config, history, layer descriptors.
    Image,
}

impl Interface {
    /// All that this version serves.
    pub const ALL: [Self; 1] = [Self::Image];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
        }
    }

    /// The interface of that name, if this version serves it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|interface| interface.name() == name)
    }
}

/// Everything that policies can be told. A family nobody needs is not gathered; asking for it answers `denied`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// Served by the interface `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageFacts>,
}

/// A fact that may exist and could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactProblem {
    /// The family it belongs to.
    pub interface: Interface,
    /// Its name in the family: `config`.
    pub fact: &'static str,
    /// What is wrong with it.
    pub error: FactError,
}

impl Facts {
    /// The families that were gathered.
    pub fn gathered(&self) -> BTreeSet<Interface> {
        self.image.iter().map(|_| Interface::Image).collect()
    }

    /// Whether a family is there: gathered, and more than a set of absences.
    ///
    /// # Errors
    /// The first reason why it is not.
    pub fn serves(&self, interface: Interface) -> Result<(), FactError> {
        match (interface, &self.image) {
            (Interface::Image, None) => Err(FactError::Denied),
            (Interface::Image, Some(image)) => {
                image.config.as_ref().map(|_| ()).map_err(Clone::clone)
            }
        }
    }

    /// All facts that may exist and could not be used, in a fixed order.
    pub fn problems(&self) -> Vec<FactProblem> {
        let image = self.image.iter().flat_map(ImageFacts::errors);
        image
            .filter(|(_, error)| error.is_problem())
            .map(|(fact, error)| FactProblem {
                interface: Interface::Image,
                fact,
                error: error.clone(),
            })
            .collect()
    }
}

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

    fn errors(&self) -> impl Iterator<Item = (&'static str, &FactError)> {
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

/// What the manifest, and the index that led to it, say.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_stands_under_errors_with_its_reason() {
        let mut image = ImageFacts::unusable(&FactError::Absent);
        image.config = Err(FactError::Malformed("not JSON".into()));
        image.history = Ok(vec![]);
        assert_eq!(
            crate::canonical::json(&Facts { image: Some(image) }).unwrap(),
            r#"{"image":{"errors":{"config":{"detail":"not JSON","kind":"malformed"},"layers":{"kind":"absent"},"manifest":{"kind":"absent"},"rawConfig":{"kind":"absent"}},"history":[]}}"#
        );
    }

    #[test]
    fn an_absent_fact_is_no_problem_and_a_malformed_one_is() {
        let mut image = ImageFacts::unusable(&FactError::Absent);
        let facts = Facts {
            image: Some(image.clone()),
        };
        assert_eq!(facts.problems(), []);
        image.layers = Err(FactError::Malformed("x".into()));
        let problems = Facts { image: Some(image) }.problems();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].fact, "layers");
    }
}
