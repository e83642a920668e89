//! Blobs of any size, read piece by piece.

use crate::blocking;
use crate::error::RegistryError;
use crate::files::Segment;
use crate::transport::Answer;
use crate::verify::Verifier;
use bytes::Bytes;

/// A blob that arrives piece by piece, in constant memory.
///
/// The pieces are not to be relied on before [`chunk`](Self::chunk) has said that there are no more: only then is it
/// clear that they were the blob.
#[derive(Debug)]
pub struct BlobReader {
    from: From,
    state: State,
}

#[derive(Debug)]
enum From {
    Answer(Box<Answer>),
    File { segment: Segment, position: u64 },
}

#[derive(Debug)]
enum State {
    Reading(Box<Verifier>),
    Verified,
    Failed,
}

impl BlobReader {
    pub(crate) fn of_answer(answer: Answer, verifier: Verifier) -> Self {
        Self {
            from: From::Answer(Box::new(answer)),
            state: State::Reading(Box::new(verifier)),
        }
    }

    pub(crate) fn of_segment(segment: Segment, verifier: Verifier) -> Self {
        Self {
            from: From::File {
                segment,
                position: 0,
            },
            state: State::Reading(Box::new(verifier)),
        }
    }

    /// The next piece; none when all have come and they have the size and the digest that were asked for.
    ///
    /// # Errors
    /// If the blob cannot be read on, or is not what was asked for. After an error there are only errors.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, RegistryError> {
        // Whoever drops this future in the middle finds the reader failed.
        let mut verifier = match std::mem::replace(&mut self.state, State::Failed) {
            State::Reading(verifier) => verifier,
            State::Verified => {
                self.state = State::Verified;
                return Ok(None);
            }
            State::Failed => return Err(RegistryError::Stopped),
        };
        if let Some(piece) = self.from.next().await? {
            verifier.take(&piece)?;
            self.state = State::Reading(verifier);
            Ok(Some(piece))
        } else {
            verifier.finish()?;
            self.state = State::Verified;
            Ok(None)
        }
    }
}

impl From {
    async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        match self {
            Self::Answer(answer) => answer.chunk().await,
            Self::File { segment, position } => {
                let (file, at) = (segment.clone(), *position);
                let piece = blocking::run(move || file.read_piece(at)).await?;
                *position = position.saturating_add(piece.len() as u64);
                Ok(Some(piece).filter(|piece| !piece.is_empty()))
            }
        }
    }
}
