//! Why there is no evidence to be had from somewhere.

use model::canonical::NotCanonical;
use std::io;
use std::path::PathBuf;

/// Why evidence cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// A file or a folder that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// More than any evidence has. It is not read.
    #[error("the evidence has more than {limit} bytes{}", if *.unpacked { " when it is unpacked" } else { "" })]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Whether it is small as long as it is packed.
        unpacked: bool,
    },
    /// It ends too early, or its bytes are not what was packed.
    #[error("the evidence is cut short or damaged")]
    Damaged(#[source] io::Error),
    /// Something else.
    #[error("this is no evidence of polcheck: {reason}")]
    NotEvidence {
        /// What is wrong.
        reason: String,
    },
    /// Written by a newer polcheck.
    #[error(
        "the evidence has version {version}, and {supported} is the newest that this polcheck reads"
    )]
    Newer {
        /// Its version.
        version: u64,
        /// The newest that is read.
        supported: u32,
    },
    /// Its facts are of a newer contract.
    #[error("the evidence is of the contract `{contract}`, and this polcheck serves `{supported}`")]
    NewerContract {
        /// Its contract.
        contract: String,
        /// The one that is served.
        supported: &'static str,
    },
    /// polcheck writes every document in one way only, and this is not how it would have written this one.
    #[error("the evidence was not written by polcheck, or was changed since")]
    Rewritten,
    /// A value that no JSON can carry.
    #[error("the evidence cannot be written down")]
    NotCanonical(#[from] NotCanonical),
    /// A folder without evidence.
    #[error("there is no evidence in `{}`", path.display())]
    None {
        /// The folder.
        path: PathBuf,
    },
}

impl EvidenceError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("check the path".to_owned()),
            Self::TooLarge { .. } | Self::NotCanonical(_) => None,
            Self::Damaged(_) | Self::Rewritten => {
                Some("take the evidence from where it was written once more".to_owned())
            }
            Self::NotEvidence { .. } | Self::None { .. } => Some(
                "write it with `--evidence DIR`, as in `polcheck lint --evidence DIR .`".to_owned(),
            ),
            Self::Newer { .. } | Self::NewerContract { .. } => {
                Some("use the polcheck that wrote it, or a newer one".to_owned())
            }
        }
    }
}
