//! Facts as the host serves them.

use crate::bindings::polcheck::policy::{evaluation, image, matching, settings};
use crate::{EnforcementPoint, FactError, HistoryEntry, ImageConfig, Layer, ManifestInfo};

/// The imports of the component.
#[derive(Debug)]
pub(crate) struct Imports;

#[expect(
    clippy::unused_self,
    reason = "the twin for native tests, `testing::Given`, has a self to ask"
)]
impl Imports {
    pub(crate) fn manifest(&self) -> Result<ManifestInfo, FactError> {
        image::manifest()
    }

    pub(crate) fn config(&self) -> Result<ImageConfig, FactError> {
        image::config()
    }

    pub(crate) fn history(&self) -> Result<Vec<HistoryEntry>, FactError> {
        image::history()
    }

    pub(crate) fn layers(&self) -> Result<Vec<Layer>, FactError> {
        image::layers()
    }

    pub(crate) fn raw_config(&self) -> Result<String, FactError> {
        image::raw_config()
    }

    pub(crate) fn time(&self) -> u64 {
        evaluation::time()
    }

    pub(crate) fn point(&self) -> EnforcementPoint {
        evaluation::point()
    }

    pub(crate) fn subject_name(&self) -> Option<String> {
        evaluation::subject_name()
    }

    pub(crate) fn claims(&self) -> Vec<String> {
        evaluation::claims()
    }

    pub(crate) fn context(&self, key: &str) -> Option<String> {
        evaluation::context(key)
    }

    pub(crate) fn glob_match(&self, pattern: &str, text: &str) -> bool {
        matching::glob_match(pattern, text)
    }

    pub(crate) fn regex_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        matching::regex_match(pattern, text)
    }

    pub(crate) fn text(&self, rule: &str, pointer: &str) -> Option<String> {
        settings::text(rule, pointer)
    }

    pub(crate) fn texts(&self, rule: &str, pointer: &str) -> Vec<String> {
        settings::texts(rule, pointer)
    }

    pub(crate) fn integer(&self, rule: &str, pointer: &str) -> Option<i64> {
        settings::integer(rule, pointer)
    }

    pub(crate) fn boolean(&self, rule: &str, pointer: &str) -> Option<bool> {
        settings::boolean(rule, pointer)
    }
}
