//! The user's logins, from the config file of Docker and the helper programs it names.

use crate::limits::MAX_DOCKER_CONFIG_BYTES;
use docker_credential::{CredentialRetrievalError, DockerCredential};
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The names under which a login to Docker Hub may be filed, the usual one first.
const DOCKER_HUB_KEYS: [&str; 4] = [
    "https://index.docker.io/v1/",
    "index.docker.io",
    "docker.io",
    "registry-1.docker.io",
];

/// What a credential helper prints where it has nothing. Part of the protocol with these programs.
const HELPER_HAS_NONE: &str = "credentials not found";

/// With what login a registry was asked, for messages. It never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// There is none.
    None {
        /// Where one was looked for, if there is such a place.
        file: Option<PathBuf>,
    },
    /// The one of a config file, or of a helper that it names.
    Configured {
        /// The config file.
        file: PathBuf,
    },
    /// There may be one, and it cannot be used.
    Unusable {
        /// The config file.
        file: PathBuf,
        /// Why not.
        reason: UnusableLogin,
    },
}

/// Why a login cannot be used. The user's, or their tools' fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableLogin {
    /// The config file is there and cannot be read.
    #[error("the file cannot be read")]
    Unreadable,
    /// The login is not in the form in which Docker stores it.
    #[error("it is not a user and a password")]
    Malformed,
    /// The helper program is missing or fails.
    #[error("its credential helper failed")]
    Helper,
    /// A login for which a registry has to be asked in another way.
    #[error("it is an identity token, which is not supported")]
    IdentityToken,
}

impl Login {
    /// Whether there was one.
    pub fn was_used(&self) -> bool {
        matches!(self, Self::Configured { .. })
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { file: None } => write!(f, "without a login"),
            Self::None { file: Some(file) } => {
                write!(
                    f,
                    "without a login, and `{}` has none for it",
                    file.display()
                )
            }
            Self::Configured { file } => write!(f, "with the login from `{}`", file.display()),
            Self::Unusable { file, reason } => {
                write!(
                    f,
                    "without a login, since that from `{}` cannot be used: {reason}",
                    file.display()
                )
            }
        }
    }
}

/// A user and a password.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential { .. }")
    }
}

/// What was found for one registry.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) login: Login,
    pub(crate) credential: Option<Credential>,
}

/// Looks for the login to a registry, as it is written in references. Reads files and may run a helper program, so it
/// is not for the async runtime.
pub(crate) fn find(registry: &str, config_file: Option<PathBuf>) -> Found {
    let Some(file) = config_file.or_else(default_config_file) else {
        return Found::nothing(Login::None { file: None });
    };
    let config = match read(&file) {
        Ok(Some(config)) => config,
        Ok(None) => return Found::nothing(Login::None { file: Some(file) }),
        Err(reason) => return Found::nothing(Login::Unusable { file, reason }),
    };
    let registry_key = [registry];
    let keys: &[&str] = if registry == "docker.io" {
        &DOCKER_HUB_KEYS
    } else {
        &registry_key
    };
    for key in keys {
        let looked_up = docker_credential::get_credential_from_reader(config.as_slice(), key);
        match outcome(looked_up) {
            Ok(Some(credential)) => {
                return Found {
                    login: Login::Configured { file },
                    credential: Some(credential),
                };
            }
            Ok(None) => {}
            Err(reason) => return Found::nothing(Login::Unusable { file, reason }),
        }
    }
    Found::nothing(Login::None { file: Some(file) })
}

impl Found {
    fn nothing(login: Login) -> Self {
        Self {
            login,
            credential: None,
        }
    }
}

