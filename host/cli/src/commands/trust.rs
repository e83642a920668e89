//! Whom `verify` and `statements` trust.

use super::identity::trusted_root;
use super::signing::public_keys;
use crate::failure::Failure;
use crate::session::Session;
use attest::{AcceptedPolicySet, Identity, LogPolicy, Matcher, Trust, TrustedRoot};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use pipeline::config::{FILE_NAME, Layer};
use pipeline::{TrustPolicy, TrustRule, find_word};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What names somebody to trust on the command line, by the names that clap has for it.
const BY_FLAGS: [&str; 8] = [
    "keys",
    "certificate_identity",
    "certificate_identity_regexp",
    "certificate_oidc_issuer",
    "certificate_oidc_issuer_regexp",
    "trusted_root",
    "insecure_ignore_tlog",
    "insecure_ignore_sct",
];

/// Whose signatures count, spelled as cosign spells it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Trust options")]
pub(crate) struct TrustArgs {
    /// Trust whom this file says, for what it says: a trust policy, or a policy set that has one
    #[arg(long, value_name = "FILE", conflicts_with_all = BY_FLAGS)]
    trust_policy: Option<PathBuf>,
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
    /// Accept certificates that no certificate transparency log promised to publish, as those of GitHub's own Sigstore are
    #[arg(long)]
    insecure_ignore_sct: bool,
}

impl TrustArgs {
    /// What these flags say of the configuration.
    pub(crate) fn lay(&self, layer: Layer) -> Layer {
        Layer {
            trust_policy: self.trust_policy.clone(),
            ..layer
        }
    }

    /// The trust policy, where no flag names anybody to trust.
    pub(crate) fn policy(&self, session: &Session) -> Result<Option<TrustPolicy>, Failure> {
        let Self {
            keys,
            certificate_identity,
            certificate_identity_regexp,
            certificate_oidc_issuer,
            certificate_oidc_issuer_regexp,
            ..
        } = self;
        let texts = [
            certificate_identity,
            certificate_identity_regexp,
            certificate_oidc_issuer,
            certificate_oidc_issuer_regexp,
        ];
        if !keys.is_empty() || texts.iter().any(|text| text.is_some()) {
            return Ok(None);
        }
        trust_policy(session)
    }

    /// Whom the flags trust; nobody is an answer too.
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
            ignore_scts: self.insecure_ignore_sct,
        })
    }

    /// Whom the flags trust, where it has to be somebody, for whatever they claim by these policy sets and verifiers.
    pub(crate) fn rule(
        &self,
        policy_sets: Vec<AcceptedPolicySet>,
        verifier_ids: BTreeSet<String>,
    ) -> Result<TrustRule, Failure> {
        let trust = self.trust()?;
        if trust.keys.is_empty() && trust.identities.is_empty() {
            return Err(Failure::say("nobody is trusted, so that no statement could be accepted").help(
                "give a public key with `--key`, or an identity with `--certificate-identity` and `--certificate-oidc-issuer`, or name a file that says whom to trust with `--trust-policy`",
            ));
        }
        Ok(TrustRule::for_any_claim(trust, policy_sets, verifier_ids))
    }

    /// The flags that weaken what is asked of signatures, as they are given.
    pub(crate) fn insecure(&self) -> Vec<String> {
        let given = [
            (self.insecure_ignore_tlog, "--insecure-ignore-tlog"),
            (self.insecure_ignore_sct, "--insecure-ignore-sct"),
        ];
        let given = given.into_iter().filter(|(is_given, _)| *is_given);
        given.map(|(_, flag)| flag.to_owned()).collect()
    }

    /// The file of the trusted root that the flags name.
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

/// Whose statements count: what a file says that was named for it, or else the policy set. A file in the working directory that
/// nobody named does not say it: it may be by anybody.
pub(crate) fn trust_policy(session: &Session) -> Result<Option<TrustPolicy>, Failure> {
    let Some(document) = session.config.trust()? else {
        return Ok(None);
    };
    if let Some(file) = session.config.unnamed_trust() {
        return Err(Failure::say(format!(
            "whose statements count comes from `{FILE_NAME}` in the working directory, which nobody named"
        ))
        .help(format!(
            "name the file with `--trust-policy {}` if you trust it, or say whom you trust: `--key`, `--certificate-identity`",
            file.display()
        )));
    }
    let resolved = TrustPolicy::resolve(&document).map_err(|error| Failure {
        place: error
            .word()
            .and_then(|word| find_word(&session.written(), word)),
        ..Failure::from(error)
    });
    resolved.map(Some)
}

/// What a text has to be; the two are never both given.
fn matcher(exact: Option<&str>, regexp: Option<&str>) -> Result<Option<Matcher>, Failure> {
    match (exact, regexp) {
        (Some(exact), _) => Ok(Some(Matcher::Exact(exact.to_owned()))),
        (None, Some(pattern)) => Ok(Some(Matcher::regexp(pattern)?)),
        (None, None) => Ok(None),
    }
}
