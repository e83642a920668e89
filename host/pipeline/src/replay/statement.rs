//! Replaying the verdict that a verified statement is about. Its signed digests decide; evidence only helps to come to them
//! again, and to say what is otherwise.

use super::{HeldAgainst, Loaded, Replayed, Replayer, Unobtainable, notes, of_versions};
use crate::difference::{Differences, What};
use crate::error::CheckError;
use crate::evidence::{EvidenceDocument, attached};
use crate::wanted::Wanted;
use crate::{
    Again, BUILTIN, Changes, CheckRequest, Dockerfile, Judged, Pipeline, Platforms, Policies, SETS,
    subject,
};
use ::attest::VerifiedStatement;
use ::registry::{Image, Registry, Resolved, Source};
use model::report::{Claim, EnforcementPoint, Evidence};
use model::{Digest, PolicySet, canonical};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A statement about an image, and what is at hand to replay it.
#[derive(Debug)]
pub struct StatementToReplay<'a> {
    /// The way to the image.
    pub registry: &'a Registry,
    /// The image as it was named.
    pub source: &'a Source,
    /// The digest that the statement is about.
    pub digest: &'a Digest,
    /// The statement.
    pub statement: &'a VerifiedStatement,
    /// Evidence at hand; none: what is attached to the image.
    pub evidence: Vec<EvidenceDocument>,
    /// What it is held against.
    pub against: &'a HeldAgainst,
}

/// What a statement says its verdict was come to with.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    facts: Digested,
    verdict: Digested,
    settings: BTreeMap<String, String>,
    #[serde(default)]
    inputs: Vec<SignedInput>,
    point: EnforcementPoint,
    subject_name: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    contract: String,
    engine: String,
    polcheck: String,
    fuel: u64,
}

#[derive(Debug, Deserialize)]
struct Digested {
    digest: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct SignedInput {
    name: String,
    digest: BTreeMap<String, String>,
}

/// The one name under which an input is known.
const DOCKERFILE: &str = "dockerfile";

impl Signed {
    fn of(statement: &VerifiedStatement) -> Option<Self> {
        let evidence = Value::Object(statement.evidence()?.clone());
        serde_json::from_value(evidence).ok()
    }

    fn input(&self, name: &str) -> Option<String> {
        let input = self.inputs.iter().find(|input| input.name == name)?;
        Some(written(&input.digest))
    }
}

/// `sha256:…` of a digest as in-toto writes it.
fn written(digest: &BTreeMap<String, String>) -> String {
    let sha256 = digest.get("sha256");
    sha256.map_or_else(String::new, |hex| format!("sha256:{hex}"))
}

impl Replayer {
    /// Comes to the verdict of a statement again: from the image, the recorded inputs and the recorded policies.
    pub async fn replay_statement(&self, wanted: StatementToReplay<'_>) -> Replayed {
        let (subject, digest) = (wanted.source.to_string(), wanted.digest.clone());
        match Box::pin(self.try_statement(&wanted)).await {
            Ok(replayed) => replayed,
            Err(missing) => Replayed::without(subject, digest, missing),
        }
    }

    async fn try_statement(
        &self,
        wanted: &StatementToReplay<'_>,
    ) -> Result<Replayed, Unobtainable> {
        let signed = Signed::of(wanted.statement).ok_or(Unobtainable::NothingRecorded)?;
        let time = wanted.statement.time_created();
        self.check_run(&signed.contract, signed.fuel, time)?;
        let set = written(&wanted.statement.policy_set().digest);
        let set: Digest = set.parse().map_err(|_| Unobtainable::NothingRecorded)?;
        let image = wanted.registry.open(wanted.source).await?;
        let subjects = subjects(&image, wanted.digest).await?;
        let mut replayed = Replayed::of(wanted.source.to_string(), wanted.digest.clone());
        let mut evidence = BTreeMap::new();
        for subject in &subjects {
            let (own, unusable) = own_evidence(wanted, &image, subject, &set).await?;
            replayed.missing.extend(unusable);
            evidence.extend(own.map(|own| (subject.to_string(), own)));
        }
        let policies = self.signed_policies(&signed, &set, wanted, evidence.values())?;
        require_answers(&policies.policies, &subjects, &evidence)?;
        let judged = judge_again(&signed, wanted, &policies, &evidence).await?;
        let own = |judged: &&Judged| judged.report.subject.digest() == wanted.digest;
        let own = judged.iter().find(own);
        let own = own.ok_or_else(|| other_subject(&judged, wanted.digest))?;
        let mut differences = Differences::default();
        if let Some(today) = &wanted.against.set {
            differences.of_sets(&policies.policies.set, &today.set);
        }
        for (digest, evidence) in &evidence {
            let again = judged
                .iter()
                .find(|judged| judged.report.subject.digest().as_ref() == digest);
            if let Some(again) = again.and_then(|judged| judged.recorded.as_deref()) {
                differences.of_inputs(evidence.build.as_ref(), again.build.as_ref());
                differences.of_facts(&evidence.facts, &again.facts);
                differences.of_verdicts(&evidence.verdict, &again.verdict);
            }
            replayed.notes.extend(notes(evidence, &[], self.now));
        }
        compare_signed(&signed, wanted, own, &evidence, &mut differences)?;
        replayed.differences = differences.0;
        Ok(replayed)
    }

