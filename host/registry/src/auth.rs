//! Who is asking: nobody, until a registry wants to know; then the user's login for that registry, or a token that the
//! registry's own endpoint gives for it.

use crate::blocking;
use crate::challenge::{self, Challenge};
use crate::credentials::{self, Credential, Found, Login};
use crate::endpoint::{Endpoint, authority, is_loopback, may_reach};
use crate::error::RegistryError;
use crate::foreign::Detail;
use crate::limits::MAX_TOKEN_BYTES;
use crate::options::Options;
use crate::retry::{patiently, retry_after};
use crate::transport::{Answer, Message, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use model::excerpt;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// What somebody wants to do with a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Pull,
    Push,
    Delete,
}

/// What an authorization was given for. It is used for nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Grant {
    registry: String,
    repository: String,
    action: Action,
}

/// The logins that were looked up, and the authorizations that registries took.
pub(crate) struct Auth {
    options: Arc<Options>,
    found: Mutex<HashMap<String, Arc<OnceCell<Found>>>>,
    known: Mutex<HashMap<Grant, HeaderValue>>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth { .. }")
    }
}

/// SPEC: distribution, token authentication §Token Response Fields: "For compatibility with OAuth 2.0, we will also accept
/// `token` under the name `access_token`. At least one of these fields must be specified, but both may also appear".
#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl Auth {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        Self {
            options,
            found: Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// What the registry took the last time.
    pub(crate) fn known(&self, endpoint: &Endpoint, action: Action) -> Option<HeaderValue> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&Grant::of(endpoint, action)).cloned()
    }

    /// Answers the challenges in a 401 of the registry itself.
    pub(crate) async fn answer(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        action: Action,
        refusal: &Answer,
    ) -> Result<HeaderValue, RegistryError> {
        let headers = refusal.headers().get_all(WWW_AUTHENTICATE).iter();
        let challenges: Vec<_> = headers
            .filter_map(|header| header.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let bearer = challenges
            .iter()
            .find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let authorization = match bearer.or(challenges.first()) {
            Some(Challenge::Bearer {
                realm,
                service,
                scope,
            }) => {
                let realm = self.realm(endpoint, &refusal.url, realm)?;
                let scope = wanted_scope(endpoint, action, scope.as_deref());
                let url = token_url(realm, service.as_deref(), &scope);
                self.token(transport, endpoint, action, &url).await?
            }
            Some(Challenge::Basic) => {
                let found = self.find(endpoint).await?;
                match found.credential.as_ref().and_then(basic) {
                    Some(authorization) => authorization,
                    None => return Err(self.refused(endpoint, action).await),
                }
            }
            None => {
                return Err(RegistryError::UnknownChallenge {
                    host: refusal.host(),
                });
            }
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(Grant::of(endpoint, action), authorization.clone());
        Ok(authorization)
    }

    /// The error that says that the registry does not take what it was given, which is then forgotten.
    pub(crate) async fn refused(&self, endpoint: &Endpoint, action: Action) -> RegistryError {
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.remove(&Grant::of(endpoint, action));
        }
        RegistryError::Unauthorized {
            host: endpoint.registry.clone(),
            repository: endpoint.repository.clone(),
            login: self.login(endpoint).await,
        }
    }

    /// The error that says that the registry knows who is asking and says no.
    pub(crate) async fn denied(&self, endpoint: &Endpoint, detail: Detail) -> RegistryError {
        RegistryError::Denied {
            host: endpoint.registry.clone(),
            repository: endpoint.repository.clone(),
            login: self.login(endpoint).await,
            detail,
        }
    }

    /// The token endpoint, if a password may be sent there: over HTTPS; over plain HTTP only where that is allowed, or
    /// within the machine itself.
    fn realm(&self, endpoint: &Endpoint, asked: &Url, realm: &str) -> Result<Url, RegistryError> {
        let is_safe = |url: &Url| match url.scheme() {
            "https" => true,
            "http" => self.options.allow_http || (is_loopback(asked) && is_loopback(url)),
            _ => false,
        };
        let url = Url::parse(realm).ok();
        let url = url.filter(|url| is_safe(url) && may_reach(asked, url));
        url.ok_or_else(|| RegistryError::UnsafeRealm {
            host: endpoint.registry.clone(),
            realm: excerpt(realm),
        })
    }

    async fn token(
        &self,
        transport: &Transport,
        endpoint: &Endpoint,
        action: Action,
        url: &Url,
    ) -> Result<HeaderValue, RegistryError> {
        let found = self.find(endpoint).await?;
        let message = Message {
            method: Method::GET,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            timeout: self.options.overall_timeout,
        };
        let login = found.credential.as_ref().and_then(basic);
        let answer = patiently(true, || transport.ask(url, &message, login.as_ref())).await?;
        let no_token = |detail| RegistryError::NoToken {
            host: endpoint.registry.clone(),
            realm: authority(url),
            detail,
        };
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => {
                return Err(RegistryError::RateLimited {
                    host: endpoint.registry.clone(),
                    retry_after: retry_after(&answer),
                });
            }
            StatusCode::UNAUTHORIZED => return Err(self.refused(endpoint, action).await),
            StatusCode::FORBIDDEN => {
                let detail = answer.detail().await;
                return Err(self.denied(endpoint, detail).await);
            }
            _ => return Err(no_token(answer.detail().await)),
        }
        let body = answer
            .body(MAX_TOKEN_BYTES, "the answer of the token endpoint")
            .await?;
        let token = serde_json::from_slice(&body)
            .ok()
            .and_then(
                |TokenAnswer {
                     token,
                     access_token,
                 }| token.or(access_token),
            )
            .filter(|token| !token.is_empty());
        token
            .and_then(|token| secret_header(&format!("Bearer {token}")))
            .ok_or_else(|| no_token(Detail::default()))
    }

    async fn login(&self, endpoint: &Endpoint) -> Box<Login> {
        match self.find(endpoint).await {
            Ok(found) => Box::new(found.login),
            Err(_) => Box::new(Login::None { file: None }),
        }
    }

    /// The login to a registry. The files and helper programs of the user are asked once, when a registry first wants
    /// one.
    async fn find(&self, endpoint: &Endpoint) -> Result<Found, RegistryError> {
        let cell = {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(found.entry(endpoint.registry.clone()).or_default())
        };
        let look = || {
            let registry = endpoint.registry.clone();
            let file = self.options.docker_config.clone();
            blocking::run(move || Ok(credentials::find(&registry, file)))
        };
        cell.get_or_try_init(look).await.cloned()
    }
}

