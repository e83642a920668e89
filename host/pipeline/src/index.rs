//! The report over an index: what holds for it is what holds for every manifest that somebody may run.

use crate::Judged;
use crate::claims::{Withheld, claim};
use crate::error::CheckError;
use crate::policies::Policies;
use crate::subject::{Index, name};
use ::registry::Image;
use model::report::{Claim, Evidence, Gap, ImageSubject, PolicyReport, Subject, WaiverReport};
use model::{Digest, Report, Verdict, canonical};
use std::collections::{BTreeMap, BTreeSet};

/// Puts the reports of all manifests of an index together.
pub(crate) fn report(
    image: &Image,
    index: &Index,
    judged: &[Judged],
    policies: &Policies,
) -> Result<Judged, CheckError> {
    let children: Vec<&Report> = judged.iter().map(|judged| &judged.report).collect();
    let Some(first) = children.first() else {
        return Err(CheckError::EmptyIndex {
            image: image.source().to_string(),
        });
    };
    let report = Report {
        subject: subject(image, index, &children),
        verdict: verdict(index, &children),
        claims: policies
            .set
            .claims
            .keys()
            .map(|name| of_claim(name, index, &children))
            .collect(),
        policy_set: first.policy_set.clone(),
        policies: first
            .policies
            .iter()
            .map(|pack| of_pack(pack, &children))
            .collect(),
        findings: Vec::new(),
        undecided: undecided(index, &children),
        not_checked: children
            .iter()
            .flat_map(|report| report.not_checked.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        waivers: waivers(&children),
        insecure: first.insecure.clone(),
        log: Vec::new(),
        evidence: first
            .evidence
            .as_ref()
            .map(|of_first| evidence(of_first, &children))
            .transpose()?,
        reused: None,
    };
    Ok(Judged {
        report,
        descriptor: Some(index.descriptor.clone()),
        dockerfile: None,
        reasons: policies.reasons(),
        case: None,
        recorded: None,
    })
}

fn verdict(index: &Index, children: &[&Report]) -> Verdict {
    let any = |verdict| children.iter().any(|report| report.verdict == verdict);
    if any(Verdict::Failed) {
        Verdict::Failed
    } else if any(Verdict::Undecided) || !index.open.is_empty() {
        Verdict::Undecided
    } else if any(Verdict::NothingToCheck) {
        Verdict::NothingToCheck
    } else {
        Verdict::Passed
    }
}

fn undecided(index: &Index, children: &[&Report]) -> Vec<Gap> {
    let undecided = children
        .iter()
        .filter(|report| report.verdict == Verdict::Undecided);
    let of_children = undecided.map(|report| Gap {
        what: called(report),
        why: "it is undecided".to_owned(),
    });
    index.open.iter().cloned().chain(of_children).collect()
}

/// A claim about an index needs the same claim about every manifest that somebody may run.
fn of_claim(name: &str, index: &Index, children: &[&Report]) -> Claim {
    let is_issued = |report: &&&Report| {
        report
            .claims
            .iter()
            .any(|claim| claim.name == name && claim.issued)
    };
    let without = children.iter().filter(|report| !is_issued(report));
    let withheld = without
        .map(|report| Withheld::OpenPlatform(format!("`{}` does not have it", called(report))));
    let open = index
        .open
        .iter()
        .map(|gap| Withheld::OpenPlatform(format!("`{}` was not judged: {}", gap.what, gap.why)));
    claim(name, &withheld.chain(open).collect::<Vec<_>>())
}

fn subject(image: &Image, index: &Index, children: &[&Report]) -> Subject {
    let platforms = children
        .iter()
        .filter_map(|report| report.subject.platform());
    Subject::Image(ImageSubject {
        reference: image.source().to_string(),
        name: name(image),
        digest: index.descriptor.digest().clone(),
        platform: None,
        platforms: Some(platforms.cloned().collect()),
        index: None,
    })
}

fn called(report: &Report) -> String {
    let platform = report.subject.platform();
    platform.map_or_else(
        || report.subject.digest().to_string(),
        |platform| format!("platform {platform}"),
    )
}

/// Of each rule the worst that became of it.
fn of_pack(pack: &PolicyReport, children: &[&Report]) -> PolicyReport {
    let same = || {
        children
            .iter()
            .flat_map(|report| &report.policies)
            .filter(|other| other.digest == pack.digest)
    };
    let mut rules = BTreeMap::new();
    for (rule, state) in same().flat_map(|pack| &pack.rules) {
        let worst = rules.entry(rule.clone()).or_insert(*state);
        *worst = (*worst).max(*state);
    }
    let outcomes = [Verdict::Failed, Verdict::Undecided, Verdict::NothingToCheck];
    let worst = outcomes
        .into_iter()
        .find(|outcome| same().any(|pack| pack.outcome == *outcome));
    PolicyReport {
        rules,
        outcome: worst.unwrap_or(Verdict::Passed),
        ..pack.clone()
    }
}

fn waivers(children: &[&Report]) -> WaiverReport {
    fn all<T: Ord + Clone>(children: &[&Report], read: fn(&WaiverReport) -> &Vec<T>) -> Vec<T> {
        let of_each = children.iter().flat_map(|report| read(&report.waivers));
        let all: BTreeSet<T> = of_each.cloned().collect();
        all.into_iter().collect()
    }
    WaiverReport {
        used: all(children, |waivers| &waivers.used),
        expiring: all(children, |waivers| &waivers.expiring),
        expired: all(children, |waivers| &waivers.expired),
        // Each manifest says it of its own Dockerfile.
        comments: Vec::new(),
    }
}

/// The evidence of all manifests together.
fn evidence(of_first: &Evidence, children: &[&Report]) -> Result<Evidence, CheckError> {
    let all = children
        .iter()
        .filter_map(|report| report.evidence.as_ref());
    Ok(Evidence {
        facts: together(children, |evidence| &evidence.facts)?,
        verdict: together(children, |evidence| &evidence.verdict)?,
        context: all.clone().flat_map(|it| it.context.clone()).collect(),
        inputs: all.fold(Vec::new(), |mut inputs, evidence| {
            let new = evidence.inputs.iter().filter(|it| !inputs.contains(it));
            let new: Vec<_> = new.cloned().collect();
            inputs.extend(new);
            inputs
        }),
        ..of_first.clone()
    })
}

/// One digest over the same digest of all manifests.
fn together(children: &[&Report], read: fn(&Evidence) -> &Digest) -> Result<Digest, CheckError> {
    let digests = children.iter().filter_map(|report| {
        let evidence = report.evidence.as_ref()?;
        Some((report.subject.digest().to_string(), read(evidence)))
    });
    Ok(canonical::digest(&digests.collect::<BTreeMap<_, _>>())?)
}
