//! What can go wrong between the name of a local image and its archive.

use crate::foreign::Detail;

/// Why an image of the local container engine cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// No engine answers where one may be. Usually none is running, or its socket is not for this user.
    #[error("no container engine answers: {tried}")]
    NoneAnswers {
        /// What was asked for.
        image: String,
        /// The addresses, each with what came of it.
        tried: String,
    },
    /// An engine in a place that is not reached from here.
    #[error("the container engine at `{address}` cannot be asked: {reason}")]
    Unsupported {
        /// What was asked for.
        image: String,
        /// Where it is.
        address: String,
        /// Why not.
        reason: &'static str,
    },
    /// The context of Docker that is to be used is not there, or is broken.
    #[error("the context `{context}` of Docker cannot be used: {reason}")]
    Context {
        /// Its name.
        context: String,
        /// Why not.
        reason: String,
    },
    /// The engine has no such image. Usually a typing error, or another engine has it.
    #[error("the container engine at `{engine}` has no image `{image}`")]
    UnknownImage {
        /// Where it is.
        engine: String,
        /// What was asked for.
        image: String,
    },
    /// The engine says that something is wrong.
    #[error("the container engine at `{engine}` failed with status {status}{detail}")]
    Failed {
        /// Where it is.
        engine: String,
        /// What came.
        status: u16,
        /// What it says.
        detail: Detail,
    },
    /// An answer that no engine gives. Usually something else listens there.
    #[error("what listens at `{engine}` does not answer as a container engine does")]
    NotAnEngine {
        /// Where it is.
        engine: String,
    },
}

impl DaemonError {
    /// What to do about it.
    pub(crate) fn help(&self) -> String {
        match self {
            Self::NoneAnswers { image, .. } => format!(
                "start Docker or Podman's socket, or say with `DOCKER_HOST` where it is; without a socket: `docker save {image} | polcheck docker-archive:-`"
            ),
            Self::Unsupported { image, .. } => format!(
                "let the engine's own client fetch the image: `docker save {image} | polcheck docker-archive:-`"
            ),
            Self::UnknownImage { .. } => {
                "check the name with `docker images`; `DOCKER_HOST` says which engine is asked"
                    .to_owned()
            }
            Self::Context { .. } => {
                "see `docker context ls`, or say with `DOCKER_HOST` where the engine is".to_owned()
            }
            Self::Failed { .. } | Self::NotAnEngine { .. } => {
                "check that this is the socket of Docker or Podman, and what its log says"
                    .to_owned()
            }
        }
    }
}
