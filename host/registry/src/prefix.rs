//! Registries, and the repositories of one below a path, as a configuration names them.

use crate::endpoint::Endpoint;
use model::Reference;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// `HOST` or `HOST/PATH`: all repositories of a registry, or those below a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RegistryPrefix {
    host: String,
    path: String,
}

/// Why a text names no registry. The user's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRegistryPrefix {
    /// `https://…`
    #[error("`{text}` has a scheme: write `{rest}`")]
    Scheme {
        /// As written.
        text: String,
        /// Without the scheme.
        rest: String,
    },
    /// Not a host, or with a tag or a digest behind it, or in upper case.
    #[error(
        "`{text}` is neither a registry (`HOST[:PORT]`) nor a path in one (`HOST[:PORT]/PATH`)"
    )]
    Neither {
        /// As written.
        text: String,
    },
}

impl RegistryPrefix {
    /// The registry, as in references.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What its repositories begin with; empty for all.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What follows the path in the name of a repository, if it is one of these.
    pub(crate) fn rest_of<'a>(&self, endpoint: &'a Endpoint) -> Option<&'a str> {
        let repository = endpoint.repository.as_str();
        if !self.host.eq_ignore_ascii_case(&endpoint.registry) {
            return None;
        }
        if self.path.is_empty() {
            return Some(repository);
        }
        let rest = repository.strip_prefix(&self.path)?;
        match rest.strip_prefix('/') {
            Some(rest) => Some(rest),
            None => rest.is_empty().then_some(rest),
        }
    }

    /// The repository that has this name below the path.
    pub(crate) fn endpoint(&self, rest: &str) -> Endpoint {
        let parts = [self.path.as_str(), rest].into_iter();
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        Endpoint {
            registry: self.host.clone(),
            repository: parts.join("/"),
        }
    }
}

impl FromStr for RegistryPrefix {
    type Err = InvalidRegistryPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let neither = || InvalidRegistryPrefix::Neither {
            text: text.to_owned(),
        };
        if let Some((_, rest)) = text.split_once("://") {
            return Err(InvalidRegistryPrefix::Scheme {
                text: text.to_owned(),
                rest: rest.trim_end_matches('/').to_owned(),
            });
        }
        let (host, path) = text.split_once('/').unwrap_or((text, ""));
        // A name of two parts, so that Docker Hub puts nothing before it.
        let below = if path.is_empty() { "a" } else { path };
        let probe: Reference = format!("{host}/{below}/a").parse().map_err(|_| neither())?;
        if probe.repository() != format!("{below}/a") || text.ends_with('/') {
            return Err(neither());
        }
        Ok(Self {
            host: probe.registry().to_ascii_lowercase(),
            path: path.to_owned(),
        })
    }
}

impl TryFrom<String> for RegistryPrefix {
    type Error = InvalidRegistryPrefix;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RegistryPrefix> for String {
    fn from(prefix: RegistryPrefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for RegistryPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        if self.path.is_empty() {
            return Ok(());
        }
        write!(f, "/{}", self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Options, RegistryOptions};
    use rstest::rstest;

    #[rstest]
    #[case("docker.io", "docker.io")]
    #[case("index.docker.io/library", "docker.io/library")]
    #[case("R.example:5000", "r.example:5000")]
    #[case("[::1]:5000/a/b", "[::1]:5000/a/b")]
    #[case("localhost", "localhost")]
    fn a_registry_or_a_path_in_one_is_read(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(
            text.parse::<RegistryPrefix>().unwrap().to_string(),
            expected
        );
    }

    #[rstest]
    #[case("team/app")]
    #[case("mirror")]
    #[case("r.io/")]
    #[case("r.io/a/")]
    #[case("r.io/a:1")]
    #[case("r.io/A")]
    #[case("r.io/a@sha256:0")]
    #[case("r.io//a")]
    #[case("https://r.io")]
    #[case("")]
    fn anything_else_is_refused(#[case] text: &str) {
        assert!(text.parse::<RegistryPrefix>().is_err(), "{text}");
    }

    fn places(registries: &[(&str, &str, Option<bool>)], image: &str) -> Vec<String> {
        let registries = registries.iter().map(|(prefix, mirrors, fallback)| {
            let options = RegistryOptions {
                mirrors: mirrors
                    .split_whitespace()
                    .map(|mirror| mirror.parse().unwrap())
                    .collect(),
                fallback: *fallback,
                ..RegistryOptions::default()
            };
            (prefix.parse().unwrap(), options)
        });
        let options = Options {
            registries: registries.collect(),
            ..Options::default()
        };
        let places = options.places(&Endpoint::of(&image.parse().unwrap()));
        places.iter().map(Endpoint::name).collect()
    }

    #[rstest]
    #[case(&[("docker.io", "m.io/hub n.io", None)], "alpine", &["m.io/hub/library/alpine", "n.io/library/alpine", "docker.io/library/alpine"])]
    #[case(&[("docker.io", "m.io/hub", Some(false))], "alpine", &["m.io/hub/library/alpine"])]
    #[case(&[("docker.io/library", "m.io/base", None), ("docker.io", "n.io", None)], "alpine", &["m.io/base/alpine", "docker.io/library/alpine"])]
    #[case(&[("docker.io/library", "m.io/base", None), ("docker.io", "n.io", None)], "team/app", &["n.io/team/app", "docker.io/team/app"])]
    #[case(&[("docker.io/lib", "m.io", None)], "alpine", &["docker.io/library/alpine"])]
    #[case(&[("r.io/team/app", "m.io/copy", None)], "r.io/team/app", &["m.io/copy", "r.io/team/app"])]
    #[case(&[("r.io", "m.io", None), ("r.io/a", "", None)], "r.io/a/b", &["m.io/a/b", "r.io/a/b"])]
    #[case(&[("r.io", "m.io", None)], "R.io/a", &["m.io/a", "R.io/a"])]
    #[case(&[("r.io", "m.io", None)], "r.io:5000/a", &["r.io:5000/a"])]
    fn mirrors_come_before_the_registry_itself(
        #[case] registries: &[(&str, &str, Option<bool>)],
        #[case] image: &str,
        #[case] expected: &[&str],
    ) {
        assert_eq!(places(registries, image), expected);
    }
}
