//! The line of one Dockerfile alone: nothing is fetched, and no claim is decided.

use crate::claims::RunConditions;
use crate::error::CheckError;
use crate::fix::Bases;
use crate::packs::ByPack;
use crate::policies::Policies;
use crate::report::Examined;
use crate::{CheckRequest, DockerfileText, Judged, Pipeline, whole_second};
use ::engine::{Case, Circumstances};
use ::facts::BuildInputs;
use model::facts::{DockerfileFacts, ImageFacts, Origin};
use model::report::{DockerfileSubject, Gap, Subject};
use model::{Fact, FactError, Facts, Interface, Need, RuleMetadata, canonical};
use std::sync::Arc;

/// The largest Dockerfile that is read, in bytes. Real ones have some kilobytes.
pub const MAX_DOCKERFILE_BYTES: usize = 4 * 1024 * 1024;

/// A Dockerfile and what is known about its build.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// As the user calls it.
    pub path: String,
    /// As it is.
    pub bytes: Vec<u8>,
    /// What is known about its build.
    pub inputs: BuildInputs,
}

impl Dockerfile {
    /// Its facts, held against those of an image if there is one.
    pub(crate) fn facts(&self, image: Option<&ImageFacts>) -> Fact<Box<DockerfileFacts>> {
        if self.bytes.len() > MAX_DOCKERFILE_BYTES {
            return Err(FactError::TooLarge(format!(
                "{} bytes, and {MAX_DOCKERFILE_BYTES} are allowed",
                self.bytes.len()
            )));
        }
        Ok(Box::new(::facts::dockerfile(
            &self.bytes,
            Origin::Given,
            &self.inputs,
            image,
        )))
    }

    /// Its facts, where there is no image.
    pub fn facts_alone(&self) -> Facts {
        Facts {
            dockerfile: Some(self.facts(None)),
            ..Facts::default()
        }
    }

    pub(crate) fn subject(&self) -> Subject {
        Subject::Dockerfile(DockerfileSubject {
            path: self.path.clone(),
            digest: canonical::sha256(&self.bytes),
        })
    }

    pub(crate) fn text(&self) -> DockerfileText {
        DockerfileText {
            path: self.path.clone(),
            text: String::from_utf8_lossy(&self.bytes).into_owned(),
        }
    }
}

impl Pipeline {
    /// Judges a Dockerfile by the rules that need nothing else. It blocks while it works, and waits for nothing: call it on
    /// as many threads as there are processors.
    ///
    /// # Errors
    /// If facts, settings or verdict have no digest.
    pub fn lint(&self, file: &Dockerfile, request: &CheckRequest) -> Result<Judged, CheckError> {
        let case = self.case_alone(file.facts(None), None, request);
        self.judge_alone(file, &case, request)
    }

    /// What rules are told of a Dockerfile alone.
    pub(crate) fn case_alone(
        &self,
        file: Fact<Box<DockerfileFacts>>,
        bases: Option<Bases>,
        request: &CheckRequest,
    ) -> Arc<Case> {
        let facts = Facts {
            dockerfile: Some(file),
            base_images: Some(bases.unwrap_or_default()),
            ..Facts::default()
        };
        let circumstances = Circumstances {
            time: request.effective_time.unwrap_or_else(whole_second),
            point: self.policies.point,
            ..Circumstances::default()
        };
        let settings = Arc::clone(&self.policies.settings);
        Arc::new(Case::new(facts, circumstances, settings))
    }

    /// Judges a Dockerfile of which that is known.
    pub(crate) fn judge_alone(
        &self,
        file: &Dockerfile,
        case: &Arc<Case>,
        request: &CheckRequest,
    ) -> Result<Judged, CheckError> {
        let conditions = RunConditions {
            no_image: true,
            ..self.conditions(request)
        };
        let of_dockerfiles = self.rules_of_dockerfiles();
        let evaluation = self.evaluate_now(&of_dockerfiles.rules, case);
        let examined = Examined {
            subject: file.subject(),
            descriptor: None,
            left_out: &of_dockerfiles.left_out,
            dockerfile: Some(file.text()),
            case,
            evaluation: &evaluation,
            conditions: &conditions,
            baseline: request.baseline.as_deref(),
            with_evidence: !request.without_evidence,
            build: Some(file),
            records: request.records,
        };
        examined.report(&self.policies, self.engine.limits())
    }

    pub(crate) fn rules_of_dockerfiles(&self) -> &OfDockerfiles {
        self.policies.rules_of_dockerfiles()
    }
}

impl Policies {
    pub(crate) fn rules_of_dockerfiles(&self) -> &OfDockerfiles {
        self.of_dockerfiles.get_or_init(|| OfDockerfiles::of(self))
    }

    /// The selected rules that are asked about such a subject.
    pub(crate) fn rules_about(&self, subject: &Subject) -> &ByPack {
        match subject {
            Subject::Dockerfile(_) => &self.rules_of_dockerfiles().rules,
            Subject::Image(_) => &self.rules,
        }
    }
}

/// What a Dockerfile alone can serve.
#[derive(Debug)]
pub(crate) struct OfDockerfiles {
    /// The rules that it can.
    pub(crate) rules: ByPack,
    /// Those of them whose findings may have edits.
    pub(crate) fixable: ByPack,
    /// The others were not checked.
    pub(crate) left_out: Vec<Gap>,
}

impl OfDockerfiles {
    fn of(policies: &Policies) -> Self {
        let (mut rules, mut left_out) = (Vec::new(), Vec::new());
        let mut fixable = Vec::new();
        for id in policies.set.rules.keys() {
            let Some((rule, _)) = policies.catalogue().rule(id) else {
                continue;
            };
            let Some(group) = unserved(rule) else {
                rules.push(id);
                fixable.extend(rule.fixable.then_some(id));
                continue;
            };
            left_out.push(Gap {
                what: id.to_string(),
                why: format!(
                    "it needs `{}`, and there is only a Dockerfile",
                    group.join("` or `")
                ),
            });
        }
        Self {
            rules: policies.packs.by_pack(rules),
            fixable: policies.packs.by_pack(fixable),
            left_out,
        }
    }
}

/// The needs of a rule that a Dockerfile alone can never serve.
fn unserved(rule: &RuleMetadata) -> Option<&[String]> {
    let serves = |name: &String| {
        Need::from_name(name).is_some_and(|need| need.interface() == Interface::Dockerfile)
    };
    let mut groups = rule.needs.iter();
    groups
        .find(|group| !group.iter().any(serves))
        .map(Vec::as_slice)
}

/// Whether a rule is better where the base images are known.
pub(crate) fn uses_bases(rule: &RuleMetadata) -> bool {
    let uses = rule.uses.iter();
    uses.filter_map(|name| Interface::from_name(name))
        .any(|interface| interface == Interface::BaseImage)
}