impl Grant {
    fn of(endpoint: &Endpoint, action: Action) -> Self {
        Self {
            registry: endpoint.registry.clone(),
            repository: endpoint.repository.clone(),
            action,
        }
    }
}

/// What a token is asked for. The registry knows best, except that a push begins with requests that only read.
fn wanted_scope(endpoint: &Endpoint, action: Action, offered: Option<&str>) -> String {
    match (action, offered) {
        (Action::Pull, Some(scope)) => scope.to_owned(),
        (Action::Pull, None) => format!("repository:{}:pull", endpoint.repository),
        (Action::Push, _) => format!("repository:{}:pull,push", endpoint.repository),
        // Some registries want the right to push for it, others one of its own.
        (Action::Delete, _) => format!("repository:{}:pull,push,delete", endpoint.repository),
    }
}

fn token_url(mut realm: Url, service: Option<&str>, scope: &str) -> Url {
    {
        let mut query = realm.query_pairs_mut();
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        query.append_pair("scope", scope);
    }
    realm
}

fn basic(credential: &Credential) -> Option<HeaderValue> {
    let pair = format!("{}:{}", credential.user, credential.password);
    secret_header(&format!("Basic {}", STANDARD.encode(pair)))
}

/// A header that is not printed, if it can be one at all.
fn secret_header(value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(value).ok()?;
    header.set_sensitive(true);
    Some(header)
}
