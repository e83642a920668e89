//! Newer trusted roots, by The Update Framework: only when somebody asks for one.
//!
//! What is fetched is signed by the holders of keys that a root names, and each root by those of the one before; the first
//! one is given. What was seen before is kept, so that nobody can offer something older.

use crate::http::{Http, Request};
use attest::{Service, Services, SigningConfigError, TrustedRoot, TrustedRootError};
use jiff::Timestamp;
use reqwest::StatusCode;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, FileStore, Repository, Updater};
use std::path::PathBuf;

/// The repository of the public Sigstore.
const PUBLIC_GOOD: &str = "https://tuf-repo-cdn.sigstore.dev";
/// Where trust in it begins; `data/README.md` says what it is.
const PUBLIC_GOOD_ROOT: &[u8] = include_bytes!("../data/tuf-root.json");
const TRUSTED_ROOT: &str = "trusted_root.json";
const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// A repository that publishes trusted roots.
#[derive(Debug)]
pub struct Tuf {
    /// Where it is.
    pub mirror: String,
    /// Root metadata of it that is trusted.
    pub root: Vec<u8>,
    /// The folder that what was seen before is kept in; none: what is offered may be older than what was seen before.
    pub cache: Option<PathBuf>,
    /// Whether plain HTTP may leave this machine. What is fetched is signed, whoever is on the way.
    pub allow_http: bool,
}

/// What a repository publishes, found usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The trusted root.
    pub trusted_root: Vec<u8>,
    /// The signing config, where there is one.
    pub signing_config: Option<Vec<u8>>,
}

impl Tuf {
    /// The repository of the public Sigstore.
    pub fn public_good(cache: Option<PathBuf>) -> Self {
        Self {
            mirror: PUBLIC_GOOD.to_owned(),
            root: PUBLIC_GOOD_ROOT.to_vec(),
            cache,
            allow_http: false,
        }
    }

    /// Fetches what is published now.
    ///
    /// # Errors
    /// If the repository cannot be asked, if what it offers is not signed as it has to be, has expired or is older than
    /// what was seen before, or if it is of no use.
    pub async fn fetch(&self, now: Timestamp) -> Result<Published, TufError> {
        let failed = |source| TufError::Metadata {
            mirror: self.mirror.clone(),
            source,
        };
        let mirror = Mirror {
            http: Http::new(self.allow_http),
            url: self.mirror.clone(),
        };
        let mut updater = Updater::new(mirror, &self.root).map_err(TufError::Root)?;
        if let Some(cache) = &self.cache {
            updater = updater.with_store(FileStore::new(cache));
        }
        updater.refresh(now).await.map_err(failed)?;
        let trusted_root = updater
            .get_target(TRUSTED_ROOT, now)
            .await
            .map_err(failed)?;
        TrustedRoot::from_json(&trusted_root)?;
        let signing_config = match updater.get_target(SIGNING_CONFIG, now).await {
            Ok(config) => Some(config),
            Err(Error::TargetNotFound(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        if let Some(config) = &signing_config {
            Services::from_signing_config(config, now)?;
        }
        Ok(Published {
            trusted_root,
            signing_config,
        })
    }
}

/// Where files are fetched from.
struct Mirror {
    http: Http,
    url: String,
}

impl Mirror {
    async fn fetch(&self, path: String, limit: u64) -> Result<Option<Vec<u8>>, Error> {
        let service = Service::Repository;
        let failed = |error| Error::transport_with_source(format!("cannot fetch `{path}`"), error);
        let url = self.http.below(service, &self.url, &path).map_err(failed)?;
        let request = Request {
            accept: "*/*",
            ..Request::get(url)
        };
        let answer = self
            .http
            .exchange(service, &request)
            .await
            .map_err(failed)?;
        // Buckets that may not be listed answer 403 for what is not there.
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::FORBIDDEN) {
            return Ok(None);
        }
        let is_good = answer.status == StatusCode::OK && answer.body.len() as u64 <= limit;
        if !is_good {
            let status = answer.status.as_u16();
            let length = answer.body.len();
            return Err(Error::transport(format!(
                "`{path}` was answered with status {status} and {length} bytes, of which {limit} are read"
            )));
        }
        Ok(Some(answer.body.to_vec()))
    }
}

impl Repository for Mirror {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.fetch(name.to_owned(), max_length))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.fetch(format!("targets/{path}"), max_length))
    }
}

/// Why there is no newer trusted root.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TufError {
    /// Another file was given as the root metadata.
    #[error("the root metadata cannot be trusted")]
    Root(#[source] Error),
    /// The repository is down, is another one, or somebody tampers with it.
    #[error("the repository `{}` offers nothing that can be trusted", model::excerpt(.mirror))]
    Metadata {
        /// Where it is.
        mirror: String,
        /// Why not.
        #[source]
        source: Error,
    },
    /// It is signed, and polcheck does not understand it: it may be newer than polcheck.
    #[error("the trusted root that is published cannot be used")]
    TrustedRoot(#[from] TrustedRootError),
    /// It is signed, and polcheck does not understand it: it may be newer than polcheck.
    #[error("the signing config that is published cannot be used")]
    SigningConfig(#[from] SigningConfigError),
}

impl TufError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Root(_) => {
                "give a `root.json` of the repository, as whoever runs it hands it out"
            }
            Self::Metadata { .. } => {
                "check the network, the clock, and that `--tuf-root` is of the same repository as `--tuf-mirror`"
            }
            Self::TrustedRoot(_) | Self::SigningConfig(_) => "update polcheck",
        };
        Some(help.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigstore_tuf::TrustedMetadataSet;

    #[test]
    fn the_root_of_the_public_sigstore_is_signed_by_its_own_keys() {
        let root = TrustedMetadataSet::from_root(PUBLIC_GOOD_ROOT).unwrap();
        assert_eq!(root.root().version, 16);
        let mut changed = PUBLIC_GOOD_ROOT.to_vec();
        let at = changed
            .windows(7)
            .position(|word| word == b"expires")
            .unwrap();
        changed[at + 12] ^= 1;
        assert!(TrustedMetadataSet::from_root(&changed).is_err());
    }
}