    /// The policy set with the signed digest: from evidence, from what was given, or built in.
    fn signed_policies<'e>(
        &self,
        signed: &Signed,
        set: &Digest,
        wanted: &StatementToReplay<'_>,
        evidence: impl Iterator<Item = &'e EvidenceDocument>,
    ) -> Result<Arc<Loaded>, Unobtainable> {
        let is_meant = |candidate: &PolicySet| candidate.digest().is_ok_and(|it| it == *set);
        let of_evidence = evidence.map(|it| &it.policy_set);
        let given = wanted.against.set.iter().map(|given| &given.set);
        let known = of_evidence.chain(given).find(|it| is_meant(it)).cloned();
        let builtin = || {
            SETS.iter().find_map(|known| {
                let name = format!("{BUILTIN}{}", known.name);
                let changes = Changes::default();
                let loaded = Policies::load(&self.engine, &name, signed.point, &changes).ok()?;
                (loaded.digest == *set).then_some(loaded.set)
            })
        };
        let found = known.or_else(builtin);
        let found = found.ok_or_else(|| Unobtainable::PolicySet {
            digest: set.clone(),
        })?;
        self.load(&found, signed.fuel, signed.point)
    }
}

/// Whether it is known what was attached, where rules were told whose it is: the keys and roots of then are in no evidence, and
/// the statement itself is attached by now.
fn require_answers(
    policies: &Policies,
    subjects: &[Digest],
    evidence: &BTreeMap<String, EvidenceDocument>,
) -> Result<(), Unobtainable> {
    if policies.set.trust.is_none() || !Wanted::by(policies).attestations() {
        return Ok(());
    }
    let mut subjects = subjects.iter();
    let lacking = subjects.find(|subject| !evidence.contains_key(subject.as_ref()));
    lacking.map_or(Ok(()), |subject| {
        Err(Unobtainable::Attestations {
            subject: subject.clone(),
        })
    })
}

/// Judges the image as it was judged then.
async fn judge_again(
    signed: &Signed,
    wanted: &StatementToReplay<'_>,
    policies: &Loaded,
    evidence: &BTreeMap<String, EvidenceDocument>,
) -> Result<Vec<Judged>, Unobtainable> {
    let dockerfile = input(signed, wanted, evidence.values())?;
    let request = CheckRequest {
        platforms: Platforms::All,
        effective_time: Some(wanted.statement.time_created()),
        context: signed.context.clone(),
        dockerfile: dockerfile.map(Arc::new),
        records: true,
        again: Some(Arc::new(Again {
            subject_name: signed.subject_name.clone(),
            // A statement exists only where the claims of the set were decided.
            claims: policies.policies.set.claims.keys().cloned().collect(),
            answers: evidence
                .iter()
                .map(|(digest, evidence)| (digest.clone(), evidence.into()))
                .collect(),
        })),
        ..CheckRequest::default()
    };
    let source = within_index(wanted, evidence.get(wanted.digest.as_ref()))?;
    let pipeline = Pipeline::new(
        wanted.registry.clone(),
        Arc::clone(&policies.engine),
        Arc::clone(&policies.policies),
    );
    Ok(pipeline.check(&source, &request).await?)
}

fn other_subject(judged: &[Judged], wanted: &Digest) -> Unobtainable {
    let found = judged.last().map(|judged| judged.report.subject.digest());
    Unobtainable::OtherSubject {
        found: found.unwrap_or(wanted).clone(),
        wanted: wanted.clone(),
    }
}

/// The manifests that a digest stands for: itself, or those of the index that it is.
async fn subjects(image: &Image, digest: &Digest) -> Result<Vec<Digest>, Unobtainable> {
    Ok(match image.resolve().await? {
        Resolved::Document(document) if document.digest == *digest => subject::manifests(&document),
        _ => vec![digest.clone()],
    })
}

/// The evidence about one manifest, and that which is there and cannot be used.
async fn own_evidence(
    wanted: &StatementToReplay<'_>,
    image: &Image,
    subject: &Digest,
    set: &Digest,
) -> Result<(Option<EvidenceDocument>, Vec<Unobtainable>), Unobtainable> {
    if !wanted.evidence.is_empty() {
        let mut given = wanted.evidence.iter();
        let own = given.find(|evidence| evidence.subject.digest() == subject);
        let other = wanted
            .evidence
            .first()
            .filter(|_| own.is_none() && subject == wanted.digest);
        let other = other.map(|other| Unobtainable::OtherSubject {
            found: other.subject.digest().clone(),
            wanted: subject.clone(),
        });
        return Ok((own.cloned(), other.into_iter().collect()));
    }
    let mut unusable = Vec::new();
    let mut usable = Vec::new();
    for found in attached::find(image, subject, Some(set)).await? {
        match found {
            Ok(evidence) => usable.push(evidence),
            Err(error) => unusable.push(error),
        }
    }
    let time = wanted.statement.time_created();
    let of_run = usable
        .iter()
        .position(|evidence| evidence.circumstances.time == time);
    let chosen = of_run.or_else(|| (!usable.is_empty()).then_some(0));
    let chosen = chosen.map(|at| usable.swap_remove(at));
    // Whatever else lies there does no harm.
    let unusable = if chosen.is_some() {
        Vec::new()
    } else {
        unusable
    };
    Ok((chosen, unusable))
}

