//! Reports: what the stages found out about one subject, put together.

use crate::baseline::Baseline;
use crate::claims::{RunConditions, claims};
use crate::decide::{Decision, JudgedRule, Judgement, decide};
use crate::error::CheckError;
use crate::evidence::{EvidenceDocument, RecordedVerdict, inputs};
use crate::fix::keep_fitting;
use crate::policies::Policies;
use crate::subject::{Manifest, name};
use crate::{Dockerfile, DockerfileText, Judged};
use ::engine::{CONTRACT, ENGINE, Evaluation, Limits};
use ::registry::Image;
use model::canonical::NotCanonical;
use model::facts::DockerfileFacts;
use model::policy_set::Required;
use model::report::{
    Evidence, Gap, ImageSubject, PolicyReport, ReportedFinding, SetReference, Subject, WaiverReport,
};
use model::{Facts, Outcome, PackDescription, Report, RuleId, SubjectNames, Verdict, canonical};
use oci_spec::image::Descriptor;
use serde::Serialize;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::sync::Arc;

/// What the stages found out about one subject.
pub(crate) struct Examined<'a> {
    pub(crate) subject: Subject,
    /// What a statement about it can be attached to.
    pub(crate) descriptor: Option<Descriptor>,
    /// What nobody looked at, beside the rules that came to no conclusion.
    pub(crate) left_out: &'a [Gap],
    pub(crate) dockerfile: Option<DockerfileText>,
    pub(crate) case: &'a Arc<::engine::Case>,
    pub(crate) evaluation: &'a Evaluation,
    pub(crate) conditions: &'a RunConditions,
    pub(crate) baseline: Option<&'a Baseline>,
    pub(crate) with_evidence: bool,
    /// The Dockerfile that the user gave.
    pub(crate) build: Option<&'a Dockerfile>,
    /// Whether all that the verdict comes from is kept.
    pub(crate) records: bool,
}

/// What the digest of a verdict covers: everything but the words of a report.
#[derive(Serialize)]
struct VerdictDocument<'a> {
    verdict: Verdict,
    rules: BTreeMap<&'a RuleId, &'a Outcome>,
    findings: &'a [ReportedFinding],
    waivers: &'a WaiverReport,
}

impl<'a> VerdictDocument<'a> {
    fn of(rules: &[JudgedRule<'a>], decision: &'a Decision) -> Self {
        let outcomes = rules.iter().map(|rule| (&rule.metadata.id, rule.outcome));
        Self {
            verdict: decision.verdict,
            rules: outcomes.collect(),
            findings: &decision.findings,
            waivers: &decision.waivers,
        }
    }

    /// As evidence has it.
    fn recorded(&self) -> Result<RecordedVerdict, NotCanonical> {
        let value = serde_json::to_value(self).map_err(NotCanonical)?;
        serde_json::from_value(value).map_err(NotCanonical)
    }
}

impl<'a> Examined<'a> {
    /// Decides, and says everything there is to say.
    pub(crate) fn report(self, policies: &Policies, limits: &Limits) -> Result<Judged, CheckError> {
        let set = &policies.set;
        let rules = judged_rules(policies, self.evaluation, &self.subject);
        let problems = self.case.facts.problems();
        let dockerfile = self.dockerfile.as_ref().map(|file| file.path.as_str());
        let judgement = Judgement {
            set,
            rules: &rules,
            problems: &problems,
            subject: names(&self.subject, dockerfile),
            baseline: self.baseline,
            file: self.file(),
            time: self.case.circumstances.time,
        };
        let mut decision = decide(&judgement);
        keep_fitting(&mut decision.findings, judgement.file);
        // Of many Dockerfiles nobody asks, and then it is not made.
        let is_wanted = self.with_evidence || self.records;
        let verdict = is_wanted.then(|| VerdictDocument::of(&rules, &decision));
        let evidence = verdict.as_ref();
        let evidence = evidence
            .map(|verdict| self.evidence(policies, limits, verdict))
            .transpose()?;
        let mut recorded = match (&evidence, &verdict) {
            (Some(evidence), Some(verdict)) if self.records => {
                Some(self.recorded(policies, evidence, verdict)?)
            }
            _ => None,
        };
        let report = Report {
            verdict: decision.verdict,
            claims: claims(set, &rules, &decision, self.conditions, &self.case.facts),
            policy_set: set_reference(policies),
            policies: of_packs(policies.catalogue().packs(), &judgement, decision.verdict),
            findings: decision.findings,
            undecided: decision.undecided,
            not_checked: self.not_checked(policies, decision.not_checked),
            waivers: decision.waivers,
            insecure: self.conditions.insecure.clone(),
            log: self.evaluation.log.clone(),
            evidence,
            reused: None,
            subject: self.subject,
        };
        if let Some(recorded) = &mut recorded {
            recorded.claims.clone_from(&report.claims);
            recorded.not_checked.clone_from(&report.not_checked);
        }
        Ok(Judged {
            report,
            recorded: recorded.map(Arc::new),
            descriptor: self.descriptor,
            dockerfile: self.dockerfile,
            reasons: policies.reasons(),
            case: Some(Arc::clone(self.case)),
        })
    }

