//! What another policy set would say of what was judged before: its verdicts over recorded facts, beside those of the set of
//! today.

use crate::difference::{Difference, Differences};
use crate::error::CheckError;
use crate::evidence::EvidenceDocument;
use crate::policies::Policies;
use crate::replay::judge_recorded;
use ::engine::{Circumstances, Engine};
use model::facts::Origin;
use model::report::{Gap, Status, Subject};
use model::{Digest, Facts, Interface, Need, Report, RuleId, Verdict, canonical};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Judges recorded facts by two policy sets.
#[derive(Debug)]
pub struct Planner {
    engine: Arc<Engine>,
    old: Policies,
    new: Policies,
}

/// What becomes of one subject.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedChange {
    /// As it was called.
    pub subject: String,
    /// Its digest.
    pub digest: Digest,
    /// By the old set.
    pub before: Verdict,
    /// By the new one.
    pub after: Verdict,
    /// What that means.
    pub change: Change,
    /// Rules that fail it by the new set, and do not by the old one.
    pub failing: BTreeSet<RuleId>,
    /// Rules that fail it by the old set, and do not by the new one.
    pub relieved: BTreeSet<RuleId>,
    /// Why the new set cannot decide.
    pub undecided: Vec<Gap>,
    /// Rules of the new set that need facts that were not recorded, by the families of those.
    pub not_recorded: BTreeMap<RuleId, Vec<String>>,
    /// What the evaluations cost, in units of fuel: by the old set, and by the new one.
    pub fuel: [u64; 2],
}

/// What a new policy set means to a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It fails, and did not.
    NewlyFails,
    /// It cannot be decided, and could be.
    NewlyUndecided,
    /// It passes, and did not.
    NewlyPasses,
    /// Neither of both can decide.
    StillUndecided,
    /// The verdict is the same.
    Same,
}

impl Planner {
    /// Plans the way from one set to another.
    pub fn new(engine: Arc<Engine>, old: Policies, new: Policies) -> Self {
        Self { engine, old, new }
    }

    /// The set of today.
    pub fn old(&self) -> &Policies {
        &self.old
    }

    /// The other one.
    pub fn new_set(&self) -> &Policies {
        &self.new
    }

    /// What the two sets say differently.
    pub fn differences(&self) -> Vec<Difference> {
        let mut differences = Differences::default();
        differences.of_sets(&self.old.set, &self.new.set);
        differences.0
    }

    /// Judges what was recorded by both sets, at the recorded time. It blocks while it works.
    ///
    /// # Errors
    /// If facts or verdict have no canonical form.
    pub fn plan(&self, evidence: &EvidenceDocument) -> Result<PlannedChange, CheckError> {
        let (old, old_fuel) = self.judge(&self.old, evidence)?;
        let (new, new_fuel) = self.judge(&self.new, evidence)?;
        let not_recorded = not_recorded(&self.new, evidence);
        let (failed, fails) = (failing(&old), failing(&new));
        let after = match new.verdict {
            Verdict::Failed => Verdict::Failed,
            // What nobody wrote down may be anything.
            _ if !not_recorded.is_empty() => Verdict::Undecided,
            verdict => verdict,
        };
        let names = evidence.names();
        Ok(PlannedChange {
            subject: names.given.to_owned(),
            digest: names.digest.clone(),
            before: old.verdict,
            after,
            change: change(old.verdict, after),
            failing: fails.difference(&failed).cloned().collect(),
            relieved: failed.difference(&fails).cloned().collect(),
            undecided: new.undecided,
            not_recorded,
            fuel: [old_fuel, new_fuel],
        })
    }

    fn judge(
        &self,
        policies: &Policies,
        evidence: &EvidenceDocument,
    ) -> Result<(Report, u64), CheckError> {
        let recorded = evidence.circumstances();
        let circumstances = Circumstances {
            claims: if recorded.claims.is_empty() {
                Vec::new()
            } else {
                policies.set.claims.keys().cloned().collect()
            },
            ..recorded
        };
        let facts = fetched_for(policies, evidence);
        let (judged, fuel) = judge_recorded(
            &self.engine,
            policies,
            evidence,
            facts,
            circumstances,
            false,
        )?;
        Ok((judged.report, fuel))
    }
}

fn change(before: Verdict, after: Verdict) -> Change {
    match (before, after) {
        (Verdict::Undecided, Verdict::Undecided) => Change::StillUndecided,
        (before, after) if before == after => Change::Same,
        (_, Verdict::Failed) => Change::NewlyFails,
        (_, Verdict::Passed) => Change::NewlyPasses,
        // A set that checks nothing decides nothing.
        (_, Verdict::Undecided | Verdict::NothingToCheck) => Change::NewlyUndecided,
    }
}

/// The rules that fail a subject.
fn failing(report: &Report) -> BTreeSet<RuleId> {
    let counts = report.findings.iter().filter(|finding| {
        finding.status == Status::Open && finding.severity >= report.policy_set.fail_on
    });
    counts.map(|finding| finding.rule.clone()).collect()
}

/// The recorded facts, as far as a run by these policies would have fetched them: a rule that could see more might say more.
fn fetched_for(policies: &Policies, evidence: &EvidenceDocument) -> Facts {
    let mut facts = usable(policies, evidence);
    if matches!(evidence.subject, Subject::Dockerfile(_)) {
        return facts;
    }
    let needs = policies.needs();
    let is_given = matches!(&facts.dockerfile, Some(Ok(file)) if file.origin == Origin::Given);
    if !is_given && !needs.contains(&Interface::Dockerfile) {
        facts.dockerfile = None;
    }
    if facts.dockerfile.is_none() || !needs.contains(&Interface::BaseImage) {
        facts.base_images = None;
    }
    facts
}

/// The recorded facts that hold by these policies: what was verified by another trust policy was not verified by theirs.
fn usable(policies: &Policies, evidence: &EvidenceDocument) -> Facts {
    let mut facts = evidence.facts.clone();
    if let Some(Ok(attached)) = &facts.attestations {
        let trust = policies.set.trust.as_ref();
        let trust = trust.and_then(|trust| canonical::digest(trust).ok());
        if attached.trust_policy != trust {
            facts.attestations = None;
        }
    }
    facts
}

/// The rules of a set that need a family of facts that nobody gathered when the evidence was written.
fn not_recorded(policies: &Policies, evidence: &EvidenceDocument) -> BTreeMap<RuleId, Vec<String>> {
    if matches!(evidence.subject, Subject::Dockerfile(_)) {
        return BTreeMap::new();
    }
    let gathered = usable(policies, evidence).gathered();
    let is_gathered = |name: &String| {
        Need::from_name(name).is_some_and(|need| gathered.contains(&need.interface()))
    };
    let ids = policies.set.rules.keys();
    let selected = ids.filter_map(|id| policies.catalogue().rule(id));
    let lacking = selected.filter_map(|(rule, _)| {
        let mut groups = rule.needs.iter();
        let group = groups.find(|group| !group.iter().any(is_gathered))?;
        // Nobody asks for base images where there is no Dockerfile.
        let of_none = matches!(evidence.facts.dockerfile, Some(Err(_)))
            && group
                .iter()
                .all(|name| Interface::from_name(name) == Some(Interface::BaseImage));
        (!of_none).then(|| (rule.id.clone(), group.clone()))
    });
    lacking.collect()
}
