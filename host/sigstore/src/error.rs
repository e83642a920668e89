//! Why something could not be signed. No message contains a token, a code, or anything of a key.

mod program;
mod service;

pub use program::{PluginError, ProgramError};
pub use service::ServiceError;

use attest::{AnswerError, KeyError, Rejection, SignError, TokenError};
use model::excerpt;
use std::fmt;
use std::io;

/// Why a statement could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The signature could not be made, or not be logged.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Nobody says who signs.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The token that says it is of no use.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A program that keeps a key did not do its part.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// A service could not be asked, or refused.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A service answered, and it is of no use.
    #[error("the answer of `{host}` is of no use")]
    Answer {
        /// Who answered.
        host: String,
        /// Why it is of no use.
        #[source]
        source: AnswerError,
    },
    /// The signing config is for keys.
    #[error(
        "the signing config names no certificate authority, and an identity needs a certificate"
    )]
    NoAuthority,
    /// Nobody would accept the signature of an identity that is in no log.
    #[error(
        "the signing config names no transparency log, and a signature of an identity has to be in one"
    )]
    NoLog,
    /// Rekor 2 does not say when.
    #[error(
        "the signing config names a log that does not say when it saw a signature, and no timestamp authority"
    )]
    NoTimestampAuthority,
    /// The signature would be published, and nobody could tell whether it verifies.
    #[error("there is no trusted root to verify with what the services of the signing config sign")]
    NoTrustedRoot,
    /// The services signed something that the trusted root does not bear out: they are not the ones it is for, or broken.
    #[error("the bundle was signed, and polcheck itself would not accept it")]
    Unverifiable {
        /// Why not.
        #[source]
        source: Box<Rejection>,
    },
}

impl SigningError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Sign(error) => return error.help(),
            Self::Key(error) => return error.help(),
            Self::Identity(error) => return error.help(),
            Self::Token(error) => return error.help(),
            Self::Plugin(error) => return error.help(),
            Self::Service(error) => return error.help(),
            Self::Answer { source, .. } => return source.help(),
            Self::NoAuthority => {
                "name one in the signing config (`caUrls`), or sign with a key: `--key FILE`"
            }
            Self::NoLog => {
                "name one in the signing config (`rekorTlogUrls`), or sign with a key: `--key FILE`"
            }
            Self::NoTimestampAuthority => "name one in the signing config (`tsaUrls`)",
            Self::NoTrustedRoot => {
                "give the trusted root of the same Sigstore with `--trusted-root FILE`"
            }
            Self::Unverifiable { .. } => {
                "check that `--signing-config` and `--trusted-root` are of the same Sigstore, and up to date; nothing was attached"
            }
        };
        Some(help.to_owned())
    }
}

/// Why nobody says who signs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// No key was given, and this is no CI that is known.
    #[error("there is nothing to sign with: no key, no identity token, and no CI that gives one")]
    None,
    /// The job may not ask for a token.
    #[error("this job of GitHub Actions may not get an identity token")]
    GitHubPermission,
    /// The job does not ask for a token.
    #[error("this job of GitLab has no identity token in `SIGSTORE_ID_TOKEN`")]
    GitLabVariable,
    /// The program of the CI did not give a token.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// Who gives tokens could not be asked, or refused.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// Something else answers there.
    #[error("`{host}` gave no identity token")]
    NoToken {
        /// Who answered.
        host: String,
    },
    /// The signing config names nobody who vouches for people.
    #[error("there is no issuer to log in with")]
    NoIssuer,
    /// The issuer is set up otherwise, or something else answers there.
    #[error("`{host}` is no issuer of OpenID Connect under the name `{}`", excerpt(.issuer))]
    NotAnIssuer {
        /// Who answered.
        host: String,
        /// The name it should have.
        issuer: String,
    },
    /// No port could be had for the answer of the browser.
    #[error("the browser has nowhere to answer to")]
    NoListener(#[source] io::Error),
    /// Nobody logged in.
    #[error("nobody logged in within {seconds} seconds")]
    NobodyCame {
        /// How long was waited.
        seconds: u64,
    },
    /// The issuer sent the browser back with an error.
    #[error("the issuer did not log anybody in: `{}`", excerpt(.reason))]
    Denied {
        /// What it says.
        reason: String,
    },
    /// The system is broken.
    #[error("the system has no random numbers")]
    NoRandomNumbers,
    /// The configuration of an address is wrong.
    #[error("the token is of no use")]
    Token(#[from] TokenError),
}

impl IdentityError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::None => {
                "give a key with `--key FILE` (`polcheck key generate` makes one), an identity token with `--identity-token FILE`, or log in with `--interactive`"
            }
            Self::GitHubPermission => {
                "give the job `permissions: id-token: write`; workflows of forks never get it"
            }
            Self::GitLabVariable => {
                "add to the job: `id_tokens: { SIGSTORE_ID_TOKEN: { aud: sigstore } }`"
            }
            Self::Program(error) => return error.help(),
            Self::Service(error) => return error.help(),
            Self::Token(error) => return error.help(),
            Self::NoToken { .. } => "give one with `--identity-token FILE`",
            Self::NoIssuer => "name one with `--oidc-issuer URL`",
            Self::NotAnIssuer { .. } => {
                "check `--oidc-issuer`: it is the address that stands in tokens as `iss`"
            }
            Self::NoListener(_) => "give an identity token with `--identity-token FILE`",
            Self::NobodyCame { .. } | Self::Denied { .. } => {
                "try again, or give an identity token with `--identity-token FILE`"
            }
            Self::NoRandomNumbers => return None,
        };
        Some(help.to_owned())
    }
}

/// What somebody said, to be put behind a message; nothing where nothing was said.
fn quoted(said: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| match said.trim() {
        "" => Ok(()),
        said => write!(f, ": `{}`", excerpt(said)),
    })
}
