//! Why a bundle is not accepted.

use crate::shown::{is_plain, list};
use jiff::Timestamp;
use model::Digest;
use model::excerpt;
use model::strict_json::StrictJsonError;
use std::fmt;

/// The layer of a bundle that something is wrong with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// The bundle.
    Bundle,
    /// The statement: the payload of its envelope.
    Statement,
    /// The predicate of the statement.
    Predicate,
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Bundle => "bundle",
            Self::Statement => "statement",
            Self::Predicate => "predicate",
        })
    }
}

/// What is wrong with JSON, and where.
#[derive(Debug, thiserror::Error)]
#[error("{}", excerpt(.0))]
pub struct InvalidJson(String);

impl From<serde_json::Error> for InvalidJson {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

/// Why a bundle is not accepted: the first reason, in the order of [`verify()`](crate::verify()).
///
/// Up to and including [`Signature`](Self::Signature) nobody vouches for what the bundle says, unless it is the statement or
/// its predicate that something is wrong with: those are only read after the signature of a trusted key was verified.
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
    /// Signed by an identity instead of a key. Nothing is wrong with it.
    #[error(
        "the bundle is signed with the certificate of an identity, which this version does not check"
    )]
    Keyless,
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
    /// The user gave no key.
    #[error("no key is trusted")]
    NothingTrusted,
    /// Signed by somebody else; or the user gave the key of somebody else.
    #[error("the bundle is signed with the key `{key}`, which is not trusted")]
    UntrustedKey {
        /// The fingerprint of the key, as the bundle has it; nobody vouches for it.
        key: String,
    },
    /// The statement was changed, or the signature is of somebody else.
    #[error("the signature of the statement does not verify with {}", list(.keys))]
    Signature {
        /// The fingerprints of the trusted keys that it could have been made with.
        keys: Vec<String>,
    },
    /// A trusted key signed something that is no statement.
    #[error("`{}` is not the payload type of a statement", excerpt(.found))]
    PayloadType {
        /// What is signed.
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

impl Rejection {
    /// The cure, if there is one.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Keyless => {
                "ask for a statement signed with a key, and give its public key with `--key`"
            }
            Self::MessageSignature => {
                "`cosign verify` checks signatures; `polcheck attest` makes statements"
            }
            Self::NothingTrusted => "give a public key with `--key`",
            Self::UntrustedKey { .. } => {
                "if you trust whoever holds that key, give the public key with `--key`"
            }
            Self::Signature { .. } => {
                "do not use the image on the word of this statement; fetch the statement again, or check the image"
            }
            Self::Subject { .. } => "check this image, or ask for its own statement",
            Self::PredicateType { .. } => "`polcheck attest` makes statements that make claims",
            Self::VerifierId { found } if is_plain(found) => {
                return Some(format!(
                    "`--verifier-id {found}` accepts it, if you expect that verifier"
                ));
            }
            Self::PolicySet { uri, digests, .. } => return accept_set(uri.as_deref(), digests),
            Self::FromTheFuture { .. } => {
                "set the clock of this machine, and of the one that signs"
            }
            Self::Expired { .. } => "check the image again with `polcheck attest`",
            Self::MissingClaims { .. } => {
                "check the image with a policy set that makes the claim, or require less with `--require`"
            }
            Self::TooLarge { .. }
            | Self::NotJson { .. }
            | Self::DuplicateField { .. }
            | Self::Malformed { .. }
            | Self::MediaType { .. }
            | Self::NoMaterial
            | Self::TwoMaterials
            | Self::NoContent
            | Self::TwoContents
            | Self::SignatureCount { .. }
            | Self::KeyIdMismatch { .. }
            | Self::PayloadType { .. }
            | Self::StatementType { .. }
            | Self::VerifierId { .. }
            | Self::NoPolicySet
            | Self::Time { .. }
            | Self::NoClaim => return None,
        };
        Some(help.to_owned())
    }
}

fn accept_set(uri: Option<&str>, digests: &[String]) -> Option<String> {
    let digest = digests.first()?;
    let set = uri.map_or_else(|| digest.clone(), |uri| format!("{uri}@{digest}"));
    is_plain(&set)
        .then(|| format!("`--policy-set {set}` accepts it, if you know what that set checks"))
}

/// `` `standard` (`polcheck:set/standard`, `sha256:…`) ``.
fn set(name: Option<&str>, uri: Option<&str>, digests: &[String]) -> String {
    let name = excerpt(name.unwrap_or("?"));
    let uri = uri.map_or_else(String::new, |uri| format!("`{}`, ", excerpt(uri)));
    format!("`{name}` ({uri}{})", list(digests))
}
