//! The registry as a server: started, fed, asked what it saw, and stopped when it is dropped.

use crate::auth::{Auth, Tokens};
use crate::misbehaviour::{Fault, Misbehaviour};
use crate::store::{Store, sha256};
use crate::tls::{Tls, TlsListener};
use axum::Router;
use axum::extract::{Request, State as Extract};
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, RANGE};
use axum::http::request::Parts;
use axum::response::Response;
use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};

/// How a registry is meant to behave.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who may come in.
    pub auth: Auth,
    /// Whether `GET /v2/NAME/referrers/DIGEST` exists.
    pub referrers_api: bool,
    /// Whether a pushed manifest with a subject is answered with `OCI-Subject`.
    pub oci_subject: bool,
    /// How many referrers come in one answer; all where it is none.
    pub referrers_page: Option<usize>,
    /// HTTPS, and how; plain HTTP where it is none.
    pub tls: Option<Tls>,
    /// Where it listens, which is on this machine.
    pub address: IpAddr,
    /// Whether manifests may be deleted.
    pub deletion: bool,
    /// What is made of the conditions of a write.
    pub conditions: Conditions,
}

/// What a registry makes of `If-Match` and `If-None-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditions {
    /// It knows neither them nor `ETag`.
    Unknown,
    /// It says `ETag` and then passes over the conditions, as the reference implementation does.
    PassedOver,
    /// It answers 412 where they do not hold.
    Kept,
}

/// A registry that keeps all of the distribution specification 1.1 and lets everybody in.
impl Default for Options {
    fn default() -> Self {
        Self {
            auth: Auth::None,
            referrers_api: true,
            oci_subject: true,
            referrers_page: None,
            tls: None,
            address: Ipv4Addr::LOCALHOST.into(),
            deletion: true,
            conditions: Conditions::Unknown,
        }
    }
}

impl Options {
    /// A registry from before the specification 1.1, as most are: neither the referrers API nor `OCI-Subject`.
    pub fn without_referrers() -> Self {
        Self {
            referrers_api: false,
            oci_subject: false,
            ..Self::default()
        }
    }
}

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// `GET`, `PUT`, …
    pub method: String,
    /// With the query.
    pub path: String,
    /// The header of that name.
    pub authorization: Option<String>,
    /// The header of that name.
    pub range: Option<String>,
    /// `HTTP/1.1`, `HTTP/2.0`
    pub version: String,
}

/// What the requests share.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) host: String,
    /// `http://HOST` or `https://HOST`
    pub(crate) origin: String,
    pub(crate) options: Options,
    pub(crate) auth: Auth,
    pub(crate) store: Mutex<Store>,
    pub(crate) tokens: Mutex<Tokens>,
    faults: Mutex<Vec<Fault>>,
    requests: Mutex<Vec<Recorded>>,
    bytes_sent: Arc<AtomicU64>,
    /// How many requests are answered now, and how many were at most.
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// A registry on a port of 127.0.0.1 that nobody else has. It is gone when this is dropped.
#[derive(Debug)]
pub struct TestRegistry {
    state: Arc<State>,
    runtime: Option<Runtime>,
}

impl TestRegistry {
    /// Starts a registry with nothing in it, on threads of its own.
    pub fn start(options: Options) -> Self {
        let address = options.address;
        let listener = TcpListener::bind((address, 0)).expect("a free port");
        listener.set_nonblocking(true).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let scheme = options.tls.as_ref().map_or("http", |_| "https");
        let state = Arc::new(State {
            origin: format!("{scheme}://{host}"),
            host,
            auth: options.auth.clone(),
            options,
            store: Mutex::default(),
            tokens: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            bytes_sent: Arc::default(),
            at_once: AtomicUsize::default(),
            most_at_once: AtomicUsize::default(),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&state));
        let _inside = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        match &state.options.tls {
            None => drop(runtime.spawn(axum::serve(listener, router).into_future())),
            Some(tls) => {
                let listener = TlsListener::new(listener, tls);
                drop(runtime.spawn(axum::serve(listener, router).into_future()));
            }
        }
        Self {
            state,
            runtime: Some(runtime),
        }
    }

    /// `127.0.0.1:PORT`, the first part of every reference to this registry.
    pub fn host(&self) -> &str {
        &self.state.host
    }

