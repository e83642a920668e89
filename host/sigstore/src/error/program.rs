//! Why a program of others did not do its part.

use super::quoted;
use attest::KeyError;
use model::excerpt;
use std::io;

/// Why a program did not do its part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// It is not installed, or not where programs are looked for.
    #[error("the program `{program}` is not on PATH")]
    NotFound {
        /// Its name.
        program: String,
    },
    /// It may not be started, or is none.
    #[error("the program `{program}` cannot be run")]
    CannotRun {
        /// Its name.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It hangs, or waits for somebody.
    #[error("the program `{program}` took longer than {seconds} seconds")]
    Slow {
        /// Its name.
        program: String,
        /// How long it may take.
        seconds: u64,
    },
    /// It is another program.
    #[error("the program `{program}` printed more than {limit} bytes")]
    TooMuch {
        /// Its name.
        program: String,
        /// The most that is read.
        limit: usize,
    },
    /// What it was to do went wrong.
    #[error("the program `{program}` failed{}", quoted(.said))]
    Failed {
        /// Its name.
        program: String,
        /// What it wrote on standard error.
        said: String,
    },
}

impl ProgramError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { program } => {
                format!("install `{program}`, or put its folder on PATH")
            }
            Self::CannotRun { program, .. } => format!("check the permissions of `{program}`"),
            Self::Slow { program, .. }
            | Self::TooMuch { program, .. }
            | Self::Failed { program, .. } => {
                format!("run `{program}` by hand and see what it says")
            }
        })
    }
}

/// Why a program that keeps keys did not do its part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// The name of a key has to begin with that of a program.
    #[error("`{}` is not the name of a key: the part before `://` has to be the name of a plugin", excerpt(.name))]
    Name {
        /// What was given.
        name: String,
    },
    /// It could not be run, or did not end.
    #[error(transparent)]
    Program(#[from] ProgramError),
    /// It says itself what went wrong.
    #[error("`{program}` could not {what}: `{}`", excerpt(.said))]
    Said {
        /// Its name.
        program: String,
        /// What it was to do.
        what: &'static str,
        /// What it says.
        said: String,
    },
    /// It is no such plugin, or speaks another version.
    #[error("`{program}` does not answer as version 1 of the protocol says")]
    Protocol {
        /// Its name.
        program: String,
        /// What is wrong, where that is known.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// Its key is one that is not supported.
    #[error("the key of `{program}` cannot be used")]
    Key {
        /// Its name.
        program: String,
        /// Why.
        #[source]
        source: KeyError,
    },
}

impl PluginError {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Name { .. } => {
                "write `NAME://KEY`, where `sigstore-kms-NAME` is a program on PATH".to_owned()
            }
            Self::Program(error) => return error.help(),
            Self::Said { .. } => {
                "check the name of the key and what the plugin logs in with".to_owned()
            }
            Self::Protocol { program, .. } => {
                format!("update `{program}`; it has to speak version 1 of the protocol of Sigstore")
            }
            Self::Key { source, .. } => return source.help(),
        })
    }
}
