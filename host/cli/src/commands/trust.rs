//! Whom `verify` and `statements` trust.

use super::identity::trusted_root;
use super::signing::public_keys;
use crate::failure::Failure;
use attest::{Identity, LogPolicy, Matcher, Trust, TrustedRoot};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use std::path::{Path, PathBuf};

/// Whose signatures count, spelled as cosign spells it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Trust options")]
pub(crate) struct TrustArgs {
    /// Trust this public key: a file, `env://NAME`, or `NAME://KEY`, which `sigstore-kms-NAME` keeps (repeatable)
    #[arg(long = "key", value_name = "KEY")]
    keys: Vec<PathBuf>,
    /// Trust this identity: the address or URI in its certificate, exactly
    #[arg(long, value_name = "IDENTITY", value_parser = NonEmptyStringValueParser::new(), conflicts_with = "certificate_identity_regexp")]
    certificate_identity: Option<String>,
    /// Trust all identities in which this regular expression is found; `^` and `$` bind it to the ends
    #[arg(long, value_name = "REGEXP")]
    certificate_identity_regexp: Option<String>,
    /// The issuer that has to vouch for the identity, such as `https://token.actions.githubusercontent.com`
    #[arg(long, value_name = "ISSUER", value_parser = NonEmptyStringValueParser::new(), conflicts_with = "certificate_oidc_issuer_regexp")]
    certificate_oidc_issuer: Option<String>,
    /// A regular expression that is found in the issuer that has to vouch for the identity
    #[arg(long, value_name = "REGEXP")]
    certificate_oidc_issuer_regexp: Option<String>,
    /// Check certificates, log entries and timestamps with this trusted root
    ///
    /// Where an identity is trusted and no root is given, it is that of the public Sigstore, as it was when this binary was
    /// built. Where only keys are trusted and no root is given, nobody looks at log entries and timestamps.
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
    /// Look at no log entry, and accept signatures of identities that have none but a timestamp
    #[arg(long)]
    insecure_ignore_tlog: bool,
}

impl TrustArgs {
    /// What is trusted; nothing at all is an answer too.
    pub(crate) fn trust(&self) -> Result<Trust, Failure> {
        let identities: Vec<Identity> = self.identity()?.into_iter().collect();
        Ok(Trust {
            keys: public_keys(&self.keys)?,
            root: self.root(!identities.is_empty())?,
            identities,
            log: if self.insecure_ignore_tlog {
                LogPolicy::Nobody
            } else {
                LogPolicy::Identities
            },
            require_timestamp: false,
        })
    }

    /// What is trusted, where it has to be somebody.
    pub(crate) fn require(&self) -> Result<Trust, Failure> {
        let trust = self.trust()?;
        if trust.keys.is_empty() && trust.identities.is_empty() {
            return Err(Failure::say("nobody is trusted, so that no statement could be accepted").help(
                "give a public key with `--key`, or an identity with `--certificate-identity` and `--certificate-oidc-issuer`",
            ));
        }
        Ok(trust)
    }

    /// The file of the trusted root, if it is not the one of the public Sigstore.
    pub(crate) fn root_file(&self) -> Option<&Path> {
        self.trusted_root.as_deref()
    }

    fn identity(&self) -> Result<Option<Identity>, Failure> {
        let subject = matcher(
            self.certificate_identity.as_deref(),
            self.certificate_identity_regexp.as_deref(),
        )?;
        let issuer = matcher(
            self.certificate_oidc_issuer.as_deref(),
            self.certificate_oidc_issuer_regexp.as_deref(),
        )?;
        match (subject, issuer) {
            (None, None) => Ok(None),
            (Some(subject), Some(issuer)) => Ok(Some(Identity { subject, issuer })),
            (Some(_), None) => Err(Failure::say(
                "an identity is given, and not who has to vouch for it",
            )
            .help("name the issuer with `--certificate-oidc-issuer` or `--certificate-oidc-issuer-regexp`")),
            (None, Some(_)) => Err(Failure::say(
                "an issuer is given, and no identity that it has to vouch for",
            )
            .help("name the identity with `--certificate-identity` or `--certificate-identity-regexp`")),
        }
    }

    fn root(&self, is_needed: bool) -> Result<Option<TrustedRoot>, Failure> {
        match &self.trusted_root {
            Some(path) => trusted_root(path).map(Some),
            None if is_needed => Ok(Some(TrustedRoot::public_good()?)),
            None => Ok(None),
        }
    }
}

/// What a text has to be; the two are never both given.
fn matcher(exact: Option<&str>, regexp: Option<&str>) -> Result<Option<Matcher>, Failure> {
    match (exact, regexp) {
        (Some(exact), _) => Ok(Some(Matcher::Exact(exact.to_owned()))),
        (None, Some(pattern)) => Ok(Some(Matcher::regexp(pattern)?)),
        (None, None) => Ok(None),
    }
}
