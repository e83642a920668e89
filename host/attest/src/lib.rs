//! Statements about images: made, signed, verified.
//!
//! A [`Statement`] can only be made of a report that passed and issued a claim; [`sign()`] puts it into a [`Bundle`]; and
//! [`verify()`] turns the bytes of a bundle into a [`VerifiedStatement`], which nothing else can make. What somebody
//! [trusts](Trust) and what they [expect](Expected) of one image are kept apart. [`verify_signature()`] is the half of
//! [`verify()`] that asks who signed, for bundles that say anything else; [`verify_signer()`] asks in addition whether it is a
//! statement about a certain image. [`contents()`] reads what a bundle says and believes none of it.
//!
//! Signatures that services of Sigstore see begin as a [`SignedStatement`]. What the services are to be asked, and what their
//! answers mean, is here; asking them is for others. [`Services`] says where they are.
//!
//! Everything here is a function of bytes, keys and times that are given, and of random numbers. Nothing reads a file or
//! opens a socket. The time is given, but for one question: the library that checks log entries asks the system whether
//! they come from the future.

mod bundle;
mod certificate;
mod contents;
mod exchange;
mod identity;
mod json;
mod key;
mod legacy;
mod library;
mod logged;
mod publication;
mod rejection;
mod result;
mod root;
mod shown;
mod sign;
mod signature;
mod signing_config;
mod statement;
mod token;
mod trust;
mod verify;

pub use bundle::MAX_BUNDLE_BYTES;
pub use contents::{
    ClaimedSigner, Contents, ResultContents, StatementContents, contents, statement_contents,
};
pub use exchange::{
    AnswerError, CertifiedKey, LogAnswer, Service, ShortLivedKey, TimestampRequest,
};
pub use identity::{Identity, InvalidPattern, Matcher, Pattern, Signer};
pub use key::{BoxError, KeyError, Password, PublicKey, RsaPadding, SigningKey};
pub use legacy::{
    ENVELOPE_MEDIA_TYPE, LegacyForm, LegacyLayer, NoLegacyForm, PREDICATE_TYPE_ANNOTATION,
    SIMPLE_SIGNING_MEDIA_TYPE, VerifiedImageSignature, legacy_form, verify_legacy_signature,
    verify_legacy_signer, verify_legacy_statement,
};
pub use publication::{PUBLICATION_TYPE, verify_publication};
pub use rejection::{Detail, Document, Evidence, InvalidJson, Rejection};
pub use root::{TrustedRoot, TrustedRootError};
pub use sign::{
    BUNDLE_MEDIA_TYPE, Bundle, PAYLOAD_TYPE, SignError, SignedStatement, sign, to_be_signed,
};
pub use signature::{
    Artifact, CLOCK_SKEW, LogEntries, Verified, VerifiedEnvelope, VerifiedSignature,
    verify_signature,
};
pub use signing_config::{LogService, LogVersion, Services, SigningConfigError};
pub use statement::{
    FACTS_MEDIA_TYPE, PredicateType, STATEMENT_TYPE, Statement, StatementError, VERIFIER_ID,
    Verifier, statement,
};
pub use token::{IdentityToken, TokenError};
pub use trust::{AcceptedPolicySet, Expected, LogPolicy, Trust};
pub use verify::{ResourceDescriptor, VerifiedStatement, verify, verify_signer};
