//! Newer trusted roots, by The Update Framework: only when somebody asks for one.
//!
//! What is fetched is signed by the holders of keys that a root names, and each root by those of the one before; the first
//! one is given. What was seen before is kept, so that nobody can offer something older.

use crate::http::{Http, Request};
use attest::{Service, Services, SigningConfigError, TrustedRoot, TrustedRootError};
use jiff::Timestamp;
use model::canonical;
use reqwest::StatusCode;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, FileStore, Repository, Updater};
use std::path::PathBuf;

/// The repository of the public Sigstore.
const PUBLIC_GOOD: &str = "https://tuf-repo-cdn.sigstore.dev";
/// Where trust in it begins: a version of its root metadata, and the SHA-256 of that.
const PUBLIC_GOOD_ROOT: (u32, &str) = (
    16,
    "27aea7e372aa7864065174f0661784fcf8b0e28b1dbfebeada31a0f1fb19167f",
);
/// The largest root metadata that is fetched by its digest.
const MAX_ROOT_BYTES: u64 = 512 * 1024;
const TRUSTED_ROOT: &str = "trusted_root.json";
const SIGNING_CONFIG: &str = "signing_config.v0.2.json";

/// Where trust in a repository begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FirstRoot {
    /// Root metadata that is at hand.
    Given(Vec<u8>),
    /// Root metadata that the repository has, known by what it contains.
    Pinned {
        /// Its version.
        version: u32,
        /// Its SHA-256, in hexadecimal digits.
        sha256: String,
    },
}

/// A repository that publishes trusted roots.
#[derive(Debug)]
pub struct Tuf {
    /// Where it is.
    pub mirror: String,
    /// Where trust in it begins.
    pub root: FirstRoot,
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
            root: FirstRoot::Pinned {
                version: PUBLIC_GOOD_ROOT.0,
                sha256: PUBLIC_GOOD_ROOT.1.to_owned(),
            },
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
        let root = match &self.root {
            FirstRoot::Given(root) => root.clone(),
            FirstRoot::Pinned { version, sha256 } => {
                let path = format!("{version}.root.json");
                let root = mirror.fetch(path, MAX_ROOT_BYTES).await.map_err(failed)?;
                root.filter(|root| canonical::sha256(root).digest() == sha256)
                    .ok_or_else(|| TufError::OtherRoot {
                        mirror: self.mirror.clone(),
                        version: *version,
                    })?
            }
        };
        let mut updater = Updater::new(mirror, &root).map_err(TufError::Root)?;
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
    /// The repository is another one, or somebody tampers with it.
    #[error("the repository `{}` has not the root metadata of version {version} that is trusted", model::excerpt(.mirror))]
    OtherRoot {
        /// Where it is.
        mirror: String,
        /// The version.
        version: u32,
    },
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
            Self::OtherRoot { .. } => {
                "check the address, and the digest with whoever runs the repository"
            }
            Self::Metadata { .. } => {
                "check the network, the clock, and that `--tuf-root` is of the same repository as `--tuf-mirror`"
            }
            Self::TrustedRoot(_) | Self::SigningConfig(_) => "update polcheck",
        };
        Some(help.to_owned())
    }
}