    /// All requests since the start, or since they were last forgotten.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.requests.lock().unwrap().clone()
    }

    /// The same as `METHOD /path?query`.
    pub fn request_lines(&self) -> Vec<String> {
        let requests = self.requests();
        requests
            .iter()
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }

    /// Forgets all requests.
    pub fn forget_requests(&self) {
        self.state.requests.lock().unwrap().clear();
    }

    /// How many bytes the endless answers have handed to the network so far.
    pub fn endless_bytes_sent(&self) -> u64 {
        self.state.bytes_sent.load(Ordering::Relaxed)
    }

    /// How many requests were answered at the same time, at most.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once.load(Ordering::Relaxed)
    }

    /// Does something wrong from now on, whenever `METHOD /path?query` contains a text.
    pub fn misbehave(&self, request: &str, misbehaviour: Misbehaviour) {
        self.misbehave_times(usize::MAX, request, misbehaviour);
    }

    /// Does something wrong so many times. The oldest misbehaviour that fits a request and is not over is the one that
    /// happens.
    pub fn misbehave_times(&self, times: usize, request: &str, misbehaviour: Misbehaviour) {
        let request = request.to_owned();
        self.state.faults.lock().unwrap().push(Fault {
            request,
            times,
            misbehaviour,
        });
    }

    /// Behaves from now on.
    pub fn behave(&self) {
        self.state.faults.lock().unwrap().clear();
    }

    /// Makes every token given so far worthless, as time does.
    pub fn revoke_tokens(&self) {
        self.state.tokens.lock().unwrap().revoke();
    }

    /// Stores a blob and says its digest.
    pub fn put_blob(&self, repository: &str, bytes: impl Into<Bytes>) -> String {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        let mut store = self.state.store.lock().unwrap();
        store
            .repository(repository)
            .blobs
            .insert(digest.clone(), bytes);
        digest
    }

    /// Stores a manifest under a tag or a digest, whatever it names, and says its digest.
    pub fn put_manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        bytes: impl Into<Bytes>,
    ) -> String {
        let mut store = self.state.store.lock().unwrap();
        store
            .repository(repository)
            .put_manifest(reference, media_type, bytes.into())
    }

    /// Moves a tag to another manifest.
    pub fn retag(&self, repository: &str, tag: &str, digest: &str) {
        let mut store = self.state.store.lock().unwrap();
        store
            .repository(repository)
            .tags
            .insert(tag.to_owned(), digest.to_owned());
    }

    /// Puts other bytes behind a digest of a blob or a manifest.
    pub fn replace_blob(&self, repository: &str, digest: &str, bytes: impl Into<Bytes>) {
        self.state
            .store
            .lock()
            .unwrap()
            .repository(repository)
            .replace(digest, bytes.into());
    }

    /// Removes a blob.
    pub fn delete_blob(&self, repository: &str, digest: &str) {
        self.state
            .store
            .lock()
            .unwrap()
            .repository(repository)
            .blobs
            .remove(digest);
    }

    /// The bytes of a blob, or of a manifest by tag or digest.
    pub fn content(&self, repository: &str, reference: &str) -> Option<Bytes> {
        let mut store = self.state.store.lock().unwrap();
        let repository = store.repository(repository);
        let manifest = repository
            .manifest(reference)
            .map(|manifest| manifest.bytes.clone());
        manifest.or_else(|| repository.blobs.get(reference).cloned())
    }

    /// The tags of a repository, in their order.
    pub fn tags(&self, repository: &str) -> Vec<String> {
        self.state
            .store
            .lock()
            .unwrap()
            .repository(repository)
            .tags
            .keys()
            .cloned()
            .collect()
    }
}

impl Drop for TestRegistry {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waits for nothing: a test may stop in the middle of an answer, and inside of another runtime.
            runtime.shutdown_background();
        }
    }
}

/// Every request comes through here: it is recorded, hit by a fault if there is one, and else answered.
async fn handle(Extract(state): Extract<Arc<State>>, request: Request) -> Response {
    let now = state.at_once.fetch_add(1, Ordering::Relaxed) + 1;
    state.most_at_once.fetch_max(now, Ordering::Relaxed);
    let answer = handle_one(&state, request).await;
    state.at_once.fetch_sub(1, Ordering::Relaxed);
    answer
}

async fn handle_one(state: &State, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let recorded = Recorded::of(&parts);
    let line = format!("{} {}", recorded.method, recorded.path);
    state.requests.lock().unwrap().push(recorded);
    let fault = state.next_fault(&line);
    if let Some(answer) = fault
        .as_ref()
        .and_then(|fault| fault.instead(&state.bytes_sent))
    {
        return answer;
    }
    if matches!(fault, Some(Misbehaviour::WithoutRange)) {
        parts.headers.remove(RANGE);
    }
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return crate::protocol::error(axum::http::StatusCode::BAD_REQUEST, "SIZE_INVALID");
    };
    let mut answer = crate::protocol::answer(state, &parts, body);
    if parts.method != axum::http::Method::HEAD {
        // Said again by the body itself, unless a misbehaviour says something else.
        answer.headers_mut().remove(CONTENT_LENGTH);
    }
    match fault {
        Some(fault) => fault.distort(answer).await,
        None => answer,
    }
}

impl Recorded {
    fn of(request: &Parts) -> Self {
        let header = |name| {
            let value: Option<&HeaderValue> = request.headers.get(name);
            value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let path = request.uri.path_and_query();
        Self {
            method: request.method.to_string(),
            path: path.map_or("/", |path| path.as_str()).to_owned(),
            authorization: header(AUTHORIZATION),
            range: header(RANGE),
            version: format!("{:?}", request.version),
        }
    }
}

impl State {
    fn next_fault(&self, line: &str) -> Option<Misbehaviour> {
        let mut faults = self.faults.lock().unwrap();
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && line.contains(&fault.request))?;
        fault.times = fault.times.saturating_sub(1);
        Some(fault.misbehaviour.clone())
    }
}
