//! Verifying a signature: who signed what, before anybody asks what it says.

use crate::bundle::{self, Content, Material, Received, signed_bytes};
use crate::certificate;
use crate::identity::Signer;
use crate::key::PublicKey;
use crate::logged;
use crate::rejection::{Evidence, Rejection};
use crate::trust::{LogPolicy, Trust};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use model::{Digest, canonical};
use sigstore_verify::types::{MessageDigest, Sha256Hash};

/// How far ahead the clock of whoever signed may be.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);

/// What a signature without an envelope is of.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// The artifact itself.
    Bytes(&'a [u8]),
    /// Its digest, which is enough for all keys but those for Ed25519.
    Digest(&'a Digest),
}

/// What became of the log entries of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogEntries {
    /// There is none.
    None,
    /// There are some, and they were checked.
    Verified,
    /// There are some, and nobody looked at them: entries are ignored, or there is no trusted root to check them with.
    Unchecked,
}

/// A signature that was verified. Nothing but verification makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignature {
    pub(crate) signer: Signer,
    pub(crate) times: Vec<Timestamp>,
    pub(crate) log: LogEntries,
}

impl VerifiedSignature {
    /// Who signed.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The fingerprint of the key that signed, if it was one.
    pub fn key(&self) -> Option<&Digest> {
        match &self.signer {
            Signer::Key(key) => Some(key),
            Signer::Identity { .. } => None,
        }
    }

    /// When it was signed at the latest, if a log or an authority that is trusted has witnessed it.
    pub fn signed_by(&self) -> Option<Timestamp> {
        self.times.iter().min().copied()
    }

    /// What became of its log entries.
    pub fn log_entries(&self) -> LogEntries {
        self.log
    }
}

/// An envelope whose signature was verified. Nothing but verification makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEnvelope {
    pub(crate) signature: VerifiedSignature,
    pub(crate) payload_type: String,
    pub(crate) payload: Vec<u8>,
}

impl VerifiedEnvelope {
    /// Its signature.
    pub fn signature(&self) -> &VerifiedSignature {
        &self.signature
    }

    /// What kind of payload was signed.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// What was signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// What a bundle held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// An envelope. Whether its payload is about some artifact is still to be asked.
    Envelope(VerifiedEnvelope),
    /// A signature of the artifact that was given.
    Artifact(VerifiedSignature),
}

/// Verifies the signature of a bundle, whatever it signs, without asking anybody.
///
/// The artifact is only needed for bundles that hold no envelope, and says nothing about those that do.
///
/// # Errors
/// The first reason why it is not accepted.
pub fn verify_signature(
    bundle: &[u8],
    artifact: Option<Artifact<'_>>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Verified, Rejection> {
    // SPEC: DSSE protocol §Protocol: "Receive and decode SERIALIZED_BODY, PAYLOAD_TYPE, SIGNATURE, and KEYID […]. Reject
    // if decoding fails."
    verify_received(bundle::read(bundle)?, artifact, trust, now)
}

/// Verifies a signature that was read.
pub(crate) fn verify_received(
    received: Received,
    artifact: Option<Artifact<'_>>,
    trust: &Trust,
    now: Timestamp,
) -> Result<Verified, Rejection> {
    if let Content::Message { digest } = &received.content {
        let artifact = artifact.ok_or(Rejection::MessageSignature)?;
        identify(digest.as_ref(), artifact)?;
    }
    require_trust(&received.material, trust)?;
    require_evidence(&received, trust)?;
    let signature = match &received.material {
        Material::Key { hint } => verify_with_keys(&received, hint, artifact, trust)?,
        Material::Certificate => certificate::verify(&received, artifact, trust)?,
    };
    // Nobody has witnessed anything in the future: one of the clocks is wrong, and so may be the others.
    if let Some(&time) = signature
        .times
        .iter()
        .find(|time| time.duration_since(now) > CLOCK_SKEW)
    {
        return Err(Rejection::SignedInTheFuture { time, now });
    }
    Ok(match received.content {
        Content::Envelope {
            payload,
            payload_type,
        } => Verified::Envelope(VerifiedEnvelope {
            signature,
            payload_type,
            payload: payload.into_bytes(),
        }),
        Content::Message { .. } => Verified::Artifact(signature),
    })
}

/// SPEC: `sigstore_common.proto`, `MessageSignature`: "Message digest can be used to identify the artifact. Clients MUST
/// NOT attempt to use this digest to verify the associated signature"
fn identify(named: Option<&MessageDigest>, artifact: Artifact<'_>) -> Result<(), Rejection> {
    let Some(named) = named else {
        return Ok(());
    };
    let found = format!(
        "{}:{}",
        named.algorithm.as_rekor_str(),
        named.digest.to_hex()
    );
    let expected = match artifact {
        Artifact::Bytes(bytes) => canonical::sha256(bytes),
        Artifact::Digest(digest) => digest.clone(),
    };
    // The digest of a whole artifact is only known for one algorithm, and the signature decides in any case.
    let is_comparable = expected.algorithm().as_ref() == named.algorithm.as_rekor_str();
    if is_comparable && expected.as_ref() != found {
        return Err(Rejection::Artifact { expected, found });
    }
    Ok(())
}

