//! Why a trust policy cannot be used.

use super::PoliciesError;
use crate::trust_document::PolicySetFields;
use ::attest::{InvalidPattern, KeyError, Rejection, TrustedRootError};
use model::matching;
use std::io;
use std::path::PathBuf;

/// Why a trust policy cannot be used. Mostly the fault of whoever wrote or named it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustPolicyError {
    /// A file that cannot be read: the policy, or one that it names.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file that is no trust policy.
    #[error("`{}` is not a trust policy: {reason}", path.display())]
    Document {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// A policy set that says nothing about trust was named as a trust policy.
    #[error("the policy set `{set}` has no section `trust`")]
    NoTrust {
        /// The set as given.
        set: String,
    },
    /// A policy that would accept nothing.
    #[error("the trust policy accepts no statement")]
    NoStatements,
    /// A signer without a key and without an identity.
    #[error("the signer `{signer}` has neither a key nor an identity")]
    NobodySigns {
        /// Its name.
        signer: String,
    },
    /// A key that cannot be used.
    #[error("cannot use {} of the signer `{signer}`", file.as_ref().map_or_else(|| "a key".to_owned(), |file| format!("the key `{file}`")))]
    Key {
        /// The name of the signer.
        signer: String,
        /// The file; none: it is written out.
        file: Option<String>,
        /// Why.
        #[source]
        source: KeyError,
    },
    /// One key under two names, which would count twice.
    #[error("the key `{key}` belongs to two signers, `{}` and `{}`", names[0], names[1])]
    KeyOfTwo {
        /// The fingerprint.
        key: String,
        /// The names.
        names: [String; 2],
    },
    /// An identity of which it is not clear what it has to be.
    #[error(
        "an identity of the signer `{signer}` needs either `{what}` or `{what}Regexp`, and not an empty one"
    )]
    Identity {
        /// The name of the signer.
        signer: String,
        /// `identity` or `issuer`.
        what: &'static str,
    },
    /// A regular expression that is none.
    #[error("cannot use an identity of the signer `{signer}`")]
    Pattern {
        /// The name of the signer.
        signer: String,
        /// As written.
        pattern: String,
        /// Why.
        #[source]
        source: InvalidPattern,
    },
    /// A trusted root that cannot be used.
    #[error("cannot use the trusted root{}", path.as_ref().map_or_else(String::new, |path| format!(" `{path}`")))]
    TrustedRoot {
        /// The file; none: it is the one of the public Sigstore.
        path: Option<String>,
        /// Why.
        #[source]
        source: TrustedRootError,
    },
    /// A list that means nothing when it is empty.
    #[error("`{what}` of the {number}. entry of `statements` is empty")]
    Empty {
        /// Which entry, from 1.
        number: usize,
        /// The list.
        what: &'static str,
    },
    /// A name that no signer has. Often mistyped.
    #[error("there is no signer `{name}`")]
    UnknownSigner {
        /// As written.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// More signers than there are, or none.
    #[error(
        "`threshold` of the {number}. entry of `statements` is {threshold}, and it names {signers} signers"
    )]
    Threshold {
        /// Which entry, from 1.
        number: usize,
        /// As written.
        threshold: usize,
        /// How many signers the entry names.
        signers: usize,
    },
    /// A glob that cannot be used.
    #[error(transparent)]
    Glob(#[from] matching::InvalidPattern),
    /// A built-in policy set that there is not.
    #[error(transparent)]
    Builtin(Box<PoliciesError>),
    /// A text that is no policy set.
    #[error("`{set}` is not a policy set")]
    PolicySet {
        /// As written.
        set: String,
    },
    /// Fields that do not say which policy set is meant.
    #[error("a policy set has either a `digest`, or a `publisher` and a `uri`")]
    PolicySetFields {
        /// As written.
        fields: PolicySetFields,
    },
    /// A uri that nobody can publish under.
    #[error("`{uri}` begins with `polcheck:`, which is reserved for built-in policy sets")]
    PublishedBuiltin {
        /// The uri.
        uri: String,
    },
    /// A statement about a policy set, and nobody whose it could be.
    #[error("`{}` is a statement about a policy set, and no `policySets` names a publisher", path.display())]
    NoPublisher {
        /// The bundle.
        path: PathBuf,
    },
    /// A statement about a policy set that is not of a publisher.
    #[error("`{}` is not a statement of a publisher about a policy set", path.display())]
    Publication {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        #[source]
        source: Box<Rejection>,
    },
}

impl TrustPolicyError {
    /// The word of the document that is to blame, if it is one word.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::NobodySigns { signer }
            | Self::Key {
                signer, file: None, ..
            }
            | Self::Identity { signer, .. } => Some(signer),
            Self::Key {
                file: Some(file), ..
            } => Some(file),
            Self::KeyOfTwo { names, .. } => Some(&names[1]),
            Self::Pattern { pattern, .. } => Some(pattern),
            Self::UnknownSigner { name, .. } => Some(name),
            Self::Glob(error) => Some(&error.pattern),
            Self::PolicySet { set } => Some(set),
            Self::PolicySetFields { fields } => [&fields.uri, &fields.digest, &fields.publisher]
                .into_iter()
                .flatten()
                .next()
                .map(String::as_str),
            Self::PublishedBuiltin { uri } => Some(uri),
            Self::TrustedRoot { .. } => Some("trustedRoot"),
            Self::Builtin(error) => error.word(),
            Self::Read { .. }
            | Self::Document { .. }
            | Self::NoTrust { .. }
            | Self::Empty { .. }
            | Self::Threshold { .. }
            | Self::NoStatements
            | Self::NoPublisher { .. }
            | Self::Publication { .. } => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Read { .. } => "check the path; it is relative to the folder of the document",
            Self::Document { .. } | Self::NoStatements => {
                "the smallest one is `{ signers: { ci: { keys: [ci.pub] } }, statements: [{ claims: [security.scan], signers: [ci] }] }`"
            }
            Self::NoTrust { .. } => "add one, or name a trust policy of its own",
            Self::NobodySigns { .. } => "give it `keys` or `identities`",
            Self::Key { source, .. } => return source.help(),
            Self::KeyOfTwo { .. } => "give both uses one name",
            Self::Identity { .. } => {
                "write whom you trust, and who has to vouch for them: `{ identity: ci@example.com, issuer: https://accounts.example.com }`"
            }
            Self::Pattern { source, .. } => return source.help(),
            Self::TrustedRoot { source, .. } => return source.help(),
            Self::Empty { .. } => "name at least one, or leave the list out if it may be",
            Self::UnknownSigner { known, .. } => {
                return Some(format!("`signers` has `{}`", known.join("`, `")));
            }
            Self::Threshold { .. } => "a threshold is at least 1 and at most the number of signers",
            Self::Glob(_) => "`*` stands for any text without `/`, `**` for any text",
            Self::Builtin(error) => return error.help(),
            Self::PolicySet { .. } => "write `builtin:NAME`, `URI@sha256:…` or `sha256:…`",
            Self::PolicySetFields { .. } => {
                "write `{ uri: URI, digest: sha256:… }` or `{ publisher: SIGNER, uri: URI }`"
            }
            Self::PublishedBuiltin { .. } => {
                "name a built-in set by its digest, or as `builtin:NAME`"
            }
            Self::NoPublisher { .. } | Self::Publication { .. } => {
                "name its publisher in `policySets`, or take the file away"
            }
        };
        Some(help.to_owned())
    }
}
