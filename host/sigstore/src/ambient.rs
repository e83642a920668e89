//! Identities of machines: what a CI says of the job that polcheck runs in.

use crate::error::{IdentityError, ProgramError};
use crate::http::{Http, Request, host};
use crate::process;
use attest::{IdentityToken, Service};
use bytes::Bytes;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::fmt;
use zeroize::Zeroizing;

/// The variable that holds a token, as cosign reads it.
const TOKEN: &str = "SIGSTORE_ID_TOKEN";

/// Where a job gets its token.
pub(crate) enum Ambient {
    /// From a variable.
    Variable(Zeroizing<String>),
    /// From a server that knows the job.
    GitHub {
        url: String,
        bearer: Zeroizing<String>,
    },
    /// From the program of the CI.
    Program(Program),
}

/// A program that prints tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    Buildkite,
    CircleCi,
}

impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable(_) => "Variable(…)",
            Self::GitHub { .. } => "GitHub(…)",
            Self::Program(Program::Buildkite) => "Buildkite",
            Self::Program(Program::CircleCi) => "CircleCi",
        })
    }
}

impl Ambient {
    /// Finds out where the job is, from the variables of its environment. Nobody is asked yet.
    pub(crate) fn detect(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, IdentityError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_true = |name: &str| set(name).as_deref() == Some("true");
        if let Some(token) = set(TOKEN) {
            return Ok(Some(Self::Variable(Zeroizing::new(token))));
        }
        if is_true("GITHUB_ACTIONS") {
            let url = set("ACTIONS_ID_TOKEN_REQUEST_URL");
            let bearer = set("ACTIONS_ID_TOKEN_REQUEST_TOKEN").map(Zeroizing::new);
            let (url, bearer) = url.zip(bearer).ok_or(IdentityError::GitHubPermission)?;
            return Ok(Some(Self::GitHub { url, bearer }));
        }
        if is_true("GITLAB_CI") {
            return Err(IdentityError::GitLabVariable);
        }
        if is_true("BUILDKITE") {
            return Ok(Some(Self::Program(Program::Buildkite)));
        }
        if is_true("CIRCLECI") {
            return Ok(Some(Self::Program(Program::CircleCi)));
        }
        Ok(None)
    }

    /// The token of the job, for an audience.
    pub(crate) async fn token(
        &self,
        http: &Http,
        audience: &str,
    ) -> Result<IdentityToken, IdentityError> {
        let text = match self {
            Self::Variable(text) => text.clone(),
            Self::GitHub { url, bearer } => github(http, url, bearer, audience).await?,
            Self::Program(program) => program.token(audience).await?,
        };
        Ok(IdentityToken::parse(text)?)
    }
}

/// What GitHub's server answers.
#[derive(Deserialize)]
struct GitHubJson {
    value: String,
}

async fn github(
    http: &Http,
    url: &str,
    bearer: &str,
    audience: &str,
) -> Result<Zeroizing<String>, IdentityError> {
    let mut url: Url = http.url(Service::Issuer, url)?;
    url.query_pairs_mut().append_pair("audience", audience);
    // Overwritten when it was sent.
    let header = Zeroizing::new(format!("Bearer {bearer}").into_bytes());
    let mut header = HeaderValue::from_maybe_shared(Bytes::from_owner(header))
        .map_err(|_| IdentityError::GitHubPermission)?;
    header.set_sensitive(true);
    let request = Request {
        authorization: Some(header),
        ..Request::get(url)
    };
    let answer = http.ask(Service::Issuer, &request, &[bearer]).await?;
    // The error would quote the token.
    let answer: GitHubJson =
        serde_json::from_slice(&answer.body).map_err(|_| IdentityError::NoToken {
            host: host(&request.url),
        })?;
    Ok(Zeroizing::new(answer.value))
}

impl Program {
    async fn token(self, audience: &str) -> Result<Zeroizing<String>, IdentityError> {
        let claims = serde_json::json!({ "aud": audience }).to_string();
        let (program, args): (_, &[&str]) = match self {
            Self::Buildkite => (
                "buildkite-agent",
                &["oidc", "request-token", "--audience", audience],
            ),
            Self::CircleCi => (
                "circleci",
                &["run", "oidc", "get", "--root-issuer", "--claims", &claims],
            ),
        };
        let ended = process::run(program, args, b"", process::TIMEOUT).await?;
        if !ended.status.success() {
            return Err(ProgramError::Failed {
                program: program.to_owned(),
                said: ended.stderr,
            }
            .into());
        }
        let text = String::from_utf8_lossy(&ended.stdout);
        Ok(Zeroizing::new(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn detect(variables: &[(&str, &str)]) -> Result<Option<Ambient>, IdentityError> {
        Ambient::detect(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[rstest]
    #[case(&[], "None")]
    #[case(&[("CI", "true")], "None")]
    #[case(&[("BUILDKITE", "false")], "None")]
    #[case(&[("BUILDKITE", "true")], "Some(Buildkite)")]
    #[case(&[("CIRCLECI", "true")], "Some(CircleCi)")]
    #[case(&[("SIGSTORE_ID_TOKEN", "t"), ("GITLAB_CI", "true")], "Some(Variable(…))")]
    #[case(&[("SIGSTORE_ID_TOKEN", ""), ("BUILDKITE", "true")], "Some(Buildkite)")]
    #[case(
        &[
            ("GITHUB_ACTIONS", "true"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "secret"),
        ],
        "Some(GitHub(…))"
    )]
    fn the_variables_of_a_job_say_where_it_is(
        #[case] variables: &[(&str, &str)],
        #[case] expected: &str,
    ) {
        assert_eq!(format!("{:?}", detect(variables).unwrap()), expected);
    }

    #[test]
    fn a_job_that_may_not_have_a_token_is_told_how_to_get_one() {
        let github = detect(&[
            ("GITHUB_ACTIONS", "true"),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://token"),
        ]);
        assert!(matches!(github, Err(IdentityError::GitHubPermission)));
        let gitlab = detect(&[("GITLAB_CI", "true")]);
        assert!(matches!(gitlab, Err(IdentityError::GitLabVariable)));
    }
}
