//! Coming to a verdict again, from what it was come to with.
//!
//! No claim and no statement ever comes of it. A pack runs only if it has the digest that was recorded.

mod packs;
mod statement;
mod unobtainable;

pub use packs::PackSources;
pub use statement::StatementToReplay;
pub use unobtainable::Unobtainable;

use crate::baseline::Baseline;
use crate::claims::RunConditions;
use crate::difference::{Difference, Differences, What};
use crate::error::CheckError;
use crate::evidence::EvidenceDocument;
use crate::policies::Policies;
use crate::report::Examined;
use crate::{Dockerfile, DockerfileText, Judged};
use ::engine::{CONTRACT, Case, ENGINE, Engine};
use jiff::{SignedDuration, Timestamp};
use model::report::{EnforcementPoint, Subject};
use model::waiver::Validity;
use model::{Digest, Facts, PolicySet, canonical};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How far the clock of whoever judged may have been ahead.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// No evaluation has more fuel than this, whatever was recorded: a hundred times the default.
const MAX_FUEL: u64 = 50_000_000_000;

/// What came of replaying one verdict.
#[derive(Debug)]
pub struct Replayed {
    /// What was judged, as it was called.
    pub subject: String,
    /// Its digest.
    pub digest: Digest,
    /// Everything that is otherwise.
    pub differences: Vec<Difference>,
    /// What could not be had again.
    pub missing: Vec<Unobtainable>,
    /// What did not change the verdict and is worth knowing.
    pub notes: Vec<String>,
}

impl Replayed {
    fn of(subject: String, digest: Digest) -> Self {
        Self {
            subject,
            digest,
            differences: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn without(subject: String, digest: Digest, missing: Unobtainable) -> Self {
        Self {
            missing: vec![missing],
            ..Self::of(subject, digest)
        }
    }

    /// Whether everything was had, and came out the same.
    pub fn is_same(&self) -> bool {
        self.differences.is_empty() && self.missing.is_empty()
    }
}

/// What evidence is held against.
#[derive(Debug, Default)]
pub struct HeldAgainst {
    /// A policy set, as it is today.
    pub set: Option<Policies>,
    /// The Dockerfile, as it is today.
    pub dockerfile: Option<Dockerfile>,
}

/// Replays verdicts. What it loaded for one serves the next.
#[derive(Debug)]
pub struct Replayer {
    engine: Arc<Engine>,
    packs: PackSources,
    now: Timestamp,
    loaded: Mutex<HashMap<Key, Arc<Loaded>>>,
}

/// What a verdict is come to with.
type Key = (String, u64, EnforcementPoint);

/// Policies, and the sandbox with the fuel they had.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) engine: Arc<Engine>,
    pub(crate) policies: Arc<Policies>,
}

impl Replayer {
    /// Replays with packs that are built in, that lie in files, or that were compiled before.
    pub fn new(engine: Arc<Engine>, packs: PackSources, now: Timestamp) -> Self {
        Self {
            engine,
            packs,
            now,
            loaded: Mutex::default(),
        }
    }

    /// Judges evidence again, and names whatever is otherwise.
    pub fn replay(&self, evidence: &EvidenceDocument, against: &HeldAgainst) -> Replayed {
        let names = evidence.names();
        let mut replayed = Replayed::of(names.given.to_owned(), names.digest.clone());
        let mut differences = Differences::default();
        if let Err(missing) = of_parts(evidence, &mut differences) {
            replayed.missing.push(missing);
        }
        if let Some(set) = &against.set {
            differences.of_sets(&evidence.policy_set, &set.set);
        }
        let facts = match &against.dockerfile {
            None => evidence.facts.clone(),
            Some(file) => with_dockerfile(evidence, file, &mut differences),
        };
        let again = self.check(evidence).and_then(|()| {
            let (set, point) = (&evidence.policy_set, evidence.circumstances.point);
            let loaded = self.load(set, evidence.fuel, point)?;
            Ok(loaded.judge(evidence, facts)?)
        });
        match again {
            Ok(judged) => compare_outcome(evidence, &judged, &mut differences),
            Err(missing) => replayed.missing.push(missing),
        }
        replayed.notes = notes(evidence, &differences.0, self.now);
        replayed.differences = differences.0;
        replayed
    }

