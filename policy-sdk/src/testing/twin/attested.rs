//! The interface `attestations` over facts that a test gives.

use super::attestations as into;
use super::attestations::Shown;
use super::image::fact_error;
use crate::attestations::{Attestation, Signer, Subject};
use crate::testing::Given;
use crate::{FactError, ImageBase};
use model::Need;
use model::facts::AttestationFacts;

impl Given {
    pub(crate) fn base_of_image(&self) -> Result<ImageBase, FactError> {
        let base = self.facts.image_base.as_ref().ok_or(FactError::Denied)?;
        base.as_ref().map(into::image_base).map_err(fact_error)
    }

    pub(crate) fn trusts_anybody(&self) -> Result<bool, FactError> {
        Ok(self.attestation_facts()?.trust_policy.is_some())
    }

    pub(crate) fn signers(&self) -> Result<Vec<Signer>, FactError> {
        Ok(into::signers(self.attestation_facts()?))
    }

    pub(crate) fn attached(
        &self,
        subject: Subject,
        predicate_types: &[String],
    ) -> Result<Vec<Attestation>, FactError> {
        into::attached(
            self.attestation_facts()?,
            subject,
            predicate_types,
            self.shown(),
        )
    }

    pub(crate) fn trusted_claims(&self) -> Result<Vec<String>, FactError> {
        Ok(self
            .attestation_facts()?
            .trusted_claims
            .iter()
            .cloned()
            .collect())
    }

    pub(crate) fn predicate(&self, id: u32) -> Result<String, FactError> {
        into::predicate_json(self.attestation_facts()?, id, self.shown())
    }

    pub(crate) fn predicate_value(
        &self,
        id: u32,
        pointer: &str,
    ) -> Result<Option<String>, FactError> {
        into::predicate_value(self.attestation_facts()?, id, pointer, self.shown())
    }

    pub(crate) fn predicate_text(
        &self,
        id: u32,
        pointer: &str,
    ) -> Result<Option<String>, FactError> {
        into::predicate_text(self.attestation_facts()?, id, pointer, self.shown())
    }

    fn attestation_facts(&self) -> Result<&AttestationFacts, FactError> {
        let facts = self.facts.attestations.as_ref().ok_or(FactError::Denied)?;
        facts.as_deref().map_err(fact_error)
    }

    fn shown(&self) -> Shown {
        Shown {
            unverified: self.named.contains(&Need::UnverifiedAttestations),
            base: self.named.contains(&Need::BaseAttestations),
        }
    }
}
