//! Reading the image config (OCI image specification, config.md), with the extensions of the Docker image format that
//! container engines honour.
//!
//! Engines read it with a library that takes the last of two equal keys and ignores the case of field names. Whoever
//! writes an image could so show one user to us and another one to the engine; a config with such keys is malformed.

use model::canonical::MAX_SAFE_INTEGER;
use model::facts::{Healthcheck, HistoryEntry, ImageConfig};
use model::strict_json::{self, Integers, Object, StrictJsonError};
use model::{Digest, Fact, FactError};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A config that was read.
#[derive(Debug)]
pub(crate) struct Config {
    /// The whole document.
    pub(crate) raw: Value,
    /// What the document says.
    pub(crate) document: Document,
}

/// The fields of the config that facts are made of.
#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) created: Option<String>,
    pub(crate) author: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) os: Option<String>,
    #[serde(rename = "os.version")]
    pub(crate) os_version: Option<String>,
    pub(crate) variant: Option<String>,
    config: Option<Object<ContainerConfig>>,
    rootfs: Option<Object<RootFs>>,
    history: Option<Vec<Object<HistoryDocument>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerConfig {
    user: Option<String>,
    working_dir: Option<String>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    shell: Option<Vec<String>>,
    env: Option<Vec<String>>,
    labels: Option<BTreeMap<String, String>>,
    exposed_ports: Option<BTreeMap<String, Value>>,
    volumes: Option<BTreeMap<String, Value>>,
    on_build: Option<Vec<String>>,
    stop_signal: Option<String>,
    healthcheck: Option<Object<HealthcheckDocument>>,
}

/// Durations are signed in the format and mean "not set" when they are zero.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthcheckDocument {
    test: Option<Vec<String>>,
    interval: Option<u64>,
    timeout: Option<u64>,
    start_period: Option<u64>,
    start_interval: Option<u64>,
    retries: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    diff_ids: Option<Vec<Digest>>,
}

#[derive(Debug, Deserialize)]
struct HistoryDocument {
    created_by: Option<String>,
    comment: Option<String>,
    empty_layer: Option<bool>,
}

const TOP_FIELDS: [&str; 10] = [
    "created",
    "author",
    "architecture",
    "os",
    "os.version",
    "os.features",
    "variant",
    "config",
    "rootfs",
    "history",
];
const CONFIG_FIELDS: [&str; 13] = [
    "User",
    "WorkingDir",
    "Entrypoint",
    "Cmd",
    "Shell",
    "Env",
    "Labels",
    "ExposedPorts",
    "Volumes",
    "OnBuild",
    "StopSignal",
    "Healthcheck",
    "ArgsEscaped",
];
const HEALTHCHECK_FIELDS: [&str; 6] = [
    "Test",
    "Interval",
    "Timeout",
    "StartPeriod",
    "StartInterval",
    "Retries",
];
const ROOTFS_FIELDS: [&str; 2] = ["type", "diff_ids"];
const HISTORY_FIELDS: [&str; 5] = ["created", "created_by", "author", "comment", "empty_layer"];

/// Reads a config blob.
///
/// # Errors
/// `malformed`, if engines may read it differently or not at all.
pub(crate) fn read(bytes: &[u8]) -> Fact<Config> {
    let malformed = |error: &dyn std::error::Error| FactError::Malformed(error.to_string());
    let raw = strict_json::parse(bytes, Integers::Safe).map_err(|error| malformed(&error))?;
    check_names(&raw).map_err(|error| malformed(&error))?;
    let Object(document) = Object::deserialize(&raw).map_err(|error| malformed(&error))?;
    Ok(Config { raw, document })
}

fn check_names(raw: &Value) -> Result<(), StrictJsonError> {
    strict_json::check_field_names(raw, &TOP_FIELDS)?;
    let part = |pointer| raw.pointer(pointer).unwrap_or(&Value::Null);
    strict_json::check_field_names(part("/config"), &CONFIG_FIELDS)?;
    strict_json::check_field_names(part("/config/Healthcheck"), &HEALTHCHECK_FIELDS)?;
    strict_json::check_field_names(part("/rootfs"), &ROOTFS_FIELDS)?;
    let mut history = part("/history").as_array().into_iter().flatten();
    history.try_for_each(|entry| strict_json::check_field_names(entry, &HISTORY_FIELDS))
}

impl Document {
    /// The config as policies are told.
    pub(crate) fn image_config(&self) -> ImageConfig {
        let empty = ContainerConfig::default();
        let config = self.config.as_ref().map_or(&empty, |Object(config)| config);
        let keys = |map: &Option<BTreeMap<String, Value>>| -> BTreeSet<String> {
            map.iter().flat_map(BTreeMap::keys).cloned().collect()
        };
        ImageConfig {
            user: set(config.user.as_ref()),
            working_dir: set(config.working_dir.as_ref()),
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            shell: config.shell.clone(),
            env: config.env.clone().unwrap_or_default(),
            labels: config.labels.clone().unwrap_or_default(),
            exposed_ports: keys(&config.exposed_ports),
            volumes: keys(&config.volumes),
            on_build: config.on_build.clone().unwrap_or_default(),
            stop_signal: set(config.stop_signal.as_ref()),
            healthcheck: config
                .healthcheck
                .as_ref()
                .map(|Object(check)| check.healthcheck()),
            created: set(self.created.as_ref()),
            author: set(self.author.as_ref()),
        }
    }

    /// The digests of the layers' tars, from the bottom up.
    pub(crate) fn diff_ids(&self) -> &[Digest] {
        self.rootfs
            .as_ref()
            .and_then(|Object(rootfs)| rootfs.diff_ids.as_deref())
            .unwrap_or_default()
    }

    /// The history; each step that made a layer is given its layer, if their numbers agree.
    pub(crate) fn history(&self) -> Vec<HistoryEntry> {
        let entries = self.history.as_deref().unwrap_or_default();
        let made_layers = entries
            .iter()
            .filter(|Object(entry)| !entry.is_empty_layer())
            .count();
        let numbers_agree = made_layers == self.diff_ids().len();
        let mut layers = 0_u32..;
        let entry = |Object(entry): &Object<HistoryDocument>| HistoryEntry {
            created_by: entry.created_by.clone().unwrap_or_default(),
            comment: set(entry.comment.as_ref()),
            empty_layer: entry.is_empty_layer(),
            layer: if numbers_agree && !entry.is_empty_layer() {
                layers.next()
            } else {
                None
            },
        };
        entries.iter().map(entry).collect()
    }
}

impl HistoryDocument {
    fn is_empty_layer(&self) -> bool {
        self.empty_layer == Some(true)
    }
}

impl HealthcheckDocument {
    fn healthcheck(&self) -> Healthcheck {
        let duration =
            |value: Option<u64>| value.filter(|value| (1..=MAX_SAFE_INTEGER).contains(value));
        Healthcheck {
            test: self.test.clone().unwrap_or_default(),
            interval: duration(self.interval),
            timeout: duration(self.timeout),
            start_period: duration(self.start_period),
            start_interval: duration(self.start_interval),
            retries: self.retries.filter(|retries| *retries > 0),
        }
    }
}

/// The format does not tell "not set" from "set to the empty string".
fn set(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

#[cfg(test)]
mod tests;