    /// Whether this polcheck can come to such a verdict at all.
    fn check(&self, evidence: &EvidenceDocument) -> Result<(), Unobtainable> {
        self.check_run(
            &evidence.contract,
            evidence.fuel,
            evidence.circumstances.time,
        )
    }

    fn check_run(&self, contract: &str, fuel: u64, time: Timestamp) -> Result<(), Unobtainable> {
        if !is_served(contract) {
            return Err(Unobtainable::Contract {
                recorded: contract.to_owned(),
                served: CONTRACT,
            });
        }
        if fuel > MAX_FUEL {
            return Err(Unobtainable::Fuel {
                recorded: fuel,
                limit: MAX_FUEL,
            });
        }
        if time.duration_since(self.now) > CLOCK_SKEW {
            return Err(Unobtainable::FromTheFuture { time });
        }
        Ok(())
    }

    /// The policies that evidence was judged by.
    ///
    /// # Errors
    /// What of them is not to be had.
    pub fn policies(&self, evidence: &EvidenceDocument) -> Result<Arc<Policies>, Unobtainable> {
        self.check(evidence)?;
        let (set, point) = (&evidence.policy_set, evidence.circumstances.point);
        let loaded = self.load(set, evidence.fuel, point)?;
        Ok(Arc::clone(&loaded.policies))
    }

