//! What the Sigstore library is asked, and what its answers mean.

use crate::bundle::{Content, Received};
use crate::rejection::{Detail, Document, Rejection};
use crate::signature::Artifact;
use serde::Deserialize;
use sigstore_verify::bundle::Error as BundleError;
use sigstore_verify::types::{
    Artifact as LibraryArtifact, ArtifactDigest, Bundle, DigestBytes, HashAlgorithm, Sha256Hash,
    Statement,
};
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};

/// The bundle as the library knows it.
pub(crate) fn bundle(received: &Received) -> Result<Bundle, Rejection> {
    Bundle::deserialize(&received.bundle).map_err(|error| Rejection::Malformed {
        document: Document::Bundle,
        source: error.into(),
    })
}

/// The artifact that the library is told. It compares it with the subjects of a statement, which is asked later and more
/// precisely here, so it is told one of them.
pub(crate) fn artifact<'a>(
    received: &Received,
    artifact: Option<Artifact<'a>>,
) -> Result<LibraryArtifact<'a>, Rejection> {
    match (&received.content, artifact) {
        (Content::Envelope { payload, .. }, _) => {
            let statement: Option<Statement> = serde_json::from_slice(payload.as_bytes()).ok();
            let subjects = statement.map(|statement| statement.subject);
            let digest = subjects.into_iter().flatten().find_map(|subject| {
                let sha256 = subject.digest.sha256.map(ArtifactDigest::sha256);
                sha256.or_else(|| {
                    let sha512 = subject.digest.sha512?;
                    ArtifactDigest::new(HashAlgorithm::Sha2512, sha512.as_slice()).ok()
                })
            });
            // No subject has this one: the library refuses what it cannot read or has no subject, and says why.
            let none = || ArtifactDigest::sha256(Sha256Hash::new([0; 32]));
            Ok(LibraryArtifact::Digest(digest.unwrap_or_else(none)))
        }
        (Content::Message { .. }, Some(Artifact::Bytes(bytes))) => Ok(LibraryArtifact::Blob(bytes)),
        (Content::Message { .. }, Some(Artifact::Digest(digest))) => {
            let unsupported = |error: &dyn std::fmt::Display| Rejection::Unsupported {
                source: Detail::new(&error),
            };
            let algorithm: HashAlgorithm = digest
                .algorithm()
                .as_ref()
                .parse()
                .map_err(|error| unsupported(&error))?;
            let bytes =
                DigestBytes::from_hex(digest.digest()).map_err(|error| unsupported(&error))?;
            ArtifactDigest::new(algorithm, bytes)
                .map(LibraryArtifact::Digest)
                .map_err(|error| unsupported(&error))
        }
        (Content::Message { .. }, None) => Err(Rejection::MessageSignature),
    }
}

/// What an error of the library means, for a signature that was made with a certificate.
pub(crate) fn rejection(error: Error) -> Rejection {
    let source = Detail::new(&error);
    match error {
        Error::SignatureInvalid(_) => Rejection::CertificateSignature,
        Error::Certificate(error) => certificate(&error, source),
        Error::TransparencyLog(error) => log(error, source),
        Error::Timestamp(error) => timestamp(&error, source),
        // The artifact was told to be one of the statement's subjects, and compared before where there is none.
        Error::ArtifactMismatch(_) => Rejection::LogEntryMismatch { source },
        Error::Bundle(error) => structure(&error, source),
        _ => Rejection::Unsupported { source },
    }
}

fn certificate(error: &CertificateError, source: Detail) -> Rejection {
    match error {
        CertificateError::Malformed(_) => Rejection::Certificate { source },
        CertificateError::Sct(_) => Rejection::CertificateTimestamp { source },
        _ => Rejection::CertificateChain { source },
    }
}

fn log(error: TransparencyLogError, source: Detail) -> Rejection {
    match error {
        TransparencyLogError::UnknownLog { log_id } => Rejection::UnknownLog { log: log_id },
        TransparencyLogError::InclusionProof(_) => Rejection::InclusionProof { source },
        TransparencyLogError::Checkpoint(_) => Rejection::Checkpoint { source },
        TransparencyLogError::InclusionPromise(_) => Rejection::InclusionPromise { source },
        TransparencyLogError::EntryMismatch(_) => Rejection::LogEntryMismatch { source },
        TransparencyLogError::IntegratedTime(_) => Rejection::IntegratedTime { source },
        _ => Rejection::LogEntry { source },
    }
}

fn timestamp(error: &TimestampError, source: Detail) -> Rejection {
    match *error {
        TimestampError::OutsideAuthorityValidity { time } => Rejection::TimestampTime { time },
        TimestampError::NoVerifiedTimestamp(_) => Rejection::NoTimestamp,
        _ => Rejection::Timestamp { source },
    }
}

fn structure(error: &BundleError, source: Detail) -> Rejection {
    match error {
        BundleError::MissingInclusionPromise(_)
        | BundleError::MissingInclusionProof(_)
        | BundleError::MissingCheckpoint => Rejection::NoInclusion { source },
        BundleError::MissingSigningTimeEvidence | BundleError::MissingTimestamp => {
            Rejection::NoTimestamp
        }
        BundleError::LogIndexOutOfRange { .. } => Rejection::InclusionProof { source },
        BundleError::CheckpointRootMismatch => Rejection::Checkpoint { source },
        _ => Rejection::Unsupported { source },
    }
}
