//! What stages need, and which stages the target needs.

use super::context::{Context, refusal};
use super::draft::{Command, CommandSource, Draft, Need};
use super::stage::DependencyKind;
use super::stages::{Drafts, place};
use crate::checks::Place;
use crate::expand::Expander;
use crate::instruction::{Body, Instruction, Transfer, Word};
use crate::mount;
use crate::{Refusal, Span};
use std::collections::BTreeMap;

/// Finds out what every stage needs.
pub(super) fn link(context: &mut Context<'_>, drafts: &mut Drafts) -> Result<(), Refusal> {
    for index in 0..drafts.all.len() {
        let commands = drafts.get(index).map_or(0, |draft| draft.commands.len());
        for number in 0..commands {
            let written =
                drafts
                    .get(index)
                    .and_then(|draft| match draft.commands.get(number)?.source {
                        CommandSource::Written(written) => Some(written),
                        CommandSource::Trigger(..) => None,
                    });
            let Some(instruction) = written.and_then(|written| context.instruction(written)) else {
                continue;
            };
            let at = (place(instruction), false);
            let needs = needs(&context.expander, drafts, instruction, at)?;
            add_needs(context, drafts, index, &needs)?;
            let command = drafts
                .get_mut(index)
                .and_then(|draft| draft.commands.get_mut(number));
            if let Some(command) = command {
                command.sources = needs.iter().map(|need| need.draft).collect();
            }
        }
    }
    refuse_circles(drafts)
}

fn add_needs(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    index: usize,
    needs: &[Need],
) -> Result<(), Refusal> {
    for need in needs {
        // A number names the same image again, and every dependency says its name.
        let named = drafts.get(need.draft).filter(|draft| draft.is_image());
        let bytes = named.map_or(0, |draft| draft.base_name.len());
        context.budget.take_text(bytes, need.place.lines.0)?;
    }
    if let Some(draft) = drafts.get_mut(index) {
        draft.needs.extend_from_slice(needs);
    }
    Ok(())
}

/// A trigger as an instruction of a stage, and whether it needs anything.
pub(super) fn trigger(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    (index, source): (usize, CommandSource),
    at: Place,
) -> Result<(Command, bool), Refusal> {
    let CommandSource::Trigger(_, instruction) = &source else {
        return Ok((
            Command {
                source,
                sources: vec![],
            },
            false,
        ));
    };
    let needs = needs(&context.expander, drafts, instruction, (at, true))?;
    add_needs(context, drafts, index, &needs)?;
    let sources: Vec<usize> = needs.iter().map(|need| need.draft).collect();
    let any = !sources.is_empty();
    Ok((Command { source, sources }, any))
}

/// What an instruction needs. Images that are no stages are added to those.
fn needs(
    expander: &Expander,
    drafts: &mut Drafts,
    instruction: &Instruction,
    (place, on_build): (Place, bool),
) -> Result<Vec<Need>, Refusal> {
    let need = |draft, kind, said, span: Span| Need {
        draft,
        kind,
        on_build,
        said,
        place,
        span: if on_build {
            place.span.unwrap_or(span)
        } else {
            span
        },
    };
    match &instruction.body {
        Some(Body::Copy(Transfer {
            from: Some(from), ..
        })) if !from.text.is_empty() => {
            let draft = copied_from(expander, drafts, from, place)?;
            Ok(vec![need(draft, DependencyKind::CopyFrom, true, from.span)])
        }
        Some(Body::Run(run)) => Ok(run
            .mounts
            .iter()
            .map(|word| {
                let mount = mount::parse(&word.text, None).unwrap_or_default();
                let said = !mount.from.is_empty();
                // BuildKit looks up `scratch` for every mount that says nothing, whatever it is for.
                let draft = named(drafts, if said { &mount.from } else { "scratch" }, None);
                need(draft, DependencyKind::MountFrom, said, word.span)
            })
            .collect()),
        _ => Ok(vec![]),
    }
}

