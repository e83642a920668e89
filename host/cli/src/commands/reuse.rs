//! Answering by statements that are there already.

use super::signing::public_keys;
use crate::failure::Failure;
use crate::session::Session;
use attest::{Identity, Matcher, Trust, TrustedRoot};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use pipeline::ReuseRequest;
use std::path::PathBuf;

/// Rules are told the time: what they said yesterday is old tomorrow.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Whether statements answer, and whose.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reuse options")]
pub(crate) struct ReuseArgs {
    /// Where a trusted statement about the same digest and policy set is there, answer by it instead of judging again
    ///
    /// No claim is issued then: the statement makes it. Whoever may sign such statements decides what passes here.
    #[arg(long, conflicts_with_all = ["attest", "dockerfile", "baseline", "evidence"])]
    reuse: bool,
    /// Reuse statements signed with this public key (repeatable)
    #[arg(long = "reuse-key", value_name = "FILE", requires = "reuse")]
    keys: Vec<PathBuf>,
    /// Reuse statements by this identity: the address or URI in its certificate
    #[arg(long, value_name = "IDENTITY", requires = "reuse_oidc_issuer")]
    reuse_identity: Option<String>,
    /// The issuer that has to vouch for the identity
    #[arg(long, value_name = "ISSUER", requires = "reuse_identity")]
    reuse_oidc_issuer: Option<String>,
    /// Reuse no statement that is older, such as `30m` or `12h`; 24 hours where nothing is said
    #[arg(long, value_name = "DURATION", requires = "reuse")]
    max_age: Option<SignedDuration>,
}

impl ReuseArgs {
    /// Which statements answer, if any do.
    pub(crate) fn request(&self, session: &Session) -> Result<Option<ReuseRequest>, Failure> {
        if !self.reuse {
            return Ok(None);
        }
        session.require_named_registries()?;
        let identity = match (&self.reuse_identity, &self.reuse_oidc_issuer) {
            (Some(subject), Some(issuer)) => Some(Identity {
                subject: Matcher::Exact(subject.clone()),
                issuer: Matcher::Exact(issuer.clone()),
            }),
            _ => None,
        };
        if self.keys.is_empty() && identity.is_none() {
            return Err(
                Failure::say("nobody is trusted, so that no statement could be reused").help(
                    "give a public key with `--reuse-key`, or an identity with `--reuse-identity` and `--reuse-oidc-issuer`",
                ),
            );
        }
        let root = identity.is_some().then(TrustedRoot::public_good);
        Ok(Some(ReuseRequest {
            trust: Trust {
                keys: public_keys(&self.keys)?,
                root: root.transpose()?,
                identities: identity.into_iter().collect(),
                ..Trust::default()
            },
            max_age: self.max_age.unwrap_or(MAX_AGE).abs(),
            now: Timestamp::now(),
        }))
    }
}
