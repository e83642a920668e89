//! Manifests, tags, and the manifests that refer to others.

use crate::protocol::{error, query_value, status};
use crate::server::{Conditions, State};
use crate::store::{Repository, digest_like};
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LINK};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Value, json};

/// Everything at `/v2/NAME/manifests/REFERENCE`.
pub(crate) fn answer(
    state: &State,
    repository: &mut Repository,
    reference: &str,
    request: &Parts,
    body: Bytes,
) -> Response {
    match request.method {
        Method::GET | Method::HEAD => get(state, repository, reference),
        Method::PUT => put(state, repository, reference, request, body),
        Method::DELETE if !state.options.deletion => {
            error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED")
        }
        Method::DELETE if repository.delete_manifest(reference) => status(StatusCode::ACCEPTED),
        _ => error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
    }
}

/// `GET` and `HEAD /v2/NAME/manifests/REFERENCE`
fn get(state: &State, repository: &Repository, reference: &str) -> Response {
    let Some(manifest) = repository.manifest(reference) else {
        return error(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN");
    };
    let mut answer = Response::new(Body::from(manifest.bytes.clone()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(manifest.bytes.len()));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_str(&manifest.media_type).unwrap(),
    );
    headers.insert(
        "docker-content-digest",
        HeaderValue::from_str(&manifest.digest).unwrap(),
    );
    if state.options.conditions != Conditions::Unknown {
        let etag = etag(&manifest.digest);
        headers.insert(ETAG, HeaderValue::from_str(&etag).unwrap());
    }
    answer
}

fn etag(digest: &str) -> String {
    format!("\"{digest}\"")
}

/// Whether what the writer says holds of what is there.
///
/// SPEC: RFC 9110 §13.1.1: "An origin server MUST NOT perform the requested method if a received If-Match condition
/// evaluates to false"
fn conditions_hold(repository: &Repository, reference: &str, headers: &HeaderMap) -> bool {
    let stored = repository
        .manifest(reference)
        .map(|stored| etag(&stored.digest));
    let is = |header: &HeaderValue| match header.as_bytes() {
        b"*" => stored.is_some(),
        etag => stored
            .as_ref()
            .is_some_and(|stored| stored.as_bytes() == etag),
    };
    headers.get(IF_MATCH).is_none_or(&is) && headers.get(IF_NONE_MATCH).is_none_or(|it| !is(it))
}

/// `PUT /v2/NAME/manifests/REFERENCE`
fn put(
    state: &State,
    repository: &mut Repository,
    reference: &str,
    request: &Parts,
    body: Bytes,
) -> Response {
    let Ok(manifest) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "MANIFEST_INVALID");
    };
    if reference.contains(':') && digest_like(reference, &body) != reference {
        return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID");
    }
    if !all_parts_are_there(repository, &manifest) {
        return error(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN");
    }
    if state.options.conditions == Conditions::Kept
        && !conditions_hold(repository, reference, &request.headers)
    {
        return error(StatusCode::PRECONDITION_FAILED, "DENIED");
    }
    let media_type = request
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let digest = repository.put_manifest(reference, media_type.unwrap_or_default(), body);
    let name = request.uri.path().trim_end_matches(reference);
    let mut answer = crate::blobs::created(&format!("{name}{digest}"), &digest);
    // SPEC: distribution §Pushing Manifests with Subject: "a registry implementation that supports the referrers API MUST
    // respond with the response header `OCI-Subject: <subject digest>`".
    let subject = manifest["subject"]["digest"].as_str();
    if let Some(subject) = subject.filter(|_| state.options.oci_subject) {
        answer
            .headers_mut()
            .insert("oci-subject", HeaderValue::from_str(subject).unwrap());
    }
    answer
}

/// A manifest may name only blobs that are in its repository, an index only manifests. A subject may be missing.
fn all_parts_are_there(repository: &Repository, manifest: &Value) -> bool {
    let digests = |parts: &Value| -> Vec<String> {
        let parts = parts.as_array().cloned().unwrap_or_default();
        parts
            .iter()
            .filter_map(|part| part["digest"].as_str().map(str::to_owned))
            .collect()
    };
    let config = manifest["config"]["digest"].as_str().map(str::to_owned);
    let mut blobs = config.into_iter().chain(digests(&manifest["layers"]));
    blobs.all(|digest| repository.blobs.contains_key(&digest))
        && digests(&manifest["manifests"])
            .iter()
            .all(|digest| repository.manifest(digest).is_some())
}

/// `GET /v2/NAME/tags/list`
pub(crate) fn tags(repository: &Repository, name: &str) -> Response {
    let tags: Vec<_> = repository.tags.keys().collect();
    Response::new(Body::from(
        json!({ "name": name, "tags": tags }).to_string(),
    ))
}

/// `GET /v2/NAME/referrers/DIGEST`, filtered by `artifactType`, in pages that a `Link` connects.
pub(crate) fn referrers(
    state: &State,
    repository: &Repository,
    path: &str,
    subject: &str,
    query: &str,
) -> Response {
    if !state.options.referrers_api {
        return error(StatusCode::NOT_FOUND, "UNSUPPORTED");
    }
    let filter = query_value(query, "artifactType");
    let mut all = repository.referrers(subject);
    if let Some(artifact_type) = &filter {
        all.retain(|referrer| referrer["artifactType"].as_str() == Some(artifact_type));
    }
    let skipped: usize = query_value(query, "skip")
        .and_then(|skip| skip.parse().ok())
        .unwrap_or(0);
    let page_size = state.options.referrers_page.unwrap_or(usize::MAX);
    let page: Vec<_> = all.iter().skip(skipped).take(page_size).collect();
    let next = skipped + page.len();
    let index =
        json!({ "schemaVersion": 2, "mediaType": crate::media_type::INDEX, "manifests": page });
    let mut answer = Response::new(Body::from(index.to_string()));
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static(crate::media_type::INDEX),
    );
    if next < all.len() {
        let link = format!(r#"<{path}?skip={next}>; rel="next""#);
        headers.insert(LINK, HeaderValue::from_str(&link).unwrap());
    }
    if filter.is_some() {
        headers.insert(
            "oci-filters-applied",
            HeaderValue::from_static("artifactType"),
        );
    }
    answer
}
