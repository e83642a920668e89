//! The services of a Sigstore on one port of this machine: Fulcio, both Rekors, a timestamp authority, an issuer, and the
//! server that GitHub gives tokens with.

use crate::issuer::Issuer;
use crate::log::{Entry, LogVersion, Verifier, hex};
use crate::timestamp::question;
use crate::{Signing, Sigstore, key};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State as Extract};
use axum::http::header::{AUTHORIZATION, LOCATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::runtime::{Builder, Runtime};

/// What jobs of GitHub show to get a token.
pub(crate) const BEARER: &str = "bearer-of-the-job";

/// What the requests share.
#[derive(Debug)]
struct State {
    url: String,
    sigstore: Sigstore,
    issuer: Mutex<Issuer>,
    requests: Mutex<Vec<String>>,
    entries: Mutex<HashMap<String, Value>>,
    faults: Mutex<Vec<Fault>>,
    files: Mutex<HashMap<String, Vec<u8>>>,
    /// Whether the next entry is made, and nobody is told.
    loses_answer: AtomicBool,
}

/// What is answered instead, as often as that.
#[derive(Debug)]
struct Fault {
    request: String,
    times: usize,
    status: StatusCode,
    headers: Vec<(String, String)>,
    body: Bytes,
}

/// A Sigstore that listens. It is gone when this is dropped.
#[derive(Debug)]
pub struct SigstoreServer {
    state: Arc<State>,
    runtime: Option<Runtime>,
}

impl SigstoreServer {
    /// Starts the services of a Sigstore, on threads of their own.
    pub fn start(sigstore: Sigstore) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a socket");
        let state = Arc::new(State {
            url: format!("http://{address}"),
            sigstore,
            issuer: Mutex::default(),
            requests: Mutex::default(),
            entries: Mutex::default(),
            faults: Mutex::default(),
            files: Mutex::default(),
            loses_answer: AtomicBool::new(false),
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&state));
        let _inside = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        drop(runtime.spawn(axum::serve(listener, router).into_future()));
        Self {
            state,
            runtime: Some(runtime),
        }
    }

    /// Where all services are; the issuer has this name too.
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// What signs in them.
    pub fn sigstore(&self) -> &Sigstore {
        &self.state.sigstore
    }

    /// A token of the issuer in which some claims are others than usual.
    pub fn token(&self, changes: &Value) -> String {
        let mut issuer = self.state.issuer.lock().expect("no panic before");
        issuer.token(&self.state.url, changes)
    }

    /// A signing config that names the services: the logs, and the timestamp authority if it is wanted.
    pub fn signing_config(&self, logs: &[LogVersion], timestamps: bool) -> Value {
        let url = &self.state.url;
        let service = |url: &str, version: u32, operator: &str| {
            json!({
                "url": url,
                "majorApiVersion": version,
                "validFor": {"start": "2020-01-01T00:00:00Z"},
                "operator": operator,
            })
        };
        let log = |version: &LogVersion| match version {
            LogVersion::One => service(url, 1, "one.test"),
            LogVersion::Two => service(url, 2, "two.test"),
        };
        let authority = service(&format!("{url}/api/v1/timestamp"), 1, "tsa.test");
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service(url, 1, "fulcio.test")],
            "oidcUrls": [service(url, 1, "issuer.test")],
            "rekorTlogUrls": logs.iter().map(log).collect::<Vec<_>>(),
            "rekorTlogConfig": {"selector": "ALL"},
            "tsaUrls": timestamps.then_some(authority).into_iter().collect::<Vec<_>>(),
            "tsaConfig": {"selector": "ANY"},
        })
    }

    /// The variables of a job of GitHub Actions that may get a token of the issuer.
    pub fn github_variables(&self) -> [(&'static str, String); 3] {
        let url = format!("{}/github/token?api-version=2.0", self.state.url);
        [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", BEARER.to_owned()),
        ]
    }

    /// All requests so far, as `METHOD /path`, without what may differ.
    pub fn request_lines(&self) -> Vec<String> {
        self.state.requests.lock().expect("no panic before").clone()
    }

    /// Answers something else, so many times, where `METHOD /path` contains a text.
    pub fn misbehave(
        &self,
        times: usize,
        request: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) {
        let headers = headers.iter();
        let fault = Fault {
            request: request.to_owned(),
            times,
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: body.into(),
        };
        self.state
            .faults
            .lock()
            .expect("no panic before")
            .push(fault);
    }
}

impl SigstoreServer {
    /// Has a file under a path.
    pub fn serve(&self, path: &str, bytes: Vec<u8>) {
        let mut files = self.state.files.lock().expect("no panic before");
        files.insert(path.to_owned(), bytes);
    }

    /// Has Rekor 1 make the next entry, and its answer lost on the way.
    pub fn lose_answer_of_log(&self) {
        self.state.loses_answer.store(true, Ordering::Relaxed);
    }
}