    /// Rules without a conclusion, rules that the run left out, what the set does not cover, platforms that nobody asked for.
    fn not_checked(&self, policies: &Policies, without_conclusion: Vec<Gap>) -> Vec<Gap> {
        let left_out = policies.left_out.iter().map(|rule| Gap {
            what: rule.to_string(),
            why: "this run leaves it out".to_owned(),
        });
        let not_covered = policies.set.not_covered.iter().map(|(what, why)| Gap {
            what: what.clone(),
            why: why.clone(),
        });
        without_conclusion
            .into_iter()
            .chain(left_out)
            .chain(not_covered)
            .chain(self.left_out.iter().cloned())
            .collect()
    }

    /// The Dockerfile, if there is one that can be read.
    fn file(&self) -> Option<&'a DockerfileFacts> {
        let file = self.case.facts.dockerfile.as_ref()?;
        file.as_deref().ok()
    }

    /// All that the verdict comes from.
    fn recorded(
        &self,
        policies: &Policies,
        evidence: &Evidence,
        verdict: &VerdictDocument<'_>,
    ) -> Result<EvidenceDocument, CheckError> {
        let set = (&policies.set, &policies.digest);
        let recorded = verdict.recorded()?;
        let findings = verdict.findings;
        Ok(EvidenceDocument::of(
            self, set, evidence, recorded, findings,
        ))
    }

    fn evidence(
        &self,
        policies: &Policies,
        limits: &Limits,
        verdict: &VerdictDocument<'_>,
    ) -> Result<Evidence, CheckError> {
        let circumstances = &self.case.circumstances;
        let read = self.evaluation.context.iter();
        let packs = policies.catalogue().packs().iter();
        let imports = packs
            .map(|pack| (pack.metadata.id.clone(), imports(pack)))
            .collect();
        Ok(Evidence {
            facts: canonical::digest(&self.case.facts)?,
            verdict: canonical::digest(verdict)?,
            settings: canonical::digest(&*self.case.settings)?,
            time: circumstances.time,
            point: circumstances.point,
            context: read
                .filter_map(|key| Some((key.clone(), circumstances.context.get(key)?.clone())))
                .collect(),
            imports,
            contract: CONTRACT,
            engine: ENGINE,
            fuel: limits.fuel,
            polcheck: env!("CARGO_PKG_VERSION"),
            inputs: inputs(self.build, &self.case.facts)?,
        })
    }
}

/// What a subject is called, and its Dockerfile.
pub(crate) fn names<'a>(subject: &'a Subject, dockerfile: Option<&'a str>) -> SubjectNames<'a> {
    SubjectNames {
        given: subject.given(),
        image: subject.name(),
        dockerfile: dockerfile.map(|path| path.strip_prefix("./").unwrap_or(path)),
        digest: subject.digest(),
    }
}

