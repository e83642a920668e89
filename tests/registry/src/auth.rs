//! Who may do what: nobody asks, HTTP Basic, or a token from an endpoint of the registry's own.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::collections::BTreeMap;

/// How a registry asks who is there.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// Everybody may do everything.
    #[default]
    None,
    /// Nobody may do anything without this user and password.
    Basic {
        /// The only user.
        user: &'static str,
        /// The user's password.
        password: &'static str,
    },
    /// Nobody may do anything without a token, which the endpoint `/token` gives.
    Token {
        /// The only user, who may do everything.
        user: &'static str,
        /// The user's password.
        password: &'static str,
        /// Whether there are tokens for everybody, to pull.
        anonymous_pull: bool,
        /// Where the tokens are to be had, if not here.
        realm: Option<String>,
    },
    /// Nobody may do anything without a token, which `POST /token` gives for an identity token.
    IdentityToken {
        /// The identity token.
        identity_token: &'static str,
        /// Where the tokens are to be had, if not here.
        realm: Option<String>,
    },
    /// Nobody may do anything without this token, which is not to be had here.
    RegistryToken(&'static str),
}

/// The tokens that were given out: what each one is good for, as `repository:NAME:ACTION`.
#[derive(Debug, Default)]
pub(crate) struct Tokens(BTreeMap<String, Vec<String>>);

impl Auth {
    /// Lets a request pass, or says how to ask better.
    pub(crate) fn check(
        &self,
        origin: &str,
        repository: &str,
        method: &Method,
        headers: &HeaderMap,
        tokens: &Tokens,
    ) -> Result<(), Box<Response>> {
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        match self {
            Self::None => Ok(()),
            Self::Basic { user, password } => {
                if given == Some(basic(user, password).as_str()) {
                    Ok(())
                } else {
                    Err(Box::new(unauthorized(
                        r#"Basic realm="test registry", charset="UTF-8""#,
                    )))
                }
            }
            Self::RegistryToken(token) => {
                if given == Some(format!("Bearer {token}").as_str()) {
                    return Ok(());
                }
                let challenge = format!(r#"Bearer realm="{origin}/token""#);
                Err(Box::new(unauthorized(&challenge)))
            }
            Self::Token { realm, .. } | Self::IdentityToken { realm, .. } => {
                let action = match *method {
                    Method::GET | Method::HEAD => "pull",
                    Method::DELETE => "delete",
                    _ => "push",
                };
                let scope = format!("repository:{repository}:{action}");
                let token = given.and_then(|given| given.strip_prefix("Bearer "));
                if token
                    .and_then(|token| tokens.0.get(token))
                    .is_some_and(|scopes| scopes.contains(&scope))
                {
                    return Ok(());
                }
                let realm = realm.clone().unwrap_or_else(|| format!("{origin}/token"));
                let actions = if action == "push" {
                    "pull,push"
                } else {
                    action
                };
                Err(Box::new(unauthorized(&format!(
                    r#"Bearer realm="{realm}",service="test registry",scope="repository:{repository}:{actions}""#
                ))))
            }
        }
    }

    /// The token endpoint, `/token`.
    pub(crate) fn issue(&self, request: &Parts, body: &[u8], tokens: &mut Tokens) -> Response {
        if request.method == Method::POST {
            return self.issue_for_form(&String::from_utf8_lossy(body), tokens);
        }
        let query = request.uri.query().unwrap_or_default();
        self.issue_for_query(query, &request.headers, tokens)
    }

    /// For identity tokens: `POST /token` with the same as a form, and the identity token in it.
    fn issue_for_form(&self, form: &str, tokens: &mut Tokens) -> Response {
        let Self::IdentityToken { identity_token, .. } = self else {
            return crate::protocol::error(StatusCode::METHOD_NOT_ALLOWED, "UNSUPPORTED");
        };
        let value = |name| crate::protocol::query_value(form, name);
        let is_well_formed = value("grant_type").as_deref() == Some("refresh_token")
            && value("client_id").as_deref() == Some("polcheck")
            && value("service").as_deref() == Some("test registry");
        if !is_well_formed || value("refresh_token").as_deref() != Some(*identity_token) {
            let mut answer = Response::new(Body::from(r#"{"error":"invalid_grant"}"#));
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            return answer;
        }
        let scope = value("scope").unwrap_or_default();
        let (repository, actions) = scope.rsplit_once(':').unwrap_or_default();
        let granted = actions
            .split(',')
            .map(|action| format!("{repository}:{action}"));
        let token = format!("token-{}", tokens.0.len() + 1);
        tokens.0.insert(token.clone(), granted.collect());
        Response::new(Body::from(json!({ "access_token": token }).to_string()))
    }

    /// For passwords: `GET /token?service=…&scope=repository:NAME:pull,push`.
    fn issue_for_query(&self, query: &str, headers: &HeaderMap, tokens: &mut Tokens) -> Response {
        let Self::Token {
            user,
            password,
            anonymous_pull,
            ..
        } = self
        else {
            return crate::protocol::error(StatusCode::NOT_FOUND, "UNSUPPORTED");
        };
        let is_user = match headers.get(AUTHORIZATION) {
            Some(given) if given == basic(user, password).as_str() => true,
            Some(_) => return unauthorized(r#"Basic realm="test registry""#),
            None => false,
        };
        let scope = crate::protocol::query_value(query, "scope").unwrap_or_default();
        let granted: Vec<String> = match scope.rsplit_once(':') {
            Some((repository, actions)) => actions
                .split(',')
                .filter(|action| is_user || (*anonymous_pull && *action == "pull"))
                .map(|action| format!("{repository}:{action}"))
                .collect(),
            None => Vec::new(),
        };
        if granted.is_empty() && !is_user {
            return unauthorized(r#"Basic realm="test registry""#);
        }
        let token = format!("token-{}", tokens.0.len() + 1);
        tokens.0.insert(token.clone(), granted);
        Response::new(Body::from(
            json!({ "token": token, "expires_in": 300 }).to_string(),
        ))
    }
}

impl Tokens {
    /// Makes every token given so far worthless.
    pub(crate) fn revoke(&mut self) {
        self.0.values_mut().for_each(Vec::clear);
    }
}

fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn unauthorized(challenge: &str) -> Response {
    let mut answer = crate::protocol::error(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    answer
        .headers_mut()
        .insert(WWW_AUTHENTICATE, HeaderValue::from_str(challenge).unwrap());
    answer
}