fn outcome(
    looked_up: Result<DockerCredential, CredentialRetrievalError>,
) -> Result<Option<Credential>, UnusableLogin> {
    match looked_up {
        Ok(DockerCredential::UsernamePassword(user, password)) => {
            Ok(Some(Credential { user, password }))
        }
        Ok(DockerCredential::IdentityToken(_)) => Err(UnusableLogin::IdentityToken),
        Err(
            CredentialRetrievalError::NoCredentialConfigured
            | CredentialRetrievalError::ConfigNotFound,
        ) => Ok(None),
        Err(CredentialRetrievalError::HelperFailure { stdout, stderr, .. })
            if stdout.contains(HELPER_HAS_NONE) || stderr.contains(HELPER_HAS_NONE) =>
        {
            Ok(None)
        }
        Err(
            CredentialRetrievalError::HelperFailure { .. }
            | CredentialRetrievalError::HelperCommunicationError
            | CredentialRetrievalError::MalformedHelperResponse,
        ) => Err(UnusableLogin::Helper),
        Err(CredentialRetrievalError::ConfigReadError) => Err(UnusableLogin::Unreadable),
        Err(
            CredentialRetrievalError::CredentialDecodingError
            | CredentialRetrievalError::CredentialMismatchError,
        ) => Err(UnusableLogin::Malformed),
    }
}

fn default_config_file() -> Option<PathBuf> {
    let directory = std::env::var_os("DOCKER_CONFIG")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".docker")));
    directory.map(|directory| directory.join("config.json"))
}

/// The config file, or nothing where there is none.
fn read(file: &Path) -> Result<Option<Vec<u8>>, UnusableLogin> {
    let opened = match std::fs::File::open(file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(_) => return Err(UnusableLogin::Unreadable),
    };
    let mut config = Vec::new();
    match opened
        .take(MAX_DOCKER_CONFIG_BYTES + 1)
        .read_to_end(&mut config)
    {
        Ok(length) if length as u64 <= MAX_DOCKER_CONFIG_BYTES => Ok(Some(config)),
        _ => Err(UnusableLogin::Unreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// `user:secret` in the form of the config file.
    const AUTH: &str = r#"{"auth":"dXNlcjpzZWNyZXQ="}"#;

    fn find_in(config: &str, registry: &str) -> Found {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.json");
        std::fs::write(&file, config).unwrap();
        find(registry, Some(file))
    }

    #[rstest]
    #[case("r.io", "r.io", true)]
    #[case("r.io:5000", "r.io:5000", true)]
    #[case("https://r.io", "r.io", true)]
    #[case("https://r.io/v2/", "r.io", true)]
    #[case("r.io", "r.io:5000", false)]
    #[case("r.io", "evil.r.io", false)]
    #[case("r.io", "r.io.evil", false)]
    #[case("https://index.docker.io/v1/", "docker.io", true)]
    #[case("index.docker.io", "docker.io", true)]
    #[case("docker.io", "docker.io", true)]
    #[case("registry-1.docker.io", "docker.io", true)]
    #[case("docker.io", "r.io", false)]
    fn a_login_belongs_to_its_registry_alone(
        #[case] key: &str,
        #[case] registry: &str,
        #[case] expected: bool,
    ) {
        let found = find_in(&format!(r#"{{"auths":{{"{key}":{AUTH}}}}}"#), registry);
        assert_eq!(found.credential.is_some(), expected, "{}", found.login);
        assert_eq!(found.login.was_used(), expected);
    }

    #[rstest]
    #[case("not JSON", UnusableLogin::Unreadable)]
    #[case(r#"{"auths":{"r.io":{"auth":"%%%"}}}"#, UnusableLogin::Malformed)]
    #[case(
        r#"{"auths":{"r.io":{"identitytoken":"x"}}}"#,
        UnusableLogin::IdentityToken
    )]
    #[case(
        r#"{"credHelpers":{"r.io":"polcheck-no-such-helper"}}"#,
        UnusableLogin::Helper
    )]
    fn a_login_that_cannot_be_used_says_why(#[case] config: &str, #[case] expected: UnusableLogin) {
        let found = find_in(config, "r.io");
        assert!(found.credential.is_none());
        assert!(
            matches!(&found.login, Login::Unusable { reason, .. } if *reason == expected),
            "{}",
            found.login
        );
    }

    #[test]
    fn no_config_file_is_no_login() {
        let found = find("r.io", Some("/nonexistent/config.json".into()));
        assert_eq!(
            found.login.to_string(),
            "without a login, and `/nonexistent/config.json` has none for it"
        );
    }

    #[test]
    fn a_secret_is_never_printed() {
        let found = find_in(&format!(r#"{{"auths":{{"r.io":{AUTH}}}}}"#), "r.io");
        assert_eq!(found.credential.as_ref().unwrap().password, "secret");
        assert!(!format!("{found:?} {}", found.login).contains("secret"));
    }
}
