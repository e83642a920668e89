//! Statements about images: made, signed, verified.
//!
//! A [`Statement`] can only be made of a report that passed and issued a claim; [`sign()`] puts it into a [`Bundle`]; and
//! [`verify()`] turns the bytes of a bundle into a [`VerifiedStatement`], which nothing else can make. What somebody
//! [trusts](Trust) and what they [expect](Expected) of one image are kept apart.
//!
//! Everything here is a function of bytes, keys and times that are given, and of random numbers. Nothing reads a file,
//! opens a socket, or asks for the time.

mod bundle;
mod certificate;
mod contents;
mod json;
mod key;
mod rejection;
mod shown;
mod sign;
mod statement;
mod trust;
mod verify;

pub use bundle::MAX_BUNDLE_BYTES;
pub use contents::{Contents, ResultContents, Signer, StatementContents, contents};
pub use key::{BoxError, KeyError, Password, PublicKey, SigningKey};
pub use rejection::{Document, InvalidJson, Rejection};
pub use sign::{BUNDLE_MEDIA_TYPE, Bundle, PAYLOAD_TYPE, SignError, sign};
pub use statement::{
    FACTS_MEDIA_TYPE, PREDICATE_TYPE, STATEMENT_TYPE, Statement, StatementError, VERIFIER_ID,
    Verifier, statement,
};
pub use trust::{AcceptedPolicySet, Expected, Trust};
pub use verify::{CLOCK_SKEW, ResourceDescriptor, VerifiedStatement, verify, verify_signature};
