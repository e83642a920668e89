//! Configuration: flags, then `POLCHECK_*`, then `polcheck.yaml`, then defaults.
//!
//! Each of them is a [`Layer`]; [`Config::resolve`] lays them over one another and remembers where each value came from.

mod byte_size;
mod origin;
mod registries;
mod trust;
mod variables;

pub use byte_size::{ByteSize, InvalidByteSize};
pub use origin::Origin;
pub use registries::Registries;

use crate::builtin::DEFAULT_SET;
use crate::claims::Unnamed;
use crate::error::PoliciesError;
use crate::policies::Changes;
use crate::yaml;
use jiff::SignedDuration;
use model::report::EnforcementPoint;
use model::{Severity, Waiver};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The name of the configuration file.
pub const FILE_NAME: &str = "polcheck.yaml";

/// What one place says. What it does not say is left to the next.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Layer {
    /// `builtin:NAME` or the path of a policy set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_set: Option<String>,
    /// The place for which the set is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<EnforcementPoint>,
    /// Further packs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
    /// Only these rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<String>>,
    /// Not these rules.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_rules: Option<Vec<String>>,
    /// A severity, or `never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_on: Option<FailOn>,
    /// Settings by rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<BTreeMap<String, Value>>,
    /// Findings that are accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waivers: Option<Vec<Waiver>>,
    /// Files with further waivers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver_files: Option<Vec<PathBuf>>,
    /// A report of an earlier run: its findings are not new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<PathBuf>,
    /// No comment of a Dockerfile silences a finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_comments: Option<bool>,
    /// A file that says whose statements count, in place of what the set says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_policy: Option<PathBuf>,
    /// `OS/ARCHITECTURE[/VARIANT]`, or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// `FORMAT[=PATH]`, several of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Vec<String>>,
    /// How many images are checked at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jobs: Option<usize>,
    /// The longest that one image may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SignedDuration>,
    /// Where compiled policies are kept, and what registries sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_dir: Option<PathBuf>,
    /// Registries that have no HTTPS may be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_http_registry: Option<bool>,
    /// Registries' certificates are not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_insecure_registry: Option<bool>,
    /// Certificates in PEM that are trusted for all registries, beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_cacert: Option<PathBuf>,
    /// The certificate that every server may be shown which asks for one, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_client_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_client_key: Option<PathBuf>,
    /// How often a request is made again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How much of what registries sent is kept in the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob_cache: Option<ByteSize>,
    /// What is different for single registries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registries: Option<Registries>,
}

/// When a run fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailOn {
    /// Never: the verdict stays what it is, and the exit code says nothing of it.
    Never,
    /// On an open finding of this severity or worse.
    #[serde(untagged)]
    Severity(Severity),
}

/// Why the configuration cannot be used. The fault of whoever wrote it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A file that is no configuration.
    #[error("`{}` is not valid: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A variable of the environment that cannot be read.
    #[error("the variable `{name}` is not valid: {reason}")]
    Variable {
        /// The variable.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A value that cannot be written down, such as a path in another encoding.
    #[error("the configuration from the {origin} cannot be used")]
    NotText {
        /// Where it came from.
        origin: Origin,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A file that says nothing about trust, or not clearly.
    #[error(transparent)]
    Trust(Box<PoliciesError>),
    /// A variable that means nothing, mostly mistyped.
    #[error("there is no variable `{name}`")]
    UnknownVariable {
        /// The variable.
        name: String,
    },
}

impl ConfigError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::File { .. } | Self::Variable { .. } | Self::UnknownVariable { .. } => {
                Some("`polcheck config show` lists all that can be set, and what is set".to_owned())
            }
            Self::Read { .. } => Some("check the path".to_owned()),
            Self::Trust(error) => error.help(),
            Self::NotText { .. } => Some("use a path in UTF-8".to_owned()),
        }
    }
}

/// Everything that can be set, by its key.
pub const KEYS: [&str; 25] = [
    "policySet",
    "point",
    "policies",
    "rules",
    "skipRules",
    "failOn",
    "settings",
    "waivers",
    "waiverFiles",
    "baseline",
    "ignoreComments",
    "trustPolicy",
    "platform",
    "output",
    "jobs",
    "timeout",
    "cacheDir",
    "allowHttpRegistry",
    "allowInsecureRegistry",
    "registryCacert",
    "registryClientCert",
    "registryClientKey",
    "retries",
    "blobCache",
    "registries",
];

impl Layer {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// If it cannot be read or is none.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = read_file(path)?;
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let layer: Self = parse(path, &text)?;
        layer.check_registries(path, &text)?;
        Ok(layer)
    }
}

/// Reads a file of settings: a map from rules to their settings.
///
/// # Errors
/// If it cannot be read or is none.
pub fn read_settings(path: &Path) -> Result<BTreeMap<String, Value>, ConfigError> {
    parse(path, &read_file(path)?)
}

/// A file of waivers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaiverFile {
    waivers: Vec<Waiver>,
}

