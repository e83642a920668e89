//! A base image has no version
//!
//! ## What it does
//! Looks for base images with the tag `latest`, or without a tag and a digest, which means the same.
//!
//! ## Why is this bad?
//! The same file makes another image tomorrow, and nobody can say what an image was made of. A release of the base image
//! that breaks yours, or one that somebody took over, comes in without a change of yours.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian
//! ```
//! ```dockerfile fails
//! FROM debian:latest
//! ```
//! ```dockerfile passes
//! FROM debian:13.2-slim
//! ```
//! ```dockerfile passes
//! FROM debian@sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0
//! ```

use crate::stage_names;
use polcheck_sdk::dockerfile::Stage;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Medium,
    aliases: &[
        "DL3006",
        "DL3007",
        "DS-0001",
        "CKV_DOCKER_7",
        "DKL-DI-0006",
        "CIS-4.2",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let stages = facts.dockerfile().stages()?;
    Ok(stages.iter().filter_map(floating).collect())
}

fn floating(stage: &Stage) -> Option<Finding> {
    if stage.from_scratch || stage.base_stage.is_some() {
        return None;
    }
    let base = stage.base.value.as_deref()?;
    let why = why_floating(base)?;
    Some(
        Finding::new(format!("the base image `{base}` {why}"))
            .at(Location::Dockerfile(stage.base.span))
            .help("name a release, best with its digest: `FROM IMAGE:1.2@sha256:…`")
            .key(format!("{} {base}", stage_names::name(stage))),
    )
}

/// What lets a reference float; a digest holds it.
fn why_floating(reference: &str) -> Option<&'static str> {
    if reference.contains('@') || reference.is_empty() {
        return None;
    }
    let name = reference.rsplit('/').next().unwrap_or(reference);
    match name.split_once(':') {
        None => Some("has no tag"),
        Some((_, "latest")) => Some("has the tag `latest`"),
        Some(_) => None,
    }
}
