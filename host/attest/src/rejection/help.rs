//! Cures.

use super::Rejection;
use crate::shown::is_plain;

const CLOCKS: &str = "set the clock of this machine, and of the one that signs";

impl Rejection {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::SignedInTheFuture { .. } | Self::IntegratedTime { .. } => CLOCKS,
            Self::Keyless => {
                "if you trust an identity, give it with `--certificate-identity` and `--certificate-oidc-issuer`"
            }
            Self::NoTrustedRoot { .. } => "give one with `--trusted-root`",
            Self::MessageSignature => {
                "`cosign verify` checks signatures; `polcheck attest` makes statements"
            }
            Self::NothingTrusted => "give a public key with `--key`",
            Self::UntrustedKey { .. } => {
                "if you trust whoever holds that key, give the public key with `--key`"
            }
            Self::NoLogEntry | Self::NoInclusion { .. } | Self::LoggedKey { .. } => {
                "`--insecure-ignore-tlog` accepts signatures that are in no log"
            }
            Self::UnknownLog { .. }
            | Self::CertificateChain { .. }
            | Self::TimestampTime { .. } => {
                "if it is one of a Sigstore that you trust, give its trusted root with `--trusted-root`"
            }
            // With the trusted root of another Sigstore, none of them verifies.
            Self::CertificateTimestamp { .. }
            | Self::Checkpoint { .. }
            | Self::InclusionPromise { .. }
            | Self::Timestamp { .. } => {
                "do not use the image on the word of this statement; if it is of another Sigstore that you trust, give its trusted root with `--trusted-root`"
            }
            Self::NoTimestamp => {
                "sign with a timestamp authority, or with a log that says when it took the entry"
            }
            Self::Identity {
                found: identity,
                issuer,
            }
            | Self::Issuer {
                identity,
                found: issuer,
            } if is_plain(identity) && is_plain(issuer) => {
                return Some(format!(
                    "`--certificate-identity {identity} --certificate-oidc-issuer {issuer}` accepts it, if you trust them"
                ));
            }
            Self::WholeArtifact => "give the artifact instead of its digest",
            Self::Artifact { .. } => "verify the artifact that was signed",
            Self::Signature { .. }
            | Self::CertificateSignature
            | Self::Certificate { .. }
            | Self::CertificateTime { .. }
            | Self::LogEntry { .. }
            | Self::InclusionProof { .. }
            | Self::LogEntryMismatch { .. } => {
                "do not use the image on the word of this statement; fetch the statement again, or check the image"
            }
            statement => return statement.statement_help(),
        };
        Some(help.to_owned())
    }

    /// The cure where a trust policy says who is trusted, if there is one.
    pub fn help_in_policy(&self) -> Option<String> {
        let help = match self {
            Self::Keyless
            | Self::NothingTrusted
            | Self::UntrustedKey { .. }
            | Self::Identity { .. }
            | Self::Issuer { .. } => {
                "if you trust whoever signed it, add them to a signer that the rule of the trust policy names"
            }
            Self::NoTrustedRoot { .. }
            | Self::UnknownLog { .. }
            | Self::CertificateChain { .. }
            | Self::TimestampTime { .. } => {
                "if it is one of a Sigstore that you trust, name its trusted root in the trust policy: `trustedRoot`"
            }
            Self::CertificateTimestamp { .. }
            | Self::Checkpoint { .. }
            | Self::InclusionPromise { .. }
            | Self::Timestamp { .. } => {
                "do not use the image on the word of this statement; if it is of another Sigstore that you trust, name its trusted root in the trust policy: `trustedRoot`"
            }
            Self::NoLogEntry | Self::NoInclusion { .. } | Self::LoggedKey { .. } => {
                "`log: ignored` in the rule of the trust policy accepts signatures that are in no log"
            }
            Self::VerifierId { found } if is_plain(found) => {
                return Some(format!(
                    "`verifierIds: ['{found}']` in the rule of the trust policy accepts it, if you expect that verifier"
                ));
            }
            Self::PolicySet { uri, digests, .. } => {
                let set = named_set(uri.as_deref(), digests)?;
                return Some(format!(
                    "`policySets: ['{set}']` in the rule of the trust policy accepts it, if you know what that set checks"
                ));
            }
            other => return other.help(),
        };
        Some(help.to_owned())
    }

    /// The cure for a statement that somebody trusted signed.
    fn statement_help(&self) -> Option<String> {
        let help = match self {
            Self::Subject { .. } => "check this image, or ask for its own statement",
            Self::PredicateType { .. } => "`polcheck attest` makes statements that make claims",
            Self::NoPublication { .. } => {
                "`cosign attest-blob --type https://polcheck.dev/attestation/policy-set/v1` makes one"
            }
            Self::VerifierId { found } if is_plain(found) => {
                return Some(format!(
                    "`--verifier-id {found}` accepts it, if you expect that verifier"
                ));
            }
            Self::PolicySet { uri, digests, .. } => return accept_set(uri.as_deref(), digests),
            Self::FromTheFuture { .. } => CLOCKS,
            Self::Expired { .. } | Self::TooOld { .. } => {
                "check the image again with `polcheck attest`"
            }
            Self::MissingClaims { .. } => {
                "check the image with a policy set that makes the claim, or require less with `--require`"
            }
            _ => return None,
        };
        Some(help.to_owned())
    }
}

fn accept_set(uri: Option<&str>, digests: &[String]) -> Option<String> {
    let set = named_set(uri, digests)?;
    Some(format!(
        "`--policy-set {set}` accepts it, if you know what that set checks"
    ))
}

/// `URI@DIGEST`, if it can be copied.
fn named_set(uri: Option<&str>, digests: &[String]) -> Option<String> {
    let digest = digests.first()?;
    let set = uri.map_or_else(|| digest.clone(), |uri| format!("{uri}@{digest}"));
    is_plain(&set).then_some(set)
}
