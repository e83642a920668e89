//! Reports: what is said about one subject, complete enough for every output format.

mod evidence;

pub use evidence::{EnforcementPoint, Evidence, Input, Reused};

use crate::edit::TextEdit;
use crate::finding::{Confidence, Location, Severity};
use crate::platform::Platform;
use crate::rule::RuleId;
use crate::verdict::Verdict;
use jiff::civil::Date;
use oci_spec::image::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// What is said about one subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What was judged.
    pub subject: Subject,
    /// How it was judged.
    pub verdict: Verdict,
    /// The claims of the policy set, made or withheld.
    pub claims: Vec<Claim>,
    /// By what it was judged.
    pub policy_set: SetReference,
    /// The packs that took part, with what became of each of their rules.
    pub policies: Vec<PolicyReport>,
    /// What is wrong, the worst first.
    pub findings: Vec<ReportedFinding>,
    /// Why nothing could be decided, if it could not.
    pub undecided: Vec<Gap>,
    /// What nobody looked at.
    pub not_checked: Vec<Gap>,
    /// What became of the waivers.
    pub waivers: WaiverReport,
    /// Options that weaken the run, as they were given.
    pub insecure: Vec<String>,
    /// What the policies said to their authors.
    #[serde(skip)]
    pub log: Vec<String>,
    /// What it takes to come to the same verdict again.
    ///
    /// None: nobody asks for it, since nothing is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The statement that answered instead of the policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reused: Option<Reused>,
}

/// What was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Subject {
    /// An image: one manifest, or an index.
    Image(ImageSubject),
    /// A Dockerfile alone.
    Dockerfile(DockerfileSubject),
}

/// An image that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ImageSubject {
    /// As it was given.
    pub reference: String,
    /// Registry and repository; none for files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of the manifest or index.
    pub digest: Digest,
    /// None for an index, and where the config cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Of an index: those that were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platforms: Option<Vec<Platform>>,
    /// The index that named the manifest, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<Digest>,
}

/// A Dockerfile that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DockerfileSubject {
    /// As it was given or found; `-` is standard input.
    pub path: String,
    /// Of its bytes.
    #[serde(rename = "sha256", serialize_with = "hex", deserialize_with = "of_hex")]
    pub digest: Digest,
}

fn hex<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(digest.digest())
}

fn of_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
    let hex = String::deserialize(deserializer)?;
    format!("sha256:{hex}").parse().map_err(de::Error::custom)
}

impl Subject {
    /// What the user called it.
    pub fn given(&self) -> &str {
        match self {
            Self::Image(image) => &image.reference,
            Self::Dockerfile(file) => &file.path,
        }
    }

    /// Registry and repository, if it has them.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Image(image) => image.name.as_deref(),
            Self::Dockerfile(_) => None,
        }
    }

    /// Of the manifest, the index or the file.
    pub fn digest(&self) -> &Digest {
        match self {
            Self::Image(image) => &image.digest,
            Self::Dockerfile(file) => &file.digest,
        }
    }

    /// Of a manifest whose config can be read.
    pub fn platform(&self) -> Option<&Platform> {
        match self {
            Self::Image(image) => image.platform.as_ref(),
            Self::Dockerfile(_) => None,
        }
    }

    /// Of an index: those that were judged.
    pub fn platforms(&self) -> Option<&[Platform]> {
        match self {
            Self::Image(image) => image.platforms.as_deref(),
            Self::Dockerfile(_) => None,
        }
    }
}

/// One claim of the policy set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Claim {
    /// `security.scan`.
    pub name: String,
    /// Whether `NAME=passed` may be said.
    pub issued: bool,
    /// Why it may not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// The policy set in effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetReference {
    /// `standard`.
    pub name: String,
    /// Where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    /// Of the set in effect.
    pub digest: Digest,
    /// Whether this is the set as it was published, and not as the run changed it.
    pub as_published: bool,
    /// The severity from which on an open finding fails the subject.
    pub fail_on: Severity,
}

/// What became of one pack.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyReport {
    /// The name the pack gives itself.
    pub id: String,
    /// Of its component.
    pub digest: Digest,
    /// The version the pack gives itself.
    pub version: String,
    /// The verdict its rules alone would come to.
    pub outcome: Verdict,
    /// Each selected rule and its state.
    pub rules: BTreeMap<RuleId, RuleState>,
}

/// What became of a rule, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// It was evaluated and found nothing.
    Holds,
    /// It has nothing to say about the subject.
    NotApplicable,
    /// It found something.
    Findings,
    /// It saw too little to conclude.
    Inconclusive,
    /// A fact it needs is not there.
    NotEvaluated,
    /// It could not do its work.
    Broken,
}

/// One finding, judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedFinding {
    /// The rule that found it.
    pub rule: RuleId,
    /// What other tools call the rule.
    pub aliases: Vec<String>,
    /// As the policy set sees it.
    pub severity: Severity,
    /// How sure the rule is.
    pub confidence: Confidence,
    /// Whether it counts.
    #[serde(flatten)]
    pub status: Status,
    /// What is wrong.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Where else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Location>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where to read more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What `--fix` does about it; empty: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<TextEdit>,
    /// The pack of the rule.
    pub policy: String,
    /// What the finding is about, without positions.
    pub key: String,
    /// The values that led to it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, String>,
}

/// Whether a finding counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Status {
    /// It does.
    Open,
    /// Somebody accepted it.
    Waived {
        /// The id of the waiver.
        waiver: String,
    },
    /// A comment of the Dockerfile silences it.
    Suppressed {
        /// The tool that the comment speaks to.
        tool: String,
        /// Why, as the comment says.
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The baseline has it: it is not new.
    Known,
}

impl Status {
    /// Whether somebody accepted the finding.
    pub fn is_accepted(&self) -> bool {
        match self {
            Self::Waived { .. } | Self::Suppressed { .. } => true,
            Self::Open | Self::Known => false,
        }
    }
}

/// Something that was not looked at, or could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// A rule, a fact, a platform.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// What became of the waivers that are about the subject, by their ids, and of the comments of its Dockerfile. Those that
/// cover nothing are a matter of the whole run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WaiverReport {
    /// They cover a finding.
    pub used: Vec<String>,
    /// Those among them that are over within two weeks.
    pub expiring: Vec<Ending>,
    /// They would cover one, are over, and count for nothing.
    pub expired: Vec<Ending>,
    /// The comments that speak to a tool whose comments the set accepts, and those that speak to polcheck.
    pub comments: Vec<CommentReport>,
}

/// A waiver that ends, or has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// The id of the waiver.
    pub id: String,
    /// The last day, UTC, on which it counts.
    pub expires: Date,
}

/// What became of one name in a comment of the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommentReport {
    /// The tool that the comment speaks to.
    pub tool: String,
    /// The rule, as the comment names it; `*` for all.
    pub rule: String,
    /// Where the comment begins.
    pub line: u32,
    /// Why, as the comment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day, as the comment says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// What became of it.
    #[serde(flatten)]
    pub state: CommentState,
}

/// What became of a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "why", rename_all = "kebab-case")]
pub enum CommentState {
    /// It silences a finding.
    Used,
    /// It does, and is over within two weeks.
    Expiring,
    /// There is nothing that it could silence.
    Unused,
    /// It would silence one, is over, and counts for nothing.
    Expired,
    /// It counts for nothing, for this reason.
    Invalid(String),
}
