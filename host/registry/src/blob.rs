//! Blobs of any size, read piece by piece.

use crate::blocking;
use crate::client::Request;
use crate::error::RegistryError;
use crate::files::Segment;
use crate::repository::Repository;
use crate::retry::{back_off, wait};
use crate::transport::Answer;
use crate::verify::Verifier;
use bytes::{Buf as _, Bytes};
use oci_spec::image::Descriptor;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_RANGE, RANGE};

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
    Remote(Box<RemoteBlob>),
    File { segment: Segment, position: u64 },
}

/// A blob that a registry sends. Where the connection breaks, it is asked for the rest.
#[derive(Debug)]
pub(crate) struct RemoteBlob {
    repository: Repository,
    descriptor: Descriptor,
    request: Request,
    answer: Option<Answer>,
    /// How much has come.
    position: u64,
    /// How much of the answer has come before.
    to_skip: u64,
    /// How often the connection broke.
    breaks: u32,
}

#[derive(Debug)]
enum State {
    Reading(Box<Verifier>),
    Verified,
    Failed,
}

impl BlobReader {
    pub(crate) fn of_remote(remote: RemoteBlob, verifier: Verifier) -> Self {
        Self {
            from: From::Remote(Box::new(remote)),
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
            Self::Remote(remote) => remote.next().await,
            Self::File { segment, position } => {
                let (file, at) = (segment.clone(), *position);
                let piece = blocking::run(move || file.read_piece(at)).await?;
                *position = position.saturating_add(piece.len() as u64);
                Ok(Some(piece).filter(|piece| !piece.is_empty()))
            }
        }
    }
}

impl RemoteBlob {
    /// A blob whose beginning has arrived.
    pub(crate) fn new(
        repository: Repository,
        descriptor: Descriptor,
        request: Request,
        answer: Answer,
    ) -> Self {
        Self {
            repository,
            descriptor,
            request,
            answer: Some(answer),
            position: 0,
            to_skip: 0,
            breaks: 0,
        }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        loop {
            let mut answer = match self.answer.take() {
                Some(answer) => answer,
                None => self.rest().await?,
            };
            let chunk = answer.chunk().await;
            self.answer = Some(answer);
            let mut piece = match chunk {
                Ok(None) => return Ok(None),
                Ok(Some(piece)) => piece,
                Err(error) => {
                    self.break_off(error).await?;
                    continue;
                }
            };
            let seen = self.to_skip.min(piece.len() as u64);
            self.to_skip -= seen;
            piece.advance(usize::try_from(seen).unwrap_or(piece.len()));
            if !piece.is_empty() {
                self.position = self.position.saturating_add(piece.len() as u64);
                return Ok(Some(piece));
            }
        }
    }

    /// Drops an answer that broke off, if it is worth asking for the rest.
    async fn break_off(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        let options = self.repository.client.options();
        match error {
            RegistryError::Interrupted { host, .. } if self.breaks < options.retries => {
                // Before the wait: somebody else may ask in the meantime.
                self.answer = None;
                wait(options, &host, back_off(self.breaks)).await;
                self.breaks += 1;
                Ok(())
            }
            error => Err(error),
        }
    }

    /// What follows the bytes that have come.
    ///
    /// SPEC: RFC 9110 §14.2: "A server MAY ignore the Range header field": then all of it comes again.
    async fn rest(&mut self) -> Result<Answer, RegistryError> {
        let range = format!("bytes={}-", self.position);
        let request = self.request.clone().header(RANGE, &range);
        let answer = self.repository.get_blob(&self.descriptor, &request).await?;
        self.to_skip = match answer.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = answer.header(CONTENT_RANGE.as_str());
                if range.and_then(first_of) != Some(self.position) {
                    return Err(RegistryError::OtherRange {
                        host: answer.host(),
                    });
                }
                0
            }
            _ => self.position,
        };
        Ok(answer)
    }
}

/// SPEC: RFC 9110 §14.4: `Content-Range: bytes FIRST-LAST/LENGTH`
fn first_of(range: &str) -> Option<u64> {
    let (unit, range) = range.trim().split_once(' ')?;
    let (first, _) = range.split_once('-')?;
    unit.eq_ignore_ascii_case("bytes")
        .then(|| first.trim().parse().ok())?
}
