//! The endpoints of the distribution specification, and which part of the registry answers each.

use crate::server::State;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::json;

/// What a request is about. The repository may have slashes, so the endpoint is found from the right.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `/v2/`: is this a registry, and may I come in?
    Base,
    /// `/v2/NAME/blobs/DIGEST`
    Blob(&'a str, &'a str),
    /// `/v2/NAME/blobs/uploads/` or `/v2/NAME/blobs/uploads/ID`
    Upload(&'a str, &'a str),
    /// `/v2/NAME/manifests/TAG` or `/v2/NAME/manifests/DIGEST`
    Manifest(&'a str, &'a str),
    /// `/v2/NAME/tags/list`
    Tags(&'a str),
    /// `/v2/NAME/referrers/DIGEST`
    Referrers(&'a str, &'a str),
}

impl<'a> Endpoint<'a> {
    /// The endpoint of a path, if it has one.
    pub(crate) fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix("/v2/")?;
        if path.is_empty() {
            return Some(Self::Base);
        }
        if let Some(name) = path.strip_suffix("/tags/list") {
            return Some(Self::Tags(name));
        }
        let (rest, last) = path.rsplit_once('/')?;
        if let Some(name) = rest.strip_suffix("/blobs/uploads") {
            return Some(Self::Upload(name, last));
        }
        let (name, kind) = rest.rsplit_once('/')?;
        match kind {
            "blobs" => Some(Self::Blob(name, last)),
            "manifests" => Some(Self::Manifest(name, last)),
            "referrers" => Some(Self::Referrers(name, last)),
            _ => None,
        }
    }

    /// The repository it belongs to.
    pub(crate) fn repository(&self) -> &'a str {
        match self {
            Self::Base => "",
            Self::Tags(name)
            | Self::Blob(name, _)
            | Self::Upload(name, _)
            | Self::Manifest(name, _)
            | Self::Referrers(name, _) => name,
        }
    }
}

/// Answers one request as a well-behaved registry does.
pub(crate) fn answer(state: &State, request: &Parts, body: Bytes) -> Response {
    let query = request.uri.query().unwrap_or_default();
    if request.uri.path() == "/token" {
        let tokens = &mut state.tokens.lock().unwrap();
        return state.auth.issue(request, &body, tokens);
    }
    let Some(endpoint) = Endpoint::of(request.uri.path()) else {
        return error(StatusCode::NOT_FOUND, "UNSUPPORTED");
    };
    let name = endpoint.repository();
    let tokens = state.tokens.lock().unwrap();
    if let Err(refusal) = state.auth.check(
        &state.origin,
        name,
        &request.method,
        &request.headers,
        &tokens,
    ) {
        return *refusal;
    }
    let mut store = state.store.lock().unwrap();
    let method = &request.method;
    match endpoint {
        Endpoint::Base => Response::new(Body::from("{}")),
        Endpoint::Blob(_, digest) => match store.repository(name).blobs.get(digest) {
            Some(blob) if *method == Method::GET || *method == Method::HEAD => {
                crate::blobs::get(blob, digest, &request.headers)
            }
            Some(_) if *method == Method::DELETE => {
                store.repository(name).blobs.remove(digest);
                status(StatusCode::ACCEPTED)
            }
            Some(_) => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
            None => error(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        },
        Endpoint::Upload(_, "") if *method == Method::POST => {
            crate::blobs::begin(&mut store, name, query)
        }
        Endpoint::Upload(_, id) => {
            crate::blobs::proceed(store.repository(name), name, id, request, &body)
        }
        Endpoint::Manifest(_, reference) => {
            crate::manifests::answer(state, store.repository(name), reference, request, body)
        }
        Endpoint::Tags(name) => crate::manifests::tags(store.repository(name), name),
        Endpoint::Referrers(_, subject) => crate::manifests::referrers(
            state,
            store.repository(name),
            request.uri.path(),
            subject,
            query,
        ),
    }
}

/// An answer without a body.
pub(crate) fn status(status: StatusCode) -> Response {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}

/// An error as the specification wants it: a status and a code that programs may read.
pub(crate) fn error(status: StatusCode, code: &str) -> Response {
    let body =
        json!({ "errors": [{ "code": code, "message": code.to_lowercase().replace('_', " ") }] });
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A value out of a query, with its escapes undone.
pub(crate) fn query_value(query: &str, name: &str) -> Option<String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    let mut bytes = value.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_found_behind_repositories_with_slashes() {
        assert_eq!(Endpoint::of("/v2/"), Some(Endpoint::Base));
        assert_eq!(
            Endpoint::of("/v2/a/b/manifests/1"),
            Some(Endpoint::Manifest("a/b", "1"))
        );
        assert_eq!(
            Endpoint::of("/v2/a/blobs/uploads/"),
            Some(Endpoint::Upload("a", ""))
        );
        assert_eq!(
            Endpoint::of("/v2/blobs/blobs/sha256:0"),
            Some(Endpoint::Blob("blobs", "sha256:0"))
        );
        assert_eq!(Endpoint::of("/v2/a/tags/list"), Some(Endpoint::Tags("a")));
        assert_eq!(Endpoint::of("/other"), None);
    }

    #[test]
    fn queries_are_unescaped() {
        let query = "service=test+registry&scope=repository%3Aa%3Apull";
        assert_eq!(
            query_value(query, "scope").as_deref(),
            Some("repository:a:pull")
        );
        assert_eq!(
            query_value(query, "service").as_deref(),
            Some("test registry")
        );
        assert_eq!(query_value(query, "account"), None);
    }
}
