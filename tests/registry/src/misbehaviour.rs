//! What registries have been seen to do wrong, and what a hostile one may do.

use axum::body::Body;
use axum::http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER,
    WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One piece of an endless answer.
const PIECE: usize = 64 << 10;

/// A wrong answer.
#[derive(Clone, Debug)]
pub enum Misbehaviour {
    /// An error status with an error body of the distribution specification.
    Status {
        /// `429`, `503`, `403`, …
        status: u16,
        /// `TOOMANYREQUESTS`, `DENIED`, …
        code: &'static str,
        /// Seconds, in the header `Retry-After`.
        retry_after: Option<u64>,
    },
    /// 401 with this challenge, whatever the request carries.
    Challenge(String),
    /// 307 to this place.
    Redirect(String),
    /// This header instead of the right one.
    Header(&'static str, String),
    /// No such header.
    WithoutHeader(&'static str),
    /// 200 with this media type and these bytes.
    Answer(String, Bytes),
    /// The right headers and other bytes.
    Body(Bytes),
    /// The right headers, this `Content-Encoding`, and these bytes.
    Encoded(&'static str, Bytes),
    /// A manifest that goes on for so many bytes, without a length.
    Endless(u64),
    /// The right answer without its last byte, under the full length.
    Truncated,
    /// The right answer up to this byte, under the full length.
    BreakOff(usize),
    /// The right answer to the same request without `Range`.
    WithoutRange,
    /// 503 with this `Retry-After`.
    Busy(String),
    /// The right answer with so many headers more, each with so many bytes.
    Headers(usize, usize),
    /// The right answer, a byte at a time, with this pause between two.
    Drip(Duration),
    /// The right answer after this time.
    Late(Duration),
}

/// A misbehaviour and the requests it hits.
#[derive(Debug)]
pub(crate) struct Fault {
    /// A part of `METHOD /path?query`.
    pub(crate) request: String,
    /// How often it still happens.
    pub(crate) times: usize,
    pub(crate) misbehaviour: Misbehaviour,
}

impl Misbehaviour {
    /// The answer, where there is no need to look at the request.
    pub(crate) fn instead(&self, sent: &Arc<AtomicU64>) -> Option<Response> {
        let answer = match self {
            Self::Status {
                status,
                code,
                retry_after,
            } => {
                let mut answer =
                    crate::protocol::error(StatusCode::from_u16(*status).unwrap(), code);
                if let Some(seconds) = retry_after {
                    answer
                        .headers_mut()
                        .insert(RETRY_AFTER, HeaderValue::from(*seconds));
                }
                answer
            }
            Self::Challenge(challenge) => with_header(
                crate::protocol::error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED"),
                &WWW_AUTHENTICATE,
                challenge,
            ),
            Self::Redirect(location) => {
                with_header(status(StatusCode::TEMPORARY_REDIRECT), &LOCATION, location)
            }
            Self::Answer(media_type, bytes) => with_header(
                Response::new(Body::from(bytes.clone())),
                &CONTENT_TYPE,
                media_type,
            ),
            Self::Busy(time) => with_header(
                crate::protocol::error(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
                &RETRY_AFTER,
                time,
            ),
            Self::Endless(bytes) => endless(*bytes, Arc::clone(sent)),
            _ => return None,
        };
        Some(answer)
    }

    /// What becomes of the right answer.
    pub(crate) async fn distort(&self, mut right: Response) -> Response {
        match self {
            Self::Header(name, value) => with_header(right, &HeaderName::from_static(name), value),
            Self::WithoutHeader(name) => {
                right.headers_mut().remove(*name);
                right
            }
            Self::Body(bytes) => {
                right.headers_mut().remove(CONTENT_LENGTH);
                *right.body_mut() = Body::from(bytes.clone());
                right
            }
            Self::Encoded(encoding, bytes) => {
                right.headers_mut().remove(CONTENT_LENGTH);
                *right.body_mut() = Body::from(bytes.clone());
                with_header(right, &CONTENT_ENCODING, encoding)
            }
            Self::Truncated => {
                let bytes = contents(&mut right).await;
                cut(right, bytes.slice(..bytes.len() - 1))
            }
            Self::BreakOff(at) => {
                let bytes = contents(&mut right).await;
                cut(right, bytes.slice(..bytes.len().min(*at)))
            }
            Self::Headers(count, length) => {
                let value = HeaderValue::from_str(&"x".repeat(*length)).unwrap();
                for number in 0..*count {
                    let name = format!("x-flood-{number}");
                    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                    right.headers_mut().insert(name, value.clone());
                }
                right
            }
            Self::Drip(pause) => {
                let bytes = contents(&mut right).await;
                let pause = *pause;
                let drops = stream::unfold(bytes, move |mut rest| async move {
                    if rest.is_empty() {
                        return None;
                    }
                    tokio::time::sleep(pause).await;
                    Some((Ok::<_, Infallible>(rest.split_to(1)), rest))
                });
                *right.body_mut() = Body::from_stream(drops);
                right
            }
            Self::Late(time) => {
                tokio::time::sleep(*time).await;
                right
            }
            _ => right,
        }
    }
}

/// The answer with a part of its body, under the full length.
fn cut(mut answer: Response, part: Bytes) -> Response {
    // A stream, since the length of a body of bytes is checked against the header before anything is sent.
    let pieces = stream::iter([Ok(part)]).chain(stream::once(async {
        // What was written is sent before the connection is closed.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionAborted))
    }));
    *answer.body_mut() = Body::from_stream(pieces);
    answer
}

/// Takes the body out of an answer and leaves its length in the header.
async fn contents(answer: &mut Response) -> Bytes {
    let body = std::mem::take(answer.body_mut());
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    bytes
}

/// JSON that begins well and then has nothing but blanks.
fn endless(bytes: u64, sent: Arc<AtomicU64>) -> Response {
    let pieces = stream::unfold(0, move |done: u64| {
        let sent = Arc::clone(&sent);
        async move {
            if done >= bytes {
                return None;
            }
            let mut piece = vec![b' '; PIECE];
            if done == 0 {
                piece[0] = b'{';
            }
            sent.fetch_add(PIECE as u64, Ordering::Relaxed);
            Some((Ok::<_, Infallible>(Bytes::from(piece)), done + PIECE as u64))
        }
    });
    let answer = Response::new(Body::from_stream(pieces));
    with_header(answer, &CONTENT_TYPE, crate::media_type::MANIFEST)
}

fn status(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

fn with_header(mut answer: Response, name: &HeaderName, value: &str) -> Response {
    answer
        .headers_mut()
        .insert(name, HeaderValue::from_str(value).unwrap());
    answer
}
