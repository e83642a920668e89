//! Evidence: all that a verdict came from, and the verdict, in one document. Whoever has it and the packs can judge again.
//!
//! Nobody signs it, and no claim is ever made of it. What is signed are digests over its parts, in the statement.

pub(crate) mod attached;
mod error;
mod file;
mod inputs;

pub use attached::attached_evidence;
pub use error::EvidenceError;
pub use file::{MAX_EVIDENCE_BYTES, MAX_EVIDENCE_TEXT, evidence_files};
pub use inputs::{BuildBase, BuildDocument};

pub(crate) use inputs::inputs;

use crate::report::{Examined, names};
use ::engine::Circumstances;
use jiff::Timestamp;
use model::report::{Claim, EnforcementPoint, Evidence, Gap, ReportedFinding, Status, Subject};
use model::{Digest, Facts, PolicySet, RuleId, SubjectNames, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The artifact type of evidence that is attached to an image.
pub const EVIDENCE_TYPE: &str = "application/vnd.polcheck.evidence.v1+json";
/// The media type of its one layer.
pub const EVIDENCE_LAYER_TYPE: &str = "application/vnd.polcheck.evidence.v1+json+gzip";
/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;

/// All that a verdict came from, and the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct EvidenceDocument {
    kind: Kind,
    version: u32,
    /// What was judged.
    pub subject: Subject,
    /// What its Dockerfile is called, if it has one: waivers may be meant for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dockerfile: Option<String>,
    /// What the selected rules could see.
    pub facts: Facts,
    /// What is not in the image and led to the facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<BuildDocument>,
    /// The policy set in effect.
    pub policy_set: PolicySet,
    /// When, where and for what.
    pub circumstances: RecordedCircumstances,
    /// The contract with the policies.
    pub contract: String,
    /// What ran them.
    pub engine: String,
    /// The version of polcheck.
    pub polcheck: String,
    /// The fuel of one evaluation.
    pub fuel: u64,
    /// What the baseline of the run knew of the findings, by their fingerprints.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub known: BTreeSet<String>,
    /// What came of it.
    pub verdict: RecordedVerdict,
    /// The claims of the policy set, made or withheld.
    pub claims: Vec<Claim>,
    /// What nobody looked at.
    pub not_checked: Vec<Gap>,
    /// Digests over its parts, as a statement names them.
    pub digests: Digests,
}

/// Marks the document as what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    #[serde(rename = "polcheck-evidence")]
    Evidence,
}

/// When, where and for what was judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RecordedCircumstances {
    /// What the rules were told is the time.
    pub time: Timestamp,
    /// Which of the four places asked.
    pub point: EnforcementPoint,
    /// Registry and repository, as the rules were told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// The claims that the rules were told are decided in the run.
    pub claims: Vec<String>,
    /// The facts of the request that a rule read.
    pub context: BTreeMap<String, String>,
}

/// The verdict, as its digest covers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedVerdict {
    /// How the subject was judged.
    pub verdict: Verdict,
    /// What became of each rule.
    pub rules: BTreeMap<RuleId, Value>,
    /// What is wrong, the worst first.
    pub findings: Vec<Value>,
    /// What became of the waivers.
    pub waivers: Value,
}

/// Digests over the parts of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Digests {
    /// Of the facts.
    pub facts: Digest,
    /// Of the verdict.
    pub verdict: Digest,
    /// Of the settings of the selected rules.
    pub settings: Digest,
    /// Of the policy set.
    pub policy_set: Digest,
}

impl EvidenceDocument {
    /// Writes down what was examined, and what came of it.
    pub(crate) fn of(
        examined: &Examined<'_>,
        set: (&PolicySet, &Digest),
        evidence: &Evidence,
        verdict: RecordedVerdict,
        findings: &[ReportedFinding],
    ) -> Self {
        let (policy_set, digest) = set;
        let Circumstances {
            time,
            point,
            subject_name,
            claims,
            ..
        } = examined.case.circumstances.clone();
        let path = examined.dockerfile.as_ref().map(|file| file.path.clone());
        let names = names(&examined.subject, path.as_deref());
        Self {
            kind: Kind::Evidence,
            version: VERSION,
            facts: examined.case.facts.clone(),
            build: examined.build.cloned().map(BuildDocument::from),
            policy_set: policy_set.clone(),
            circumstances: RecordedCircumstances {
                time,
                point,
                subject_name,
                claims,
                context: evidence.context.clone(),
            },
            contract: evidence.contract.to_owned(),
            engine: evidence.engine.to_owned(),
            polcheck: evidence.polcheck.to_owned(),
            fuel: evidence.fuel,
            known: known(findings, names),
            verdict,
            claims: Vec::new(),
            not_checked: Vec::new(),
            digests: Digests {
                facts: evidence.facts.clone(),
                verdict: evidence.verdict.clone(),
                settings: evidence.settings.clone(),
                policy_set: digest.clone(),
            },
            subject: examined.subject.clone(),
            dockerfile: path,
        }
    }

    /// What the subject is called.
    pub fn names(&self) -> SubjectNames<'_> {
        names(&self.subject, self.dockerfile.as_deref())
    }

    /// What the rules are told of the run.
    pub(crate) fn circumstances(&self) -> Circumstances {
        let RecordedCircumstances {
            time,
            point,
            subject_name,
            claims,
            context,
        } = self.circumstances.clone();
        Circumstances {
            time,
            point,
            subject_name,
            claims,
            context,
        }
    }

    /// What it is called in a folder: by the digest of what was judged, and by its name, since waivers go by names.
    pub fn file_name(&self) -> String {
        let names = self.names();
        let name = names.dockerfile.or(names.image).unwrap_or_default();
        let name = model::canonical::sha256(name.as_bytes());
        let name: String = name.digest().chars().take(SHORT_NAME).collect();
        let subject = names.digest.as_ref().replace(':', "-");
        format!("{subject}-{name}{}", file::EXTENSION)
    }
}

/// How much of the digest of a name stands in the name of a file.
const SHORT_NAME: usize = 12;

fn known(findings: &[ReportedFinding], names: SubjectNames<'_>) -> BTreeSet<String> {
    let known = findings.iter().filter(|it| it.status == Status::Known);
    known
        .map(|it| names.fingerprint(&it.rule, &it.key, it.location.as_ref()))
        .collect()
}
