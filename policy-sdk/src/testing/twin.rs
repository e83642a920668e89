//! The twin of the component's imports: the same functions over facts that a test gives.

mod attested;
mod file;

use super::Given;
use crate::{
    Base, EnforcementPoint, FactError, HistoryEntry, ImageConfig, Layer, ManifestInfo, Reference,
};
use model::{canonical, matching};
use serde_json::Value;

/// What the contract's bindings are here, for the files that are shared with the host.
mod contract {
    pub(crate) use crate::bindings::polcheck::policy::{
        attestations, base_image, dockerfile, image, types,
    };
}
#[path = "../../../wit/rust/attestations.rs"]
mod attestations;
#[path = "../../../wit/rust/dockerfile.rs"]
mod dockerfile;
#[path = "../../../wit/rust/image.rs"]
mod image;

#[expect(
    clippy::unused_self,
    reason = "the component's imports have the same form"
)]
impl Given {
    pub(crate) fn manifest(&self) -> Result<ManifestInfo, FactError> {
        let manifest = self.image()?.manifest.as_ref();
        manifest.map(image::manifest).map_err(image::fact_error)
    }

    pub(crate) fn config(&self) -> Result<ImageConfig, FactError> {
        let config = self.image()?.config.as_ref();
        config.map(image::config).map_err(image::fact_error)
    }

    pub(crate) fn history(&self) -> Result<Vec<HistoryEntry>, FactError> {
        let history = self.image()?.history.as_ref().map_err(image::fact_error)?;
        Ok(history.iter().map(image::history_entry).collect())
    }

    pub(crate) fn layers(&self) -> Result<Vec<Layer>, FactError> {
        let layers = self.image()?.layers.as_ref().map_err(image::fact_error)?;
        Ok(layers.iter().map(image::layer).collect())
    }

    pub(crate) fn raw_config(&self) -> Result<String, FactError> {
        let config = self
            .image()?
            .raw_config
            .as_ref()
            .map_err(image::fact_error)?;
        canonical::json(config).map_err(|error| FactError::Unsupported(error.to_string()))
    }

    pub(crate) fn base_of_stage(&self, stage: u32) -> Result<Base, FactError> {
        let bases = self.facts.base_images.as_ref().ok_or(FactError::Denied)?;
        let base = bases.get(&stage).ok_or(FactError::Absent)?;
        base.as_ref()
            .map(image::base_image)
            .map_err(image::fact_error)
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

    pub(crate) fn parse_reference(&self, text: &str) -> Result<Reference, String> {
        let reference: model::Reference = text
            .parse()
            .map_err(|error: model::reference::InvalidReference| error.to_string())?;
        Ok(Reference {
            registry: reference.registry().to_owned(),
            repository: reference.repository().to_owned(),
            tag: reference.tag().map(ToOwned::to_owned),
            digest: reference.digest().map(ToString::to_string),
        })
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

    pub(crate) fn keys(&self, rule: &str, pointer: &str) -> Vec<String> {
        let object = self.setting(rule, pointer).and_then(Value::as_object);
        let mut keys: Vec<String> = object
            .into_iter()
            .flat_map(|object| object.keys().cloned())
            .collect();
        keys.sort();
        keys
    }

    pub(crate) fn integer(&self, rule: &str, pointer: &str) -> Option<i64> {
        self.setting(rule, pointer)?.as_i64()
    }

    pub(crate) fn boolean(&self, rule: &str, pointer: &str) -> Option<bool> {
        self.setting(rule, pointer)?.as_bool()
    }

    fn image(&self) -> Result<&model::facts::ImageFacts, FactError> {
        self.facts.image.as_ref().ok_or(FactError::Denied)
    }

    fn setting(&self, rule: &str, pointer: &str) -> Option<&Value> {
        self.settings.get(rule)?.pointer(pointer)
    }
}
