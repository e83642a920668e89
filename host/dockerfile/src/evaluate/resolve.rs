//! Base images, and the triggers of `ONBUILD`.

use super::context::{Context, refusal};
use super::draft::CommandSource;
use super::graph;
use super::options::BaseConfig;
use super::stages::Drafts;
use super::state::State;
use crate::checks::{Place, bases};
use crate::image_name;
use crate::instruction::{Body, Instruction};
use crate::platform::Platform;
use crate::{Refusal, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// The triggers that have been read, by their place in the file or their text.
type Triggers = HashMap<String, Result<Arc<Instruction>, Refusal>>;

/// Looks up the base of every stage, adds the triggers of the bases to the stages that the target needs, and does so until
/// no trigger needs anything new.
pub(super) fn resolve(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    target: usize,
) -> Result<(), Refusal> {
    let mut triggers = Triggers::new();
    let mut reached = graph::reach(drafts, vec![target]);
    resolve_bases(context, drafts, 0..drafts.all.len())?;
    while !reached.is_empty() {
        let known = drafts.all.len();
        let mut again = vec![];
        for &index in &reached {
            if add_triggers(context, drafts, index, &mut triggers)? {
                again.push(index);
            }
        }
        resolve_bases(context, drafts, known..drafts.all.len())?;
        let needed = again
            .iter()
            .filter_map(|&index| drafts.get(index))
            .flat_map(|draft| draft.needs.iter().map(|need| need.draft))
            .collect();
        reached = graph::reach(drafts, needed);
        resolve_bases(context, drafts, reached.iter().copied())?;
    }
    Ok(())
}

/// BuildKit looks up all images at once. What fails first is what it says: as a rule that is the last one, which it begins
/// with, and otherwise the first.
fn resolve_bases(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    indices: impl Iterator<Item = usize>,
) -> Result<(), Refusal> {
    let (mut first, mut last) = (None, None);
    for index in indices {
        match resolve_base(context, drafts, index) {
            Ok(true) => last = None,
            Ok(false) => {}
            Err(refusal) => {
                first.get_or_insert_with(|| refusal.clone());
                last = Some(refusal);
            }
        }
    }
    last.or(first).map_or(Ok(()), Err)
}

/// The names of all images have to be valid; what they are matters only where they are needed. Says
/// whether there is an image.
fn resolve_base(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    index: usize,
) -> Result<bool, Refusal> {
    let Some(draft) = drafts.get_mut(index) else {
        return Ok(false);
    };
    if draft.base.is_some() || draft.resolved {
        return Ok(false);
    }
    let needed = draft.reachable || context.options.checks_all();
    draft.dispatched = draft.is_image();
    draft.resolved = needed;
    if draft.base_name == "scratch" {
        draft.platform = Some(context.options.platform.clone());
        draft.state = Some(State::scratch(&context.options.platform));
        return Ok(false);
    }
    if let Err(error) = image_name::parse_base(&draft.base_name) {
        return Err(graph::unknown_base(draft, &error));
    }
    let platform = draft
        .platform
        .get_or_insert_with(|| context.options.platform.clone())
        .clone();
    if needed {
        if let Some(base) = &context.options.base {
            let place = draft.place.unwrap_or(nowhere());
            let actual = Platform::new(&base.os, &base.architecture, &base.variant);
            bases::check_platform(
                &mut context.checks,
                place,
                &draft.base_name,
                &platform,
                &actual,
            );
        }
        let bytes = context.options.base.as_ref().map_or(0, BaseConfig::size);
        let line = draft.line().unwrap_or(0);
        context.budget.take_text(bytes, line)?;
        draft.state = Some(State::image(context.options.base.as_ref(), &platform));
    }
    Ok(true)
}

/// Puts the triggers of a stage's base before its instructions.
fn add_triggers(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    index: usize,
    known: &mut Triggers,
) -> Result<bool, Refusal> {
    let Some(draft) = drafts.get_mut(index) else {
        return Ok(false);
    };
    // The triggers of an image that only lends files change nothing in what is built, and BuildKit never ends where they
    // take files from another image.
    if draft.is_image() || std::mem::replace(&mut draft.triggered, true) {
        return Ok(false);
    }
    let at = draft.place.unwrap_or(nowhere());
    let texts = match draft.base {
        Some(base) => written_triggers(context, drafts, base),
        None if draft.base_name == "scratch" => vec![],
        None => context
            .options
            .base
            .iter()
            .flat_map(|base| base.on_build.iter().map(|text| (None, text.clone())))
            .collect(),
    };
    let (mut commands, mut any) = (vec![], false);
    for (written, text) in texts {
        context.budget.take_trigger(at.lines.0)?;
        // It is evaluated anew in every stage.
        context.budget.take_text(text.len(), at.lines.0)?;
        let source = CommandSource::Trigger(written, read(known, written, &text, at)?);
        let (command, needs) = graph::trigger(context, drafts, (index, source), at)
            .map_err(|error| refusal(at.lines.0, error.message))?;
        any |= needs;
        commands.push(command);
    }
    if let Some(draft) = drafts.get_mut(index) {
        commands.append(&mut draft.commands);
        draft.commands = commands;
    }
    Ok(any)
}

/// The triggers that a stage of this file has.
fn written_triggers(
    context: &Context<'_>,
    drafts: &Drafts,
    base: usize,
) -> Vec<(Option<usize>, String)> {
    let triggers: &[usize] = drafts.get(base).map_or(&[], |draft| &draft.triggers);
    triggers
        .iter()
        .filter_map(|&index| match &context.instruction(index)?.body {
            Some(Body::Onbuild(text)) => Some((Some(index), text.text.clone())),
            _ => None,
        })
        .collect()
}

/// Reads a trigger, each only once.
fn read(
    known: &mut Triggers,
    written: Option<usize>,
    text: &str,
    at: Place,
) -> Result<Arc<Instruction>, Refusal> {
    let key = written.map_or_else(|| format!(" {text}"), |index| index.to_string());
    let read = known
        .entry(key)
        .or_insert_with(|| crate::parse_one(text).map(Arc::new));
    read.clone()
        .map_err(|error| refusal(at.lines.0, error.message))
}

/// The images of mounts have no place: BuildKit shows no line for them.
fn nowhere() -> Place {
    Place {
        lines: (0, 0),
        span: None::<Span>,
    }
}