/// What a file of waivers says: `waivers:` and nothing else.
///
/// # Errors
/// If it is none.
pub fn waivers_of(path: &Path, text: &[u8]) -> Result<Vec<Waiver>, ConfigError> {
    let file: WaiverFile = parse(path, text)?;
    Ok(file.waivers)
}

fn read_file(path: &Path) -> Result<Vec<u8>, ConfigError> {
    fs::read(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

fn parse<T: DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T, ConfigError> {
    yaml::read(text).map_err(|reason| ConfigError::File {
        path: path.to_owned(),
        reason,
    })
}

/// The configuration of a run, with the origin of each value.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The values in effect.
    pub values: Layer,
    /// Where each came from, by its key.
    pub origins: BTreeMap<String, Origin>,
}

impl Config {
    /// Lays layers over one another; the first one that says something about a value decides it. Settings are laid over
    /// one another rule by rule and key by key.
    ///
    /// # Errors
    /// If a value is no text, such as the path of a folder. Nothing that was said is left out in silence.
    pub fn resolve(layers: Vec<(Origin, Layer)>) -> Result<Self, ConfigError> {
        let mut merged = Map::new();
        let mut origins = BTreeMap::new();
        for (origin, layer) in layers {
            let layer = serde_json::to_value(layer).map_err(|source| ConfigError::NotText {
                origin: origin.clone(),
                source,
            })?;
            for (key, value) in layer.as_object().into_iter().flatten() {
                match merged.get_mut(key) {
                    None => {
                        origins.insert(key.clone(), origin.clone());
                        merged.insert(key.clone(), value.clone());
                    }
                    Some(above) if key == "settings" => lay_under(above, value, 2),
                    Some(_) => {}
                }
            }
        }
        let values =
            Layer::deserialize(&Value::Object(merged)).map_err(|source| ConfigError::NotText {
                origin: Origin::Default,
                source,
            })?;
        Ok(Self { values, origins })
    }

    /// What is used where nobody says anything.
    pub fn defaults(cache_dir: Option<PathBuf>) -> Layer {
        Layer {
            policy_set: Some(DEFAULT_SET.to_owned()),
            point: Some(EnforcementPoint::default()),
            output: Some(vec!["text".to_owned()]),
            jobs: Some(4),
            timeout: Some(SignedDuration::from_mins(5)),
            cache_dir,
            allow_http_registry: Some(false),
            allow_insecure_registry: Some(false),
            retries: Some(3),
            blob_cache: Some(ByteSize(1 << 30)),
            ..Layer::default()
        }
    }

    /// The policy set.
    pub fn policy_set(&self) -> &str {
        self.values.policy_set.as_deref().unwrap_or(DEFAULT_SET)
    }

    /// What the working directory decides and nobody named.
    pub fn unnamed(&self) -> Vec<Unnamed> {
        let decided = [
            (self.is_found_here("policySet"), Unnamed::PolicySet),
            (self.are_registries_unnamed(), Unnamed::Registries),
            (self.is_found_here("point"), Unnamed::Point),
        ];
        let decided = decided.into_iter();
        decided
            .filter_map(|(holds, what)| holds.then_some(what))
            .collect()
    }

    /// How much somebody wants to be done at the same time; nothing where nobody said so.
    pub fn wanted_jobs(&self) -> Option<usize> {
        let is_default = matches!(self.origins.get("jobs"), None | Some(Origin::Default));
        self.values.jobs.filter(|_| !is_default)
    }

    /// What the run changes about its policy set.
    ///
    /// # Errors
    /// If a file of waivers cannot be read.
    pub fn changes(&self) -> Result<Changes, ConfigError> {
        let values = self.values.clone();
        let mut waivers = values.waivers.unwrap_or_default();
        for path in values.waiver_files.iter().flatten() {
            waivers.extend(waivers_of(path, &read_file(path)?)?);
        }
        Ok(Changes {
            packs: values.policies.unwrap_or_default(),
            rules: values.rules.unwrap_or_default(),
            skipped: values.skip_rules.unwrap_or_default(),
            fail_on: match values.fail_on {
                Some(FailOn::Severity(severity)) => Some(severity),
                Some(FailOn::Never) | None => None,
            },
            settings: values.settings.unwrap_or_default(),
            waivers,
            ignore_comments: values.ignore_comments == Some(true),
            trust: self.named_trust()?,
        })
    }

    /// The longest that one image may take.
    pub fn timeout(&self) -> Duration {
        self.values
            .timeout
            .map_or(Duration::MAX, SignedDuration::unsigned_abs)
    }
}

/// Adds what is below where nothing is above, so many levels deep.
fn lay_under(above: &mut Value, below: &Value, levels: usize) {
    let (Value::Object(above), Value::Object(below)) = (above, below) else {
        return;
    };
    for (key, value) in below {
        match above.get_mut(key) {
            None => drop(above.insert(key.clone(), value.clone())),
            Some(above) if levels > 1 => lay_under(above, value, levels - 1),
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
