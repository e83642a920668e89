//! How a [`Registry`](crate::Registry) behaves.

use crate::credentials::GivenLogin;
use crate::endpoint::{Endpoint, authority};
use crate::prefix::RegistryPrefix;
use crate::trust::TrustError;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How registries are talked to.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether a registry that has no HTTPS may be used over plain HTTP, with passwords if it asks for them. HTTPS is
    /// tried first. Registries on the machine itself may always speak plain HTTP.
    pub allow_http: bool,
    /// Whether certificates are taken as they come. Anybody on the way can then be the registry.
    pub allow_insecure: bool,
    /// Whether `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` count. What leads to the machine itself never
    /// goes through a proxy.
    pub proxy_from_environment: bool,
    /// The longest that a connection may take.
    pub connect_timeout: Duration,
    /// The longest silence.
    pub idle_timeout: Duration,
    /// The longest that one answer may take. A streamed blob has a second more for every 16 KiB.
    pub overall_timeout: Duration,
    /// How often a request is made again after 429, a server error or a broken connection, and how often a blob that
    /// broke off is read on.
    pub retries: u32,
    /// How many requests one host is asked at the same time, where nothing else is said about the host.
    pub max_concurrent: usize,
    /// Certificates in PEM that are trusted for all registries, beside those of the system.
    pub ca: Option<PathBuf>,
    /// What every server may be shown that asks its clients for a certificate.
    pub identity: Option<ClientIdentity>,
    /// What is different for single registries, or for repositories below a path.
    pub registries: BTreeMap<RegistryPrefix, RegistryOptions>,
    /// Where blobs and manifests are kept between runs, if anywhere.
    pub cache: Option<CacheOptions>,
    /// Who is told when a registry lets its clients wait.
    pub on_wait: Option<WaitListener>,
    /// The only file that logins are looked for in, if not `$REGISTRY_AUTH_FILE`, Podman's `auth.json` and Docker's
    /// `config.json`.
    pub docker_config: Option<PathBuf>,
    /// A login that comes before all others.
    pub login: Option<GivenLogin>,
    /// Where the local engine listens, in the form of `DOCKER_HOST`, if not where the environment says.
    pub engine: Option<String>,
    /// The header of that name.
    pub user_agent: String,
}

/// A certificate of a client and its key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientIdentity {
    /// The certificate, and those that lead from it to one that the server knows.
    pub cert: PathBuf,
    /// The key, unencrypted.
    pub key: PathBuf,
}

/// What is different for a registry, or for repositories below a path. Only the first two may be said about a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryOptions {
    /// Where to ask before the registry itself, in this order: what follows the path in the name of a repository follows
    /// it there too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mirrors: Vec<RegistryPrefix>,
    /// Whether the registry itself is asked where no mirror helps. It is, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<bool>,
    /// Whether it speaks plain HTTP and nothing else, or HTTPS and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<bool>,
    /// Certificates in PEM that are trusted for it, beside those of the system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// The certificate that it is shown, in PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM, unencrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_key: Option<PathBuf>,
    /// How many requests it is asked at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<usize>,
}

/// Where blobs and manifests are kept between runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    /// A directory of nothing else. It is made, for us alone, where there is none.
    pub dir: PathBuf,
    /// How much is kept. What was not used for the longest time goes first.
    pub max_bytes: u64,
}

/// Who is told that a registry lets its clients wait: the host, and for how long.
#[derive(Clone)]
pub struct WaitListener(Arc<Listen>);

type Listen = dyn Fn(&str, Duration) + Send + Sync;

impl WaitListener {
    /// A listener that only looks: it must not block.
    pub fn new(listen: impl Fn(&str, Duration) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listen))
    }

    pub(crate) fn tell(&self, host: &str, time: Duration) {
        (self.0)(host, time);
    }
}

impl fmt::Debug for WaitListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WaitListener { .. }")
    }
}

impl ClientIdentity {
    /// The error that says that the two do not belong together, or are something else.
    pub(crate) fn invalid(&self, source: Option<Box<dyn Error + Send + Sync>>) -> TrustError {
        TrustError::InvalidIdentity {
            cert: self.cert.display().to_string(),
            key: self.key.display().to_string(),
            source,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_insecure: false,
            proxy_from_environment: true,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            overall_timeout: Duration::from_mins(2),
            retries: 3,
            max_concurrent: 8,
            ca: None,
            identity: None,
            registries: BTreeMap::new(),
            cache: None,
            on_wait: None,
            docker_config: None,
            login: None,
            engine: None,
            user_agent: concat!("polcheck/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl RegistryOptions {
    /// The first thing said that is about a host, and cannot be about a path.
    pub fn about_host(&self) -> Option<&'static str> {
        let said = [
            ("http", self.http.is_some()),
            ("ca", self.ca.is_some()),
            ("clientCert", self.client_cert.is_some()),
            ("clientKey", self.client_key.is_some()),
            ("maxConcurrent", self.max_concurrent.is_some()),
        ];
        let mut said = said.into_iter().filter(|(_, is_said)| *is_said);
        said.next().map(|(name, _)| name)
    }

    pub(crate) fn identity(&self) -> Option<ClientIdentity> {
        let (cert, key) = (self.client_cert.clone()?, self.client_key.clone()?);
        Some(ClientIdentity { cert, key })
    }
}

impl Options {
    /// What is said about the host of a URL.
    pub(crate) fn about(&self, url: &Url) -> Option<&RegistryOptions> {
        let host = authority(url);
        let is_meant = |prefix: &RegistryPrefix| {
            let named = Url::parse(&format!(
                "{}://{}",
                url.scheme(),
                prefix.endpoint("").host()
            ));
            prefix.path().is_empty() && named.is_ok_and(|named| authority(&named) == host)
        };
        let mut registries = self.registries.iter();
        registries
            .find(|(prefix, _)| is_meant(prefix))
            .map(|(_, options)| options)
    }

    /// Whether passwords may be sent over plain HTTP to whoever has this URL.
    pub(crate) fn allows_http(&self, url: &Url) -> bool {
        let said = self.about(url).and_then(|options| options.http);
        said.unwrap_or(self.allow_http)
    }

    /// Where a repository is read from, in this order: its mirrors, then itself.
    pub(crate) fn places(&self, endpoint: &Endpoint) -> Vec<Endpoint> {
        let covers = self
            .registries
            .iter()
            .filter_map(|(prefix, options)| Some((prefix.rest_of(endpoint)?, prefix, options)));
        // Of several the one that says the most; one that has no mirrors only says something about its host.
        let longest = covers
            .filter(|(_, _, options)| !options.mirrors.is_empty())
            .max_by_key(|(_, prefix, _)| prefix.path().len());
        let Some((rest, _, options)) = longest else {
            return vec![endpoint.clone()];
        };
        let mirrors = options.mirrors.iter().map(|mirror| mirror.endpoint(rest));
        let itself = (options.fallback != Some(false)).then(|| endpoint.clone());
        mirrors.chain(itself).collect()
    }
}
