//! Logins: what they are, where they came from, and why one cannot be used. The secrets in them are printed nowhere.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::path::{Path, PathBuf};

/// With what login a registry was asked, for messages. It never holds the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// There is none.
    None {
        /// Where one was looked for: the files that are there or that were named, else the usual one.
        files: Vec<PathBuf>,
    },
    /// The one that the caller gave, [`Options::login`](crate::Options::login).
    Given,
    /// The one of a file.
    Configured {
        /// The file.
        file: PathBuf,
        /// The program that keeps it, where the file only names one.
        helper: Option<String>,
    },
    /// There may be one, and it cannot be used.
    Unusable {
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: UnusableLogin,
    },
}

/// Why a login cannot be used. The user's, or their tools' fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableLogin {
    /// The file is there and cannot be read.
    #[error("the file cannot be read: {reason}")]
    Unreadable {
        /// Why not.
        reason: String,
    },
    /// A directory, a pipe or a device, which may never end.
    #[error("it is not a file")]
    NotAFile,
    /// Over the limit.
    #[error("the file is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Not JSON, or not in the form in which Docker and Podman store logins.
    #[error("the file is not in the form of Docker's `config.json`")]
    MalformedFile,
    /// The login itself is not in that form.
    #[error("it is not a user and a password")]
    Malformed,
    /// A name of a helper that leads elsewhere than to the programs of this machine.
    #[error("its credential helper has a name that no program has")]
    HelperName,
    /// The helper is not installed.
    #[error("its credential helper `{program}` is not there")]
    HelperMissing {
        /// The program.
        program: String,
    },
    /// The helper cannot be started, or says that something is wrong. What it prints is not repeated, since it may be
    /// the secret.
    #[error("its credential helper `{program}` failed")]
    HelperFailed {
        /// The program.
        program: String,
    },
    /// The helper does not end.
    #[error("its credential helper `{program}` did not answer in time")]
    HelperSlow {
        /// The program.
        program: String,
    },
    /// The helper says something that is no login.
    #[error("its credential helper `{program}` gave something that is no login")]
    HelperGarbage {
        /// The program.
        program: String,
    },
}

impl Login {
    /// Whether there was one.
    pub fn was_used(&self) -> bool {
        matches!(self, Self::Configured { .. } | Self::Given)
    }
}

impl UnusableLogin {
    /// What to do about it.
    pub(crate) fn help(&self, file: &Path) -> String {
        let file = file.display();
        match self {
            Self::Unreadable { .. } | Self::NotAFile | Self::TooLarge { .. } => {
                format!("check `{file}`, or name another file with `REGISTRY_AUTH_FILE`")
            }
            Self::MalformedFile | Self::Malformed => {
                format!(
                    "log in again, which writes `{file}` anew, or name another file with `REGISTRY_AUTH_FILE`"
                )
            }
            Self::HelperName => format!("correct the name of the helper in `{file}`"),
            Self::HelperMissing { program } => {
                format!("install `{program}`, or take it out of `{file}` and log in again")
            }
            Self::HelperFailed { program }
            | Self::HelperSlow { program }
            | Self::HelperGarbage { program } => {
                format!("see what `{program} get` says when the host of the registry is its input")
            }
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { files } => {
                f.write_str("without a login")?;
                let names: Vec<_> = files
                    .iter()
                    .map(|file| format!("`{}`", file.display()))
                    .collect();
                match names.as_slice() {
                    [] => Ok(()),
                    [one] => write!(f, ", and {one} has none for it"),
                    several => write!(f, ", and none of {} has one for it", several.join(", ")),
                }
            }
            Self::Given => f.write_str("with the login from the command line"),
            Self::Configured { file, helper: None } => {
                write!(f, "with the login from `{}`", file.display())
            }
            Self::Configured {
                file,
                helper: Some(program),
            } => write!(
                f,
                "with the login from `{program}`, which `{}` names",
                file.display()
            ),
            Self::Unusable { file, reason } => write!(
                f,
                "without a login, since that from `{}` cannot be used: {reason}",
                file.display()
            ),
        }
    }
}

/// A user and a password for one registry, from the caller.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenLogin {
    registry: String,
    user: String,
    password: String,
}

impl GivenLogin {
    /// A login to a registry, which is named as in references: `docker.io`, `ghcr.io`, `localhost:5000`.
    pub fn new(registry: &str, user: &str, password: &str) -> Self {
        Self {
            registry: registry.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    /// The login, if it is for this registry.
    pub(crate) fn to(&self, registry: &str) -> Option<Credential> {
        let is_meant = self.registry.eq_ignore_ascii_case(registry);
        is_meant.then(|| Credential::of_user(&self.user, &self.password))
    }
}

impl fmt::Debug for GivenLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registry = &self.registry;
        f.debug_struct("GivenLogin")
            .field("registry", registry)
            .finish_non_exhaustive()
    }
}

/// What proves who is asking. An entry of a file may have several of these.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    /// A user and a password.
    pub(crate) user: Option<(String, String)>,
    /// A refresh token, for which the token endpoint gives a token by OAuth 2.0.
    pub(crate) identity_token: Option<String>,
    /// A token that the registry takes as it is.
    pub(crate) registry_token: Option<String>,
}

impl Credential {
    pub(crate) fn of_user(user: &str, password: &str) -> Self {
        Self {
            user: Some((user.to_owned(), password.to_owned())),
            ..Self::default()
        }
    }

    /// Everything that nobody else may read, also in the form in which it is sent.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = String> {
        let user = self.user.as_ref();
        let password = user.map(|(_, password)| password.clone());
        let sent = user.map(|(user, password)| STANDARD.encode(format!("{user}:{password}")));
        [
            password,
            sent,
            self.identity_token.clone(),
            self.registry_token.clone(),
        ]
        .into_iter()
        .flatten()
        .filter(|secret| !secret.is_empty())
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential { .. }")
    }
}

/// What was found for one repository.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) login: Login,
    pub(crate) credential: Option<Credential>,
}

impl Found {
    pub(crate) fn nothing(login: Login) -> Self {
        Self {
            login,
            credential: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let given = GivenLogin::new("r.io", "user", "secret");
        let credential = given.to("R.io").unwrap();
        assert_eq!(
            credential.secrets().collect::<Vec<_>>(),
            ["secret", "dXNlcjpzZWNyZXQ="]
        );
        let found = Found {
            login: Login::Given,
            credential: Some(credential),
        };
        let text = format!("{given:?} {found:?} {}", found.login);
        assert!(!text.contains("secret"), "{text}");
        assert!(!text.contains("user"), "{text}");
    }

    #[test]
    fn a_given_login_is_for_one_registry() {
        let given = GivenLogin::new("r.io:5000", "user", "secret");
        for other in ["r.io", "evil.r.io:5000", "r.io:5001"] {
            assert_eq!(given.to(other), None);
        }
    }
}
