//! Facts: everything a policy can be told about one subject, normalised, complete and frozen before any policy runs.
//!
//! A fact that is not there says why; absent is never empty.

pub mod attestations;
pub mod dockerfile;
mod image;
mod reading;

pub use attestations::{AttestationFacts, ImageBase};
pub use dockerfile::{BaseImage, DockerfileFacts, Origin};
pub use image::{Healthcheck, HistoryEntry, ImageConfig, ImageFacts, Layer, ManifestInfo};

use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

/// A fact, or why it is not there.
pub type Fact<T> = Result<T, FactError>;

/// Why a fact is not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum FactError {
    /// The image has no such thing, and the user gave none.
    #[error("there is none")]
    Absent,
    /// Not among what the rule needs or uses, or refused by the operator.
    #[error("it is denied")]
    Denied,
    /// Over a limit of the host.
    #[error("it is too large: {0}")]
    TooLarge(String),
    /// There, but it cannot be read.
    #[error("it cannot be read: {0}")]
    Malformed(String),
    /// There, in a form that is not read.
    #[error("it is not supported: {0}")]
    Unsupported(String),
    /// It could not be had now.
    #[error("it could not be had: {0}")]
    Unavailable(String),
}

impl FactError {
    /// Whether the fact may exist and could not be used. Nothing passes on such a fact; one that is absent or denied
    /// only leaves the rules that need it unevaluated.
    pub fn is_problem(&self) -> bool {
        !matches!(self, Self::Absent | Self::Denied)
    }
}

/// A family of facts: one interface of the contract that a rule may need or use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// Manifest, config, history, layer descriptors.
    Image,
    /// The Dockerfile that made the image.
    Dockerfile,
    /// The images that the stages of the Dockerfile begin with, and the one that the image was built on.
    BaseImage,
    /// What is attached to the image.
    Attestations,
}

impl Interface {
    /// All that this version serves.
    pub const ALL: [Self; 4] = [
        Self::Image,
        Self::Dockerfile,
        Self::BaseImage,
        Self::Attestations,
    ];

    /// The name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Dockerfile => "dockerfile",
            Self::BaseImage => "base-image",
            Self::Attestations => "attestations",
        }
    }

    /// The interface of that name, if this version serves it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|interface| interface.name() == name)
    }
}

/// What a rule may name among its needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// An interface.
    Interface(Interface),
    /// `dockerfile/reconstructed`: a Dockerfile that was recovered from the history of the image will do.
    ReconstructedDockerfile,
    /// `base-image/of-image`: what the image was built on, and what that is now.
    ImageBase,
    /// `attestations/base`: what is attached to the image that this one was built on.
    BaseAttestations,
    /// `attestations/unverified`: what is attached, and the predicates of what nobody trusted signed too.
    UnverifiedAttestations,
}

impl Need {
    /// Those that are more than an interface, by their names.
    const SPECIAL: [(&'static str, Self); 4] = [
        ("dockerfile/reconstructed", Self::ReconstructedDockerfile),
        ("base-image/of-image", Self::ImageBase),
        ("attestations/base", Self::BaseAttestations),
        ("attestations/unverified", Self::UnverifiedAttestations),
    ];

    /// All that this version serves.
    pub fn all() -> impl Iterator<Item = Self> {
        let interfaces = Interface::ALL.into_iter().map(Self::Interface);
        interfaces.chain(Self::SPECIAL.map(|(_, need)| need))
    }

    /// The need of that name, if this version serves it.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut special = Self::SPECIAL.into_iter();
        let found = special.find(|(known, _)| *known == name);
        found
            .map(|(_, need)| need)
            .or_else(|| Interface::from_name(name).map(Self::Interface))
    }

    /// The interface that the rule may then ask.
    pub fn interface(self) -> Interface {
        match self {
            Self::Interface(interface) => interface,
            Self::ReconstructedDockerfile => Interface::Dockerfile,
            Self::ImageBase => Interface::BaseImage,
            Self::BaseAttestations | Self::UnverifiedAttestations => Interface::Attestations,
        }
    }
}

