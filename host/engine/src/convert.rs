//! Between the model and the contract: the only place where the two meet.

use crate::bindings::exports::polcheck::policy::check;
use crate::bindings::polcheck::policy::{image, types};
use crate::error::MetadataError;
use model::facts;
use model::{
    Broken, BrokenKind, Confidence, FactError, Finding, Location, Outcome, PackMetadata, Platform,
    Remediation, RuleMetadata, Severity,
};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) fn fact_error(error: &FactError) -> types::FactError {
    match error.clone() {
        FactError::Absent => types::FactError::Absent,
        FactError::Denied => types::FactError::Denied,
        FactError::TooLarge(detail) => types::FactError::TooLarge(detail),
        FactError::Malformed(detail) => types::FactError::Malformed(detail),
        FactError::Unsupported(detail) => types::FactError::Unsupported(detail),
        FactError::Unavailable(detail) => types::FactError::Unavailable(detail),
    }
}

pub(crate) fn manifest(manifest: &facts::ManifestInfo) -> image::ManifestInfo {
    image::ManifestInfo {
        digest: manifest.digest.to_string(),
        index_digest: manifest.index_digest.as_ref().map(ToString::to_string),
        media_type: manifest.media_type.clone(),
        platform: platform(&manifest.platform, manifest.os_version.clone()),
        annotations: key_values(&manifest.annotations),
        index_annotations: key_values(&manifest.index_annotations),
        compressed_size: manifest.compressed_size,
    }
}

fn platform(platform: &Platform, os_version: Option<String>) -> types::Platform {
    types::Platform {
        os: platform.os().to_owned(),
        architecture: platform.architecture().to_owned(),
        arch_variant: platform.variant().map(ToOwned::to_owned),
        os_version,
    }
}

fn key_values(map: &BTreeMap<String, String>) -> Vec<types::KeyValue> {
    map.iter()
        .map(|(key, value)| types::KeyValue {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
}

pub(crate) fn config(config: &facts::ImageConfig) -> types::ImageConfig {
    let list = |set: &BTreeSet<String>| set.iter().cloned().collect();
    let variables = config.variables();
    types::ImageConfig {
        user: config.user.clone(),
        working_dir: config.working_dir.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        shell: config.shell.clone(),
        env: variables
            .map(|(key, value)| types::KeyValue {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .collect(),
        labels: key_values(&config.labels),
        exposed_ports: list(&config.exposed_ports),
        volumes: list(&config.volumes),
        on_build: config.on_build.clone(),
        stop_signal: config.stop_signal.clone(),
        health_check: config.healthcheck.as_ref().map(health_check),
        created: config.created.clone(),
        author: config.author.clone(),
    }
}

fn health_check(check: &facts::Healthcheck) -> types::HealthCheck {
    types::HealthCheck {
        test: check.test.clone(),
        interval_ns: check.interval,
        timeout_ns: check.timeout,
        start_period_ns: check.start_period,
        start_interval_ns: check.start_interval,
        retries: check.retries,
    }
}

pub(crate) fn history_entry(entry: &facts::HistoryEntry) -> image::HistoryEntry {
    image::HistoryEntry {
        created_by: entry.created_by.clone(),
        comment: entry.comment.clone(),
        empty_layer: entry.empty_layer,
        layer: entry.layer,
    }
}

pub(crate) fn layer(layer: &facts::Layer) -> image::Layer {
    image::Layer {
        digest: layer.digest.to_string(),
        diff_id: layer.diff_id.to_string(),
        media_type: layer.media_type.clone(),
        compressed_size: layer.compressed_size,
    }
}

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
        default_severity: severity(rule.default_severity),
        description: rule.description,
        aliases: rule.aliases,
        needs: rule.needs,
        uses: rule.uses,
        settings_schema,
        url: rule.url,
    })
}
