//! Where the identity of whoever signs comes from.

use crate::ambient::Ambient;
use crate::browser::Browser;
use crate::error::IdentityError;
use crate::http::Http;
use attest::{IdentityToken, TokenError};
use std::env;
use zeroize::Zeroizing;

/// Where an identity token comes from, each time that one is needed.
#[derive(Debug)]
pub struct IdentitySource(Kind);

enum Kind {
    Given(Zeroizing<String>),
    Ambient(Ambient),
    Browser(Browser),
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(…)"),
            Self::Ambient(ambient) => ambient.fmt(f),
            Self::Browser(browser) => browser.fmt(f),
        }
    }
}

impl IdentitySource {
    /// A token that somebody got elsewhere.
    ///
    /// # Errors
    /// If it is none.
    pub fn given(token: Zeroizing<String>) -> Result<Self, TokenError> {
        IdentityToken::parse(token.clone())?;
        Ok(Self(Kind::Given(token)))
    }

    /// The CI that polcheck runs in: GitHub Actions, GitLab, Buildkite or CircleCI, or whoever else set
    /// `SIGSTORE_ID_TOKEN`. Nobody is asked before something is signed.
    ///
    /// # Errors
    /// If this is no CI that is known, or one that does not allow it.
    pub fn ambient() -> Result<Self, IdentityError> {
        let found = Ambient::detect(|name| env::var(name).ok())?;
        let ambient = found.ok_or(IdentityError::None)?;
        Ok(Self(Kind::Ambient(ambient)))
    }

    /// Somebody in front of a browser.
    pub fn browser(browser: Browser) -> Self {
        Self(Kind::Browser(browser))
    }

    /// A token for an audience.
    pub(crate) async fn token(
        &self,
        http: &Http,
        audience: &str,
    ) -> Result<IdentityToken, IdentityError> {
        match &self.0 {
            Kind::Given(token) => Ok(IdentityToken::parse(token.clone())?),
            Kind::Ambient(ambient) => ambient.token(http, audience).await,
            Kind::Browser(browser) => browser.log_in(http, audience).await,
        }
    }
}
