//! Whether a pass may be called by a name. Everything that weakens the policy set in a run withholds its claims.

use crate::decide::{Decision, JudgedRule};
use model::facts::Origin;
use model::report::{Claim, ReportedFinding, Status};
use model::{
    ClaimDefinition, FactError, Facts, Interface, Need, Outcome, PolicySet, RuleId, RuleMetadata,
    Verdict,
};
use std::fmt;

/// How a run was started, as far as claims depend on it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a condition of its own"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunConditions {
    /// The set in effect is not the published one.
    pub changed_set: bool,
    /// What was found in the working directory, where the author of a change may have put it.
    pub unnamed: Vec<Unnamed>,
    /// The rules were told another time than now.
    pub other_time: bool,
    /// Options that weaken the run.
    pub insecure: Vec<String>,
    /// A baseline says which findings do not count.
    pub baseline: bool,
    /// There is only a Dockerfile: nothing that a claim could be about.
    pub no_image: bool,
}

/// What a configuration in the working directory may decide without having been named by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// The policy set.
    PolicySet,
    /// The enforcement point as which the set is taken.
    Point,
    /// Which registries are asked and believed.
    Registries,
}

impl Unnamed {
    /// What it is, and the option that names it.
    fn said(self) -> (&'static str, &'static str) {
        match self {
            Self::PolicySet => ("the policy set", "--policy-set"),
            Self::Point => ("the point", "--point"),
            Self::Registries => ("which registries are asked", "--config"),
        }
    }
}

/// Why a claim is withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// The set in effect is not the published one.
    ChangedSet,
    /// What decides the run was found in the working directory.
    Unnamed(Unnamed),
    /// The rules were told another time than now.
    OtherTime,
    /// An option that weakens the run.
    Insecure(String),
    /// A baseline says which findings do not count.
    Baseline,
    /// The verdict is that of a statement, which makes the claim itself.
    Reused,
    /// There is only a Dockerfile.
    NoImage,
    /// A rule of the claim was decided by a Dockerfile from where the claim accepts none.
    Origin(Origin),
    /// The Dockerfile that decided a rule of the claim does not make this image.
    OtherDockerfile,
    /// A rule of the claim was decided by what is attached and nobody trusted signed, and the claim accepts none of that.
    Unverified,
    /// A platform of the index that was not judged, or did not pass.
    OpenPlatform(String),
    /// The verdict is not a pass.
    NotPassed(Verdict),
    /// A rule of the claim has a finding at or above the claim's threshold.
    Finding(RuleId),
    /// The same, and a waiver covers it, which the claim does not accept.
    WaivedFinding(RuleId),
    /// The same, and a comment of the Dockerfile silences it, which the claim does not accept.
    SuppressedFinding(RuleId),
    /// A rule of the claim came to no conclusion.
    Unsettled(RuleId),
    /// A rule of the claim is not part of the run.
    NotSelected(RuleId),
    /// No rule of the claim was evaluated.
    NothingEvaluated,
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangedSet => f.write_str("this run changed the policy set"),
            Self::Unnamed(what) => {
                let (what, option) = what.said();
                write!(
                    f,
                    "{what} comes from the working directory and was not named by `{option}`"
                )
            }
            Self::OtherTime => f.write_str("the effective time is not now"),
            Self::Reused => f.write_str("nothing was judged: a statement that is there has it"),
            Self::NoImage => f.write_str("there is no image"),
            Self::Origin(origin) => write!(
                f,
                "the claim accepts no Dockerfile that {}",
                described(*origin)
            ),
            Self::OtherDockerfile => f.write_str("the Dockerfile does not make this image"),
            Self::Unverified => {
                f.write_str("the claim accepts no attestation that nobody trusted signed")
            }
            Self::Insecure(option) => write!(f, "`{option}` was given"),
            Self::Baseline => f.write_str("a baseline was given"),
            Self::OpenPlatform(platform) => write!(f, "{platform}"),
            Self::NotPassed(verdict) => write!(f, "the verdict is {verdict}"),
            Self::Finding(rule) => write!(f, "`{rule}` has a finding"),
            Self::WaivedFinding(rule) => write!(
                f,
                "`{rule}` has a waived finding, and the claim does not accept waivers"
            ),
            Self::SuppressedFinding(rule) => write!(
                f,
                "`{rule}` has a finding that a comment silences, and the claim does not accept that"
            ),
            Self::Unsettled(rule) => write!(f, "`{rule}` came to no conclusion"),
            Self::NotSelected(rule) => write!(f, "`{rule}` was not run"),
            Self::NothingEvaluated => f.write_str("none of its rules was evaluated"),
        }
    }
}

