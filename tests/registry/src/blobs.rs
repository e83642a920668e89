//! Blobs: whole or in ranges; uploaded in one piece, in several, or mounted from another repository.

use crate::protocol::{error, query_value, status};
use crate::store::{Repository, Store, digest_like};
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use bytes::Bytes;

/// `GET` and `HEAD /v2/NAME/blobs/DIGEST`
pub(crate) fn get(blob: &Bytes, digest: &str, headers: &HeaderMap) -> Response {
    let range = requested_range(headers, blob.len());
    let (part, code) = match range {
        Some((first, last)) => (blob.slice(first..=last), StatusCode::PARTIAL_CONTENT),
        None => (blob.clone(), StatusCode::OK),
    };
    let mut answer = Response::new(Body::from(part.clone()));
    *answer.status_mut() = code;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(part.len()));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    headers.insert(
        "docker-content-digest",
        HeaderValue::from_str(digest).unwrap(),
    );
    if let Some((first, last)) = range {
        let range = format!("bytes {first}-{last}/{}", blob.len());
        headers.insert(CONTENT_RANGE, HeaderValue::from_str(&range).unwrap());
    }
    answer
}

/// The range of `bytes=FIRST-LAST` or `bytes=FIRST-`.
fn requested_range(headers: &HeaderMap, length: usize) -> Option<(usize, usize)> {
    let range = headers.get(RANGE)?.to_str().ok()?.strip_prefix("bytes=")?;
    let (first, last) = range.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() {
        length.checked_sub(1)?
    } else {
        last.parse().ok()?
    };
    (first <= last && last < length).then_some((first, last))
}

/// `POST /v2/NAME/blobs/uploads/`: opens an upload, or mounts a blob that another repository has.
pub(crate) fn begin(store: &mut Store, name: &str, query: &str) -> Response {
    let wanted = query_value(query, "mount").zip(query_value(query, "from"));
    let found = wanted.and_then(|(digest, from)| {
        let blob = store.repository(&from).blobs.get(&digest).cloned()?;
        Some((digest, blob))
    });
    if let Some((digest, blob)) = found {
        store.repository(name).blobs.insert(digest.clone(), blob);
        return created(&format!("/v2/{name}/blobs/{digest}"), &digest);
    }
    let id = store.begin_upload(name);
    // Registries keep the state of an upload in the query, which a client has to give back.
    located(
        status(StatusCode::ACCEPTED),
        &format!("/v2/{name}/blobs/uploads/{id}?state=kept"),
    )
}

/// `PATCH`, `PUT` and `DELETE /v2/NAME/blobs/uploads/ID`
pub(crate) fn proceed(
    repository: &mut Repository,
    name: &str,
    id: &str,
    request: &Parts,
    body: &Bytes,
) -> Response {
    let query = request.uri.query().unwrap_or_default();
    if query_value(query, "state").as_deref() != Some("kept") {
        return error(StatusCode::BAD_REQUEST, "BLOB_UPLOAD_INVALID");
    }
    let Some(upload) = repository.uploads.get_mut(id) else {
        return error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN");
    };
    upload.extend_from_slice(body);
    match request.method {
        Method::PATCH => {
            let end = upload.len().saturating_sub(1);
            let mut answer = located(
                status(StatusCode::ACCEPTED),
                &format!("/v2/{name}/blobs/uploads/{id}?state=kept"),
            );
            answer
                .headers_mut()
                .insert(RANGE, HeaderValue::from_str(&format!("0-{end}")).unwrap());
            answer
        }
        Method::PUT => {
            let digest = query_value(query, "digest").unwrap_or_default();
            let blob = Bytes::from(std::mem::take(upload));
            repository.uploads.remove(id);
            if digest_like(&digest, &blob) != digest {
                return error(StatusCode::BAD_REQUEST, "DIGEST_INVALID");
            }
            repository.blobs.insert(digest.clone(), blob);
            created(&format!("/v2/{name}/blobs/{digest}"), &digest)
        }
        Method::DELETE => {
            repository.uploads.remove(id);
            status(StatusCode::NO_CONTENT)
        }
        _ => error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED"),
    }
}

/// 201, with the place and the digest of what was created.
pub(crate) fn created(location: &str, digest: &str) -> Response {
    let mut answer = located(status(StatusCode::CREATED), location);
    answer.headers_mut().insert(
        "docker-content-digest",
        HeaderValue::from_str(digest).unwrap(),
    );
    answer
}

fn located(mut answer: Response, location: &str) -> Response {
    answer
        .headers_mut()
        .insert(LOCATION, HeaderValue::from_str(location).unwrap());
    answer
}
