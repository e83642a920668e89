//! How a [`Registry`](crate::Registry) behaves.

use crate::credentials::GivenLogin;
use std::path::PathBuf;
use std::time::Duration;

/// How registries are talked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether a registry that has no HTTPS may be used over plain HTTP, with passwords if it asks for them. HTTPS is
    /// tried first. Registries on the machine itself may always speak plain HTTP.
    pub allow_http: bool,
    /// Whether certificates are taken as they come. Anybody on the way can then be the registry.
    pub allow_insecure: bool,
    /// Whether `HTTPS_PROXY` and `NO_PROXY` count. Plain HTTP never goes through a proxy.
    pub proxy_from_environment: bool,
    /// The longest that a connection may take.
    pub connect_timeout: Duration,
    /// The longest silence.
    pub idle_timeout: Duration,
    /// The longest that one answer may take. A streamed blob has a second more for every 16 KiB.
    pub overall_timeout: Duration,
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

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_insecure: false,
            proxy_from_environment: true,
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(30),
            overall_timeout: Duration::from_mins(2),
            docker_config: None,
            login: None,
            engine: None,
            user_agent: concat!("polcheck/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
