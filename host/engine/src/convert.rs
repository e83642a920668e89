//! Between the model and the contract: the only place where the two meet.

/// What the contract's bindings are here, for the files that are shared with the SDK.
mod contract {
    pub(crate) use crate::bindings::polcheck::policy::{
        attestations, base_image, dockerfile, image, types,
    };
}
#[path = "../../../wit/rust/attestations.rs"]
pub(crate) mod attestations;
#[path = "../../../wit/rust/dockerfile.rs"]
pub(crate) mod dockerfile;
#[path = "../../../wit/rust/image.rs"]
pub(crate) mod image;

use crate::bindings::exports::polcheck::policy::check;
use crate::bindings::polcheck::policy::types;
use crate::error::MetadataError;
use model::facts;
use model::{
    Broken, BrokenKind, Confidence, Finding, Location, Outcome, PackMetadata, Remediation,
    RuleMetadata, Severity, TextEdit,
};

pub(crate) fn outcome(outcome: check::Outcome) -> Outcome {
    match outcome {
        check::Outcome::Findings(findings) => Outcome::Evaluated {
            findings: findings.into_iter().map(finding).collect(),
        },
        check::Outcome::NotApplicable(reason) => Outcome::NotApplicable { reason },
        check::Outcome::Inconclusive(reason) => Outcome::Inconclusive { reason },
        check::Outcome::Broken(error) => Outcome::Broken(policy_error(error)),
    }
}

fn policy_error(error: types::PolicyError) -> Broken {
    let (kind, message) = match error {
        types::PolicyError::Settings(message) => (BrokenKind::Settings, message),
        types::PolicyError::Missing(message) => (BrokenKind::MissingFact, message),
        types::PolicyError::Internal(message) => (BrokenKind::Internal, message),
    };
    Broken { kind, message }
}

fn finding(finding: types::Finding) -> Finding {
    Finding {
        severity: severity(finding.severity),
        confidence: match finding.confidence {
            types::Confidence::Low => Confidence::Low,
            types::Confidence::Medium => Confidence::Medium,
            types::Confidence::High => Confidence::High,
        },
        key: if finding.key.is_empty() {
            finding.message.clone()
        } else {
            finding.key
        },
        message: finding.message,
        locations: finding.locations.into_iter().map(location).collect(),
        remediation: finding.remediation.map(|remediation| Remediation {
            text: remediation.text,
            url: remediation.url,
            edits: remediation.edits.into_iter().map(edit).collect(),
        }),
        evidence: finding
            .evidence
            .into_iter()
            .map(|entry| (entry.key, entry.value))
            .collect(),
    }
}

fn severity(severity: types::Severity) -> Severity {
    match severity {
        types::Severity::Info => Severity::Info,
        types::Severity::Low => Severity::Low,
        types::Severity::Medium => Severity::Medium,
        types::Severity::High => Severity::High,
        types::Severity::Critical => Severity::Critical,
    }
}

fn location(location: types::Location) -> Location {
    match location {
        types::Location::Config(pointer) => Location::Config { pointer },
        types::Location::History(index) => Location::History { index },
        types::Location::Layer(layer) => Location::Layer { layer },
        types::Location::Manifest => Location::Manifest,
        types::Location::Dockerfile(at) => Location::Dockerfile(span(at)),
    }
}

fn edit(edit: types::TextEdit) -> TextEdit {
    TextEdit {
        span: span(edit.span),
        original: edit.original,
        replacement: edit.replacement,
    }
}

fn span(span: types::Span) -> facts::dockerfile::Span {
    facts::dockerfile::Span {
        start_line: span.start_line,
        start_column: span.start_column,
        end_line: span.end_line,
        end_column: span.end_column,
    }
}

/// The description of a pack, checked.
pub(crate) fn metadata(metadata: check::Metadata) -> Result<PackMetadata, MetadataError> {
    if !model::rule::is_kebab_case(&metadata.id) {
        return Err(MetadataError::PackId(metadata.id));
    }
    if semver::Version::parse(&metadata.version).is_err() {
        return Err(MetadataError::Version(metadata.version));
    }
    let mut rules = metadata
        .rules
        .into_iter()
        .map(rule)
        .collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(MetadataError::NoRules);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some([first, _]) = rules.array_windows().find(|[a, b]| a.id == b.id) {
        return Err(MetadataError::SameRule(first.id.to_string()));
    }
    Ok(PackMetadata {
        id: metadata.id,
        version: metadata.version,
        title: metadata.title,
        description: metadata.description,
        license: metadata.license,
        rules,
    })
}

fn rule(rule: check::Rule) -> Result<RuleMetadata, MetadataError> {
    let settings_schema = match rule.settings_schema.as_str() {
        "" => None,
        text => {
            let schema: Option<serde_json::Value> = serde_json::from_str(text).ok();
            Some(
                schema
                    .filter(serde_json::Value::is_object)
                    .ok_or_else(|| MetadataError::Schema(rule.id.clone()))?,
            )
        }
    };
    Ok(RuleMetadata {
        id: rule.id.parse()?,
        title: rule.title,
        opt_in: rule.opt_in,
        fixable: rule.fixable,
        default_severity: severity(rule.default_severity),
        description: rule.description,
        aliases: rule.aliases,
        needs: rule.needs,
        uses: rule.uses,
        settings_schema,
        url: rule.url,
    })
}
