//! What is handed out in the end.

use super::Evaluation;
use super::config::Config;
use super::context::Context;
use super::draft::{Draft, Need};
use super::stage::{Base, Dependency, DependencyKind, Expanded, Stage, Target};
use super::stages::Drafts;
use crate::instruction::Instruction;
use crate::{Refusal, Span};

/// How long the history may be, in bytes: each `RUN` repeats all arguments.
const MAX_HISTORY: usize = 16 << 20;

/// Everything that was found out.
pub(super) fn evaluation(
    context: Context<'_>,
    drafts: Drafts,
    target: Option<usize>,
    refusal: Option<Refusal>,
) -> Evaluation {
    let history = target
        .filter(|&target| drafts.get(target).is_some_and(|draft| draft.evaluated))
        .map_or(Ok(vec![]), |target| history(&drafts, target));
    let (history, too_long) = match history {
        Ok(history) => (history, None),
        Err(refusal) => (vec![], Some(refusal)),
    };
    let mut diagnostics = context.checks.diagnostics;
    let mut skipped = context.checks.skipped;
    diagnostics.sort_by_key(|diagnostic| diagnostic.lines.0);
    skipped.sort_by_key(|diagnostic| diagnostic.lines.0);
    let kinds: Vec<Target> = drafts
        .all
        .iter()
        .enumerate()
        .map(|(index, draft)| {
            if draft.is_image() {
                Target::Image(draft.base_name.clone())
            } else {
                Target::Stage(index)
            }
        })
        .collect();
    let instructions = &context.file.instructions;
    let stages = drafts
        .all
        .into_iter()
        .enumerate()
        .filter(|(_, draft)| !draft.is_image());
    Evaluation {
        refusal: refusal.or(too_long),
        meta_args: context.meta_args,
        stages: stages
            .filter_map(|(index, draft)| stage(index, draft, instructions, &kinds))
            .collect(),
        target,
        diagnostics,
        skipped,
        history,
    }
}

/// The history of a stage: first that of the stages it stands on.
fn history(drafts: &Drafts, target: usize) -> Result<Vec<String>, Refusal> {
    let mut chain = vec![];
    let mut next = Some(target);
    while let Some(draft) = next.and_then(|index| drafts.get(index)) {
        chain.push(draft);
        next = draft.base;
    }
    let mut left = MAX_HISTORY;
    let mut history = vec![];
    for event in chain.iter().rev().flat_map(|draft| &draft.history) {
        let too_long = || Refusal {
            line: None,
            message: "the history of the image is longer than 16 MiB".to_owned(),
        };
        left.checked_sub(event.least()).ok_or_else(too_long)?;
        let text = event.text();
        left = left.checked_sub(text.len()).ok_or_else(too_long)?;
        history.push(text);
    }
    Ok(history)
}

fn stage(
    index: usize,
    draft: Draft,
    instructions: &[Instruction],
    kinds: &[Target],
) -> Option<Stage> {
    let first = instructions.get(draft.written.start)?;
    let last = instructions.get(draft.written.end.checked_sub(1)?)?;
    let base = base(&draft);
    let dependencies = dependencies(&draft, &base, first.span, kinds);
    let mut config = draft
        .state
        .map_or_else(Config::unknown, |state| state.config);
    config.on_build = draft.on_build;
    Some(Stage {
        index,
        name: Some(draft.name).filter(|name| !name.is_empty()),
        base_text: draft.base_text.unwrap_or_else(|| Expanded {
            text: String::new(),
            value: None,
            uses: vec![],
            span: first.span,
        }),
        base,
        platform_text: draft.platform_text,
        platform: draft.platform,
        span: first.span.to(last.span),
        instructions: draft.written,
        steps: draft.steps,
        dependencies,
        reachable: draft.reachable,
        evaluated: draft.evaluated,
        config,
        flows: draft.flows,
    })
}

fn base(draft: &Draft) -> Base {
    match (draft.base, draft.base_name.as_str()) {
        (Some(stage), _) => Base::Stage(stage),
        (None, "") => Base::Unresolved,
        (None, "scratch") => Base::Scratch,
        (None, name) => Base::Image(name.to_owned()),
    }
}

fn dependencies(draft: &Draft, base: &Base, from: Span, kinds: &[Target]) -> Vec<Dependency> {
    let base = match base {
        Base::Stage(stage) => Some(Target::Stage(*stage)),
        Base::Image(name) => Some(Target::Image(name.clone())),
        Base::Scratch | Base::Unresolved => None,
    };
    let base = base.map(|target| Dependency {
        kind: DependencyKind::From,
        target,
        on_build: false,
        span: from,
    });
    let needs = draft.needs.iter().filter_map(|need: &Need| {
        let target = kinds.get(need.draft)?.clone();
        // A mount that names nothing needs nothing, unless a stage is called `scratch`.
        (need.said || matches!(target, Target::Stage(_))).then_some(Dependency {
            kind: need.kind,
            target,
            on_build: need.on_build,
            span: need.span,
        })
    });
    base.into_iter().chain(needs).collect()
}
