//! The line of one Dockerfile alone: nothing is fetched, and no claim is decided.

use crate::claims::RunConditions;
use crate::error::CheckError;
use crate::policies::Policies;
use crate::report::Examined;
use crate::{CheckRequest, DockerfileText, Judged, Pipeline, whole_second};
use ::engine::{Case, Circumstances};
use ::facts::BuildInputs;
use model::facts::{DockerfileFacts, ImageFacts, Origin};
use model::report::{DockerfileSubject, Gap, Subject};
use model::{Fact, FactError, Facts, Interface, Need, RuleId, RuleMetadata, canonical};
use std::collections::BTreeMap;
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
        let policies = &self.policies;
        let conditions = RunConditions {
            no_image: true,
            ..self.conditions(request)
        };
        let facts = Facts {
            dockerfile: Some(file.facts(None)),
            base_images: Some(BTreeMap::new()),
            ..Facts::default()
        };
        let circumstances = Circumstances {
            time: request.effective_time.unwrap_or_else(whole_second),
            point: policies.point,
            ..Circumstances::default()
        };
        let (rules, left_out) = policies.of_dockerfiles.get_or_init(|| rules(policies));
        let settings = Arc::clone(&policies.settings);
        let case = Arc::new(Case::new(facts, circumstances, settings));
        let evaluation = self.evaluate_now(rules, &case);
        let examined = Examined {
            subject: Subject::Dockerfile(DockerfileSubject {
                path: file.path.clone(),
                digest: canonical::sha256(&file.bytes),
            }),
            descriptor: None,
            left_out: left_out.clone(),
            dockerfile: Some(file.text()),
            case: &case,
            evaluation: &evaluation,
            conditions: &conditions,
            baseline: request.baseline.as_deref(),
            with_evidence: !request.without_evidence,
        };
        examined.report(policies, self.engine.limits())
    }
}

/// The rules that a Dockerfile can serve; the others were not checked.
fn rules(policies: &Policies) -> (Vec<RuleId>, Vec<Gap>) {
    let (mut rules, mut left_out) = (Vec::new(), Vec::new());
    for id in policies.set.rules.keys() {
        let Some((rule, _)) = policies.catalogue.rule(id) else {
            continue;
        };
        match unserved(rule) {
            None => rules.push(id.clone()),
            Some(group) => left_out.push(Gap {
                what: id.to_string(),
                why: format!(
                    "it needs `{}`, and there is only a Dockerfile",
                    group.join("` or `")
                ),
            }),
        }
    }
    (rules, left_out)
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
