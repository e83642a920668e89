//! Stages, and what goes from one to another.

use super::{config, index, span};
use dockerfile::Dockerfile;
use dockerfile::evaluate::{Base, Evaluation, Expanded, Origin, Stage as Evaluated, Step, Target};
use dockerfile::instruction::{Body, Transfer};
use model::facts::dockerfile::{Flow, Mount, Stage, Word};
use std::collections::HashMap;

pub(super) fn of(file: &Dockerfile, evaluation: &Evaluation) -> Vec<Stage> {
    let stage = |stage: &Evaluated| {
        let from = file.instructions.get(stage.instructions.start);
        let base_word = word(&stage.base_text);
        Stage {
            index: index(stage.index).unwrap_or_default(),
            name: stage.name.clone(),
            base: base_word
                .value
                .clone()
                .unwrap_or_else(|| base_word.raw.clone()),
            base_word,
            base_stage: match stage.base {
                Base::Stage(base) => index(base),
                Base::Scratch | Base::Image(_) | Base::Unresolved => None,
            },
            from_scratch: stage.base == Base::Scratch,
            platform: stage.platform_text.as_ref().map(word),
            span: span(from.map_or(stage.span, |from| from.span)),
            reachable: stage.reachable,
            config: stage.evaluated.then(|| config::effective(&stage.config)),
        }
    };
    evaluation.stages.iter().map(stage).collect()
}

fn word(word: &Expanded) -> Word {
    Word {
        raw: word.text.clone(),
        value: word.value.clone(),
        span: span(word.span),
    }
}

/// `RUN --mount`
pub(super) fn mounts(file: &Dockerfile, evaluation: &Evaluation) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let names = names(evaluation);
    for (stage, step, at) in written(evaluation) {
        let Some(instruction) = file.instructions.get(at) else {
            continue;
        };
        for mount in &step.mounts {
            let from = mount.from.as_str();
            let from_stage = above(&names, stage.index, from);
            let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            mounts.push(Mount {
                instruction: index(at).unwrap_or_default(),
                kind: mount.kind.as_str().to_owned(),
                source: text(&mount.source),
                target: text(&mount.target),
                from_image: text(from).filter(|_| from_stage.is_none()),
                from_stage,
                span: span(instruction.span),
            });
        }
    }
    mounts
}

/// The stages of each name, from the first to the last.
fn names(evaluation: &Evaluation) -> HashMap<&str, Vec<usize>> {
    let mut names: HashMap<&str, Vec<usize>> = HashMap::new();
    for stage in &evaluation.stages {
        if let Some(name) = &stage.name {
            names.entry(name).or_default().push(stage.index);
        }
    }
    names
}

/// The stage above that a name or a number means.
fn above(names: &HashMap<&str, Vec<usize>>, below: usize, name: &str) -> Option<u32> {
    let name = name.to_lowercase();
    let found = names.get(name.as_str()).and_then(|stages| {
        let before = stages.partition_point(|stage| *stage < below);
        stages.get(before.checked_sub(1)?).copied()
    });
    let number = || name.parse().ok().filter(|number: &usize| *number < below);
    found.or_else(number).and_then(index)
}

/// The copies of files into stages, one for each instruction and place they come from.
pub(super) fn flows(file: &Dockerfile, evaluation: &Evaluation) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    for stage in &evaluation.stages {
        for flow in &stage.flows {
            let (from_stage, from_image) = match &flow.from {
                Target::Stage(from) => (index(*from), None),
                Target::Image(image) => (None, Some(image.clone())),
                Target::Context => (None, None),
                // Neither a remote file nor a heredoc is taken from somewhere in the build.
                Target::Remote(_) | Target::Inline => continue,
            };
            let Some(at) = position(file, stage, flow.span) else {
                continue;
            };
            let place = (index(at).unwrap_or_default(), from_stage, &from_image);
            let destination = given_destination(file, at).unwrap_or(&flow.destination);
            match flows.last_mut() {
                Some(last) if (last.instruction, last.from_stage, &last.from_image) == place => {
                    last.sources.push(flow.source.clone());
                }
                _ => flows.push(Flow {
                    instruction: place.0,
                    from_stage,
                    from_image: from_image.clone(),
                    to_stage: index(stage.index).unwrap_or_default(),
                    sources: vec![flow.source.clone()],
                    destination: destination.to_owned(),
                    span: span(flow.span),
                }),
            }
        }
    }
    flows
}

/// The instruction that stands at a place.
fn position(file: &Dockerfile, stage: &Evaluated, at: dockerfile::Span) -> Option<usize> {
    let instructions = file.instructions.get(stage.instructions.clone())?;
    let within = instructions.partition_point(|found| found.span.start.byte <= at.start.byte);
    Some(stage.instructions.start + within.checked_sub(1)?)
}

/// Of one source and one destination the path of the file, of several the folder that all go to.
fn given_destination(file: &Dockerfile, at: usize) -> Option<&str> {
    let transfer: &Transfer = match file.instructions.get(at)?.body.as_ref()? {
        Body::Copy(transfer) | Body::Add(transfer) => transfer,
        _ => return None,
    };
    let destination = transfer.destination.text.as_str();
    (transfer.sources.len() > 1 && !destination.contains('$')).then_some(destination)
}

/// The steps that stand in the file, with the index of their instruction.
fn written(evaluation: &Evaluation) -> impl Iterator<Item = (&Evaluated, &Step, usize)> {
    evaluation.stages.iter().flat_map(|stage| {
        stage
            .steps
            .iter()
            .filter_map(move |step| match step.origin {
                Origin::Written(at) => Some((stage, step, at)),
                Origin::Trigger { .. } => None,
            })
    })
}
