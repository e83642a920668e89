//! Signatures with the certificate of an identity.

use crate::bundle::{Content, Received};
use crate::identity::{Identity, Signer};
use crate::library;
use crate::rejection::{Detail, Evidence, Rejection};
use crate::root::TrustedRoot;
use crate::sign::PAYLOAD_TYPE;
use crate::signature::{Artifact, LogEntries, VerifiedSignature};
use crate::trust::{LogPolicy, Trust};
use sigstore_verify::types::{Artifact as LibraryArtifact, Bundle};
use sigstore_verify::{
    CertificateError, Error, TransparencyLogError, VerificationPolicy, VerificationResult,
};

/// Verifies a signature with the certificate that came with it: the certificate first, then whose it is.
pub(crate) fn verify(
    received: &Received,
    artifact: Option<Artifact<'_>>,
    trust: &Trust,
) -> Result<VerifiedSignature, Rejection> {
    let root = trust.root.as_ref().ok_or(Rejection::NoTrustedRoot {
        what: Evidence::Certificate,
    })?;
    // SPEC: DSSE protocol §Protocol: "Reject if PAYLOAD_TYPE is not a supported type."
    if let Content::Envelope { payload_type, .. } = &received.content
        && payload_type != PAYLOAD_TYPE
    {
        return Err(Rejection::PayloadType {
            found: payload_type.clone(),
        });
    }
    let bundle = library::bundle(received)?;
    let artifact = library::artifact(received, artifact)?;
    let ignores_log = trust.log == LogPolicy::Nobody;
    // The library goes through the steps of the Sigstore client specification in their order:
    // SPEC: §4.2.1: "the Verifier MUST verify the timestamping response […]. If verification or timestamp parsing fails,
    // the Verifier MUST abort." §4.2.2 says the same of the log's own time.
    // SPEC: §4.3: "If both are available, the Verifier performs path validation twice. If either fails, verification
    // fails. […] the Verifier MUST extract the SignedCertificateTimestamp embedded in the leaf certificate, and verify it".
    // SPEC: §4.4: "1. The signature from the parsed body is the same as the provided signature. 2. The key or certificate
    // from the parsed body is the same as in the input certificate. 3. The “subject” of the parsed body matches the
    // artifact."
    // SPEC: §4.5: "The Verifier MUST verify the provided signature for the constructed payload against the key in the leaf
    // of the certificate chain."
    let policy = policy(ignores_log, trust.ignore_scts);
    let result = root
        .verifier()
        .verify(artifact.clone(), &bundle, &policy)
        .map_err(|error| explain(error, root, trust.ignore_scts, artifact, &bundle))?;
    // The library says what it did, and is believed only where it did all of it.
    if !result.certificate_verified()
        || result.sct_verified() == trust.ignore_scts
        || result.tlog_verified() == ignores_log
        || result.verified_timestamps().is_empty()
    {
        return Err(Rejection::Unsupported {
            source: Detail::new(&"not all of it was verified"),
        });
    }
    let log = match (received.log_entries, ignores_log) {
        (0, _) => LogEntries::None,
        (_, true) => LogEntries::Unchecked,
        (_, false) => LogEntries::Verified,
    };
    Ok(VerifiedSignature {
        signer: accepted(&result, &trust.identities)?,
        times: result.verified_timestamps().to_vec(),
        log,
    })
}

/// Everything is checked but whose certificate it is: that is asked afterwards.
fn policy(ignores_log: bool, ignores_scts: bool) -> VerificationPolicy {
    let mut policy = VerificationPolicy::any_identity();
    if ignores_log {
        policy = policy.skip_tlog_unsafe();
    }
    if ignores_scts {
        policy = policy.skip_sct();
    }
    policy
}

/// The identity of the certificate, if it is trusted.
///
/// SPEC: Sigstore client §4.3: "The Verifier MUST then check the certificate against the verification policy. […] the
/// Verifier SHOULD check the `Issuer` X.509 extension […] at a minimum, and will in most cases check the
/// `SubjectAlternativeName` as well."
fn accepted(result: &VerificationResult, trusted: &[Identity]) -> Result<Signer, Rejection> {
    let subject = result
        .identity()
        .map_or_else(String::new, |identity| identity.as_str().to_owned());
    let issuer = result.issuer().unwrap_or_default().to_owned();
    let same_subject: Vec<_> = trusted
        .iter()
        .filter(|identity| identity.subject.matches(&subject))
        .collect();
    if same_subject.is_empty() {
        return Err(Rejection::Identity {
            found: subject,
            issuer,
        });
    }
    if !same_subject
        .iter()
        .any(|identity| identity.issuer.matches(&issuer))
    {
        return Err(Rejection::Issuer {
            identity: subject,
            found: issuer,
        });
    }
    Ok(Signer::Identity { subject, issuer })
}

/// What an error means. The library does not tell a certificate of a stranger from one that had expired; the times at
/// which it was used do.
fn explain(
    error: Error,
    root: &TrustedRoot,
    ignores_scts: bool,
    artifact: LibraryArtifact<'_>,
    bundle: &Bundle,
) -> Rejection {
    if !matches!(
        error,
        Error::Certificate(
            CertificateError::ChainInvalid(_)
                | CertificateError::NotYetValid { .. }
                | CertificateError::Expired { .. }
        )
    ) {
        return library::rejection(error);
    }
    let without_chain = policy(true, ignores_scts).skip_certificate_chain();
    match root.verifier().verify(artifact, bundle, &without_chain) {
        Ok(result) => out_of_time(&result).unwrap_or_else(|| library::rejection(error)),
        Err(Error::TransparencyLog(problem @ TransparencyLogError::IntegratedTime(_))) => {
            library::rejection(problem.into())
        }
        Err(_) => library::rejection(error),
    }
}

/// The rejection for a certificate that was used when it was not valid.
fn out_of_time(result: &VerificationResult) -> Option<Rejection> {
    let certificate = result.certificate()?;
    let (from, until) = (certificate.not_before, certificate.not_after);
    let time = result
        .verified_timestamps()
        .iter()
        .find(|time| **time < from || **time > until)?;
    Some(Rejection::CertificateTime {
        time: *time,
        from,
        until,
    })
}
