//! What an earlier run was told, where its verdict is come to again.

use crate::evidence::EvidenceDocument;
use model::Fact;
use model::facts::{AttestationFacts, BaseImage, ImageBase};
use std::collections::BTreeMap;

/// What rules were told in an earlier run and would not be told now.
#[derive(Clone, Debug, Default)]
pub struct Again {
    /// Registry and repository.
    pub subject_name: Option<String>,
    /// The claims that are decided in the run.
    pub claims: Vec<String>,
    /// By manifest, what registries answered; of others it is asked.
    pub answers: BTreeMap<String, Answers>,
}

/// What registries answered about one manifest, as the facts have it.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// About the base images of the stages.
    pub base_images: Option<BTreeMap<u32, Fact<BaseImage>>>,
    /// About the image that it was built on.
    pub image_base: Option<Fact<ImageBase>>,
    /// About what is attached to it.
    pub attestations: Option<Fact<Box<AttestationFacts>>>,
}

impl From<&EvidenceDocument> for Answers {
    fn from(evidence: &EvidenceDocument) -> Self {
        let facts = &evidence.facts;
        Self {
            base_images: facts.base_images.clone(),
            image_base: facts.image_base.clone(),
            attestations: facts.attestations.clone(),
        }
    }
}
