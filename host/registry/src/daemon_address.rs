//! Where the local container engine listens, as the clients of Docker and Podman find it out. Everything here blocks.

use crate::auth_file::{AuthConfig, docker_config_dir};
use crate::credentials::UnusableLogin;
use crate::daemon_error::DaemonError;
use model::excerpt;
use reqwest::Url;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

/// The context that means no context.
const DEFAULT_CONTEXT: &str = "default";
/// The usual sockets: of Docker for all, without root, of its desktop application, then of Podman. The first part is a
/// variable that names a directory.
const SOCKETS: [(&str, &str); 7] = [
    ("", "/var/run/docker.sock"),
    ("XDG_RUNTIME_DIR", "docker.sock"),
    ("HOME", ".docker/run/docker.sock"),
    ("HOME", ".docker/desktop/docker.sock"),
    ("XDG_RUNTIME_DIR", "podman/podman.sock"),
    ("HOME", ".local/share/containers/podman/machine/podman.sock"),
    ("", "/run/podman/podman.sock"),
];

/// An address at which an engine may listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A Unix socket.
    Socket(PathBuf),
    /// A host and a port, with a directory of certificates where TLS is spoken.
    Tcp {
        url: Url,
        certificates: Option<PathBuf>,
    },
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp { url, .. } => write!(f, "tcp://{}", crate::endpoint::authority(url)),
        }
    }
}

/// The environment, and what was asked for.
pub(crate) struct Search<'a, V> {
    /// What was asked for, for messages.
    pub(crate) image: &'a str,
    /// Comes before the environment.
    pub(crate) named: Option<&'a str>,
    pub(crate) variable: V,
}

impl<V: Fn(&str) -> Option<OsString>> Search<'_, V> {
    /// The addresses to try, in this order. Where somebody says which engine is meant, no other is asked.
    pub(crate) fn addresses(&self) -> Result<Vec<Address>, DaemonError> {
        let host = self.named.map(ToOwned::to_owned);
        if let Some(host) = host.or_else(|| self.text("DOCKER_HOST")) {
            let certificates = self.certificates();
            return Ok(vec![self.address(&host, certificates)?]);
        }
        if let Some(context) = self.text("DOCKER_CONTEXT") {
            if context != DEFAULT_CONTEXT {
                return Ok(vec![self.context(&context)?]);
            }
        } else if let Some(host) = self.text("CONTAINER_HOST") {
            return Ok(vec![self.address(&host, None)?]);
        } else if let Some(context) = self.current_context()? {
            return Ok(vec![self.context(&context)?]);
        }
        let sockets = SOCKETS
            .iter()
            .filter_map(|(variable, path)| match *variable {
                "" => Some(PathBuf::from(path)),
                variable => Some(Path::new(&self.text(variable)?).join(path)),
            });
        Ok(sockets.map(Address::Socket).collect())
    }

    fn text(&self, variable: &str) -> Option<String> {
        let value = (self.variable)(variable)?.into_string().ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// Where the certificates lie, if the environment wants TLS.
    fn certificates(&self) -> Option<PathBuf> {
        self.text("DOCKER_TLS_VERIFY")?;
        let named = self.text("DOCKER_CERT_PATH").map(PathBuf::from);
        named.or_else(|| docker_config_dir(&self.variable))
    }

    fn address(&self, host: &str, certificates: Option<PathBuf>) -> Result<Address, DaemonError> {
        let unsupported = |reason| DaemonError::Unsupported {
            image: self.image.to_owned(),
            address: excerpt(host),
            reason,
        };
        let (scheme, rest) = host
            .split_once("://")
            .ok_or_else(|| unsupported("an address begins with `unix://` or `tcp://`"))?;
        let (scheme, port) = match (scheme, &certificates) {
            ("unix", _) if rest.starts_with('/') => return Ok(Address::Socket(rest.into())),
            ("unix", _) => return Err(unsupported("the path of a socket begins with `/`")),
            ("tcp" | "http", None) => ("http", 2375),
            ("tcp" | "https", _) => ("https", 2376),
            ("http", Some(_)) => return Err(unsupported("TLS is wanted, and `http://` has none")),
            ("ssh", _) => return Err(unsupported("polcheck does not speak SSH")),
            ("npipe", _) => return Err(unsupported("there are no named pipes on this system")),
            _ => return Err(unsupported("an address begins with `unix://` or `tcp://`")),
        };
        let mut url = Url::parse(&format!("{scheme}://{rest}"))
            .map_err(|_| unsupported("there is no host in it"))?;
        if url.port().is_none() {
            // Cannot fail for a URL that has a host.
            let _ = url.set_port(Some(port));
        }
        Ok(Address::Tcp { url, certificates })
    }

    /// The context that `docker context use` chose.
    fn current_context(&self) -> Result<Option<String>, DaemonError> {
        let Some(directory) = docker_config_dir(&self.variable) else {
            return Ok(None);
        };
        let file = directory.join("config.json");
        let config =
            AuthConfig::read(&file).map_err(|reason| broken(DEFAULT_CONTEXT, &file, &reason))?;
        let context = config
            .as_ref()
            .and_then(|config| config.text("currentContext"));
        let context = context.filter(|context| *context != DEFAULT_CONTEXT);
        Ok(context.map(ToOwned::to_owned))
    }

    /// Where a context leads. Docker files what it knows about one under the digest of its name.
    fn context(&self, name: &str) -> Result<Address, DaemonError> {
        let missing = |reason: &str| DaemonError::Context {
            context: excerpt(name),
            reason: reason.to_owned(),
        };
        let directory = docker_config_dir(&self.variable)
            .ok_or_else(|| missing("neither `DOCKER_CONFIG` nor `HOME` is set"))?;
        let digest = model::canonical::sha256(name.as_bytes());
        let contexts = directory.join("contexts");
        let file = contexts
            .join("meta")
            .join(digest.digest())
            .join("meta.json");
        let meta = AuthConfig::read(&file).map_err(|reason| broken(name, &file, &reason))?;
        let meta = meta.ok_or_else(|| missing("there is no such context"))?;
        let endpoint = meta.endpoint("docker");
        let host = endpoint.and_then(|endpoint| endpoint.get("Host")?.as_str());
        let host = host.ok_or_else(|| missing("it names no engine"))?;
        let skips = endpoint.and_then(|endpoint| endpoint.get("SkipTLSVerify")?.as_bool());
        if skips == Some(true) {
            return Err(missing("it wants no certificate checked"));
        }
        let certificates = contexts.join("tls").join(digest.digest()).join("docker");
        self.address(host, certificates.is_dir().then_some(certificates))
    }
}

