//! Logging in with a browser: the authorization code flow of OpenID Connect with PKCE (RFC 7636), and the answer on a port
//! of this machine (RFC 8252 §7.3).

use crate::callback::{self, PATH};
use crate::error::IdentityError;
use crate::http::{Http, Request, host};
use attest::{IdentityToken, Service, TokenError};
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use reqwest::Url;
use serde::Deserialize;
use std::env;
use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::process::Command;
use zeroize::Zeroizing;

/// How long somebody may take to log in.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Somebody in front of a browser.
#[derive(Clone, Debug)]
pub struct Browser {
    /// Who vouches for them.
    pub issuer: String,
    /// Shows them the address to go to. Where a program that opens browsers is there, it is called too.
    pub show: fn(&str),
}

/// SPEC: OpenID Connect Discovery 1.0 §3.
#[derive(Deserialize)]
struct MetadataJson {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// SPEC: OpenID Connect Core 1.0 §3.1.3.3.
#[derive(Deserialize)]
struct TokenJson {
    id_token: String,
}

impl Browser {
    pub(crate) async fn log_in(
        &self,
        http: &Http,
        client_id: &str,
    ) -> Result<IdentityToken, IdentityError> {
        let metadata = self.metadata(http).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(IdentityError::NoListener)?;
        let port = listener.local_addr().map_err(IdentityError::NoListener)?;
        // Issuers know public clients by this name, not by an address.
        let redirect_uri = format!("http://localhost:{}{PATH}", port.port());
        let (verifier, state, nonce) = (random()?, random()?, random()?);
        // SPEC: RFC 7636 §4.2: "code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))"
        let challenge = digest::digest(&digest::SHA256, verifier.as_bytes());
        let mut url = http.url(Service::Issuer, &metadata.authorization_endpoint)?;
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", client_id),
            ("redirect_uri", &redirect_uri),
            ("scope", "openid email"),
            ("code_challenge", &URL_SAFE_NO_PAD.encode(challenge)),
            ("code_challenge_method", "S256"),
            ("state", &state),
            ("nonce", &nonce),
        ]);
        (self.show)(url.as_str());
        open(url.as_str());
        let nobody = |_| IdentityError::NobodyCame {
            seconds: TIMEOUT.as_secs(),
        };
        let code = tokio::time::timeout(TIMEOUT, callback::wait(&listener, &state)).await;
        let code = code.map_err(nobody)??;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", &redirect_uri),
            ("client_id", client_id),
            ("code_verifier", &verifier),
        ];
        let url = http.url(Service::Issuer, &metadata.token_endpoint)?;
        let token = exchange(http, url, &form, &[&code, &verifier]).await?;
        if !token.has_nonce(&nonce) {
            return Err(TokenError::Nonce.into());
        }
        Ok(token)
    }

    /// Where the issuer logs people in.
    async fn metadata(&self, http: &Http) -> Result<MetadataJson, IdentityError> {
        let path = ".well-known/openid-configuration";
        let url = http.below(Service::Issuer, &self.issuer, path)?;
        let request = Request::get(url);
        let answer = http.ask(Service::Issuer, &request, &[]).await?;
        let metadata: Option<MetadataJson> = serde_json::from_slice(&answer.body).ok();
        let known = self.issuer.trim_end_matches('/');
        // SPEC: OpenID Connect Discovery 1.0 §4.3: "The issuer value returned MUST be identical to the Issuer URL that was
        // used as the prefix".
        metadata
            .filter(|metadata| metadata.issuer.trim_end_matches('/') == known)
            .ok_or_else(|| IdentityError::NotAnIssuer {
                host: host(&request.url),
                issuer: self.issuer.clone(),
            })
    }
}

/// Gives a code for a token.
async fn exchange(
    http: &Http,
    url: Url,
    form: &[(&str, &str)],
    secrets: &[&str],
) -> Result<IdentityToken, IdentityError> {
    let mut encoded = url.clone();
    encoded.query_pairs_mut().clear().extend_pairs(form);
    let body = Zeroizing::new(encoded.query().unwrap_or_default().as_bytes().to_vec());
    let content_type = "application/x-www-form-urlencoded";
    let request = Request::post(url, content_type, Bytes::from_owner(body));
    let answer = http.ask(Service::Issuer, &request, secrets).await?;
    // The error would quote the token.
    let answer: TokenJson =
        serde_json::from_slice(&answer.body).map_err(|_| IdentityError::NoToken {
            host: host(&request.url),
        })?;
    Ok(IdentityToken::parse(Zeroizing::new(answer.id_token))?)
}

/// Something that nobody can guess.
fn random() -> Result<Zeroizing<String>, IdentityError> {
    let mut bytes = Zeroizing::new([0; 32]);
    rand::fill(&mut *bytes).map_err(|_| IdentityError::NoRandomNumbers)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
}

/// Opens a browser, if a program that does so is there. The address was shown, so that nothing is lost if not.
fn open(url: &str) {
    let usual = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let program = env::var_os("BROWSER").unwrap_or_else(|| OsString::from(usual));
    let mut command = Command::new(program);
    command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // A browser stays open when polcheck is done.
    drop(command.spawn());
}
