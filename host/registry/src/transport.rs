//! One HTTP exchange: made, bounded in time, and its failure given a name.

use crate::endpoint::{authority, is_same_origin, may_lead};
use crate::error::RegistryError;
use crate::foreign::Detail;
use crate::limits::{MAX_ERROR_BYTES, MAX_REDIRECTS};
use crate::options::Options;
use crate::turns::{Turn, Turns};
use crate::ways::{ForbiddenAddress, UnknownHost, Ways};
use bytes::{Bytes, BytesMut};
use model::excerpt;
use reqwest::dns::Resolve;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode, Url};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What is asked, apart from where and by whom.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The longest that the whole answer may take.
    pub(crate) timeout: Duration,
}

/// What came back, before its body is read.
#[derive(Debug)]
pub(crate) struct Answer {
    response: reqwest::Response,
    /// Where it came from in the end.
    pub(crate) url: Url,
    /// Held as long as there is something to read. Of an answer that leads to another request to the same host nothing
    /// is: waiting for one's own turn never ends.
    _turn: Option<Turn>,
}

/// The way to all servers.
#[derive(Debug)]
pub(crate) struct Transport {
    options: Arc<Options>,
    ways: Ways,
    turns: Turns,
}

impl Transport {
    pub(crate) fn new(options: Arc<Options>, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            ways: Ways::new(Arc::clone(&options), resolver),
            turns: Turns::default(),
            options,
        }
    }

    /// Whether certificates were read.
    #[cfg(test)]
    pub(crate) fn has_read_certificates(&self) -> bool {
        self.ways.has_read_certificates()
    }

    /// Asks, and follows redirects of what only reads.
    ///
    /// The authorization is for the server of the first URL; no other sees it.
    pub(crate) async fn ask(
        &self,
        url: &Url,
        message: &Message,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let mut current = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let authorization = authorization.filter(|_| is_same_origin(url, &current));
            let answer = self.exchange(url, &current, message, authorization).await?;
            let reads = message.method == Method::GET || message.method == Method::HEAD;
            if !reads || !is_redirect(answer.status()) {
                return Ok(answer);
            }
            current = answer
                .location()?
                .ok_or_else(|| RegistryError::UnexpectedStatus {
                    host: authority(&current),
                    request: answer.request(&message.method),
                    status: answer.status().as_u16(),
                    detail: Detail::default(),
                })?;
        }
        Err(RegistryError::TooManyRedirects {
            host: authority(url),
        })
    }

    async fn exchange(
        &self,
        first: &Url,
        url: &Url,
        message: &Message,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, RegistryError> {
        let client = self.ways.client(first, url).await?;
        let mut request = client
            .request(message.method.clone(), url.clone())
            .headers(message.headers.clone())
            .timeout(message.timeout);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        if message.method != Method::GET && message.method != Method::HEAD {
            request = request.body(message.body.clone());
        }
        let about = self.options.about(url);
        let at_once = about.and_then(|about| about.max_concurrent);
        let at_once = at_once.unwrap_or(self.options.max_concurrent);
        let turn = self.turns.wait(&authority(url), at_once).await;
        match request.send().await {
            Ok(response) => {
                let is_read = message.method == Method::GET && response.status().is_success();
                Ok(Answer {
                    response,
                    url: url.clone(),
                    _turn: is_read.then_some(turn),
                })
            }
            Err(error) => Err(failure(first, url, error)),
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

impl Answer {
    pub(crate) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// A header, if it is there and is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The host that answered.
    pub(crate) fn host(&self) -> String {
        authority(&self.url)
    }

    /// Method and path, for messages. The query stays out of them: it may hold what only the registry should know.
    pub(crate) fn request(&self, method: &Method) -> String {
        format!("{method} {}", self.url.path())
    }

    /// Where the answer leads, if it leads anywhere and there may be followed.
    pub(crate) fn location(&self) -> Result<Option<Url>, RegistryError> {
        match self.headers().get(LOCATION) {
            None => Ok(None),
            Some(location) => {
                let location = String::from_utf8_lossy(location.as_bytes());
                self.resolve(&location).map(Some)
            }
        }
    }

    /// A URL out of the answer, relative to where it came from, if it may be followed.
    pub(crate) fn resolve(&self, location: &str) -> Result<Url, RegistryError> {
        let resolved = self.url.join(location).ok();
        resolved
            .filter(|to| may_lead(&self.url, to))
            .ok_or_else(|| RegistryError::UnsafeLocation {
                host: self.host(),
                location: without_query(location),
            })
    }

    /// The next piece of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|error| failure(&self.url, &self.url, error))
    }

    /// How long the body is going to be, if the server says so.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The whole body, if it is not over the limit. One that was compressed for the way, which nobody asked for, is
    /// refused: nothing is unpacked here.
    pub(crate) async fn body(mut self, limit: u64, what: &str) -> Result<Bytes, RegistryError> {
        if let Some(encoding) = self.headers().get(CONTENT_ENCODING)
            && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
        {
            return Err(RegistryError::UnwantedEncoding {
                host: self.host(),
                encoding: excerpt(&String::from_utf8_lossy(encoding.as_bytes())),
            });
        }
        let too_large = || RegistryError::TooLarge {
            what: what.to_owned(),
            limit,
        };
        if self.announced().is_some_and(|announced| announced > limit) {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// What the body of an error says: the message of the first error in it, if it has the form that the distribution
    /// specification gives to errors. Anything else, such as the page of a proxy, is not repeated.
    pub(crate) async fn detail(self) -> Detail {
        let body = self.body(MAX_ERROR_BYTES, "").await.unwrap_or_default();
        let Ok(error) = serde_json::from_slice::<serde_json::Value>(&body) else {
            return Detail::default();
        };
        let text = |pointer: &str| error.pointer(pointer).and_then(serde_json::Value::as_str);
        let said = text("/errors/0/message")
            .filter(|message| !message.is_empty())
            .or_else(|| text("/errors/0/code"));
        said.map(Detail::new).unwrap_or_default()
    }
}

fn without_query(location: &str) -> String {
    excerpt(location.split(['?', '#']).next().unwrap_or_default())
}

/// Names what went wrong, by the types of the causes and never by their texts.
fn failure(first: &Url, url: &Url, error: reqwest::Error) -> RegistryError {
    let host = authority(url);
    if cause::<ForbiddenAddress>(&error).is_some() {
        return RegistryError::UnsafeLocation {
            host: authority(first),
            location: without_query(url.as_str()),
        };
    }
    if error.is_timeout() {
        return RegistryError::Timeout { host };
    }
    if let Some(UnknownHost(source)) = cause(&error) {
        let source = io::Error::new(source.kind(), source.to_string());
        return RegistryError::UnknownHost { host, source };
    }
    match cause::<rustls::Error>(&error) {
        Some(rustls::Error::InvalidMessage(_)) => return RegistryError::NotHttps { host },
        Some(source) => {
            let source = source.clone();
            return RegistryError::Tls { host, source };
        }
        None => {}
    }
    let is_refused = cause::<io::Error>(&error)
        .is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    // The URL may hold what only the registry should know.
    let is_connect = error.is_connect();
    let source = error.without_url();
    match (is_refused, is_connect) {
        (true, _) => RegistryError::ConnectionRefused { host },
        (false, true) => RegistryError::Unreachable { host, source },
        (false, false) => RegistryError::Interrupted { host, source },
    }
}

/// The first cause of a type. An [`io::Error`] hides the error it was made of from the chain of sources.
pub(crate) fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    if let Some(found) = error.downcast_ref::<E>() {
        return Some(found);
    }
    let hidden = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    if let Some(found) = hidden.and_then(|hidden| cause::<E>(hidden)) {
        return Some(found);
    }
    error.source().and_then(cause)
}
