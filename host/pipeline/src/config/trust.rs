//! What the configuration says about whose statements count, and what nobody named of it.

use super::{Config, ConfigError, Origin};
use crate::set_file::{read_trust, trust_of_set};
use crate::trust_document::TrustDocument;
use std::path::PathBuf;

impl Config {
    /// What a file says about trust, if one is named for that.
    pub(super) fn named_trust(&self) -> Result<Option<TrustDocument>, ConfigError> {
        let read = |path: &PathBuf| read_trust(path, self.values.point.unwrap_or_default());
        let trust = self.values.trust_policy.as_ref().map(read).transpose();
        trust.map_err(|error| ConfigError::Trust(Box::new(error)))
    }

    /// What a file says about trust that is named for that, or else the policy set.
    ///
    /// # Errors
    /// If the file or the set cannot be read.
    pub fn trust(&self) -> Result<Option<TrustDocument>, ConfigError> {
        if self.values.trust_policy.is_some() {
            return self.named_trust();
        }
        let of_set = trust_of_set(self.policy_set(), self.values.point.unwrap_or_default());
        of_set.map_err(|error| ConfigError::Trust(Box::new(error)))
    }

    /// The file that says whose statements count, where only the working directory names it.
    pub fn unnamed_trust(&self) -> Option<PathBuf> {
        if let Some(path) = &self.values.trust_policy {
            return self.is_found_here("trustPolicy").then(|| path.clone());
        }
        let is_unnamed = self.is_found_here("policySet") || self.is_found_here("point");
        is_unnamed.then(|| PathBuf::from(self.policy_set()))
    }

    /// Whether the working directory decides a value: whoever wrote a change may have written that, too.
    pub(super) fn is_found_here(&self, key: &str) -> bool {
        matches!(self.origins.get(key), Some(Origin::WorkingDirectory(_)))
    }
}
