//! What stages are called.

use polcheck_sdk::dockerfile::{Dockerfile, Stage};

/// `stage build`, or `stage 2` of a stage without a name: the same wherever it stands in the file, if it has a name.
pub(crate) fn stage_name(file: Dockerfile<'_>, stage: Option<u32>) -> String {
    let Some(index) = stage else {
        return "before the stages".to_owned();
    };
    let stages = file.stages().unwrap_or_default();
    let stage = stages.iter().find(|stage| stage.index == index);
    stage.map_or_else(|| format!("stage {index}"), name)
}

/// The same for a stage at hand.
pub(crate) fn name(stage: &Stage) -> String {
    match &stage.name {
        Some(name) => format!("stage {name}"),
        None => format!("stage {}", stage.index),
    }
}