/// The Dockerfile that was given then, if one was: what is said to be it must be it.
fn input<'e>(
    signed: &Signed,
    wanted: &StatementToReplay<'_>,
    mut evidence: impl Iterator<Item = &'e EvidenceDocument>,
) -> Result<Option<Dockerfile>, Unobtainable> {
    let Some(digest) = signed.input(DOCKERFILE) else {
        return Ok(None);
    };
    if let Some(today) = &wanted.against.dockerfile {
        return Ok(Some(today.clone()));
    }
    let recorded = evidence.find_map(|evidence| {
        let path = evidence.dockerfile.as_deref().unwrap_or(DOCKERFILE);
        evidence.build.as_ref()?.dockerfile(path)
    });
    recorded.map(Some).ok_or_else(|| Unobtainable::Input {
        name: "Dockerfile".to_owned(),
        digest,
    })
}

/// The image within the index that named it then, where evidence says so: rules are told what the index says of it.
fn within_index(
    wanted: &StatementToReplay<'_>,
    evidence: Option<&EvidenceDocument>,
) -> Result<Source, Unobtainable> {
    let image = evidence.and_then(|evidence| evidence.facts.image.as_ref());
    let manifest = image.and_then(|image| image.manifest.as_ref().ok());
    let index = manifest.and_then(|manifest| manifest.index_digest.as_ref());
    let reference = wanted.source.reference();
    match (index, reference) {
        (Some(index), Some(reference)) => format!("{}@{index}", reference.name())
            .parse()
            .map_err(|_| Unobtainable::NothingRecorded),
        _ => Ok(wanted.source.clone()),
    }
}

/// What is otherwise than what was signed, in the image of today and in the evidence.
fn compare_signed(
    signed: &Signed,
    wanted: &StatementToReplay<'_>,
    own: &Judged,
    evidence: &BTreeMap<String, EvidenceDocument>,
    differences: &mut Differences,
) -> Result<(), CheckError> {
    let Some(again) = &own.report.evidence else {
        return Ok(());
    };
    if let Some(evidence) = evidence.get(wanted.digest.as_ref()) {
        of_evidence(signed, evidence, differences)?;
    }
    let Evidence {
        facts,
        verdict,
        settings,
        ..
    } = again;
    let pairs = [
        (What::Fact, written(&signed.facts.digest), facts),
        (What::Verdict, written(&signed.verdict.digest), verdict),
        (What::Setting, written(&signed.settings), settings),
    ];
    let before = differences.0.len();
    for (what, signed, now) in pairs {
        differences.unless_same(what, "digest", Some(&signed), Some(&now.to_string()));
    }
    for input in &again.inputs {
        let signed = signed.input(&input.name);
        let now = input.digest.to_string();
        differences.unless_same(What::Input, &input.name, signed.as_ref(), Some(&now));
    }
    for claim in wanted.statement.claims() {
        let is_issued = |it: &&Claim| it.issued && format!("{}=passed", it.name) == *claim;
        if !own.report.claims.iter().any(|it| is_issued(&it)) {
            differences.unless_same(What::Claim, claim, Some(&"made"), Some(&"withheld"));
        }
    }
    if differences.0.len() > before {
        of_versions(
            [&signed.polcheck, &signed.engine, &signed.contract],
            differences,
        );
    }
    Ok(())
}

/// Evidence whose parts are not what was signed was changed, or is of another run.
fn of_evidence(
    signed: &Signed,
    evidence: &EvidenceDocument,
    differences: &mut Differences,
) -> Result<(), CheckError> {
    let facts = canonical::digest(&evidence.facts)?;
    let verdict = canonical::digest(&evidence.verdict)?;
    for (name, signed, found) in [
        ("facts", &signed.facts.digest, facts),
        ("verdict", &signed.verdict.digest, verdict),
    ] {
        let signed = written(signed);
        differences.unless_same(
            What::Evidence,
            name,
            Some(&signed),
            Some(&found.to_string()),
        );
    }
    if let Some(build) = &evidence.build {
        let (signed, found) = (signed.input(DOCKERFILE), build.input()?);
        let found = found.digest.to_string();
        differences.unless_same(What::Evidence, "build", signed.as_ref(), Some(&found));
    }
    Ok(())
}
