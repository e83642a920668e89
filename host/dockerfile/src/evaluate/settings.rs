//! Instructions that set something in the configuration of the image.

use super::config::{Held, Known};
use super::context::{Context, Scene, Text};
use super::draft::Draft;
use super::history::Event;
use super::paths::Style;
use super::signal;
use super::stage::{Role, Step};
use super::state::State;
use crate::checks::{Diagnostic, Place, Rule, secrets};
use crate::instruction::{CommandLine, Healthcheck, Pair, Word};
use crate::quote::quoted;
use crate::{Refusal, Span};
use std::sync::Arc;

/// What is known about something that this file sets.
fn known(text: &Text, scene: &Scene<'_>) -> Known<Arc<str>> {
    if text.clear {
        Known::Here(text.text.as_str().into(), scene.span())
    } else {
        Known::Unclear(scene.span())
    }
}

fn held(text: &Text, span: Span) -> Held {
    Held {
        text: text.text.as_str().into(),
        clear: text.clear,
        span: Some(span),
    }
}

/// Where one of the pairs stands.
fn place(pair: Option<&Pair>, scene: &Scene<'_>) -> Span {
    let span = pair.map(|pair| pair.key.span.to(pair.value.span));
    span.map_or(scene.span(), |span| scene.part(span))
}

/// Keys and values; all of them see what was set before the instruction.
fn pairs(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
    step: &mut Step,
    pairs: &[Pair],
) -> Result<Vec<(String, Text)>, Refusal> {
    let mut expanded = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let key = context.expand(state, scene, step, (Role::Key, &pair.key))?;
        let value = context.expand(state, scene, step, (Role::Value, &pair.value))?;
        expanded.push((key.text, value));
    }
    Ok(expanded)
}

fn report_legacy(context: &mut Context<'_>, scene: &Scene<'_>, pair: Option<&Pair>) {
    if pair.is_some_and(|pair| pair.legacy) {
        let name = &scene.instruction.name.text;
        let message = format!(
            "\"{name} key=value\" should be used instead of legacy \"{name} key value\" format"
        );
        context.checks.report(
            &scene.scope,
            Rule::LegacyKeyValueFormat,
            scene.place,
            message,
        );
    }
}

fn push_pair(history: &mut String, key: &str, value: &str) {
    history.push(' ');
    history.push_str(key);
    history.push('=');
    history.push_str(value);
}

/// `ENV`
pub(super) fn env(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    written: &[Pair],
) -> Result<Event, Refusal> {
    let mut history = String::from("ENV");
    for (index, (key, value)) in pairs(context, state, scene, step, written)?
        .iter()
        .enumerate()
    {
        report_legacy(context, scene, written.get(index));
        secrets::check(&mut context.checks, &scene.scope, scene.place, "ENV", key);
        push_pair(&mut history, key, &value.text);
        state.set_env(key, held(value, place(written.get(index), scene)));
    }
    Ok(Event::Text(history))
}

/// `LABEL`
pub(super) fn label(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    written: &[Pair],
) -> Result<Event, Refusal> {
    let mut history = String::from("LABEL");
    for (index, (key, value)) in pairs(context, state, scene, step, written)?
        .iter()
        .enumerate()
    {
        report_legacy(context, scene, written.get(index));
        push_pair(&mut history, key, &value.text);
        let span = place(written.get(index), scene);
        state.config.labels.set(key, held(value, span));
    }
    Ok(Event::Text(history))
}

/// The second of its kind in a stage makes the first useless: that is the one BuildKit points at.
fn report_repeated(context: &mut Context<'_>, scene: &Scene<'_>, last: &mut Option<Place>) {
    if let Some(last) = last.replace(scene.place) {
        let message = format!(
            "Multiple {} instructions should not be used in the same stage because only the last one will be used",
            scene.instruction.name.text
        );
        context.checks.report(
            &scene.scope,
            Rule::MultipleInstructionsDisallowed,
            last,
            message,
        );
    }
}

/// The words of a command, with the shell before it in shell form.
fn command(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
    command: &CommandLine,
) -> Result<Arc<[String]>, Refusal> {
    let words: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
    if !command.shell_form {
        return Ok(words.into());
    }
    take_shell(context, state, scene)?;
    if state
        .config
        .shell
        .value()
        .is_none_or(|shell| shell.is_empty())
    {
        let message = format!(
            "JSON arguments recommended for {} to prevent unintended behavior related to OS signals",
            scene.instruction.name.text
        );
        context.checks.add(
            &scene.scope,
            Diagnostic {
                rule: Rule::JSONArgsRecommended,
                message,
                lines: scene.place.lines,
                span: scene.place.span,
                assumed: state.config.shell == Known::Base(None),
            },
        );
    }
    Ok(with_shell(state, &words).into())
}

/// Every command repeats the shell.
pub(super) fn take_shell(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
) -> Result<(), Refusal> {
    let shell = state.config.shell.value().map_or(&[][..], |shell| shell);
    let bytes = shell.iter().map(|word| word.len() + size_of::<String>());
    context.budget.take_text(bytes.sum(), scene.place.lines.0)
}

/// A command for the shell.
pub(super) fn with_shell(state: &State, words: &[String]) -> Vec<String> {
    let mut all = match state.config.shell.value() {
        Some(shell) if !shell.is_empty() => shell.to_vec(),
        _ if &*state.image_os == "windows" => ["cmd", "/S", "/C"].map(str::to_owned).to_vec(),
        _ => ["/bin/sh", "-c"].map(str::to_owned).to_vec(),
    };
    all.push(words.join(" "));
    all
}

