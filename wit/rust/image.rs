//! The facts of an image in the contract's form, for whoever makes Rust types of `wit/`: the host, and the SDK's tests.

use super::contract::{base_image, image, types};
use model::facts;
use model::{FactError, Platform};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn fact_error(error: &FactError) -> types::FactError {
    match error.clone() {
        FactError::Absent => types::FactError::Absent,
        FactError::Denied => types::FactError::Denied,
        FactError::TooLarge(detail) => types::FactError::TooLarge(detail),
        FactError::Malformed(detail) => types::FactError::Malformed(detail),
        FactError::Unsupported(detail) => types::FactError::Unsupported(detail),
        FactError::Unavailable(detail) => types::FactError::Unavailable(detail),
    }
}

pub(crate) fn manifest(manifest: &facts::ManifestInfo) -> image::ManifestInfo {
    image::ManifestInfo {
        digest: manifest.digest.to_string(),
        index_digest: manifest.index_digest.as_ref().map(ToString::to_string),
        media_type: manifest.media_type.clone(),
        platform: platform(&manifest.platform, manifest.os_version.clone()),
        annotations: key_values(&manifest.annotations),
        index_annotations: key_values(&manifest.index_annotations),
        compressed_size: manifest.compressed_size,
    }
}

fn platform(platform: &Platform, os_version: Option<String>) -> types::Platform {
    types::Platform {
        os: platform.os().to_owned(),
        architecture: platform.architecture().to_owned(),
        arch_variant: platform.variant().map(ToOwned::to_owned),
        os_version,
    }
}

fn key_values(map: &BTreeMap<String, String>) -> Vec<types::KeyValue> {
    map.iter()
        .map(|(key, value)| types::KeyValue {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
}

pub(crate) fn config(config: &facts::ImageConfig) -> types::ImageConfig {
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect();
    let variables = config.variables();
    types::ImageConfig {
        user: config.user.clone(),
        working_dir: config.working_dir.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        shell: config.shell.clone(),
        env: variables
            .map(|(key, value)| types::KeyValue {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect(),
        labels: key_values(&config.labels),
        exposed_ports: list(&config.exposed_ports),
        volumes: list(&config.volumes),
        on_build: config.on_build.clone(),
        stop_signal: config.stop_signal.clone(),
        health_check: config.healthcheck.as_ref().map(health_check),
        created: config.created.clone(),
        author: config.author.clone(),
    }
}

pub(crate) fn health_check(check: &facts::Healthcheck) -> types::HealthCheck {
    types::HealthCheck {
        test: check.test.clone(),
        interval_ns: check.interval,
        timeout_ns: check.timeout,
        start_period_ns: check.start_period,
        start_interval_ns: check.start_interval,
        retries: check.retries,
    }
}

pub(crate) fn history_entry(entry: &facts::HistoryEntry) -> image::HistoryEntry {
    image::HistoryEntry {
        created_by: entry.created_by.clone(),
        comment: entry.comment.clone(),
        empty_layer: entry.empty_layer,
        layer: entry.layer,
    }
}

pub(crate) fn layer(layer: &facts::Layer) -> image::Layer {
    image::Layer {
        digest: layer.digest.to_string(),
        diff_id: layer.diff_id.to_string(),
        media_type: layer.media_type.clone(),
        compressed_size: layer.compressed_size,
    }
}

pub(crate) fn base_image(base: &facts::BaseImage) -> base_image::Base {
    base_image::Base {
        reference: base.reference.clone(),
        digest: base.digest.as_ref().map(ToString::to_string),
        config: config(&base.config),
    }
}
