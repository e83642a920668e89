//! From outcomes to the verdict: one pure function, and nothing else in polcheck judges.

mod suppressed;

use crate::baseline::Baseline;
use jiff::Timestamp;
use model::facts::{DockerfileFacts, FactProblem};
use model::policy_set::SelectedRule;
use model::report::{Ending, Gap, ReportedFinding, Status, WaiverReport};
use model::waiver::Validity;
use model::{
    Finding, Interface, Need, Outcome, PackDescription, PolicySet, RuleMetadata, SubjectNames,
    TextEdit, Verdict,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use suppressed::Comments;

/// One selected rule with what became of it.
#[derive(Clone, Copy, Debug)]
pub struct JudgedRule<'a> {
    /// The pack that has it.
    pub pack: &'a Arc<PackDescription>,
    /// What its pack says of it.
    pub metadata: &'a RuleMetadata,
    /// How the set uses it.
    pub selected: &'a SelectedRule,
    /// Whether the subject is undecided where the rule comes to no conclusion.
    pub required: bool,
    /// What became of it.
    pub outcome: &'a Outcome,
}

/// Everything a verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'a> {
    /// The set in effect.
    pub set: &'a PolicySet,
    /// Its rules, each with its outcome.
    pub rules: &'a [JudgedRule<'a>],
    /// Facts that may exist and could not be used.
    pub problems: &'a [FactProblem],
    /// What waivers and the baseline are held against.
    pub subject: SubjectNames<'a>,
    /// The Dockerfile whose comments may silence findings.
    pub file: Option<&'a DockerfileFacts>,
    /// Findings that are not new.
    pub baseline: Option<&'a Baseline>,
    /// When.
    pub time: Timestamp,
}

/// The verdict, and what has to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How the subject was judged.
    pub verdict: Verdict,
    /// What is wrong, the worst first.
    pub findings: Vec<ReportedFinding>,
    /// Why nothing could be decided.
    pub undecided: Vec<Gap>,
    /// What nobody looked at.
    pub not_checked: Vec<Gap>,
    /// What became of the waivers.
    pub waivers: WaiverReport,
}

/// Judges one subject.
///
/// The first of these that holds is the verdict: an open finding at or above the set's threshold, *failed*; something
/// that had to be known and could not be, *undecided*; no rule could be evaluated, *nothing to check*; otherwise
/// *passed*.
pub fn decide(judgement: &Judgement<'_>) -> Decision {
    let (findings, waivers) = findings(judgement);
    let undecided = undecided(judgement);
    let not_checked = gaps(judgement, |rule| !rule.required);
    let is_failed = findings
        .iter()
        .any(|finding| is_open(finding) && finding.severity >= judgement.set.fail_on);
    let is_evaluated = |rule: &JudgedRule<'_>| {
        matches!(
            rule.outcome,
            Outcome::Evaluated { .. } | Outcome::NotApplicable { .. }
        )
    };
    let verdict = if is_failed {
        Verdict::Failed
    } else if !undecided.is_empty() {
        Verdict::Undecided
    } else if !judgement.rules.iter().any(is_evaluated) {
        Verdict::NothingToCheck
    } else {
        Verdict::Passed
    };
    Decision {
        verdict,
        findings,
        undecided,
        not_checked,
        waivers,
    }
}

fn is_open(finding: &ReportedFinding) -> bool {
    finding.status == Status::Open
}

/// All findings, the worst first, and what became of the waivers.
fn findings(judgement: &Judgement<'_>) -> (Vec<ReportedFinding>, WaiverReport) {
    let comments = Comments::of(judgement);
    let mut waivers = WaiverUse::default();
    let mut findings = Vec::new();
    for rule in judgement.rules {
        for finding in rule.outcome.findings() {
            let status = status(judgement, rule, finding, comments.as_ref(), &mut waivers);
            findings.push(report(rule, finding, status));
        }
    }
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| (&a.rule, &a.key, &a.message).cmp(&(&b.rule, &b.key, &b.message)))
    });
    let report = WaiverReport {
        used: waivers.used.into_iter().collect(),
        expiring: waivers.expiring.into_iter().collect(),
        expired: waivers.expired.into_iter().collect(),
        comments: comments.map_or_else(Vec::new, |comments| comments.report()),
    };
    (findings, report)
}

/// The waivers that were held against findings and covered them.
#[derive(Debug, Default)]
struct WaiverUse {
    used: BTreeSet<String>,
    expiring: BTreeSet<Ending>,
    expired: BTreeSet<Ending>,
}

