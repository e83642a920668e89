//! Configuration from the environment.

use super::{ConfigError, Layer};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::ffi::OsString;

/// Variables of the environment that begin so are configuration.
const VARIABLE_PREFIX: &str = "POLCHECK_";

/// How the text of a variable is read.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Text,
    /// Separated by commas.
    List,
    Number,
    /// `true` or `false`.
    Switch,
}

/// What can be set by a variable: the name behind `POLCHECK_`, and the key of the layer. Settings and waivers need a file.
pub(super) const VARIABLES: [(&str, &str, Kind); 22] = [
    ("POLICY_SET", "policySet", Kind::Text),
    ("POINT", "point", Kind::Text),
    ("POLICIES", "policies", Kind::List),
    ("RULES", "rules", Kind::List),
    ("SKIP_RULES", "skipRules", Kind::List),
    ("FAIL_ON", "failOn", Kind::Text),
    ("WAIVERS", "waiverFiles", Kind::List),
    ("BASELINE", "baseline", Kind::Text),
    ("IGNORE_COMMENTS", "ignoreComments", Kind::Switch),
    ("TRUST_POLICY", "trustPolicy", Kind::Text),
    ("PLATFORM", "platform", Kind::Text),
    ("OUTPUT", "output", Kind::List),
    ("JOBS", "jobs", Kind::Number),
    ("TIMEOUT", "timeout", Kind::Text),
    ("CACHE_DIR", "cacheDir", Kind::Text),
    ("ALLOW_HTTP_REGISTRY", "allowHttpRegistry", Kind::Switch),
    (
        "ALLOW_INSECURE_REGISTRY",
        "allowInsecureRegistry",
        Kind::Switch,
    ),
    ("REGISTRY_CACERT", "registryCacert", Kind::Text),
    ("REGISTRY_CLIENT_CERT", "registryClientCert", Kind::Text),
    ("REGISTRY_CLIENT_KEY", "registryClientKey", Kind::Text),
    ("RETRIES", "retries", Kind::Number),
    ("BLOB_CACHE", "blobCache", Kind::Text),
];
/// Variables that are read elsewhere: by single commands, and by the tests of polcheck.
const OTHER_VARIABLES: [&str; 5] = ["CONFIG", "KEY", "KEY_PASSWORD", "VERIFIER_ID", "SHARED"];

impl Layer {
    /// Reads those variables of the environment that begin with `POLCHECK_`.
    ///
    /// # Errors
    /// If one of them means nothing, or cannot be read.
    pub fn from_variables(
        variables: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut map = Map::new();
        for (name, text) in variables {
            let name = name.to_string_lossy().into_owned();
            let Some(short) = name
                .strip_prefix(VARIABLE_PREFIX)
                .filter(|short| !OTHER_VARIABLES.contains(short))
            else {
                continue;
            };
            let known = VARIABLES.iter().find(|(known, _, _)| *known == short);
            let (_, key, kind) =
                known.ok_or_else(|| ConfigError::UnknownVariable { name: name.clone() })?;
            let invalid = |reason: String| ConfigError::Variable {
                name: name.clone(),
                reason,
            };
            let text = text
                .into_string()
                .map_err(|_| invalid("it is no text".to_owned()))?;
            let value = kind
                .read(&text)
                .ok_or_else(|| invalid(format!("`{text}` is not {}", kind.name())))?;
            // One at a time, so that an error names its variable.
            let alone: Map<String, Value> =
                [((*key).to_owned(), value.clone())].into_iter().collect();
            Self::deserialize(&Value::Object(alone)).map_err(|error| invalid(error.to_string()))?;
            map.insert((*key).to_owned(), value);
        }
        Self::deserialize(&Value::Object(map)).map_err(|error| ConfigError::Variable {
            name: VARIABLE_PREFIX.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl Kind {
    fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(text.into()),
            Self::List => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|part| !part.is_empty())
                    .collect(),
            ),
            Self::Number => text.parse::<u64>().ok().map(Value::from),
            Self::Switch => text.parse::<bool>().ok().map(Value::from),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::List => "a list",
            Self::Number => "a number",
            Self::Switch => "`true` or `false`",
        }
    }
}