/// A manifest as the subject of a report.
pub(crate) fn subject(image: &Image, manifest: &Manifest, facts: &Facts) -> Subject {
    let of_manifest = facts.image.as_ref().map(|image| &image.manifest);
    let platform = of_manifest.and_then(|manifest| Some(manifest.as_ref().ok()?.platform.clone()));
    Subject::Image(ImageSubject {
        reference: image.source().to_string(),
        name: name(image),
        digest: manifest.digest().clone(),
        platform,
        platforms: None,
        index: manifest.index_digest().cloned(),
    })
}

/// The selected rules, each with its outcome. The engine answers for each rule it is asked for, sorted by id, as the others
/// are.
pub(crate) fn judged_rules<'a>(
    policies: &'a Policies,
    evaluation: &'a Evaluation,
    subject: &Subject,
) -> Vec<JudgedRule<'a>> {
    let rules = policies.catalogue().rules();
    let rules = rules.map(|(rule, pack)| (&rule.id, (rule, pack)));
    let (mut known, mut selected) = (rules.peekable(), policies.set.rules.iter().peekable());
    let judged = evaluation.outcomes.iter().filter_map(|outcome| {
        let id = &outcome.rule;
        let (metadata, pack) = up_to(&mut known, id)?;
        let selected = up_to(&mut selected, id)?;
        Some(JudgedRule {
            pack,
            metadata,
            selected,
            required: match (selected.required, subject) {
                (Required::Always, _) | (Required::OfImages, Subject::Image(_)) => true,
                (Required::OfImages, Subject::Dockerfile(_)) | (Required::Never, _) => false,
            },
            outcome: &outcome.outcome,
        })
    });
    judged.collect()
}

/// Goes on in a list that is sorted by id, and answers what it has of this one.
fn up_to<'a, T>(
    list: &mut Peekable<impl Iterator<Item = (&'a RuleId, T)>>,
    id: &RuleId,
) -> Option<T> {
    // Ids are mostly one and the same text in memory, which equality sees at once.
    while list.peek()?.0 != id {
        list.next_if(|(next, _)| *next < id)?;
    }
    list.next().map(|(_, found)| found)
}

fn imports(pack: &PackDescription) -> Vec<String> {
    pack.imports
        .iter()
        .map(|interface| interface.name().to_owned())
        .collect()
}

pub(crate) fn set_reference(policies: &Policies) -> SetReference {
    SetReference {
        name: policies.set.name.clone(),
        uri: policies.set.uri.clone(),
        digest: policies.digest.clone(),
        as_published: policies.as_published,
        fail_on: policies.set.fail_on,
    }
}

/// What became of each pack, and the verdict its rules alone would come to.
fn of_packs(
    packs: &[Arc<PackDescription>],
    judgement: &Judgement<'_>,
    whole: Verdict,
) -> Vec<PolicyReport> {
    // The only pack decides what all of them do.
    if let [only] = packs {
        return vec![of_pack(only, judgement.rules, whole)];
    }
    let of_one = |pack: &Arc<PackDescription>| {
        let rules = judgement.rules.iter().copied();
        let is_own = |rule: &JudgedRule<'_>| Arc::ptr_eq(rule.pack, pack);
        let own: Vec<_> = rules.filter(is_own).collect();
        if own.len() == judgement.rules.len() {
            return of_pack(pack, &own, whole);
        }
        let decision = decide(&Judgement {
            rules: &own,
            ..*judgement
        });
        of_pack(pack, &own, decision.verdict)
    };
    packs.iter().map(of_one).collect()
}

fn of_pack(pack: &PackDescription, rules: &[JudgedRule<'_>], outcome: Verdict) -> PolicyReport {
    let state = |rule: &JudgedRule<'_>| (rule.metadata.id.clone(), rule.outcome.state());
    PolicyReport {
        id: pack.metadata.id.clone(),
        digest: pack.digest.clone(),
        version: pack.metadata.version.clone(),
        outcome,
        rules: rules.iter().map(state).collect(),
    }
}