/// Whether a finding counts: a waiver that still does covers it, or else a comment, or else it is not new.
fn status(
    judgement: &Judgement<'_>,
    rule: &JudgedRule<'_>,
    finding: &Finding,
    comments: Option<&Comments<'_>>,
    waivers: &mut WaiverUse,
) -> Status {
    let id = &rule.metadata.id;
    let mut expired = Vec::new();
    for waiver in judgement
        .set
        .waivers
        .covering(judgement.subject, id, &finding.key)
    {
        let ending = Ending {
            id: waiver.id.clone(),
            expires: waiver.expires,
        };
        match waiver.validity(judgement.time) {
            Validity::Expired => expired.push(ending),
            validity => {
                waivers.used.insert(waiver.id.clone());
                if validity == Validity::Expiring {
                    waivers.expiring.insert(ending);
                }
                return Status::Waived {
                    waiver: waiver.id.clone(),
                };
            }
        }
    }
    waivers.expired.extend(expired);
    if let Some(comment) = comments.and_then(|comments| comments.silencing(rule.metadata, finding))
    {
        return Status::Suppressed {
            tool: comment.tool.clone(),
            reason: comment.reason.clone(),
        };
    }
    let fingerprint = || {
        let place = finding.locations.first();
        judgement.subject.fingerprint(id, &finding.key, place)
    };
    match judgement.baseline {
        Some(baseline) if baseline.has(&fingerprint()) => Status::Known,
        _ => Status::Open,
    }
}

fn report(rule: &JudgedRule<'_>, finding: &Finding, status: Status) -> ReportedFinding {
    let mut locations = finding.locations.iter().cloned();
    ReportedFinding {
        rule: rule.metadata.id.clone(),
        aliases: rule.metadata.aliases.clone(),
        severity: rule.selected.severity.unwrap_or(finding.severity),
        confidence: finding.confidence,
        status,
        message: finding.message.clone(),
        location: locations.next(),
        related: locations.collect(),
        help: finding
            .remediation
            .as_ref()
            .map(|remediation| remediation.text.clone()),
        url: finding
            .remediation
            .as_ref()
            .and_then(|remediation| remediation.url.clone())
            .or_else(|| rule.metadata.url.clone()),
        edits: edits(rule.metadata, finding),
        policy: rule.selected.pack.clone(),
        key: finding.key.clone(),
        evidence: finding.evidence.clone(),
    }
}

fn edits(rule: &RuleMetadata, finding: &Finding) -> Vec<TextEdit> {
    let remediation = finding.remediation.as_ref().filter(|_| rule.fixable);
    remediation.map_or_else(Vec::new, |remediation| remediation.edits.clone())
}

/// Whatever had to be known and could not be.
fn undecided(judgement: &Judgement<'_>) -> Vec<Gap> {
    let broken = judgement
        .rules
        .iter()
        .filter_map(|rule| match rule.outcome {
            Outcome::Broken(broken) => Some(Gap {
                what: rule.metadata.id.to_string(),
                why: format!("the rule is broken: {broken}"),
            }),
            _ => None,
        });
    // That a rule could not be evaluated on a fact that cannot be used is said once, about the fact.
    let unsettled = gaps(judgement, |rule| {
        rule.required && !is_unserved_by_problem(judgement, rule)
    });
    let mut undecided: Vec<Gap> = broken.chain(problems(judgement)).chain(unsettled).collect();
    undecided.sort();
    undecided
}

/// The facts among the needs and uses of the rules that cannot be used, each reason once.
fn problems(judgement: &Judgement<'_>) -> Vec<Gap> {
    let mut facts: BTreeMap<(Interface, String), Vec<&str>> = BTreeMap::new();
    for FactProblem {
        interface,
        fact,
        error,
    } in judgement.problems
    {
        let mut wanted = judgement
            .rules
            .iter()
            .flat_map(|rule| rule.metadata.interfaces());
        // Leaving the rules out that would look at it makes no usable file of a Dockerfile that is none.
        if *interface == Interface::Dockerfile || wanted.any(|wanted| wanted == *interface) {
            facts
                .entry((*interface, error.to_string()))
                .or_default()
                .push(fact);
        }
    }
    let gap = |((interface, why), facts): ((Interface, String), Vec<&str>)| Gap {
        what: match facts.as_slice() {
            [fact] => format!("{}.{fact}", interface.name()),
            _ => interface.name().to_owned(),
        },
        why,
    };
    facts.into_iter().map(gap).collect()
}

/// Whether a rule was not evaluated because of a problem that is said anyway.
fn is_unserved_by_problem(judgement: &Judgement<'_>, rule: &JudgedRule<'_>) -> bool {
    let Outcome::NotEvaluated { needs, cause } = rule.outcome else {
        return false;
    };
    let mut problems = judgement.problems.iter();
    problems.any(|problem| {
        let is_of_it = |name: &String| {
            Need::from_name(name).is_some_and(|need| need.interface() == problem.interface)
        };
        problem.error == *cause && needs.iter().any(is_of_it)
    })
}

/// The rules that could not come to a conclusion, without being broken.
fn gaps(judgement: &Judgement<'_>, wanted: impl Fn(&JudgedRule<'_>) -> bool) -> Vec<Gap> {
    let gap = |rule: &JudgedRule<'_>| {
        let why = match rule.outcome {
            Outcome::NotEvaluated { needs, cause } => {
                format!("it needs `{}`: {cause}", needs.join("` or `"))
            }
            Outcome::Inconclusive { reason } => format!("inconclusive: {reason}"),
            Outcome::Evaluated { .. } | Outcome::NotApplicable { .. } | Outcome::Broken(_) => {
                return None;
            }
        };
        Some(Gap {
            what: rule.metadata.id.to_string(),
            why,
        })
    };
    judgement
        .rules
        .iter()
        .filter(|rule| wanted(rule))
        .filter_map(gap)
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
