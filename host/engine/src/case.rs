//! One subject as policies are told of it: facts, the circumstances of the run, and settings.

mod dockerfile;

use crate::bindings::polcheck::policy::image as wit;
use crate::bindings::polcheck::policy::{base_image, types};
use crate::convert;
use jiff::Timestamp;
use model::canonical;
use model::facts::AttestationFacts;
use model::report::EnforcementPoint;
use model::{FactError, Facts, RuleId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// When, where and for what the evaluation happens.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// Whole seconds since 1970; what rules are told.
    pub time: Timestamp,
    /// Which of the four places asks.
    pub point: EnforcementPoint,
    /// Registry and repository; none for files.
    pub subject_name: Option<String>,
    /// The claims that are decided in this run.
    pub claims: Vec<String>,
    /// Facts of the request.
    pub context: BTreeMap<String, String>,
}

/// One subject as policies are told of it. Shared by all evaluations of a run; facts are put into the contract's form
/// once.
pub struct Case {
    /// The frozen facts.
    pub facts: Facts,
    /// When, where and for what.
    pub circumstances: Circumstances,
    /// Of each selected rule, complete.
    pub settings: Arc<Settings>,
    config: OnceLock<Answer<Arc<types::ImageConfig>>>,
    history: OnceLock<Answer<Arc<[wit::HistoryEntry]>>>,
    layers: OnceLock<Answer<Arc<[wit::Layer]>>>,
    raw_config: OnceLock<Answer<Arc<str>>>,
    shared: dockerfile::Shared,
}

/// The complete settings of rules.
pub type Settings = BTreeMap<RuleId, serde_json::Value>;

/// What a function of a facts interface answers.
pub(crate) type Answer<T> = Result<T, types::FactError>;

impl Case {
    /// A case of facts, circumstances and the complete settings of the selected rules.
    pub fn new(facts: Facts, circumstances: Circumstances, settings: Arc<Settings>) -> Self {
        Self {
            facts,
            circumstances,
            settings,
            config: OnceLock::new(),
            history: OnceLock::new(),
            layers: OnceLock::new(),
            raw_config: OnceLock::new(),
            shared: dockerfile::Shared::default(),
        }
    }

    pub(crate) fn manifest(&self) -> Answer<wit::ManifestInfo> {
        let manifest = &self.image()?.manifest;
        manifest
            .as_ref()
            .map(convert::image::manifest)
            .map_err(convert::image::fact_error)
    }

    pub(crate) fn config(&self) -> Answer<Arc<types::ImageConfig>> {
        let convert_config = || {
            let config = &self.image()?.config;
            config
                .as_ref()
                .map(|config| Arc::new(convert::image::config(config)))
                .map_err(convert::image::fact_error)
        };
        self.config.get_or_init(convert_config).clone()
    }

    pub(crate) fn history(&self) -> Answer<Arc<[wit::HistoryEntry]>> {
        let convert_history = || {
            let history = &self.image()?.history;
            history
                .as_ref()
                .map(|entries| entries.iter().map(convert::image::history_entry).collect())
                .map_err(convert::image::fact_error)
        };
        self.history.get_or_init(convert_history).clone()
    }

    pub(crate) fn layers(&self) -> Answer<Arc<[wit::Layer]>> {
        let convert_layers = || {
            let layers = &self.image()?.layers;
            layers
                .as_ref()
                .map(|layers| layers.iter().map(convert::image::layer).collect())
                .map_err(convert::image::fact_error)
        };
        self.layers.get_or_init(convert_layers).clone()
    }

    pub(crate) fn raw_config(&self) -> Answer<Arc<str>> {
        let write = || {
            let config = self
                .image()?
                .raw_config
                .as_ref()
                .map_err(convert::image::fact_error)?;
            let text = canonical::json(config);
            text.map(Arc::from)
                .map_err(|error| types::FactError::Unsupported(error.to_string()))
        };
        self.raw_config.get_or_init(write).clone()
    }

    /// One label or variable, by a function over the config.
    pub(crate) fn config_value(
        &self,
        read: impl FnOnce(&model::facts::ImageConfig) -> Option<String>,
    ) -> Answer<Option<String>> {
        let config = &self.image()?.config;
        config
            .as_ref()
            .map(read)
            .map_err(convert::image::fact_error)
    }

    /// What the image was built on.
    pub(crate) fn base_of_image(&self) -> Answer<base_image::ImageBase> {
        let base = self.facts.image_base.as_ref();
        let base = base.unwrap_or(&Err(FactError::Denied));
        base.as_ref()
            .map(convert::attestations::image_base)
            .map_err(convert::image::fact_error)
    }

    pub(crate) fn attestations(&self) -> Answer<&AttestationFacts> {
        let facts = self.facts.attestations.as_ref();
        let facts = facts.unwrap_or(&Err(FactError::Denied));
        facts.as_deref().map_err(convert::image::fact_error)
    }

    fn image(&self) -> Answer<&model::facts::ImageFacts> {
        self.facts
            .image
            .as_ref()
            .ok_or_else(|| convert::image::fact_error(&FactError::Denied))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("facts", &self.facts)
            .field("circumstances", &self.circumstances)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