    /// The recorded policy set with its packs, and the sandbox with the recorded fuel.
    pub(crate) fn load(
        &self,
        set: &PolicySet,
        fuel: u64,
        point: EnforcementPoint,
    ) -> Result<Arc<Loaded>, Unobtainable> {
        let digest = set.digest().map_err(CheckError::from)?;
        let key = (digest.to_string(), fuel, point);
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = loaded.get(&key) {
            return Ok(Arc::clone(known));
        }
        let engine = Arc::new(self.engine.with_fuel(fuel));
        let policies = self.packs.policies(&engine, set, digest, point)?;
        let new = Arc::new(Loaded {
            engine,
            policies: Arc::new(policies),
        });
        loaded.insert(key, Arc::clone(&new));
        Ok(new)
    }
}

impl Loaded {
    /// Judges facts by what was recorded about the run.
    fn judge(&self, evidence: &EvidenceDocument, facts: Facts) -> Result<Judged, CheckError> {
        let policies = &self.policies;
        let settings = Arc::clone(&policies.settings);
        let case = Arc::new(Case::new(facts, evidence.circumstances(), settings));
        let rules = policies.rules_about(&evidence.subject);
        let evaluation = policies.packs.evaluate(&self.engine, rules, &case);
        let is_alone = matches!(evidence.subject, Subject::Dockerfile(_));
        let text = case.facts.dockerfile.as_ref();
        let text = text.and_then(|file| Some(file.as_ref().ok()?.text.clone()));
        let examined = Examined {
            subject: evidence.subject.clone(),
            descriptor: None,
            left_out: if is_alone {
                &policies.rules_of_dockerfiles().left_out
            } else {
                &[]
            },
            dockerfile: evidence.dockerfile.as_ref().map(|path| DockerfileText {
                path: path.clone(),
                text: text.unwrap_or_default(),
            }),
            case: &case,
            evaluation: &evaluation,
            // Which of its conditions a run kept is not for evidence to say: whatever comes of this is no claim.
            conditions: &RunConditions {
                no_image: is_alone,
                ..RunConditions::default()
            },
            baseline: Some(&Baseline::of(evidence.known.iter().cloned())),
            with_evidence: true,
            build: None,
            records: true,
        };
        examined.report(policies, self.engine.limits())
    }
}

/// Whether the parts of evidence have the digests that it says.
fn of_parts(
    evidence: &EvidenceDocument,
    differences: &mut Differences,
) -> Result<(), Unobtainable> {
    let settings: std::collections::BTreeMap<_, _> = evidence
        .policy_set
        .rules
        .iter()
        .map(|(id, rule)| (id, &rule.settings))
        .collect();
    let found = || -> Result<_, canonical::NotCanonical> {
        Ok([
            ("facts", canonical::digest(&evidence.facts)?),
            ("verdict", canonical::digest(&evidence.verdict)?),
            ("settings", canonical::digest(&settings)?),
            ("policySet", canonical::digest(&evidence.policy_set)?),
        ])
    };
    let found = found().map_err(CheckError::from)?;
    let said = &evidence.digests;
    let said = [&said.facts, &said.verdict, &said.settings, &said.policy_set];
    for ((name, found), said) in found.iter().zip(said) {
        differences.unless_same(What::Evidence, name, Some(said), Some(found));
    }
    Ok(())
}

/// The facts with those of the Dockerfile of today.
fn with_dockerfile(
    evidence: &EvidenceDocument,
    file: &Dockerfile,
    differences: &mut Differences,
) -> Facts {
    let recorded = evidence.build.as_ref();
    // What was known of the build is what was recorded: only the file itself is another one.
    let again = recorded.and_then(|build| build.dockerfile(&file.path));
    let today = Dockerfile {
        inputs: again.map_or_else(|| file.inputs.clone(), |again| again.inputs),
        ..file.clone()
    };
    differences.of_inputs(recorded, Some(&today.clone().into()));
    let facts = Facts {
        dockerfile: Some(today.facts(evidence.facts.image.as_ref())),
        ..evidence.facts.clone()
    };
    differences.of_facts(&evidence.facts, &facts);
    facts
}

/// What came out otherwise, and whether another version is to blame.
fn compare_outcome(evidence: &EvidenceDocument, judged: &Judged, differences: &mut Differences) {
    let Some(again) = judged.recorded.as_deref() else {
        return;
    };
    let before = differences.0.len();
    differences.of_verdicts(&evidence.verdict, &again.verdict);
    let is_other = canonical::digest(&evidence.verdict).ok() != Some(again.digests.verdict.clone());
    if is_other && differences.0.len() == before {
        // The order of findings, for instance.
        let digest = &again.digests.verdict;
        let recorded = canonical::digest(&evidence.verdict).ok();
        differences.unless_same(What::Verdict, "digest", recorded.as_ref(), Some(digest));
    }
    if differences.0.len() > before {
        of_versions(
            [&evidence.polcheck, &evidence.engine, &evidence.contract],
            differences,
        );
    }
}

/// Another polcheck, engine or contract, where the verdict is another one.
fn of_versions([polcheck, engine, contract]: [&str; 3], differences: &mut Differences) {
    let versions = [
        (What::Polcheck, polcheck, env!("CARGO_PKG_VERSION")),
        (What::Engine, engine, ENGINE),
        (What::Contract, contract, CONTRACT),
    ];
    for (what, recorded, now) in versions {
        differences.unless_same(what, "version", Some(&recorded), Some(&now));
    }
}

/// What is worth knowing although the verdict is the same.
fn notes(evidence: &EvidenceDocument, differences: &[Difference], now: Timestamp) -> Vec<String> {
    let used = evidence.verdict.waivers.get("used");
    let used: Vec<&str> = used
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let waivers = evidence.policy_set.waivers.iter();
    let over = waivers.filter(|waiver| {
        used.contains(&waiver.id.as_str()) && waiver.validity(now) == Validity::Expired
    });
    let mut notes: Vec<String> = over
        .map(|waiver| {
            format!(
                "the waiver `{}` counted then, and is over since {}",
                waiver.id, waiver.expires
            )
        })
        .collect();
    let ours = (env!("CARGO_PKG_VERSION"), ENGINE);
    if (evidence.polcheck.as_str(), evidence.engine.as_str()) != ours && differences.is_empty() {
        notes.push(format!(
            "polcheck {} with {} came to the same verdict",
            evidence.polcheck, evidence.engine
        ));
    }
    notes
}

/// Whether policies of a contract are served: of the same minor version, and no newer one.
fn is_served(contract: &str) -> bool {
    let parts = |text: &str| {
        let (name, version) = text.rsplit_once('@')?;
        let (minor, patch) = version.rsplit_once('.')?;
        Some((
            name.to_owned(),
            minor.to_owned(),
            patch.parse::<u32>().ok()?,
        ))
    };
    match (parts(contract), parts(CONTRACT)) {
        (Some((name, minor, patch)), Some((own, own_minor, own_patch))) => {
            name == own && minor == own_minor && patch <= own_patch
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("polcheck:policy@0.1.0", true)]
    #[case("polcheck:policy@0.1.999", false)]
    #[case("polcheck:policy@0.2.0", false)]
    #[case("polcheck:policy@1.1.0", false)]
    #[case("other:policy@0.1.0", false)]
    #[case("polcheck:policy", false)]
    #[case("", false)]
    fn no_newer_contract_is_served(#[case] contract: &str, #[case] expected: bool) {
        assert_eq!(is_served(contract), expected);
    }
}