fn copied_from(
    expander: &Expander,
    drafts: &mut Drafts,
    from: &Word,
    place: Place,
) -> Result<usize, Refusal> {
    let refuse = |message: String| Refusal {
        line: None,
        message,
    };
    let nothing = BTreeMap::<String, String>::new();
    let expansion = expander
        .word(&from.text, &nothing)
        .map_err(|error| refuse(error.to_string()))?;
    if expansion.text != from.text {
        return Err(refuse(
            "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a \
             workaround"
                .to_owned(),
        ));
    }
    let Ok(index) = from.text.parse::<i64>() else {
        return Ok(named(drafts, &from.text, Some(place)));
    };
    usize::try_from(index)
        .ok()
        .filter(|index| *index < drafts.all.len())
        .ok_or_else(|| refuse(format!("invalid stage index {index}")))
}

/// The stage of that name, whatever its case, or else an image.
fn named(drafts: &mut Drafts, name: &str, place: Option<Place>) -> usize {
    match drafts.names.get(&crate::text::lower(name)) {
        Some(&index) => index,
        None => drafts.add(Draft::image(name, place)),
    }
}

/// Refuses stages that need each other.
fn refuse_circles(drafts: &Drafts) -> Result<(), Refusal> {
    let mut seen = vec![false; drafts.all.len()];
    let mut open = vec![false; drafts.all.len()];
    for (root, draft) in drafts.all.iter().enumerate() {
        if let Some(line) = circle(drafts, root, &mut seen, &mut open) {
            let message = format!("circular dependency detected on stage: {}", draft.title);
            return Err(refusal(line, message));
        }
    }
    Ok(())
}

/// Looks for a way back to where one has been, depth first, and gives the first line on the way.
fn circle(drafts: &Drafts, root: usize, seen: &mut [bool], open: &mut [bool]) -> Option<u32> {
    let mut way: Vec<(usize, usize)> = vec![];
    if !std::mem::replace(seen.get_mut(root)?, true) {
        way.push((root, 0));
        *open.get_mut(root)? = true;
    }
    while let Some((index, next)) = way.last_mut() {
        let need = drafts.get(*index).and_then(|draft| draft.needs.get(*next));
        *next += 1;
        let Some(need) = need else {
            *open.get_mut(*index)? = false;
            way.pop();
            continue;
        };
        if *open.get(need.draft)? {
            let lines = way.iter().filter_map(|(index, next)| {
                let needs = &drafts.get(*index)?.needs;
                let draft = needs.get(next.checked_sub(1)?)?.draft;
                // BuildKit remembers the last instruction that needs a stage.
                let last = needs.iter().rfind(|need| need.draft == draft)?;
                Some(last.place.lines.0)
            });
            return Some(lines.min().unwrap_or(0));
        }
        if !std::mem::replace(seen.get_mut(need.draft)?, true) {
            *open.get_mut(need.draft)? = true;
            way.push((need.draft, 0));
        }
    }
    None
}

/// Marks what a stage needs, and gives what was not marked before.
pub(super) fn reach(drafts: &mut Drafts, start: Vec<usize>) -> Vec<usize> {
    let mut open = start;
    let mut reached = vec![];
    while let Some(index) = open.pop() {
        let Some(draft) = drafts.get_mut(index) else {
            continue;
        };
        if !draft.reachable {
            draft.reachable = true;
            reached.push(index);
            open.extend(draft.base);
            open.extend(draft.needs.iter().map(|need| need.draft));
        }
    }
    reached.sort_unstable();
    reached
}

/// Why a stage that needs something cannot have it.
pub(super) fn unknown_base(draft: &Draft, message: &str) -> Refusal {
    let message = format!(
        "failed to parse stage name {}: {message}",
        crate::quote::quoted(&draft.base_name)
    );
    match draft.line() {
        Some(line) => refusal(line, message),
        None => Refusal {
            line: None,
            message,
        },
    }
}
