//! What is attached to the image, and what came of verifying it.

pub use crate::bindings::polcheck::policy::attestations::{
    Attestation, Kind, Signer, SignerKind, Subject, Verification,
};

use crate::{FactError, Source};

/// What is attached to the image, and to the image that it was built on. Needs `attestations`.
#[derive(Clone, Copy, Debug)]
pub struct Attestations<'a> {
    pub(crate) source: &'a Source,
}

impl Attestations<'_> {
    /// Whether the policy set in use trusts anybody. Where it does not, nothing is verified.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn trusts_anybody(&self) -> Result<bool, FactError> {
        self.source.trusts_anybody()
    }

    /// Whose signatures were verified.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn signers(&self) -> Result<Vec<Signer>, FactError> {
        self.source.signers()
    }

    /// What is attached, of these predicate types; of none: everything. What is attached to the base needs
    /// `attestations/base`.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn attached(
        &self,
        subject: Subject,
        predicate_types: &[&str],
    ) -> Result<Vec<Attestation>, FactError> {
        let types: Vec<String> = predicate_types.iter().map(|it| (*it).to_owned()).collect();
        self.source.attached(subject, &types)
    }

    /// The claims of statements that the trust policy accepts for this image.
    ///
    /// # Errors
    /// Why that is not known.
    pub fn trusted_claims(&self) -> Result<Vec<String>, FactError> {
        self.source.trusted_claims()
    }

    /// The predicate of a statement as canonical JSON. That of one that is not verified needs `attestations/unverified`.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn predicate(&self, id: u32) -> Result<String, FactError> {
        self.source.predicate(id)
    }

    /// One value of it by JSON pointer, as canonical JSON.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn predicate_value(&self, id: u32, pointer: &str) -> Result<Option<String>, FactError> {
        self.source.predicate_value(id, pointer)
    }

    /// One string of it by JSON pointer.
    ///
    /// # Errors
    /// Why it is not there.
    pub fn predicate_text(&self, id: u32, pointer: &str) -> Result<Option<String>, FactError> {
        self.source.predicate_text(id, pointer)
    }
}
