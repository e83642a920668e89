//! Answering by a statement that is there already, instead of by judging again. It issues no claim: the statement does.

use crate::claims::{Unnamed, Withheld, claim};
use crate::error::VerifyError;
use crate::report::set_reference;
use crate::trust_policy::{TrustPolicy, TrustRule};
use crate::verify_image::{VerifyRequest, verify_image};
use crate::{CheckRequest, Judged, Pipeline, Platforms, subject};
use ::attest::{AcceptedPolicySet, Trust, VERIFIER_ID, VerifiedStatement};
use ::registry::{Resolved, Source};
use jiff::{SignedDuration, Timestamp};
use model::report::{Gap, ImageSubject, Reused, Subject, WaiverReport};
use model::{Digest, Report, Verdict};
use serde_json::Value;
use std::sync::Arc;

/// Which statements answer.
#[derive(Clone, Debug)]
pub struct ReuseRequest {
    /// Whose.
    pub trust: Trust,
    /// How old they may be. Rules are told the time, and data ages.
    pub max_age: SignedDuration,
    /// What time it is.
    pub now: Timestamp,
}

impl Pipeline {
    /// A verdict that holds already: of a statement that is trusted, young enough, and about the same digest, the same policy
    /// set and the same point. None: there is no such one, and the image has to be judged.
    ///
    /// # Errors
    /// If the image, or what refers to it, cannot be had.
    pub async fn reuse(
        &self,
        source: &Source,
        request: &CheckRequest,
        reuse: &ReuseRequest,
    ) -> Result<Option<Judged>, VerifyError> {
        if !is_plain(request) {
            return Ok(None);
        }
        let image = self.registry.open(source).await?;
        let Resolved::Document(document) = image.resolve().await? else {
            return Ok(None);
        };
        // A manifest alone does not say what it is for; judging it does.
        if matches!(request.platforms, Platforms::One(_)) && document.index().is_none() {
            return Ok(None);
        }
        let own = AcceptedPolicySet {
            uri: self.policies.set.uri.clone(),
            digest: self.policies.digest.clone(),
        };
        let verifier_ids = [VERIFIER_ID.to_owned()].into();
        let rule = TrustRule::for_any_claim(reuse.trust.clone(), vec![own], verifier_ids);
        let verify = VerifyRequest {
            platform: request.platforms.one(),
            trust: Arc::new(TrustPolicy::of_rule(rule)),
            require: Vec::new(),
            max_age: Some(reuse.max_age),
            now: reuse.now,
            bundles: Vec::new(),
        };
        let verification = verify_image(&self.registry, source, &verify).await?;
        let accepted = verification.accepted.iter();
        let newest = accepted
            .map(|accepted| &accepted.statement)
            .filter(|statement| self.is_same_question(statement))
            .max_by_key(|statement| statement.time_created());
        let name = subject::name(&image);
        Ok(newest
            .map(|statement| self.reused(source, name, &verification.digest, statement, request)))
    }

    /// Whether a statement was made at the same point, and without documents that this run does not have.
    fn is_same_question(&self, statement: &VerifiedStatement) -> bool {
        let Some(evidence) = statement.evidence() else {
            return false;
        };
        let point = evidence.get("point").and_then(Value::as_str);
        let inputs = evidence.get("inputs").and_then(Value::as_array);
        let mut names = inputs.into_iter().flatten().map(|input| input.get("name"));
        let has_dockerfile = names.any(|name| name.and_then(Value::as_str) != Some("base-images"));
        let context = evidence.get("context").and_then(Value::as_object);
        point == Some(self.policies.point.name())
            && !has_dockerfile
            && context.is_none_or(serde_json::Map::is_empty)
    }

    fn reused(
        &self,
        source: &Source,
        name: Option<String>,
        digest: &Digest,
        statement: &VerifiedStatement,
        request: &CheckRequest,
    ) -> Judged {
        let names = self.policies.set.claims.keys();
        let not_checked = statement.evidence().and_then(|it| it.get("notChecked"));
        let not_checked = not_checked.and_then(Value::as_array).into_iter().flatten();
        let gap = |text: &str| {
            let (what, why) = text
                .split_once(": ")
                .unwrap_or((text, "it was not checked"));
            Gap {
                what: what.to_owned(),
                why: why.to_owned(),
            }
        };
        let report = Report {
            subject: Subject::Image(ImageSubject {
                reference: source.to_string(),
                name,
                digest: digest.clone(),
                platform: None,
                platforms: None,
                index: None,
            }),
            // Statements exist only for passes.
            verdict: Verdict::Passed,
            claims: names.map(|name| claim(name, &[Withheld::Reused])).collect(),
            policy_set: set_reference(&self.policies),
            policies: Vec::new(),
            findings: Vec::new(),
            undecided: Vec::new(),
            not_checked: not_checked.filter_map(Value::as_str).map(gap).collect(),
            waivers: WaiverReport::default(),
            insecure: request.insecure.clone(),
            log: Vec::new(),
            evidence: None,
            reused: Some(Reused {
                by: statement.signature().signer().to_string(),
                time: statement.time_created(),
                claims: statement.claims().to_vec(),
            }),
        };
        Judged {
            report,
            descriptor: None,
            dockerfile: None,
            reasons: self.policies.reasons(),
            case: None,
            recorded: None,
        }
    }
}

/// Whether a run asks nothing that no statement answers.
fn is_plain(request: &CheckRequest) -> bool {
    request.effective_time.is_none()
        && request.dockerfile.is_none()
        && request.baseline.is_none()
        && request.context.is_empty()
        && request.insecure.is_empty()
        && !request.unnamed.contains(&Unnamed::Registries)
        && !request.records
}
