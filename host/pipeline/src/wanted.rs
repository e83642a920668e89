//! What of the supply chain the selected rules ask for. It takes requests that nobody else has to pay for.

use crate::attestations;
use crate::image_base::{self, BuiltOn};
use crate::policies::Policies;
use crate::subject::Manifest;
use crate::trusting::Trusting;
use ::registry::{Image, Registry};
use jiff::Timestamp;
use model::facts::AttestationFacts;
use model::{Fact, FactError, Facts, Interface, Need, RuleMetadata};

/// What is gathered beside the image, the Dockerfile and its bases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What is attached to the image.
    attestations: Asked,
    /// What is attached to its base.
    base_attestations: Asked,
    /// What it was built on.
    image_base: Asked,
}

/// Whether something is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    #[default]
    No,
    /// Only by rules that want signatures, where nobody is trusted who could have made them.
    InVain,
    Yes,
}

impl Wanted {
    /// What the rules of a set ask for.
    pub(crate) fn by(policies: &Policies) -> Self {
        let trusts = policies.set.trust.is_some();
        let mut wanted = Self::default();
        for id in policies.set.rules.keys() {
            if let Some((rule, _)) = policies.catalogue().rule(id) {
                wanted.add(rule, trusts);
            }
        }
        if wanted.image_base == Asked::Yes {
            // It is provenance that says what an image was built on.
            wanted.attestations = Asked::Yes;
        }
        wanted
    }

    fn add(&mut self, rule: &RuleMetadata, trusts: bool) {
        let needs = rule.needs.iter().flatten();
        let needs: Vec<Need> = needs.filter_map(|name| Need::from_name(name)).collect();
        let asked = if needs.contains(&Need::BaseAttestations) && !trusts {
            Asked::InVain
        } else {
            Asked::Yes
        };
        for need in needs {
            if need.interface() == Interface::Attestations {
                self.attestations = self.attestations.max(asked);
            }
            match need {
                Need::BaseAttestations => {
                    self.base_attestations = self.base_attestations.max(asked);
                }
                Need::ImageBase => self.image_base = self.image_base.max(asked),
                _ => {}
            }
        }
        let mut uses = rule.uses.iter().filter_map(|name| Need::from_name(name));
        if trusts && uses.any(|need| need == Need::Interface(Interface::Attestations)) {
            self.attestations = Asked::Yes;
        }
    }

    /// Whether anything attached is asked for.
    pub(crate) fn attestations(self) -> bool {
        [self.attestations, self.base_attestations].contains(&Asked::Yes)
    }

    /// Gathers it.
    pub(crate) async fn gather(
        self,
        registry: &Registry,
        image: &Image,
        manifest: &Manifest,
        trusting: &Trusting<'_>,
        now: Timestamp,
        facts: &mut Facts,
    ) {
        let mut attached = match self.attestations {
            Asked::No => None,
            Asked::InVain => Some(Err(FactError::Absent)),
            Asked::Yes => Some(attestations::of_image(image, manifest, trusting, now).await),
        };
        let built_on = match self.image_base {
            Asked::No => None,
            Asked::InVain => Some(Err(FactError::Absent)),
            Asked::Yes => Some(self.built_on(registry, facts, attached.as_ref()).await),
        };
        if let (Some(Ok(attached)), true) = (&mut attached, self.base_attestations != Asked::No) {
            attached.base = Some(match &built_on {
                Some(Ok(built_on)) if self.base_attestations == Asked::Yes => {
                    of_base(registry, built_on, attached, trusting, now).await
                }
                Some(Err(error)) => Err(error.clone()),
                _ => Err(FactError::Absent),
            });
        }
        facts.attestations = attached.map(|attached| attached.map(Box::new));
        facts.image_base = built_on.map(|built_on| built_on.map(|it| it.fact));
    }

    async fn built_on(
        self,
        registry: &Registry,
        facts: &Facts,
        attached: Option<&Fact<AttestationFacts>>,
    ) -> Fact<BuiltOn> {
        let attached = match attached {
            Some(Err(error)) if error.is_problem() => return Err(error.clone()),
            Some(Ok(attached)) => Some(attached),
            Some(Err(_)) | None => None,
        };
        image_base::find(registry, facts, attached).await
    }
}

async fn of_base(
    registry: &Registry,
    built_on: &BuiltOn,
    attached: &mut AttestationFacts,
    trusting: &Trusting<'_>,
    now: Timestamp,
) -> Fact<Vec<model::facts::attestations::Attestation>> {
    let opened = registry.open(&built_on.source).await;
    let image = opened.map_err(attestations::error)?;
    attestations::of_base(&image, &built_on.digests, attached, trusting, now).await
}