/// Whether anybody is trusted who signs like this.
fn require_trust(material: &Material, trust: &Trust) -> Result<(), Rejection> {
    match material {
        Material::Key { .. } if trust.keys.is_empty() => Err(Rejection::NothingTrusted),
        Material::Certificate if trust.identities.is_empty() => Err(Rejection::Keyless),
        _ => Ok(()),
    }
}

/// Whether there is what the user asked for, and something to check it with.
fn require_evidence(received: &Received, trust: &Trust) -> Result<(), Rejection> {
    let is_keyless = received.material == Material::Certificate;
    let needs_log = match trust.log {
        LogPolicy::Everybody => true,
        LogPolicy::Identities => is_keyless,
        LogPolicy::Nobody => false,
    };
    if trust.require_timestamp && received.timestamps == 0 {
        return Err(Rejection::NoTimestamp);
    }
    if needs_log && received.log_entries == 0 {
        return Err(Rejection::NoLogEntry);
    }
    let what = match (is_keyless, needs_log, trust.require_timestamp) {
        (true, _, _) => Evidence::Certificate,
        (false, true, _) => Evidence::LogEntries,
        (false, false, true) => Evidence::Timestamps,
        (false, false, false) => return Ok(()),
    };
    match trust.root {
        Some(_) => Ok(()),
        None => Err(Rejection::NoTrustedRoot { what }),
    }
}

/// Verifies a signature with the trusted keys, and whatever logs and authorities say about it.
fn verify_with_keys(
    received: &Received,
    hint: &str,
    artifact: Option<Artifact<'_>>,
    trust: &Trust,
) -> Result<VerifiedSignature, Rejection> {
    // SPEC: DSSE protocol §Protocol: "Optionally, filter acceptable public keys by KEYID."
    // SPEC: DSSE protocol §Signature Definition: "It MUST NOT be used for security decisions; it may only be used to
    // narrow the selection of possible keys to try."
    let named = key_digest(hint);
    let candidates: Vec<_> = trust
        .keys
        .iter()
        .filter(|key| {
            named
                .as_ref()
                .is_none_or(|named| named.as_bytes() == key.digest())
        })
        .collect();
    if let (Some(named), []) = (&named, candidates.as_slice()) {
        return Err(Rejection::UntrustedKey {
            key: format!("sha256:{}", named.to_hex()),
        });
    }
    let key = signing_key(received, &candidates, artifact)?;
    let (times, log) = logged::verify(received, key, artifact, trust)?;
    Ok(VerifiedSignature {
        signer: Signer::Key(key.fingerprint().clone()),
        times,
        log,
    })
}

/// The key that made the signature.
fn signing_key<'k>(
    received: &Received,
    candidates: &[&'k PublicKey],
    artifact: Option<Artifact<'_>>,
) -> Result<&'k PublicKey, Rejection> {
    let signature = received.signature.as_bytes();
    let found = match (&received.content, artifact) {
        // SPEC: DSSE protocol §Protocol: "Verify SIGNATURE against PAE(UTF8(PAYLOAD_TYPE), SERIALIZED_BODY). Reject if
        // the verification fails."
        (
            Content::Envelope {
                payload,
                payload_type,
            },
            _,
        ) => {
            let message = signed_bytes(payload_type, payload.as_bytes());
            candidates
                .iter()
                .find(|key| key.verifies(&message, signature))
        }
        (Content::Message { .. }, Some(Artifact::Bytes(message))) => candidates
            .iter()
            .find(|key| key.verifies(message, signature)),
        (Content::Message { .. }, Some(Artifact::Digest(digest))) => {
            if candidates.iter().all(|key| key.needs_message()) {
                return Err(Rejection::WholeArtifact);
            }
            candidates
                .iter()
                .find(|key| key.verifies_digest(digest, signature))
        }
        (Content::Message { .. }, None) => return Err(Rejection::MessageSignature),
    };
    found.copied().ok_or_else(|| Rejection::Signature {
        keys: candidates
            .iter()
            .map(|key| key.fingerprint().to_string())
            .collect(),
    })
}

/// The digest that a hint names a key by, if it does so.
///
/// SPEC: `sigstore_common.proto`, `PublicKeyIdentifier`: "The format of the hint must be agreed upon out of band by the
/// signer and the verifiers". Ours is cosign's, the digest of the key; a hint of any other form may mean every key.
pub(crate) fn key_digest(hint: &str) -> Option<Sha256Hash> {
    let digest = STANDARD.decode(hint).ok()?;
    Some(Sha256Hash::new(digest.try_into().ok()?))
}