impl Drop for SigstoreServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn handle(Extract(state): Extract<Arc<State>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap_or_default();
    let path = parts.uri.path().to_owned();
    let query = parts.uri.query().unwrap_or_default();
    let line = format!("{} {path}", parts.method);
    state
        .requests
        .lock()
        .expect("no panic before")
        .push(line.clone());
    if let Some(answer) = state.fault(&line) {
        return answer;
    }
    let bearer = parts.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    match (&parts.method, path.as_str()) {
        (&Method::POST, "/api/v2/signingCert") => state.certify(&body),
        (&Method::POST, "/api/v1/log/entries") => state.log_1(&body),
        (&Method::POST, "/api/v2/log/entries") => state.log_2(&body),
        (&Method::POST, "/api/v1/timestamp") => state.timestamp(&body),
        (&Method::GET, "/.well-known/openid-configuration") => state.metadata(),
        (&Method::GET, "/authorize") => state.authorize(pairs(query)),
        (&Method::POST, "/token") => state.redeem(&pairs(&String::from_utf8_lossy(&body))),
        (&Method::GET, "/github/token") => state.github(bearer, &pairs(query)),
        (&Method::GET, path) => state.entry(path),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn refused(message: &str) -> Response {
    let body = json!({"code": 3, "message": message}).to_string();
    (StatusCode::BAD_REQUEST, body).into_response()
}

impl State {
    fn fault(&self, line: &str) -> Option<Response> {
        let mut faults = self.faults.lock().expect("no panic before");
        let fault = faults
            .iter_mut()
            .find(|fault| fault.times > 0 && line.contains(&fault.request))?;
        fault.times -= 1;
        let mut answer = Response::builder().status(fault.status);
        for (name, value) in &fault.headers {
            answer = answer.header(name, value);
        }
        Some(answer.body(fault.body.clone().into()).expect("a response"))
    }

    fn now() -> Timestamp {
        Timestamp::from_second(Timestamp::now().as_second()).expect("a time")
    }

    /// Fulcio.
    fn certify(&self, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |pointer: &str| request.pointer(pointer).and_then(Value::as_str);
        let token = text("/credentials/oidcIdentityToken").unwrap_or_default();
        let issuer = self.issuer.lock().expect("no panic before");
        let claims = match issuer.claims(token) {
            Ok(claims) => claims,
            Err(why) => return refused(why),
        };
        let subject = claims["email"].as_str().or_else(|| claims["sub"].as_str());
        let subject = subject.unwrap_or_default();
        let spki = der(text("/publicKeyRequest/publicKey/content").unwrap_or_default());
        let proof = text("/publicKeyRequest/proofOfPossession").unwrap_or_default();
        let proof = STANDARD.decode(proof).unwrap_or_default();
        let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &spki);
        if !key.is_ok_and(|key| key.verify_sig(subject.as_bytes(), &proof).is_ok()) {
            return refused("The signature supplied in the request could not be verified");
        }
        let signing = Signing {
            identity: subject.to_owned(),
            issuer: claims["iss"].as_str().unwrap_or_default().to_owned(),
            ..self.sigstore.signing(Self::now())
        };
        let chain = self.sigstore.chain(&spki, &signing);
        json!({"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}})
            .to_string()
            .into_response()
    }

    /// Rekor 1. It reads PEM and writes it anew.
    fn log_1(&self, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let content = &request["spec"]["proposedContent"];
        let sent = content["envelope"].as_str().unwrap_or_default();
        let envelope: Value = serde_json::from_str(sent).unwrap_or_default();
        let pem = content["verifiers"][0].as_str().unwrap_or_default();
        let pem = String::from_utf8(STANDARD.decode(pem).unwrap_or_default()).unwrap_or_default();
        let verifier = der(&pem);
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default());
        let (Ok(payload), Ok(signature)) = (
            bytes(&envelope["payload"]),
            bytes(&envelope["signatures"][0]["sig"]),
        ) else {
            return refused("error processing entry");
        };
        let entry = Entry {
            payload: Some(&payload),
            digest: key::sha256(sent.as_bytes()),
            signature: &signature,
            verifier: if pem.contains("CERTIFICATE") {
                Verifier::Certificate(&verifier)
            } else {
                Verifier::PublicKey(&verifier)
            },
            key_details: "",
        };
        let logged = self.sigstore.rekor1.entry(&entry, Self::now());
        let id = hex(&key::sha256(&signature));
        let answer = json!({ &id: as_rekor_1(&logged) });
        let location = format!("/api/v1/log/entries/{id}");
        let mut entries = self.entries.lock().expect("no panic before");
        if entries.contains_key(&id) {
            let conflict = json!({"code": 409, "message": "an equivalent entry already exists"});
            let location = [(LOCATION, location)];
            return (StatusCode::CONFLICT, location, conflict.to_string()).into_response();
        }
        entries.insert(id, answer.clone());
        if self.loses_answer.swap(false, Ordering::Relaxed) {
            return StatusCode::BAD_GATEWAY.into_response();
        }
        (
            StatusCode::CREATED,
            [(LOCATION, location)],
            answer.to_string(),
        )
            .into_response()
    }

    /// A file, or an entry of Rekor 1.
    fn entry(&self, path: &str) -> Response {
        if let Some(bytes) = self.files.lock().expect("no panic before").get(path) {
            return bytes.clone().into_response();
        }
        let id = path
            .strip_prefix("/api/v1/log/entries/")
            .unwrap_or_default();
        let entries = self.entries.lock().expect("no panic before");
        match entries.get(id) {
            Some(entry) => entry.to_string().into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// Rekor 2.
    fn log_2(&self, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let request = &request["hashedRekordRequestV002"];
        let verifier = &request["signature"]["verifier"];
        let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default());
        let certificate = bytes(&verifier["x509Certificate"]["rawBytes"]).unwrap_or_default();
        let public_key = bytes(&verifier["publicKey"]["rawBytes"]).unwrap_or_default();
        let (Ok(digest), Ok(signature)) = (
            bytes(&request["digest"]),
            bytes(&request["signature"]["content"]),
        ) else {
            return refused("invalid hashedrekord request");
        };
        let Ok(digest) = digest.try_into() else {
            return refused("invalid digest");
        };
        let entry = Entry {
            payload: None,
            digest,
            signature: &signature,
            verifier: if certificate.is_empty() {
                Verifier::PublicKey(&public_key)
            } else {
                Verifier::Certificate(&certificate)
            },
            key_details: verifier["keyDetails"].as_str().unwrap_or_default(),
        };
        let logged = self.sigstore.rekor2.entry(&entry, Self::now());
        (StatusCode::CREATED, logged.to_string()).into_response()
    }

    fn timestamp(&self, body: &[u8]) -> Response {
        match question(body) {
            Some((digest, nonce)) => {
                let answer = self.sigstore.timestamp(digest, nonce, Self::now());
                (StatusCode::CREATED, answer).into_response()
            }
            None => refused("error parsing request"),
        }
    }

    fn metadata(&self) -> Response {
        let url = &self.url;
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
        })
        .to_string()
        .into_response()
    }

    fn authorize(&self, parameters: HashMap<String, String>) -> Response {
        let mut issuer = self.issuer.lock().expect("no panic before");
        match issuer.authorize(parameters) {
            Some(to) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
            None => refused("invalid request"),
        }
    }

    fn redeem(&self, form: &HashMap<String, String>) -> Response {
        let mut issuer = self.issuer.lock().expect("no panic before");
        let Some(token) = issuer.redeem(&self.url, form) else {
            let error = json!({"error": "invalid_grant"}).to_string();
            return (StatusCode::BAD_REQUEST, error).into_response();
        };
        json!({"access_token": "a", "token_type": "bearer", "id_token": token})
            .to_string()
            .into_response()
    }

    fn github(&self, bearer: Option<&[u8]>, query: &HashMap<String, String>) -> Response {
        if bearer != Some(format!("Bearer {BEARER}").as_bytes()) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let claims = json!({"aud": query.get("audience")});
        let mut issuer = self.issuer.lock().expect("no panic before");
        let token = issuer.token(&self.url, &claims);
        json!({"count": 1, "value": token})
            .to_string()
            .into_response()
    }
}

/// An entry as Rekor 1 answers it, which is not the form of bundles.
fn as_rekor_1(entry: &Value) -> Value {
    let number = |value: &Value| -> Value {
        let number: Option<u64> = value.as_str().and_then(|text| text.parse().ok());
        number.into()
    };
    let hexadecimal = |value: &Value| -> Value {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default());
        hex(&bytes.unwrap_or_default()).into()
    };
    let proof = &entry["inclusionProof"];
    let hashes = proof["hashes"].as_array().into_iter().flatten();
    json!({
        "body": entry["canonicalizedBody"],
        "integratedTime": number(&entry["integratedTime"]),
        "logID": hexadecimal(&entry["logId"]["keyId"]),
        "logIndex": number(&entry["logIndex"]),
        "verification": {
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "inclusionProof": {
                "checkpoint": proof["checkpoint"]["envelope"],
                "hashes": hashes.map(hexadecimal).collect::<Vec<_>>(),
                "logIndex": number(&proof["logIndex"]),
                "rootHash": hexadecimal(&proof["rootHash"]),
                "treeSize": number(&proof["treeSize"]),
            },
        },
    })
}

/// What is in PEM.
fn der(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    STANDARD
        .decode(lines.collect::<String>())
        .unwrap_or_default()
}

/// The pairs of a query.
fn pairs(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(Option::unwrap_or_default);
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'%')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