/// Everything that policies can be told. A family nobody needs is not gathered; asking for it answers `denied`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Facts {
    /// Served by the interface `image`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageFacts>,
    /// Served by the interface `dockerfile`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "fact_or_error",
        deserialize_with = "reading::fact_or_error"
    )]
    pub dockerfile: Option<Fact<Box<DockerfileFacts>>>,
    /// Served by the interface `base-image`: of each stage that begins with an image.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "facts_or_errors",
        deserialize_with = "reading::facts_or_errors"
    )]
    pub base_images: Option<BTreeMap<u32, Fact<BaseImage>>>,
    /// Served by the interface `base-image`: what the image was built on.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "fact_or_error",
        deserialize_with = "reading::fact_or_error"
    )]
    pub image_base: Option<Fact<ImageBase>>,
    /// Served by the interface `attestations`.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "fact_or_error",
        deserialize_with = "reading::fact_or_error"
    )]
    pub attestations: Option<Fact<Box<AttestationFacts>>>,
}

/// A fact, or `{"unusable": …}`.
#[expect(clippy::ref_option, reason = "so serde hands it over")]
fn fact_or_error<T: Serialize, S: Serializer>(
    fact: &Option<Fact<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    fact.as_ref().map(FactOrError::from).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "so serde hands it over")]
fn facts_or_errors<S: Serializer>(
    facts: &Option<BTreeMap<u32, Fact<BaseImage>>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let all: BTreeMap<_, _> = facts
        .iter()
        .flatten()
        .map(|(stage, fact)| (stage, FactOrError::from(fact)))
        .collect();
    all.serialize(serializer)
}

#[derive(Serialize)]
#[serde(untagged)]
enum FactOrError<'a, T> {
    Fact(&'a T),
    Error { unusable: &'a FactError },
}

impl<'a, T> From<&'a Fact<T>> for FactOrError<'a, T> {
    fn from(fact: &'a Fact<T>) -> Self {
        match fact {
            Ok(fact) => Self::Fact(fact),
            Err(unusable) => Self::Error { unusable },
        }
    }
}

/// What is not gathered is denied.
const DENIED: Result<(), FactError> = Err(FactError::Denied);

fn usable<T>(fact: &Fact<T>) -> Result<(), FactError> {
    fact.as_ref().map(|_| ()).map_err(Clone::clone)
}

/// A fact that may exist and could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactProblem {
    /// The family it belongs to.
    pub interface: Interface,
    /// Its name in the family: `config`.
    pub fact: &'static str,
    /// What is wrong with it.
    pub error: FactError,
}

impl Facts {
    /// The families that were gathered.
    pub fn gathered(&self) -> BTreeSet<Interface> {
        let families = [
            (Interface::Image, self.image.is_some()),
            (Interface::Dockerfile, self.dockerfile.is_some()),
            (
                Interface::BaseImage,
                self.base_images.is_some() || self.image_base.is_some(),
            ),
            (Interface::Attestations, self.attestations.is_some()),
        ];
        families
            .into_iter()
            .filter_map(|(interface, gathered)| gathered.then_some(interface))
            .collect()
    }

    /// Whether what a rule names is there: gathered, and more than a set of absences.
    ///
    /// # Errors
    /// The first reason why it is not.
    pub fn serves(&self, need: Need) -> Result<(), FactError> {
        match need {
            Need::Interface(Interface::Image) => {
                let image = self.image.as_ref().ok_or(FactError::Denied)?;
                usable(&image.config)
            }
            Need::Interface(Interface::BaseImage) => {
                let bases = self.base_images.as_ref().ok_or(FactError::Denied)?;
                bases.values().next().map_or(Err(FactError::Absent), usable)
            }
            Need::ImageBase => self.image_base.as_ref().map_or(DENIED, usable),
            Need::Interface(Interface::Attestations) | Need::UnverifiedAttestations => {
                self.attestations.as_ref().map_or(DENIED, usable)
            }
            Need::BaseAttestations => match &self.attestations {
                None => DENIED,
                Some(Err(error)) => Err(error.clone()),
                Some(Ok(facts)) => facts.base.as_ref().map_or(DENIED, usable),
            },
            Need::Interface(Interface::Dockerfile) => self.serves_dockerfile(false),
            Need::ReconstructedDockerfile => self.serves_dockerfile(true),
        }
    }