/// `CMD`
pub(super) fn cmd(
    context: &mut Context<'_>,
    (draft, state): (&mut Draft, &mut State),
    scene: &Scene<'_>,
    written: &CommandLine,
) -> Result<Event, Refusal> {
    report_repeated(context, scene, &mut draft.cmd);
    let words = command(context, state, scene, written)?;
    state.config.cmd = Known::Here(Arc::clone(&words), scene.span());
    state.config.args_escaped = true;
    Ok(Event::Command("CMD", words))
}

/// `ENTRYPOINT`
pub(super) fn entrypoint(
    context: &mut Context<'_>,
    (draft, state): (&mut Draft, &mut State),
    scene: &Scene<'_>,
    written: &CommandLine,
) -> Result<Event, Refusal> {
    report_repeated(context, scene, &mut draft.entrypoint);
    let words = command(context, state, scene, written)?;
    state.config.entrypoint = match words.len() {
        0 => Known::Unset,
        _ => Known::Here(Arc::clone(&words), scene.span()),
    };
    // The arguments of another entry point make no sense for this one.
    if draft.cmd.is_none() {
        state.config.cmd = Known::Unset;
    }
    Ok(Event::Command("ENTRYPOINT", words))
}

/// `HEALTHCHECK`
pub(super) fn healthcheck(
    context: &mut Context<'_>,
    (draft, state): (&mut Draft, &mut State),
    scene: &Scene<'_>,
    check: &Healthcheck,
) -> Event {
    report_repeated(context, scene, &mut draft.healthcheck);
    let check = Arc::new(check.clone());
    state.config.healthcheck = Known::Here(Arc::clone(&check), scene.span());
    Event::Healthcheck(check)
}

/// `USER`
pub(super) fn user(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    word: &Word,
) -> Result<Event, Refusal> {
    let text = context.expand(state, scene, step, (Role::User, word))?;
    state.config.user = known(&text, scene);
    Ok(Event::Text(format!("USER {}", text.text)))
}

/// `VOLUME`
pub(super) fn volume(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    written: &[Word],
) -> Result<Event, Refusal> {
    let mut paths = vec![];
    for word in written {
        paths.push(context.expand(state, scene, step, (Role::Volume, word))?);
    }
    for path in paths.iter().filter(|path| path.clear) {
        if path.text.is_empty() {
            return Err(scene.refuse("VOLUME specified can not be an empty string"));
        }
        state.config.volumes.set(&path.text, Some(scene.span()));
    }
    let paths: Vec<&str> = paths.iter().map(|path| path.text.as_str()).collect();
    Ok(Event::Text(format!("VOLUME [{}]", paths.join(" "))))
}

/// `STOPSIGNAL`
pub(super) fn stop_signal(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    word: &Word,
) -> Result<Event, Refusal> {
    let text = context.expand(state, scene, step, (Role::Signal, word))?;
    if text.clear && !signal::is_known(&text.text) {
        return Err(scene.refuse(format!("invalid signal: {}", text.text)));
    }
    state.config.stop_signal = known(&text, scene);
    Ok(Event::Text(format!("STOPSIGNAL {}", text.text)))
}

/// `WORKDIR`
pub(super) fn work_dir(
    context: &mut Context<'_>,
    state: &mut State,
    scene: &Scene<'_>,
    step: &mut Step,
    word: &Word,
) -> Result<Event, Refusal> {
    let path = context.expand(state, scene, step, (Role::Directory, word))?;
    let style = Style::of(&state.platform.os);
    let absolute = style.is_absolute(&path.text);
    if !state.workdir_set && !absolute {
        context.checks.add(
            &scene.scope,
            Diagnostic {
                rule: Rule::WorkdirRelativePath,
                message: format!(
                    "Relative workdir {} can have unexpected results if the base image changes",
                    quoted(&path.text)
                ),
                lines: scene.place.lines,
                span: scene.place.span,
                assumed: !path.clear,
            },
        );
    }
    state.workdir_set = true;
    let directory = match style.work_dir(&state.directory, &path.text) {
        Ok(directory) => directory,
        Err(message) => return Err(scene.refuse(message)),
    };
    context
        .budget
        .take_text(directory.len(), scene.place.lines.0)?;
    state.directory_clear = path.clear && (absolute || state.directory_clear);
    let text = Text {
        text: directory,
        clear: state.directory_clear,
    };
    state.config.working_dir = known(&text, scene);
    state.directory = text.text.as_str().into();
    Ok(Event::Text(format!(
        "WORKDIR {}",
        style.to_slash(&text.text)
    )))
}

/// `SHELL`
pub(super) fn shell(state: &mut State, scene: &Scene<'_>, words: &[Word]) -> Event {
    let words: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    let history = format!("SHELL [{}]", words.join(" "));
    state.config.shell = Known::Here(words.into(), scene.span());
    Event::Text(history)
}

/// `MAINTAINER`
pub(super) fn maintainer(state: &mut State, scene: &Scene<'_>, author: &Word) -> Event {
    state.config.author = Known::Here(author.text.as_str().into(), scene.span());
    Event::Text(format!("MAINTAINER {}", author.text))
}