fn broken(context: &str, file: &Path, reason: &UnusableLogin) -> DaemonError {
    DaemonError::Context {
        context: excerpt(context),
        reason: format!("of `{}`, {reason}", file.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::fs;

    /// The addresses, or the error, in a home of Docker and with variables in which `~` is that home.
    fn find(home: &Path, variables: &[(&str, &str)]) -> String {
        let home = home.display().to_string();
        let search = Search {
            image: "app",
            named: None,
            variable: |name: &str| {
                let found = variables.iter().find(|(known, _)| *known == name)?;
                Some(OsString::from(found.1.replace('~', &home)))
            },
        };
        let found = match search.addresses() {
            Ok(addresses) => {
                let shown = addresses.iter().map(|address| match address {
                    Address::Tcp {
                        certificates: Some(directory),
                        ..
                    } => format!("{address} with {}", directory.display()),
                    address => address.to_string(),
                });
                shown.collect::<Vec<_>>().join(", ")
            }
            Err(error) => error.to_string(),
        };
        found.replace(&home, "~")
    }

    fn add_context(home: &Path, name: &str, meta: &str, has_tls: bool) {
        let digest = model::canonical::sha256(name.as_bytes());
        let meta_dir = home.join("contexts/meta").join(digest.digest());
        fs::create_dir_all(&meta_dir).unwrap();
        fs::write(meta_dir.join("meta.json"), meta).unwrap();
        if has_tls {
            fs::create_dir_all(
                home.join("contexts/tls")
                    .join(digest.digest())
                    .join("docker"),
            )
            .unwrap();
        }
    }

    #[rstest]
    #[case(&[("DOCKER_HOST", "unix:///x.sock"), ("DOCKER_CONTEXT", "no"), ("CONTAINER_HOST", "unix:///y")], "unix:///x.sock")]
    #[case(&[("CONTAINER_HOST", "unix:///y.sock")], "unix:///y.sock")]
    #[case(&[("DOCKER_HOST", "tcp://docker")], "tcp://docker:2375")]
    #[case(&[("DOCKER_HOST", "tcp://127.0.0.1:1234")], "tcp://127.0.0.1:1234")]
    #[case(
        &[("DOCKER_HOST", "tcp://docker"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/certs")],
        "tcp://docker:2376 with /certs"
    )]
    #[case(&[("DOCKER_HOST", "tcp://docker"), ("DOCKER_TLS_VERIFY", "1"), ("HOME", "/h")], "tcp://docker:2376 with /h/.docker")]
    #[case(&[("DOCKER_HOST", "ssh://me@host")], "the container engine at `ssh://me@host` cannot be asked: polcheck does not speak SSH")]
    #[case(&[("DOCKER_HOST", "npipe:////./pipe/x")], "the container engine at `npipe:////./pipe/x` cannot be asked: there are no named pipes on this system")]
    #[case(&[("DOCKER_HOST", "/x.sock")], "the container engine at `/x.sock` cannot be asked: an address begins with `unix://` or `tcp://`")]
    #[case(&[("DOCKER_HOST", "unix://x.sock")], "the container engine at `unix://x.sock` cannot be asked: the path of a socket begins with `/`")]
    #[case(&[("DOCKER_HOST", "tcp://")], "the container engine at `tcp://` cannot be asked: there is no host in it")]
    #[case(
        &[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("DOCKER_HOST", "")],
        "unix:///var/run/docker.sock, unix:///r/docker.sock, unix:///h/.docker/run/docker.sock, unix:///h/.docker/desktop/docker.sock, \
         unix:///r/podman/podman.sock, unix:///h/.local/share/containers/podman/machine/podman.sock, unix:///run/podman/podman.sock"
    )]
    #[case(&[], "unix:///var/run/docker.sock, unix:///run/podman/podman.sock")]
    #[case(&[("DOCKER_CONTEXT", "default"), ("CONTAINER_HOST", "unix:///y.sock")], "unix:///var/run/docker.sock, unix:///run/podman/podman.sock")]
    fn the_environment_says_where(#[case] variables: &[(&str, &str)], #[case] expected: &str) {
        assert_eq!(find(Path::new("/nonexistent"), variables), expected);
    }

    #[test]
    fn a_context_says_where() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let config = |text: &str| fs::write(home.join("config.json"), text).unwrap();
        let found =
            |context: &str| find(home, &[("DOCKER_CONFIG", "~"), ("DOCKER_CONTEXT", context)]);
        add_context(
            home,
            "one",
            r#"{"Name":"one","Endpoints":{"docker":{"Host":"unix:///one.sock"}}}"#,
            false,
        );
        add_context(
            home,
            "two",
            r#"{"Endpoints":{"docker":{"Host":"tcp://two:1"}}}"#,
            true,
        );
        add_context(
            home,
            "lax",
            r#"{"Endpoints":{"docker":{"Host":"tcp://two:1","SkipTLSVerify":true}}}"#,
            true,
        );
        add_context(home, "empty", r#"{"Endpoints":{}}"#, false);
        add_context(home, "broken", "{", false);
        assert_eq!(found("one"), "unix:///one.sock");
        assert!(
            found("two").starts_with("tcp://two:1 with ~/contexts/tls/"),
            "{}",
            found("two")
        );
        let prefix = "the context `";
        assert_eq!(
            found("lax"),
            format!("{prefix}lax` of Docker cannot be used: it wants no certificate checked")
        );
        assert_eq!(
            found("empty"),
            format!("{prefix}empty` of Docker cannot be used: it names no engine")
        );
        assert_eq!(
            found("../x"),
            format!("{prefix}../x` of Docker cannot be used: there is no such context")
        );
        assert!(found("broken").starts_with(&format!(
            "{prefix}broken` of Docker cannot be used: of `~/contexts/meta/"
        )));

        let current = || find(home, &[("DOCKER_CONFIG", "~")]);
        config(r#"{"currentContext":"one"}"#);
        assert_eq!(current(), "unix:///one.sock");
        config(r#"{"currentContext":"default"}"#);
        assert!(current().starts_with("unix:///var/run/docker.sock"));
        config("[]");
        assert_eq!(
            current(),
            "the context `default` of Docker cannot be used: of `~/config.json`, the file is not in the form of Docker's `config.json`"
        );
    }
}