fn described(origin: Origin) -> &'static str {
    match origin {
        Origin::Given => "the user gave",
        Origin::Provenance => "unsigned provenance has",
        Origin::Reconstructed => "was written from the history",
    }
}

impl RunConditions {
    /// What is known before anything was judged: with any of these, no claim is decided in this run.
    pub fn withheld(&self) -> Vec<Withheld> {
        let flags = [
            (self.changed_set, Withheld::ChangedSet),
            (self.other_time, Withheld::OtherTime),
            (self.baseline, Withheld::Baseline),
            (self.no_image, Withheld::NoImage),
        ];
        let unnamed = self.unnamed.iter().copied().map(Withheld::Unnamed);
        let insecure = self.insecure.iter().cloned().map(Withheld::Insecure);
        flags
            .into_iter()
            .filter_map(|(holds, reason)| holds.then_some(reason))
            .chain(unnamed)
            .chain(insecure)
            .collect()
    }

    /// The claims that rules are told to be decided in this run.
    pub fn decided_claims(&self, set: &PolicySet) -> Vec<String> {
        if self.withheld().is_empty() {
            set.claims.keys().cloned().collect()
        } else {
            Vec::new()
        }
    }
}

/// Decides each claim of a set.
pub fn claims(
    set: &PolicySet,
    rules: &[JudgedRule<'_>],
    decision: &Decision,
    run: &RunConditions,
    facts: &Facts,
) -> Vec<Claim> {
    let decide = |(name, definition): (&String, &ClaimDefinition)| {
        let mut withheld = run.withheld();
        if run.no_image {
            // How its rules did makes no difference.
            return claim(name, &withheld);
        }
        if decision.verdict != Verdict::Passed {
            withheld.push(Withheld::NotPassed(decision.verdict));
        }
        withheld.extend(by_rules(definition, rules, &decision.findings));
        withheld.extend(by_dockerfile(definition, rules, facts));
        withheld.extend(by_attestations(definition, rules, facts));
        claim(name, &withheld)
    };
    set.claims.iter().map(decide).collect()
}

/// A claim, issued if nothing withholds it.
pub(crate) fn claim(name: &str, withheld: &[Withheld]) -> Claim {
    Claim {
        name: name.to_owned(),
        issued: withheld.is_empty(),
        withheld: withheld.iter().map(ToString::to_string).collect(),
    }
}

fn by_rules(
    definition: &ClaimDefinition,
    rules: &[JudgedRule<'_>],
    findings: &[ReportedFinding],
) -> Vec<Withheld> {
    let mut withheld = Vec::new();
    let mut holds = false;
    for id in &definition.rules {
        let Some(rule) = rules.iter().find(|rule| &rule.metadata.id == id) else {
            withheld.push(Withheld::NotSelected(id.clone()));
            continue;
        };
        match rule.outcome {
            Outcome::Evaluated { .. } => match against(definition, id, findings) {
                None => holds = true,
                Some(reason) => withheld.push(reason),
            },
            Outcome::NotApplicable { .. } => {}
            // Only a fact that does not exist may be missing: never one that was denied or could not be had.
            Outcome::NotEvaluated {
                cause: FactError::Absent,
                ..
            } if definition.may_be_missing.contains(id) => {}
            Outcome::NotEvaluated { .. } | Outcome::Inconclusive { .. } | Outcome::Broken(_) => {
                withheld.push(Withheld::Unsettled(id.clone()));
            }
        }
    }
    if !holds && withheld.is_empty() {
        withheld.push(Withheld::NothingEvaluated);
    }
    withheld
}

/// What speaks against a Dockerfile that decided a rule of the claim.
fn by_dockerfile(
    definition: &ClaimDefinition,
    rules: &[JudgedRule<'_>],
    facts: &Facts,
) -> Vec<Withheld> {
    let Some(Ok(file)) = &facts.dockerfile else {
        return Vec::new();
    };
    let decides = |rule: &JudgedRule<'_>| {
        let RuleMetadata {
            id, needs, uses, ..
        } = rule.metadata;
        let mut seen = needs.iter().flatten().chain(uses);
        definition.rules.contains(id)
            && matches!(rule.outcome, Outcome::Evaluated { .. })
            && seen.any(|name| is_dockerfile(name, facts))
    };
    if !rules.iter().any(decides) {
        return Vec::new();
    }
    let mut withheld = Vec::new();
    if !definition.origins.contains(&file.origin) {
        withheld.push(Withheld::Origin(file.origin));
    }
    // Provenance and history are about the image; that a given file is has to be seen.
    let is_other = file
        .comparison
        .as_ref()
        .is_none_or(|found| !found.is_empty());
    if file.origin == Origin::Given && is_other {
        withheld.push(Withheld::OtherDockerfile);
    }
    withheld
}

/// What speaks against attestations that decided a rule of the claim. What nobody trusted signed counts as unsigned provenance
/// does, and only for rules that ask for it.
fn by_attestations(
    definition: &ClaimDefinition,
    rules: &[JudgedRule<'_>],
    facts: &Facts,
) -> Option<Withheld> {
    let attestations = facts.attestations.as_ref()?.as_ref().ok()?;
    let decides = |rule: &JudgedRule<'_>| {
        let RuleMetadata {
            id, needs, uses, ..
        } = rule.metadata;
        let mut named = needs.iter().flatten().chain(uses);
        definition.rules.contains(id)
            && matches!(rule.outcome, Outcome::Evaluated { .. })
            && named.any(|name| Need::from_name(name) == Some(Need::UnverifiedAttestations))
    };
    let is_accepted = definition.origins.contains(&Origin::Provenance);
    let is_decided = !is_accepted && attestations.has_unverified() && rules.iter().any(decides);
    is_decided.then_some(Withheld::Unverified)
}

/// Whether a rule that names this was shown the Dockerfile.
fn is_dockerfile(name: &str, facts: &Facts) -> bool {
    Need::from_name(name)
        .is_some_and(|need| need.interface() == Interface::Dockerfile && facts.serves(need).is_ok())
}

/// The finding of a rule that speaks against the claim.
fn against(
    definition: &ClaimDefinition,
    rule: &RuleId,
    findings: &[ReportedFinding],
) -> Option<Withheld> {
    let counts = findings
        .iter()
        .filter(|finding| &finding.rule == rule && finding.severity >= definition.threshold);
    let mut reasons = counts.filter_map(|finding| match finding.status {
        Status::Open | Status::Known => Some(Withheld::Finding(rule.clone())),
        Status::Waived { .. } if !definition.tolerates_waivers => {
            Some(Withheld::WaivedFinding(rule.clone()))
        }
        Status::Suppressed { .. } if !definition.tolerates_suppressions => {
            Some(Withheld::SuppressedFinding(rule.clone()))
        }
        Status::Waived { .. } | Status::Suppressed { .. } => None,
    });
    reasons.next()
}

#[cfg(test)]
mod tests;