    fn serves_dockerfile(&self, reconstructed_will_do: bool) -> Result<(), FactError> {
        match &self.dockerfile {
            None => DENIED,
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(file)) if file.origin == Origin::Reconstructed && !reconstructed_will_do => {
                Err(FactError::Absent)
            }
            Some(Ok(_)) => Ok(()),
        }
    }

    /// All facts that may exist and could not be used, in a fixed order. A Dockerfile that `BuildKit` refuses is one.
    pub fn problems(&self) -> Vec<FactProblem> {
        let image = self.image.iter().flat_map(ImageFacts::errors);
        let image = image.map(|(fact, error)| (Interface::Image, fact, error.clone()));
        let dockerfile = self.dockerfile.iter().filter_map(|file| match file {
            Err(error) => Some(error.clone()),
            Ok(file) => file
                .error
                .as_ref()
                .map(|refusal| FactError::Malformed(refusal.message.clone())),
        });
        let dockerfile = dockerfile.map(|error| (Interface::Dockerfile, "file", error));
        let bases = self.base_images.iter().flat_map(BTreeMap::values);
        let bases = bases
            .filter_map(|base| base.as_ref().err())
            .map(|error| (Interface::BaseImage, "config", error.clone()));
        let of_image = self
            .image_base
            .iter()
            .filter_map(|base| base.as_ref().err());
        let of_image = of_image.map(|error| (Interface::BaseImage, "of-image", error.clone()));
        let attestations = self.attestations.iter().flat_map(|attestations| {
            let whole = attestations.as_ref().err().map(|error| ("attached", error));
            let parts = attestations.iter().flat_map(|facts| facts.errors());
            whole.into_iter().chain(parts)
        });
        let attestations =
            attestations.map(|(fact, error)| (Interface::Attestations, fact, error.clone()));
        image
            .chain(dockerfile)
            .chain(bases)
            .chain(of_image)
            .chain(attestations)
            .filter(|(_, _, error)| error.is_problem())
            .map(|(interface, fact, error)| FactProblem {
                interface,
                fact,
                error,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn what_is_not_there_stands_under_errors_with_its_reason() {
        let mut image = ImageFacts::unusable(&FactError::Absent);
        image.config = Err(FactError::Malformed("not JSON".into()));
        image.history = Ok(vec![]);
        assert_eq!(
            crate::canonical::json(&Facts {
                image: Some(image),
                ..Facts::default()
            })
            .unwrap(),
            r#"{"image":{"errors":{"config":{"detail":"not JSON","kind":"malformed"},"layers":{"kind":"absent"},"manifest":{"kind":"absent"},"rawConfig":{"kind":"absent"}},"history":[]}}"#
        );
    }

    /// Two things that are attached, of which one says what a reason looks like.
    fn attached() -> AttestationFacts {
        let row = |predicate| attestations::Attestation {
            kind: attestations::AttestationKind::Statement,
            digest: crate::canonical::sha256(b"attached"),
            predicate_type: Some("https://example.com/v1".into()),
            artifact_type: None,
            verification: attestations::Verification::Verified,
            signer: Some(0),
            signed_at: Some(1),
            logged: true,
            predicate,
        };
        AttestationFacts {
            trust_policy: Some(crate::canonical::sha256(b"policy")),
            signers: vec![attestations::Signer::Key {
                fingerprint: crate::canonical::sha256(b"key"),
            }],
            image: vec![
                row(Ok(serde_json::json!({"unusable": {"kind": "absent"}}))),
                row(Err(FactError::Absent)),
            ],
            base: Some(Err(FactError::Denied)),
            trusted_claims: BTreeSet::from(["security.scan".to_owned()]),
        }
    }

    #[test]
    fn facts_that_cannot_be_used_are_read_back_with_their_reasons() {
        let mut image = ImageFacts::unusable(&FactError::Absent);
        image.config = Ok(ImageConfig {
            cmd: Some(vec![]),
            created: Some("x".into()),
            ..ImageConfig::default()
        });
        image.history = Err(FactError::TooLarge("much".into()));
        let base = BaseImage {
            reference: "r".into(),
            digest: None,
            config: ImageConfig::default(),
        };
        let facts = Facts {
            image: Some(image),
            dockerfile: Some(Err(FactError::Malformed("not JSON".into()))),
            base_images: Some(BTreeMap::from([
                (0, Ok(base)),
                (10, Err(FactError::Denied)),
            ])),
            image_base: Some(Err(FactError::Absent)),
            attestations: Some(Ok(Box::new(attached()))),
        };
        let text = crate::canonical::json(&facts).unwrap();
        let read: Facts = serde_json::from_str(&text).unwrap();
        assert_eq!(read, facts);
        // Nobody gathered them, and nothing is said of them.
        let none: Facts = serde_json::from_str("{}").unwrap();
        assert_eq!(none, Facts::default());
    }

    #[rstest]
    #[case(r#"{"image":{}}"#)]
    #[case(r#"{"image":{"errors":{"manifest":{"kind":"absent"},"config":{"kind":"absent"},"history":{"kind":"absent"},"layers":{"kind":"absent"},"rawConfig":{"kind":"absent"},"other":{"kind":"absent"}}}}"#)]
    #[case(r#"{"image":{"history":[],"errors":{"manifest":{"kind":"absent"},"config":{"kind":"absent"},"history":{"kind":"absent"},"layers":{"kind":"absent"},"rawConfig":{"kind":"absent"}}}}"#)]
    #[case(r#"{"dockerfile":{"unusable":{"kind":"absent"},"text":""}}"#)]
    #[case(r#"{"dockerfile":{"unusable":{"kind":"unheard"}}}"#)]
    #[case(r#"{"dockerfile":{}}"#)]
    #[case(r#"{"more":{}}"#)]
    fn what_is_no_set_of_facts_is_refused(#[case] text: &str) {
        assert!(serde_json::from_str::<Facts>(text).is_err());
    }

    #[test]
    fn an_absent_fact_is_no_problem_and_a_malformed_one_is() {
        let mut image = ImageFacts::unusable(&FactError::Absent);
        let facts = Facts {
            image: Some(image.clone()),
            ..Facts::default()
        };
        assert_eq!(facts.problems(), []);
        image.layers = Err(FactError::Malformed("x".into()));
        let problems = Facts {
            image: Some(image),
            ..Facts::default()
        }
        .problems();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].fact, "layers");
    }

    #[test]
    fn the_digest_of_facts_covers_predicates_and_what_could_not_be_had_is_a_problem() {
        use attestations::{Attestation, AttestationKind, Verification};
        let row = |predicate| Attestation {
            kind: AttestationKind::Statement,
            digest: crate::canonical::sha256(b"x"),
            predicate_type: None,
            artifact_type: None,
            verification: Verification::Unsigned,
            signer: None,
            signed_at: None,
            logged: false,
            predicate,
        };
        let facts = |predicate| Facts {
            attestations: Some(Ok(Box::new(AttestationFacts {
                image: vec![row(predicate)],
                ..AttestationFacts::default()
            }))),
            ..Facts::default()
        };
        let digest = |value| crate::canonical::digest(&facts(Ok(value))).unwrap();
        assert_eq!(
            digest(serde_json::json!([1])),
            digest(serde_json::json!([1]))
        );
        assert_ne!(
            digest(serde_json::json!([1])),
            digest(serde_json::json!([2]))
        );
        let problems = |error| facts(Err(error)).problems().len();
        assert_eq!(problems(FactError::Unavailable("x".into())), 1);
        // They count for nothing, and keep nobody from seeing the rest.
        assert_eq!(problems(FactError::TooLarge("x".into())), 0);
        assert_eq!(problems(FactError::Malformed("x".into())), 0);
        let none = Facts {
            attestations: Some(Err(FactError::TooLarge("1001 referrers".into()))),
            ..Facts::default()
        };
        assert_eq!(none.problems().len(), 1);
    }
}
