//! Publications: statements in which whoever publishes a policy set says that it is theirs.

use crate::rejection::Rejection;
use crate::signature::{Verified, verify_signature};
use crate::trust::Trust;
use crate::verify::read_envelope;
use jiff::Timestamp;
use model::Digest;
use model::reference::parse_digest;
use model::strict_json::Object;

/// The predicate type of a statement whose subjects are policy sets that the signer publishes. The predicate says nothing;
/// a subject is the set's canonical digest.
pub const PUBLICATION_TYPE: &str = "https://polcheck.dev/attestation/policy-set/v1";

/// Verifies that a bundle holds a publication of somebody trusted, without asking anybody; and says of which policy sets, by
/// their canonical digests.
///
/// # Errors
/// The first reason why that is not so.
pub fn verify_publication(
    bundle: &[u8],
    trust: &Trust,
    now: Timestamp,
) -> Result<Vec<Digest>, Rejection> {
    let Verified::Envelope(envelope) = verify_signature(bundle, None, trust, now)? else {
        return Err(Rejection::MessageSignature);
    };
    let statement = read_envelope(&envelope)?;
    if statement.predicate_type != PUBLICATION_TYPE {
        return Err(Rejection::NoPublication {
            found: statement.predicate_type,
        });
    }
    let subjects = statement.subject.iter();
    let digests = subjects.flat_map(|Object(subject)| subject.secure_digests());
    Ok(digests
        .filter_map(|text| parse_digest(&text).ok())
        .collect())
}
