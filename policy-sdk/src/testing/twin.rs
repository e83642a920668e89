//! The twin of the component's imports: the same functions over facts that a test gives.

use super::Given;
use crate::bindings::polcheck::policy::types;
use crate::{
    EnforcementPoint, FactError, HistoryEntry, ImageConfig, KeyValue, Layer, ManifestInfo, Platform,
};
use model::{canonical, matching};
use serde_json::Value;
use std::collections::BTreeMap;

#[expect(
    clippy::unused_self,
    reason = "the component's imports have the same form"
)]
impl Given {
    pub(crate) fn manifest(&self) -> Result<ManifestInfo, FactError> {
        let manifest = self.image.manifest.as_ref().map_err(fact_error)?;
        Ok(ManifestInfo {
            digest: manifest.digest.to_string(),
            index_digest: manifest.index_digest.as_ref().map(ToString::to_string),
            media_type: manifest.media_type.clone(),
            platform: Platform {
                os: manifest.platform.os().to_owned(),
                architecture: manifest.platform.architecture().to_owned(),
                arch_variant: manifest.platform.variant().map(ToOwned::to_owned),
                os_version: manifest.os_version.clone(),
            },
            annotations: key_values(&manifest.annotations),
            index_annotations: key_values(&manifest.index_annotations),
            compressed_size: manifest.compressed_size,
        })
    }

    pub(crate) fn config(&self) -> Result<ImageConfig, FactError> {
        let config = self.image.config.as_ref().map_err(fact_error)?;
        let variables = config.variables();
        Ok(ImageConfig {
            user: config.user.clone(),
            working_dir: config.working_dir.clone(),
            entrypoint: config.entrypoint.clone(),
            cmd: config.cmd.clone(),
            shell: config.shell.clone(),
            env: variables
                .map(|(key, value)| key_value(key, value))
                .collect(),
            labels: key_values(&config.labels),
            exposed_ports: config.exposed_ports.iter().cloned().collect(),
            volumes: config.volumes.iter().cloned().collect(),
            on_build: config.on_build.clone(),
            stop_signal: config.stop_signal.clone(),
            health_check: config.healthcheck.as_ref().map(|check| types::HealthCheck {
                test: check.test.clone(),
                interval_ns: check.interval,
                timeout_ns: check.timeout,
                start_period_ns: check.start_period,
                start_interval_ns: check.start_interval,
                retries: check.retries,
            }),
            created: config.created.clone(),
            author: config.author.clone(),
        })
    }

    pub(crate) fn history(&self) -> Result<Vec<HistoryEntry>, FactError> {
        let history = self.image.history.as_ref().map_err(fact_error)?;
        let entry = |entry: &model::facts::HistoryEntry| HistoryEntry {
            created_by: entry.created_by.clone(),
            comment: entry.comment.clone(),
            empty_layer: entry.empty_layer,
            layer: entry.layer,
        };
        Ok(history.iter().map(entry).collect())
    }

    pub(crate) fn layers(&self) -> Result<Vec<Layer>, FactError> {
        let layers = self.image.layers.as_ref().map_err(fact_error)?;
        let layer = |layer: &model::facts::Layer| Layer {
            digest: layer.digest.to_string(),
            diff_id: layer.diff_id.to_string(),
            media_type: layer.media_type.clone(),
            compressed_size: layer.compressed_size,
        };
        Ok(layers.iter().map(layer).collect())
    }

    pub(crate) fn raw_config(&self) -> Result<String, FactError> {
        let config = self.image.raw_config.as_ref().map_err(fact_error)?;
        canonical::json(config).map_err(|error| FactError::Unsupported(error.to_string()))
    }

    pub(crate) fn time(&self) -> u64 {
        self.time
    }

    pub(crate) fn point(&self) -> EnforcementPoint {
        EnforcementPoint::Ci
    }

    pub(crate) fn subject_name(&self) -> Option<String> {
        self.subject_name.clone()
    }

    pub(crate) fn claims(&self) -> Vec<String> {
        self.claims.clone()
    }

    pub(crate) fn context(&self, key: &str) -> Option<String> {
        self.context.get(key).cloned()
    }

    pub(crate) fn glob_match(&self, pattern: &str, text: &str) -> bool {
        matching::glob(pattern).is_ok_and(|glob| glob.is_match(text))
    }

    pub(crate) fn regex_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        let regex = matching::regex(pattern).map_err(|error| error.to_string())?;
        Ok(regex.is_match(text))
    }

    pub(crate) fn text(&self, rule: &str, pointer: &str) -> Option<String> {
        self.setting(rule, pointer)?.as_str().map(ToOwned::to_owned)
    }

    pub(crate) fn texts(&self, rule: &str, pointer: &str) -> Vec<String> {
        let members = self
            .setting(rule, pointer)
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        members
            .filter_map(|member| member.as_str().map(ToOwned::to_owned))
            .collect()
    }

    pub(crate) fn integer(&self, rule: &str, pointer: &str) -> Option<i64> {
        self.setting(rule, pointer)?.as_i64()
    }

    pub(crate) fn boolean(&self, rule: &str, pointer: &str) -> Option<bool> {
        self.setting(rule, pointer)?.as_bool()
    }

    fn setting(&self, rule: &str, pointer: &str) -> Option<&Value> {
        self.settings.get(rule)?.pointer(pointer)
    }
}

fn fact_error(error: &model::FactError) -> FactError {
    match error.clone() {
        model::FactError::Absent => FactError::Absent,
        model::FactError::Denied => FactError::Denied,
        model::FactError::TooLarge(detail) => FactError::TooLarge(detail),
        model::FactError::Malformed(detail) => FactError::Malformed(detail),
        model::FactError::Unsupported(detail) => FactError::Unsupported(detail),
        model::FactError::Unavailable(detail) => FactError::Unavailable(detail),
    }
}

fn key_values(map: &BTreeMap<String, String>) -> Vec<KeyValue> {
    map.iter()
        .map(|(key, value)| key_value(key, value))
        .collect()
}

fn key_value(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}
