//! What of a record the rules of a policy set would be told.

use crate::evidence::EvidenceDocument;
use crate::policies::Policies;
use ::engine::Circumstances;
use model::facts::Origin;
use model::report::Subject;
use model::{Facts, Interface, canonical};

/// What of a record the rules of a set would be told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told<'a> {
    dockerfile: bool,
    base_images: bool,
    attestations: bool,
    /// That are decided in the run.
    claims: Vec<&'a String>,
}

impl<'a> Told<'a> {
    /// As far as a run by these policies would have fetched it: a rule that could see more might say more.
    pub(super) fn by(policies: &'a Policies, evidence: &EvidenceDocument) -> Self {
        let facts = &evidence.facts;
        let has_claims = !evidence.circumstances.claims.is_empty();
        let told = Self {
            dockerfile: true,
            base_images: true,
            attestations: are_verified_by(policies, facts),
            claims: if has_claims {
                policies.set.claims.keys().collect()
            } else {
                Vec::new()
            },
        };
        if matches!(evidence.subject, Subject::Dockerfile(_)) {
            return told;
        }
        let needs = policies.needs();
        let is_given = matches!(&facts.dockerfile, Some(Ok(file)) if file.origin == Origin::Given);
        let dockerfile = is_given || needs.contains(&Interface::Dockerfile);
        Self {
            dockerfile,
            base_images: dockerfile
                && facts.dockerfile.is_some()
                && needs.contains(&Interface::BaseImage),
            ..told
        }
    }

    pub(super) fn circumstances(&self, evidence: &EvidenceDocument) -> Circumstances {
        Circumstances {
            claims: self.claims.iter().copied().cloned().collect(),
            ..evidence.circumstances()
        }
    }

    pub(super) fn facts(&self, evidence: &EvidenceDocument) -> Facts {
        let recorded = &evidence.facts;
        Facts {
            dockerfile: recorded.dockerfile.clone().filter(|_| self.dockerfile),
            base_images: recorded.base_images.clone().filter(|_| self.base_images),
            attestations: recorded.attestations.clone().filter(|_| self.attestations),
            image_base: recorded.image_base.clone(),
            image: recorded.image.clone(),
        }
    }
}

/// Whether what was verified holds by these policies: what was verified by another trust policy was not verified by theirs.
pub(super) fn are_verified_by(policies: &Policies, facts: &Facts) -> bool {
    let Some(Ok(attached)) = &facts.attestations else {
        return true;
    };
    let trust = policies.set.trust.as_ref();
    attached.trust_policy == trust.and_then(|trust| canonical::digest(trust).ok())
}
