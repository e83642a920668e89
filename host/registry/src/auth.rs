//! Who is asking: nobody, until a registry wants to know; then the user's login for that repository, or a token that
//! the registry's own endpoint gives for it.

use crate::challenge::{self, Challenge};
use crate::credentials::{Credential, Found, Login};
use crate::endpoint::{Endpoint, is_loopback, may_reach};
use crate::error::RegistryError;
use crate::foreign::Detail;
use crate::keychain::Keychain;
use crate::options::Options;
use crate::token::{Refusal, TokenEndpoint};
use crate::transport::{Answer, Transport};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::excerpt;
use reqwest::Url;
use reqwest::header::{HeaderValue, WWW_AUTHENTICATE};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

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
    keychain: Keychain,
    known: Mutex<HashMap<Grant, HeaderValue>>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth { .. }")
    }
}

impl Auth {
    pub(crate) fn new(options: Arc<Options>) -> Self {
        Self {
            keychain: Keychain::new(Arc::clone(&options)),
            options,
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
                let token_endpoint = TokenEndpoint {
                    transport,
                    realm: self.realm(endpoint, &refusal.url, realm)?,
                    service: service.as_deref(),
                    scope: wanted_scope(endpoint, action, scope.as_deref()),
                    options: &self.options,
                };
                self.bearer(endpoint, action, &token_endpoint).await?
            }
            Some(Challenge::Basic) => {
                let found = self.keychain.find(endpoint).await?;
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
            detail: self.without_secrets(endpoint, detail).await,
        }
    }

    /// The token endpoint, if a password may be sent there: over HTTPS; over plain HTTP only where that is allowed, or
    /// within the machine itself.
    fn realm(&self, endpoint: &Endpoint, asked: &Url, realm: &str) -> Result<Url, RegistryError> {
        let is_safe = |url: &Url| match url.scheme() {
            "https" => true,
            "http" => self.options.allows_http(asked) || (is_loopback(asked) && is_loopback(url)),
            _ => false,
        };
        let url = Url::parse(realm).ok();
        let url = url.filter(|url| is_safe(url) && may_reach(asked, url));
        url.ok_or_else(|| RegistryError::UnsafeRealm {
            host: endpoint.registry.clone(),
            realm: excerpt(realm),
        })
    }

    /// The token that the user already has for the registry, or one that its endpoint gives.
    async fn bearer(
        &self,
        endpoint: &Endpoint,
        action: Action,
        token_endpoint: &TokenEndpoint<'_>,
    ) -> Result<HeaderValue, RegistryError> {
        let Found { credential, .. } = self.keychain.find(endpoint).await?;
        let own = credential
            .as_ref()
            .and_then(|credential| credential.registry_token.as_deref());
        if let Some(own) = own.and_then(bearer) {
            return Ok(own);
        }
        let host = || endpoint.registry.clone();
        match token_endpoint.token(credential.as_ref()).await? {
            Ok(token) => Ok(token),
            Err(Refusal::Unauthorized) => Err(self.refused(endpoint, action).await),
            Err(Refusal::Denied(detail)) => Err(self.denied(endpoint, detail).await),
            Err(Refusal::RateLimited { retry_after }) => Err(RegistryError::RateLimited {
                host: host(),
                retry_after,
            }),
            Err(Refusal::NoToken(detail)) => Err(RegistryError::NoToken {
                host: host(),
                realm: token_endpoint.host(),
                detail: detail.without(credential.iter().flat_map(Credential::secrets)),
            }),
        }
    }

    /// What a registry says about an error, without what it was told by the user. Who was told nothing has nothing to
    /// repeat, and no helper program is asked for that.
    pub(crate) async fn without_secrets(&self, endpoint: &Endpoint, detail: Detail) -> Detail {
        let was_told = [Action::Pull, Action::Push]
            .into_iter()
            .any(|action| self.known(endpoint, action).is_some());
        if !was_told {
            return detail;
        }
        let found = self.keychain.find(endpoint).await;
        let credential = found.ok().and_then(|found| found.credential);
        detail.without(credential.iter().flat_map(Credential::secrets))
    }

    async fn login(&self, endpoint: &Endpoint) -> Box<Login> {
        match self.keychain.find(endpoint).await {
            Ok(found) => Box::new(found.login),
            Err(_) => Box::new(Login::None { files: Vec::new() }),
        }
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

/// The header for a user and a password, if there are any.
pub(crate) fn basic(credential: &Credential) -> Option<HeaderValue> {
    let (user, password) = credential.user.as_ref()?;
    let pair = STANDARD.encode(format!("{user}:{password}"));
    secret_header(&format!("Basic {pair}"))
}

/// The header for a token.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    secret_header(&format!("Bearer {token}"))
}

/// A header that is not printed, if it can be one at all.
fn secret_header(value: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(value).ok()?;
    header.set_sensitive(true);
    Some(header)
}
