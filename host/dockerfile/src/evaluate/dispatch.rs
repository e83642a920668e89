//! The instructions of stages, one after the other.

use super::args;
use super::config::Known;
use super::context::{Context, Scene, refusal};
use super::copy;
use super::draft::{Command, CommandSource, Draft};
use super::expose;
use super::history::Event;
use super::paths::Style;
use super::run;
use super::settings;
use super::stage::{Origin, Step};
use super::stages::{Drafts, place};
use super::state::State;
use crate::Refusal;
use crate::checks::Scope;
use crate::instruction::Body;
use std::mem;
use std::sync::Arc;

/// Evaluates every stage that the target needs, or all.
pub(super) fn dispatch(context: &mut Context<'_>, drafts: &mut Drafts) -> Result<(), Refusal> {
    for index in 0..drafts.all.len() {
        let wanted = drafts.get(index).is_some_and(|draft| {
            !draft.is_image() && (draft.reachable || context.options.checks_all())
        });
        if !wanted {
            continue;
        }
        let inherited = match drafts.get(index).and_then(|draft| draft.base) {
            Some(base) => drafts.get_mut(base).and_then(Draft::heir),
            None => drafts
                .get_mut(index)
                .and_then(|draft| draft.state.take())
                .map(State::first),
        };
        let (Some(state), Some(slot)) = (inherited, drafts.get_mut(index)) else {
            continue;
        };
        let mut draft = mem::take(slot);
        // Triggers may take files from the very stage they run in.
        slot.dispatched = true;
        draft.dispatched = true;
        let outcome = evaluate(context, drafts, &mut draft, state);
        draft.evaluated = outcome.is_ok();
        if let Some(slot) = drafts.get_mut(index) {
            *slot = draft;
        }
        outcome?;
    }
    Ok(())
}

fn evaluate(
    context: &mut Context<'_>,
    drafts: &Drafts,
    draft: &mut Draft,
    mut state: State,
) -> Result<(), Refusal> {
    let mut outcome = take_inherited(context, &state, draft);
    outcome = outcome.and_then(|()| enter_directory(&mut state, draft));
    let commands = mem::take(&mut draft.commands);
    for command in &commands {
        outcome = outcome.and_then(|()| step(context, drafts, draft, &mut state, command));
        if outcome.is_err() {
            break;
        }
    }
    draft.commands = commands;
    draft.platform = Some(state.platform.clone());
    draft.state = Some(state);
    outcome
}

/// Every stage has a copy of what the base has of these.
fn take_inherited(context: &mut Context<'_>, state: &State, draft: &Draft) -> Result<(), Refusal> {
    let platform = &state.platform;
    let bytes = state.directory.len()
        + platform.os.len()
        + platform.os_version.len()
        + platform.architecture.len()
        + platform.variant.len();
    context.budget.take_text(bytes, draft.line().unwrap_or(0))
}

/// The working directory of the base, in the way the platform writes it.
fn enter_directory(state: &mut State, draft: &Draft) -> Result<(), Refusal> {
    if state.directory.is_empty() {
        return Ok(());
    }
    let style = Style::of(&state.platform.os);
    let directory = style
        .work_dir(&state.directory, &state.directory)
        .map_err(|message| refusal(draft.line().unwrap_or(0), message))?;
    if *directory != *state.directory {
        state.directory = directory.into();
        if let Known::Base(Some(text)) | Known::Here(text, _) = &mut state.config.working_dir {
            *text = Arc::clone(&state.directory);
        }
    }
    Ok(())
}

fn step(
    context: &mut Context<'_>,
    drafts: &Drafts,
    draft: &mut Draft,
    state: &mut State,
    command: &Command,
) -> Result<(), Refusal> {
    let (instruction, origin, at) = match &command.source {
        CommandSource::Written(index) => {
            let Some(instruction) = context.instruction(*index) else {
                return Ok(());
            };
            (instruction, Origin::Written(*index), place(instruction))
        }
        CommandSource::Trigger(on_build, instruction) => {
            let origin = Origin::Trigger {
                on_build: *on_build,
                instruction: Arc::clone(instruction),
            };
            (
                &**instruction,
                origin,
                draft.place.unwrap_or(place(instruction)),
            )
        }
    };
    let scene = Scene {
        instruction,
        place: at,
        scope: Scope::of(&instruction.comments),
        written: matches!(origin, Origin::Written(_)),
    };
    let mut step = Step {
        origin,
        arguments: vec![],
        mounts: vec![],
    };
    let Some(body) = &instruction.body else {
        return Ok(());
    };
    let event = body_event(
        context,
        drafts,
        (draft, state),
        (&scene, command, body),
        &mut step,
    );
    draft.steps.push(step);
    draft.history.extend(event?);
    Ok(())
}

/// What an instruction does, and its line in the history.
fn body_event(
    context: &mut Context<'_>,
    drafts: &Drafts,
    (draft, state): (&mut Draft, &mut State),
    (scene, command, body): (&Scene<'_>, &Command, &Body),
    step: &mut Step,
) -> Result<Option<Event>, Refusal> {
    let event = match body {
        Body::Add(transfer) | Body::Copy(transfer) => copy::transfer(
            context,
            drafts,
            (draft, state),
            (scene, command),
            (transfer, step),
        )?,
        Body::Run(run) => run::run(context, drafts, state, (scene, command), (run, step))?,
        Body::Arg(declarations) => args::arg(context, state, scene, step, declarations)?,
        Body::Env(pairs) => settings::env(context, state, scene, step, pairs)?,
        Body::Label(pairs) => settings::label(context, state, scene, step, pairs)?,
        Body::Cmd(command) => settings::cmd(context, (draft, state), scene, command)?,
        Body::Entrypoint(command) => settings::entrypoint(context, (draft, state), scene, command)?,
        Body::Healthcheck(check) => settings::healthcheck(context, (draft, state), scene, check),
        Body::Expose(ports) => expose::expose(context, state, scene, step, ports)?,
        Body::User(user) => settings::user(context, state, scene, step, user)?,
        Body::Volume(paths) => settings::volume(context, state, scene, step, paths)?,
        Body::Stopsignal(signal) => settings::stop_signal(context, state, scene, step, signal)?,
        Body::Workdir(path) => settings::work_dir(context, state, scene, step, path)?,
        Body::Shell(words) => settings::shell(state, scene, words),
        Body::Maintainer(author) => settings::maintainer(state, scene, author),
        Body::Onbuild(text) => {
            draft.on_build.push(text.text.as_str().into());
            return Ok(None);
        }
        Body::From(_) => return Ok(None),
    };
    Ok(Some(event))
}
