//! What logs and authorities say about a signature that was made with a key.

use crate::bundle::Received;
use crate::key::PublicKey;
use crate::library;
use crate::rejection::{Detail, Rejection};
use crate::root::TrustedRoot;
use crate::signature::{Artifact, LogEntries};
use crate::trust::{LogPolicy, Trust};
use jiff::Timestamp;
use sigstore_verify::tsa::{Error as TsaError, verify_timestamp_for_authority};
use sigstore_verify::types::{Bundle, DerPublicKey, TimestampToken, TsaAuthority};
use sigstore_verify::{Error, PublicKeyVerificationPolicy};

/// Verifies the timestamps and log entries of a signature that this key made: all that are there, if there is a trusted
/// root to check them with.
pub(crate) fn verify(
    received: &Received,
    key: &PublicKey,
    artifact: Option<Artifact<'_>>,
    trust: &Trust,
) -> Result<(Vec<Timestamp>, LogEntries), Rejection> {
    let has_entries = received.log_entries > 0;
    let Some(root) = trust
        .root
        .as_ref()
        .filter(|_| has_entries || received.timestamps > 0)
    else {
        let log = if has_entries {
            LogEntries::Unchecked
        } else {
            LogEntries::None
        };
        return Ok((Vec::new(), log));
    };
    let bundle = library::bundle(received)?;
    if !has_entries {
        return Ok((timestamps(&bundle, received, root)?, LogEntries::None));
    }
    if trust.log == LogPolicy::Nobody {
        return Ok((timestamps(&bundle, received, root)?, LogEntries::Unchecked));
    }
    let artifact = library::artifact(received, artifact)?;
    let policy = PublicKeyVerificationPolicy::new(DerPublicKey::from_bytes(key.der()));
    let result = root
        .verifier()
        .verify(artifact, &bundle, &policy)
        .map_err(|error| explain(error, key))?;
    if !result.tlog_verified() {
        return Err(Rejection::Unsupported {
            source: Detail::new(&"the log entries were not verified"),
        });
    }
    Ok((result.verified_timestamps().to_vec(), LogEntries::Verified))
}

/// What an error means. The signature is known to be right by then: where the library cannot verify it too, it knows
/// less ways to sign than this key.
fn explain(error: Error, key: &PublicKey) -> Rejection {
    match error {
        Error::SignatureInvalid(_) | Error::Crypto(_) => Rejection::LoggedKey {
            key: key.fingerprint().clone(),
            source: Detail::new(&error),
        },
        error => library::rejection(error),
    }
}

/// The times of all timestamps.
fn timestamps(
    bundle: &Bundle,
    received: &Received,
    root: &TrustedRoot,
) -> Result<Vec<Timestamp>, Rejection> {
    let authorities = root.parsed().tsa_authorities();
    bundle
        .verification_material
        .timestamp_verification_data
        .rfc3161_timestamps
        .iter()
        .map(|timestamp| time(&timestamp.signed_timestamp, received, &authorities))
        .collect()
}

/// The time of a timestamp by one of the authorities.
///
/// SPEC: `sigstore_bundle.proto`, `TimestampVerificationData`: "Clients MUST verify the hashed message in the message
/// imprint against the signature in the bundle."
/// SPEC: `sigstore_trustroot.proto`, `CertificateAuthority`: "Clients MUST check timestamps against *both* the
/// `valid_for` time range *and* the entire certificate chain."
fn time(
    token: &TimestampToken,
    received: &Received,
    authorities: &[TsaAuthority],
) -> Result<Timestamp, Rejection> {
    let mut rejection = Rejection::Timestamp {
        source: Detail::new(&"the trusted root has no timestamp authority"),
    };
    let mut is_right = false;
    for authority in authorities {
        match verify_timestamp_for_authority(token, &received.signature, authority) {
            Ok(time) => return Ok(time),
            Err(TsaError::TimestampOutsideValidity { time }) => {
                is_right = true;
                rejection = Rejection::TimestampTime { time };
            }
            Err(_) if is_right => {}
            Err(error) => {
                rejection = Rejection::Timestamp {
                    source: Detail::new(&error),
                };
            }
        }
    }
    Err(rejection)
}
