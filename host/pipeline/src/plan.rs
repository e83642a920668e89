//! What another policy set would say of what was judged before: its verdicts over recorded facts, beside those of the set of
//! today.

mod told;

use crate::baseline::Baseline;
use crate::decide::{Decision, Judgement, decide};
use crate::difference::{Difference, Differences};
use crate::evidence::EvidenceDocument;
use crate::policies::Policies;
use crate::report::judged_rules;
use ::engine::{Case, Engine, Evaluation};
use model::report::{Gap, Status, Subject};
use model::{Digest, Interface, Need, RuleId, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use told::{Told, are_verified_by};

/// Judges recorded facts by two policy sets.
#[derive(Debug)]
pub struct Planner {
    engine: Arc<Engine>,
    old: Policies,
    new: Policies,
    /// Rules that both have from the same pack with the same settings: they say the same of what is the same.
    alike: BTreeSet<RuleId>,
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
        Self {
            alike: alike(&old, &new),
            engine,
            old,
            new,
        }
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
    pub fn plan(&self, evidence: &EvidenceDocument) -> PlannedChange {
        let [old, new] = self.evaluate(evidence);
        let fuel = [old.evaluation.fuel, new.evaluation.fuel];
        let old = old.decide(&self.old, evidence);
        let new = new.decide(&self.new, evidence);
        let not_recorded = not_recorded(&self.new, evidence);
        let (failed, fails) = (failing(&self.old, &old), failing(&self.new, &new));
        let after = match new.verdict {
            Verdict::Failed => Verdict::Failed,
            // What nobody wrote down may be anything.
            _ if !not_recorded.is_empty() => Verdict::Undecided,
            verdict => verdict,
        };
        let names = evidence.names();
        PlannedChange {
            subject: names.given.to_owned(),
            digest: names.digest.clone(),
            before: old.verdict,
            after,
            change: change(old.verdict, after),
            failing: fails.difference(&failed).cloned().collect(),
            relieved: failed.difference(&fails).cloned().collect(),
            undecided: new.undecided,
            not_recorded,
            fuel,
        }
    }

    /// What the rules of both sets say. Those that are alike in both are asked once, where both would be told the same.
    fn evaluate(&self, evidence: &EvidenceDocument) -> [Evaluated; 2] {
        let (old, new) = (&self.old, &self.new);
        let (told_old, told_new) = (Told::by(old, evidence), Told::by(new, evidence));
        let is_told_the_same = told_old == told_new;
        let case = |told: &Told<'_>, policies: &Policies| {
            let (facts, circumstances) = (told.facts(evidence), told.circumstances(evidence));
            let settings = Arc::clone(&policies.settings);
            Arc::new(Case::new(facts, circumstances, settings))
        };
        let is_alike = |id: &RuleId| is_told_the_same && self.alike.contains(id);
        let is_own = |id: &RuleId| !is_alike(id);
        let rules = old.rules_about(&evidence.subject);
        let case_of_old = case(&told_old, old);
        let [alike, own] = [rules.only(is_alike), rules.only(is_own)]
            .map(|rules| old.packs.evaluate(&self.engine, &rules, &case_of_old));
        let own_of_new = new.rules_about(&evidence.subject).only(is_own);
        let case_of_new = if is_told_the_same && own_of_new.is_empty() {
            Arc::clone(&case_of_old)
        } else {
            case(&told_new, new)
        };
        let of_new = new.packs.evaluate(&self.engine, &own_of_new, &case_of_new);
        let (of_old, of_new) = (alike.clone().join(own), alike.join(of_new));
        [(of_old, case_of_old), (of_new, case_of_new)]
            .map(|(evaluation, case)| Evaluated { case, evaluation })
    }
}

/// What the rules of a set say of a case.
struct Evaluated {
    case: Arc<Case>,
    evaluation: Evaluation,
}

impl Evaluated {
    fn decide(&self, policies: &Policies, evidence: &EvidenceDocument) -> Decision {
        let facts = &self.case.facts;
        let file = facts.dockerfile.as_ref();
        decide(&Judgement {
            set: &policies.set,
            rules: &judged_rules(policies, &self.evaluation, &evidence.subject),
            problems: &facts.problems(),
            subject: evidence.names(),
            baseline: Some(&Baseline::of(evidence.known.iter().cloned())),
            file: file.and_then(|file| file.as_deref().ok()),
            time: self.case.circumstances.time,
        })
    }
}

fn alike(old: &Policies, new: &Policies) -> BTreeSet<RuleId> {
    let pack = |policies: &Policies, id: &RuleId| {
        let found = policies.catalogue().rule(id);
        found.map(|(_, pack)| pack.digest.clone())
    };
    let is_alike = |id: &&RuleId| {
        old.settings.get(*id) == new.settings.get(*id) && pack(old, id) == pack(new, id)
    };
    let ids = old.set.rules.keys();
    ids.filter(is_alike).cloned().collect()
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
fn failing(policies: &Policies, decision: &Decision) -> BTreeSet<RuleId> {
    let counts = decision.findings.iter().filter(|finding| {
        finding.status == Status::Open && finding.severity >= policies.set.fail_on
    });
    counts.map(|finding| finding.rule.clone()).collect()
}

/// The rules of a set that need a family of facts that nobody gathered when the evidence was written.
fn not_recorded(policies: &Policies, evidence: &EvidenceDocument) -> BTreeMap<RuleId, Vec<String>> {
    if matches!(evidence.subject, Subject::Dockerfile(_)) {
        return BTreeMap::new();
    }
    let mut gathered = evidence.facts.gathered();
    if !are_verified_by(policies, &evidence.facts) {
        gathered.remove(&Interface::Attestations);
    }
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
