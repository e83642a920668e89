//! Tokens for a registry, from the endpoint that its challenge names: by a password or for nobody with GET, by an
//! identity token with POST.

use crate::auth::{basic, bearer};
use crate::credentials::Credential;
use crate::endpoint::{authority, is_same_origin};
use crate::error::RegistryError;
use crate::foreign::Detail;
use crate::limits::MAX_TOKEN_BYTES;
use crate::options::Options;
use crate::retry::{patiently, retry_after};
use crate::transport::{Answer, Message, Transport};
use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use std::time::Duration;

/// How polcheck calls itself to endpoints of OAuth 2.0.
const CLIENT_ID: &str = "polcheck";
const FORM: &str = "application/x-www-form-urlencoded";

/// Where a token is to be had, and what it is to be for.
pub(crate) struct TokenEndpoint<'a> {
    pub(crate) transport: &'a Transport,
    pub(crate) realm: Url,
    pub(crate) service: Option<&'a str>,
    pub(crate) scope: String,
    pub(crate) options: &'a Options,
}

/// Why there is no token.
pub(crate) enum Refusal {
    Unauthorized,
    Denied(Detail),
    RateLimited { retry_after: Option<Duration> },
    NoToken(Detail),
}

/// SPEC: distribution, token authentication §Token Response Fields: "For compatibility with OAuth 2.0, we will also accept
/// `token` under the name `access_token`. At least one of these fields must be specified, but both may also appear".
#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
}

impl TokenEndpoint<'_> {
    /// The host, for messages.
    pub(crate) fn host(&self) -> String {
        authority(&self.realm)
    }

    /// Asks for a token, as the header that carries it.
    pub(crate) async fn token(
        &self,
        credential: Option<&Credential>,
    ) -> Result<Result<HeaderValue, Refusal>, RegistryError> {
        let login = credential.and_then(basic);
        let identity_token = credential.and_then(|it| it.identity_token.as_deref());
        let answer = match identity_token {
            None => self.get(login.as_ref()).await?,
            Some(identity_token) => {
                let answer = self.post(identity_token).await?;
                match (answer.status(), &login) {
                    // Endpoints that know nothing of OAuth 2.0.
                    (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, Some(login)) => {
                        self.get(Some(login)).await?
                    }
                    // RFC 6749 §5.2: a token that is over is a bad request.
                    (StatusCode::BAD_REQUEST, _) => return Ok(Err(Refusal::Unauthorized)),
                    _ => answer,
                }
            }
        };
        read(answer).await
    }

    /// SPEC: distribution, token authentication §Requesting a Token.
    async fn get(&self, login: Option<&HeaderValue>) -> Result<Answer, RegistryError> {
        let mut url = self.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = self.service {
                query.append_pair("service", service);
            }
            query.append_pair("scope", &self.scope);
        }
        let message = self.message(Method::GET, HeaderMap::new(), Bytes::new());
        let answer = patiently(self.options, true, || {
            self.transport.ask(&url, &message, login)
        })
        .await?;
        // Whoever is there was not shown the login, and its answer would be about nobody.
        if login.is_some() && !is_same_origin(&url, &answer.url) {
            return Err(RegistryError::UnsafeLocation {
                host: self.host(),
                location: answer.host(),
            });
        }
        Ok(answer)
    }

    /// SPEC: distribution, OAuth 2.0 token authentication §Getting a token.
    async fn post(&self, identity_token: &str) -> Result<Answer, RegistryError> {
        let mut form = self.realm.clone();
        {
            let mut pairs = form.query_pairs_mut();
            pairs.clear();
            pairs.append_pair("grant_type", "refresh_token");
            pairs.append_pair("client_id", CLIENT_ID);
            if let Some(service) = self.service {
                pairs.append_pair("service", service);
            }
            pairs.append_pair("scope", &self.scope);
            pairs.append_pair("refresh_token", identity_token);
        }
        let body = form.query().unwrap_or_default().to_owned();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(FORM))]);
        let message = self.message(Method::POST, headers, body.into());
        // It changes nothing there, and may be asked again.
        let answer = patiently(self.options, true, || {
            self.transport.ask(&self.realm, &message, None)
        })
        .await?;
        if answer.status().is_redirection() {
            let location = answer.location()?;
            return Err(RegistryError::UnsafeLocation {
                host: self.host(),
                location: location.as_ref().map(authority).unwrap_or_default(),
            });
        }
        Ok(answer)
    }

    fn message(&self, method: Method, headers: HeaderMap, body: Bytes) -> Message {
        Message {
            method,
            headers,
            body,
            timeout: self.options.overall_timeout,
        }
    }
}

async fn read(answer: Answer) -> Result<Result<HeaderValue, Refusal>, RegistryError> {
    Ok(match answer.status() {
        StatusCode::OK => {
            let body = answer.body(MAX_TOKEN_BYTES, "the answer of the token endpoint");
            let token = token(&body.await?);
            token.ok_or_else(|| Refusal::NoToken(Detail::default()))
        }
        StatusCode::UNAUTHORIZED => Err(Refusal::Unauthorized),
        StatusCode::FORBIDDEN => Err(Refusal::Denied(answer.detail().await)),
        StatusCode::TOO_MANY_REQUESTS => Err(Refusal::RateLimited {
            retry_after: retry_after(&answer),
        }),
        _ => Err(Refusal::NoToken(answer.detail().await)),
    })
}

fn token(body: &[u8]) -> Option<HeaderValue> {
    let TokenAnswer {
        token,
        access_token,
    } = serde_json::from_slice(body).ok()?;
    let token = token.or(access_token).filter(|token| !token.is_empty())?;
    bearer(&token)
}
