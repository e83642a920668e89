//! Why a bundle is not accepted.

mod help;
mod parts;

pub use parts::{Detail, Document, Evidence, InvalidJson};

use crate::shown::list;
use jiff::{SignedDuration, Timestamp};
use model::Digest;
use model::excerpt;
use model::strict_json::StrictJsonError;

/// Why a bundle is not accepted: the first reason, in the order of [`verify()`](crate::verify()).
///
/// Up to and including [`Issuer`](Self::Issuer) nobody vouches for what the bundle says, unless it is the statement or its
/// predicate that something is wrong with: those are only read after the signature of somebody trusted was verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Somebody wants to use up memory.
    #[error("the bundle has {bytes} bytes, and {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The most that is read.
        limit: usize,
    },
    /// Cut off on its way, or not a bundle at all; or somebody wants to use up memory.
    #[error("the {document} cannot be read")]
    NotJson {
        /// Which layer.
        document: Document,
        /// What is wrong with it.
        #[source]
        source: StrictJsonError,
    },
    /// Somebody wants two readers to see two things.
    #[error("the {document} has the field `{}` twice in one object", excerpt(.field))]
    DuplicateField {
        /// Which layer.
        document: Document,
        /// The field.
        field: String,
    },
    /// Made by a program that does not keep to the specification.
    #[error("the {document} has not the form that its specification says")]
    Malformed {
        /// Which layer.
        document: Document,
        /// What is wrong.
        #[source]
        source: InvalidJson,
    },
    /// A bundle of a version to come, or another document.
    #[error("`{}` is not the media type of a bundle", excerpt(.found))]
    MediaType {
        /// What the bundle calls itself.
        found: String,
    },
    /// Signed by an identity instead of a key, and the user trusts keys alone. Nothing is wrong with it.
    #[error("the bundle is signed with the certificate of an identity, and no identity is trusted")]
    Keyless,
    /// The user asked for what only a trusted root can vouch for.
    #[error("there is no trusted root to check the {what} with")]
    NoTrustedRoot {
        /// What is to be checked.
        what: Evidence,
    },
    /// Made by a program that does not keep to the specification, or that follows a later one.
    #[error("the bundle is not one that can be verified")]
    Unsupported {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// Made by a program that does not keep to the specification.
    #[error("the bundle says neither by which key nor by which certificate it is signed")]
    NoMaterial,
    /// Somebody wants two verifiers to check two things.
    #[error("the bundle names both a key and a certificate")]
    TwoMaterials,
    /// A signature of the image or of a file, not of a statement about it.
    #[error("the bundle holds a signature without a statement")]
    MessageSignature,
    /// Made by a program that does not keep to the specification.
    #[error("the bundle holds neither an envelope nor a signature")]
    NoContent,
    /// Somebody wants two verifiers to check two things.
    #[error("the bundle holds both an envelope and a signature")]
    TwoContents,
    /// An envelope for another protocol, or one that somebody added a signature to.
    #[error("the envelope has {found} signatures, and must have one")]
    SignatureCount {
        /// How many there are.
        found: usize,
    },
    /// Two bundles were mixed.
    #[error("the envelope is signed by `{}`, but the bundle names `{}`", excerpt(.keyid), excerpt(.hint))]
    KeyIdMismatch {
        /// What the envelope says.
        keyid: String,
        /// What the bundle says.
        hint: String,
    },
    /// The user trusts identities alone, or nobody.
    #[error("the bundle is signed with a key, and no key is trusted")]
    NothingTrusted,
    /// Signed by somebody else; or the user gave the key of somebody else.
    #[error("the bundle is signed with the key `{key}`, which is not trusted")]
    UntrustedKey {
        /// The fingerprint of the key, as the bundle has it; nobody vouches for it.
        key: String,
    },
    /// The statement was changed, or the signature is of somebody else.
    #[error("the signature does not verify with {}", list(.keys))]
    Signature {
        /// The fingerprints of the trusted keys that it could have been made with.
        keys: Vec<String>,
    },
    /// The statement was changed, or the certificate is of somebody else.
    #[error("the signature does not verify with the certificate of the bundle")]
    CertificateSignature,
    /// The signature is of another file.
    #[error("the signature is of {found}, not of `{expected}`")]
    Artifact {
        /// What was asked about.
        expected: Digest,
        /// What the bundle says was signed.
        found: String,
    },
    /// The user gave the digest of a file, and the key signs nothing but whole files.
    #[error("a signature with this key can only be verified with the whole artifact")]
    WholeArtifact,
    /// Somebody made up a certificate.
    #[error("the certificate cannot be read")]
    Certificate {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// Issued by an authority that is not in the trusted root, or for another purpose.
    #[error("the certificate was not issued by an authority that is trusted")]
    CertificateChain {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// Signed before the certificate was issued or after it had expired: by whoever found its key later.
    #[error(
        "the signature was made at {time}, and the certificate was valid from {from} until {until}"
    )]
    CertificateTime {
        /// When it was signed.
        time: Timestamp,
        /// When the certificate became valid.
        from: Timestamp,
        /// When it expired.
        until: Timestamp,
    },
    /// Issued behind the back of the logs in which authorities have to publish what they issue.
    #[error("the certificate is not proven to be in a certificate transparency log")]
    CertificateTimestamp {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// Signed without publishing it.
    #[error("the signature is in no transparency log, and has to be")]
    NoLogEntry,
    /// The bundle names a log and proves nothing.
    #[error("the bundle does not prove that the signature is in the transparency log")]
    NoInclusion {
        /// What is missing.
        #[source]
        source: Detail,
    },
    /// Logged in a log that is not in the trusted root.
    #[error("the transparency log `{}` is not trusted", excerpt(.log))]
    UnknownLog {
        /// Its id.
        log: String,
    },
    /// Somebody made up a log entry.
    #[error("the log entry cannot be read")]
    LogEntry {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// The log never had this entry.
    #[error("the log entry is not proven to be in the transparency log")]
    InclusionProof {
        /// What is wrong with the proof.
        #[source]
        source: Detail,
    },
    /// The proof leads to a tree that the log never signed.
    #[error("the checkpoint of the transparency log does not verify")]
    Checkpoint {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// The log never promised to include the entry.
    #[error("the promise of the transparency log to include the entry does not verify")]
    InclusionPromise {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// The entry of something else was put into the bundle.
    #[error("the log entry is of another signature")]
    LogEntryMismatch {
        /// What is different.
        #[source]
        source: Detail,
    },
    /// Logged in the future, or when the certificate was not valid.
    #[error("the time of the log entry is not one at which it can have been made")]
    IntegratedTime {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// The key signs in a way that log entries cannot be checked for. Nothing is wrong with it.
    #[error("log entries of signatures like this one, with the key `{key}`, cannot be checked")]
    LoggedKey {
        /// The fingerprint of the key.
        key: Digest,
        /// Why not.
        #[source]
        source: Detail,
    },
    /// Of another signature, or by an authority that is not in the trusted root.
    #[error("the timestamp does not verify")]
    Timestamp {
        /// What is wrong with it.
        #[source]
        source: Detail,
    },
    /// By an authority that was not yet or no longer to be trusted.
    #[error("the timestamp is of {time}, when its authority was not trusted")]
    TimestampTime {
        /// When the authority says it was signed.
        time: Timestamp,
    },
    /// Nobody but the signer says when it was signed.
    #[error("nobody who is trusted says when the signature was made")]
    NoTimestamp,
    /// A clock is wrong, here or where the time was witnessed.
    #[error("the signature was made at {time}, which is after now, {now}")]
    SignedInTheFuture {
        /// When it was signed.
        time: Timestamp,
        /// What time it was said to be.
        now: Timestamp,
    },
    /// Signed by somebody else.
    #[error("the bundle is signed by `{}`, who is not trusted", excerpt(.found))]
    Identity {
        /// Who signed.
        found: String,
        /// Who vouched for them.
        issuer: String,
    },
    /// Signed by somebody who is trusted only where somebody else vouches for them.
    #[error("the identity `{}` was vouched for by `{}`, which is not trusted", excerpt(.identity), excerpt(.found))]
    Issuer {
        /// Who signed.
        identity: String,
        /// Who vouched for them.
        found: String,
    },
    /// A trusted key signed something that is no statement.
    #[error("`{}` is not the payload type of a statement", excerpt(.found))]
    PayloadType {
        /// What is signed.
        found: String,
    },
    /// Somebody trusted signed something else than an image.
    #[error("`{}` is not the type of a signature of an image", excerpt(.found))]
    SignatureType {
        /// What the payload calls itself.
        found: String,
    },
    /// A trusted key signed a statement of a version to come.
    #[error("`{}` is not the type of a statement", excerpt(.found))]
    StatementType {
        /// What the statement calls itself.
        found: String,
    },
    /// The statement is about another image. Somebody may have attached it to this one.
    #[error("the statement is about {}, not about `{expected}`", list(.found))]
    Subject {
        /// What was asked about.
        expected: Digest,
        /// What the statement is about: the first of its subjects.
        found: Vec<String>,
    },
    /// Another kind of statement: provenance, an SBOM, a signature of cosign.
    #[error("the statement has the predicate type `{}`, which makes no claims", excerpt(.found))]
    PredicateType {
        /// Its predicate type.
        found: String,
    },
    /// A statement of a publisher, about something else than policy sets.
    #[error("the statement has the predicate type `{}`, which publishes no policy set", excerpt(.found))]
    NoPublication {
        /// Its predicate type.
        found: String,
    },
    /// Made by another program with the same key, or by a polcheck that was told another name.
    #[error("the statement was made by the verifier `{}`, which is not expected", excerpt(.found))]
    VerifierId {
        /// Its verifier.
        found: String,
    },
    /// Made by another program with the same key.
    #[error("the statement names no policy set")]
    NoPolicySet,
    /// Made with another policy set, which may be a weaker one.
    #[error("the statement was made with the policy set {}, which is not accepted", set(.name.as_deref(), .uri.as_deref(), .digests))]
    PolicySet {
        /// Its name.
        name: Option<String>,
        /// Where it was published.
        uri: Option<String>,
        /// Its digests; polcheck writes one.
        digests: Vec<String>,
    },
    /// Made by another program with the same key.
    #[error("`{}` is not a time in RFC 3339 and UTC", excerpt(.found))]
    Time {
        /// What stands there.
        found: String,
    },
    /// A clock is wrong, here or where the statement was made.
    #[error("the statement was made at {time}, which is after now, {now}")]
    FromTheFuture {
        /// When it was made.
        time: Timestamp,
        /// What time it was said to be.
        now: Timestamp,
    },
    /// The image has to be checked again.
    #[error("the statement was valid until {until}, and now is {now}")]
    Expired {
        /// The end of its validity.
        until: Timestamp,
        /// What time it was said to be.
        now: Timestamp,
    },
    /// The image has to be checked again, or somebody attached an old statement once more.
    #[error(
        "the statement was made at {time}, and one may not be older than {max_age:#}; now is {now}"
    )]
    TooOld {
        /// When it was made.
        time: Timestamp,
        /// How old it may be.
        max_age: SignedDuration,
        /// What time it was said to be.
        now: Timestamp,
    },
    /// Made by another program with the same key.
    #[error("the statement makes no claim")]
    NoClaim,
    /// The statement says less than was asked for.
    #[error("the statement does not claim {}, only {}", list(.missing), list(.made))]
    MissingClaims {
        /// What was asked for and is not there.
        missing: Vec<String>,
        /// What is there.
        made: Vec<String>,
    },
}

/// `` `standard` (`polcheck:set/standard`, `sha256:…`) ``.
fn set(name: Option<&str>, uri: Option<&str>, digests: &[String]) -> String {
    let name = excerpt(name.unwrap_or("?"));
    let uri = uri.map_or_else(String::new, |uri| format!("`{}`, ", excerpt(uri)));
    format!("`{name}` ({uri}{})", list(digests))
}
