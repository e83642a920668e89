//! Whoever gives out the tokens that a registry asks for.
//!
//! SPEC: distribution §Token Authentication: a registry believes a JSON Web Token that is signed with a key of which it
//! has the certificate. §Token Authentication with `OAuth2`: who has a refresh token shows that instead of a password.

use crate::registries::{PASSWORD, USER};
use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_ED25519, SigningKey};
use serde_json::{Value, json};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::{Builder, Runtime};

/// What tokens are for, and who makes them; the registry has to be told the same.
pub(crate) const SERVICE: &str = "registry for tests";
pub(crate) const ISSUER: &str = "issuer for tests";
/// The refresh token of the user, which `docker login` keeps as an identity token.
pub(crate) const IDENTITY_TOKEN: &str = "who-has-this-is-the-reader";

/// With what somebody asked for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    Nothing,
    Password,
    IdentityToken,
}

/// An issuer on a port of its own. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Issuer {
    /// Where tokens are to be had.
    pub(crate) realm: String,
    state: Arc<Issues>,
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Issues {
    key: KeyPair,
    certificate: rcgen::Certificate,
    shown: Mutex<Vec<Shown>>,
}

impl Issuer {
    pub(crate) fn start() -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let certificate = CertificateParams::new([])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        let state = Arc::new(Issues {
            key,
            certificate,
            shown: Mutex::default(),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let realm = format!("http://localhost:{port}/token");
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        let _inside = runtime.enter();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        runtime.spawn(axum::serve(listener, router).into_future());
        Self {
            realm,
            state,
            runtime: Some(runtime),
        }
    }

    /// The certificate by which a registry knows the tokens, as PEM.
    pub(crate) fn certificate(&self) -> String {
        self.state.certificate.pem()
    }

    /// With what tokens were asked for, since this was last asked.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        std::mem::take(&mut self.state.shown.lock().unwrap())
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
    }
}

/// A token for whoever is the user.
async fn answer(State(issues): State<Arc<Issues>>, request: Request) -> Response {
    let authorization = request.headers().get(AUTHORIZATION).cloned();
    let mut asked = pairs(request.uri().query().unwrap_or_default());
    let body = to_bytes(request.into_body(), 1 << 16).await.unwrap();
    asked.extend(pairs(&String::from_utf8_lossy(&body)));
    let has = |name: &str, value: &str| asked.iter().any(|(n, v)| n == name && v == value);

    let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
    let by_form = has("grant_type", "password") && has("username", USER);
    let by_token = has("grant_type", "refresh_token") && has("refresh_token", IDENTITY_TOKEN);
    let shown = if authorization.is_some_and(|given| given == basic)
        || by_form && has("password", PASSWORD)
    {
        Shown::Password
    } else if by_token {
        Shown::IdentityToken
    } else {
        Shown::Nothing
    };
    issues.shown.lock().unwrap().push(shown);
    if shown == Shown::Nothing {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let scopes = asked.iter().filter(|(name, _)| name == "scope");
    let scopes = scopes.flat_map(|(_, scopes)| scopes.split(' '));
    let token = issues.token(&scopes.filter_map(access).collect::<Vec<_>>());
    json!({ "token": token, "access_token": token, "expires_in": 300 })
        .to_string()
        .into_response()
}

impl Issues {
    fn token(&self, access: &[Value]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let header = json!({
            "typ": "JWT", "alg": "EdDSA", "x5c": [STANDARD.encode(self.certificate.der())],
        });
        let claims = json!({
            "iss": ISSUER, "sub": USER, "aud": SERVICE, "access": access, "jti": now.as_nanos().to_string(),
            "iat": now.as_secs(), "nbf": now.as_secs() - 10, "exp": now.as_secs() + 300,
        });
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// `repository:NAME:ACTION,ACTION`; names may have colons.
fn access(scope: &str) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    let actions: Vec<&str> = actions.split(',').collect();
    Some(json!({ "type": kind, "name": name, "actions": actions }))
}

/// What a query or a form says.
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let text = text.replace('+', " ");
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (hex, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(hex, 16).unwrap());
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).unwrap()
}
