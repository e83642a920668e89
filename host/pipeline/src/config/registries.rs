//! What the configuration says about registries: mirrors, certificates, how many requests at once.

use super::{Config, ConfigError, Layer};
use crate::yaml;
use registry::{RegistryOptions, RegistryPrefix};
use std::collections::BTreeMap;
use std::path::Path;

/// By registry, or by path in one.
pub type Registries = BTreeMap<RegistryPrefix, RegistryOptions>;

/// What decides whom a run asks, and whom it believes.
const KEYS: [&str; 3] = ["registries", "registryCacert", "allowHttpRegistry"];

impl Layer {
    /// Refuses what no registry can be, with the place in the file that says so.
    pub(super) fn check_registries(&self, path: &Path, text: &[u8]) -> Result<(), ConfigError> {
        let wrong = self
            .registries
            .iter()
            .flatten()
            .find_map(|(prefix, options)| {
                let reason = reason_against(prefix, options)?;
                Some((prefix, reason))
            });
        let Some((prefix, reason)) = wrong else {
            return Ok(());
        };
        let place = yaml::find(text, &prefix.to_string())
            .map(|(line, column)| format!(" at line {line}, column {column}"));
        Err(ConfigError::File {
            path: path.to_owned(),
            reason: format!(
                "`{prefix}` of `registries` {reason}{}",
                place.unwrap_or_default()
            ),
        })
    }
}

/// Why nothing can be meant by an entry.
fn reason_against(prefix: &RegistryPrefix, options: &RegistryOptions) -> Option<String> {
    if let Some(name) = options.about_host().filter(|_| !prefix.path().is_empty()) {
        return Some(format!(
            "sets `{name}`, which is about the whole of `{}`",
            prefix.host()
        ));
    }
    let reason = match options {
        RegistryOptions {
            fallback: Some(false),
            mirrors,
            ..
        } if mirrors.is_empty() => "has no mirror and no `fallback`: nobody could be asked",
        RegistryOptions {
            max_concurrent: Some(0),
            ..
        } => "sets `maxConcurrent` to 0: nobody could be asked",
        RegistryOptions {
            client_cert: Some(_),
            client_key: None,
            ..
        } => "sets `clientCert` without `clientKey`",
        RegistryOptions {
            client_cert: None,
            client_key: Some(_),
            ..
        } => "sets `clientKey` without `clientCert`",
        _ => return None,
    };
    Some(reason.to_owned())
}

impl Config {
    /// Whether a file in the working directory, which the author of a change may have put there, says which registries are
    /// asked or believed: an image could be judged that is another one everywhere else.
    pub fn are_registries_unnamed(&self) -> bool {
        KEYS.iter().any(|key| self.is_found_here(key))
    }

    /// What is said about registries to no effect.
    pub fn registries_without_effect(&self) -> Vec<String> {
        let said = self.values.registries.iter().flatten();
        let vain = said.filter_map(|(prefix, options)| {
            let itself = options.mirrors.iter().find(|mirror| *mirror == prefix);
            if let Some(mirror) = itself {
                return Some(format!("`{mirror}` of `registries` is a mirror of itself"));
            }
            if *options == RegistryOptions::default() {
                return Some(format!("`{prefix}` of `registries` says nothing"));
            }
            (options.fallback == Some(true) && options.mirrors.is_empty())
                .then(|| format!("`{prefix}` of `registries` has a `fallback` and no mirrors"))
        });
        vain.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;

    fn read(text: &str) -> Result<Layer, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("polcheck.yaml");
        fs::write(&path, text).unwrap();
        Layer::read(&path)
    }

    #[test]
    fn everything_that_can_be_said_is_read() {
        let text = "registries:\n  docker.io:\n    mirrors: [mirror.example/hub, other.example]\n    fallback: false\n  r.example:5000:\n    http: false\n    ca: ca.pem\n    clientCert: cert.pem\n    clientKey: key.pem\n    maxConcurrent: 3\n";
        let layer = read(text).unwrap();
        let registries = layer.registries.unwrap();
        let about = |prefix: &str| {
            let prefix: RegistryPrefix = prefix.parse().unwrap();
            registries.get(&prefix).unwrap()
        };
        let hub = about("docker.io");
        let mirrors: Vec<String> = hub.mirrors.iter().map(ToString::to_string).collect();
        assert_eq!(mirrors, ["mirror.example/hub", "other.example"]);
        assert_eq!(hub.fallback, Some(false));
        let expected = RegistryOptions {
            http: Some(false),
            ca: Some("ca.pem".into()),
            client_cert: Some("cert.pem".into()),
            client_key: Some("key.pem".into()),
            max_concurrent: Some(3),
            ..RegistryOptions::default()
        };
        assert_eq!(*about("r.example:5000"), expected);
    }

    #[rstest]
    #[case(
        "  r.io/team: { http: true }",
        "`r.io/team` of `registries` sets `http`, which is about the whole of `r.io` at line 2, column 3"
    )]
    #[case(
        "  r.io/team: { maxConcurrent: 2 }",
        "`r.io/team` of `registries` sets `maxConcurrent`, which is about the whole of `r.io` at line 2, column 3"
    )]
    #[case(
        "  r.io: { fallback: false }",
        "`r.io` of `registries` has no mirror and no `fallback`: nobody could be asked at line 2, column 3"
    )]
    #[case(
        "  r.io: { maxConcurrent: 0 }",
        "`r.io` of `registries` sets `maxConcurrent` to 0: nobody could be asked at line 2, column 3"
    )]
    #[case(
        "  r.io: { clientCert: a }",
        "`r.io` of `registries` sets `clientCert` without `clientKey` at line 2, column 3"
    )]
    #[case(
        "  r.io: { clientKey: a }",
        "`r.io` of `registries` sets `clientKey` without `clientCert` at line 2, column 3"
    )]
    #[case("  r.io: { mirror: [a.io] }", "unknown field")]
    #[case(
        "  team/app: { http: true }",
        "`team/app` is neither a registry (`HOST[:PORT]`) nor a path in one (`HOST[:PORT]/PATH`)"
    )]
    #[case(
        "  r.io: { mirrors: ['https://m.io/'] }",
        "`https://m.io/` has a scheme: write `m.io`"
    )]
    fn what_no_registry_can_be_is_refused_where_it_stands(
        #[case] entry: &str,
        #[case] expected: &str,
    ) {
        let error = read(&format!("registries:\n{entry}\n"))
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains("line 2"), "{error}");
    }
}
