//! Reports of earlier runs, as far as later ones make use of them: as baselines, and to waive what they found.

use model::{Digest, RuleId, Severity};
use serde::Deserialize;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The version of the JSON report that is read.
const VERSION: u64 = 1;

/// Standard input.
const STDIN: &str = "-";

/// A finding of an earlier report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFinding {
    /// What it is known by from one run to the next.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: RuleId,
    /// What it is about, without positions.
    pub key: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Whether it counted.
    pub status: RecordedStatus,
    /// The path of the Dockerfile in which it is.
    pub dockerfile: Option<String>,
    /// Registry and repository of the image that has it.
    pub image: Option<String>,
    /// The digest of the image, or of the Dockerfile alone, that has it.
    pub digest: Option<Digest>,
}

/// Whether a finding counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedStatus {
    /// It did.
    Open,
    /// A waiver covered it.
    Waived,
    /// A comment silenced it.
    Suppressed,
    /// A baseline had it.
    Known,
}

/// Why a file is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordedError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is something else.
    #[error("`{}` is not a JSON report of polcheck: {reason}", path.display())]
    NotAReport {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl RecordedError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "check the path".to_owned(),
            Self::NotAReport { .. } => {
                "write one with `-o json=report.json`, as in `polcheck lint -o json=report.json .`"
                    .to_owned()
            }
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u64,
    reports: Vec<ReportDocument>,
}

#[derive(Deserialize)]
struct ReportDocument {
    subject: SubjectDocument,
    findings: Vec<FindingDocument>,
}

#[derive(Deserialize)]
struct SubjectDocument {
    name: Option<String>,
    digest: Option<Digest>,
    /// Of a Dockerfile alone.
    path: Option<String>,
    /// Of its bytes.
    sha256: Option<String>,
}

#[derive(Deserialize)]
struct FindingDocument {
    fingerprint: String,
    rule: RuleId,
    key: String,
    severity: Severity,
    message: String,
    status: RecordedStatus,
    location: Option<LocationDocument>,
}

#[derive(Deserialize)]
struct LocationDocument {
    file: Option<String>,
}

/// Reads the findings of a JSON report; `-` is standard input.
///
/// # Errors
/// If it cannot be read, or is something else.
pub fn read_findings(path: &Path) -> Result<Vec<RecordedFinding>, RecordedError> {
    let bytes = if path == Path::new(STDIN) {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = bytes.map_err(|source| RecordedError::Read {
        path: path.to_owned(),
        source,
    })?;
    let not_a_report = |reason: String| RecordedError::NotAReport {
        path: path.to_owned(),
        reason,
    };
    let document: Document =
        serde_json::from_slice(&bytes).map_err(|error| not_a_report(error.to_string()))?;
    if document.schema_version != VERSION {
        let version = document.schema_version;
        return Err(not_a_report(format!(
            "its version is {version}, and {VERSION} is read"
        )));
    }
    Ok(document.reports.into_iter().flat_map(of_report).collect())
}

fn of_report(report: ReportDocument) -> Vec<RecordedFinding> {
    let SubjectDocument {
        name,
        digest,
        path,
        sha256,
    } = report.subject;
    let of_file = sha256.and_then(|hex| format!("sha256:{hex}").parse().ok());
    let digest = digest.or(of_file);
    let finding = |finding: FindingDocument| RecordedFinding {
        fingerprint: finding.fingerprint,
        rule: finding.rule,
        key: finding.key,
        severity: finding.severity,
        message: finding.message,
        status: finding.status,
        dockerfile: finding
            .location
            .and_then(|location| location.file)
            .or_else(|| path.clone()),
        image: name.clone(),
        digest: digest.clone(),
    };
    report.findings.into_iter().map(finding).collect()
}
