//! A base image is not pinned
//!
//! ## What it does
//! Looks for base images without a digest, whether the image needs their stage or not. `scratch` and earlier stages have
//! none.
//!
//! ## Why is this bad?
//! A tag can be moved. The same file makes another image as soon as somebody does, and what was tested is not what is
//! built next. A digest names exactly one image; tools such as Renovate keep it up to date. `polcheck lint --fix --pin` asks
//! the registry for it.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13.2-slim
//! ```
//! ```dockerfile passes
//! FROM debian:13.2-slim@sha256:9fc20267ae51477a2da6774940b738c24f6da2ee6fb123a2b7781c4700f2eaa0
//! ```

use crate::edits::replace;
use crate::stage_names;
use polcheck_sdk::dockerfile::Stage;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &["CIS-4.2"],
    needs: &[&["dockerfile"]],
    uses: &["base-image"],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let stages = facts.dockerfile().stages()?;
    let unpinned = stages.iter().filter_map(|stage| unpinned(facts, stage));
    Ok(unpinned.collect())
}

fn unpinned(facts: &Facts, stage: &Stage) -> Option<Finding> {
    if stage.from_scratch || stage.base_stage.is_some() {
        return None;
    }
    let base = stage.base.value.as_deref()?;
    // A name that is none is for other rules to tell.
    if facts.parse_reference(base).ok()?.digest.is_some() {
        return None;
    }
    let finding = Finding::new(format!("the base image `{base}` is not pinned by digest"))
        .at(Location::Dockerfile(stage.base.span))
        .help(format!("add the digest: `FROM {base}@sha256:…`"))
        .key(format!("{} {base}", stage_names::name(stage)));
    let known = facts.base_of_stage(stage.index).ok();
    Some(match known.and_then(|image| image.digest) {
        // What an `ARG` says is for the `ARG` to pin.
        Some(digest) if stage.base.raw == base => {
            replace(finding, &stage.base, &[base, "@", &digest].concat())
        }
        _ => finding,
    })
}
