//! `RUN`

use super::context::{Context, Scene};
use super::draft::Command;
use super::history::Event;
use super::paths::{self, Style};
use super::settings::{take_shell, with_shell};
use super::stage::{Role, Step};
use super::stages::Drafts;
use super::state::State;
use crate::Refusal;
use crate::heredoc::heredoc_word;
use crate::instruction::{Heredoc, Instruction, Run, Word};
use crate::mount::{self, Mount, MountKind};
use crate::quote::quoted;

/// `RUN`
pub(super) fn run(
    context: &mut Context<'_>,
    drafts: &Drafts,
    state: &State,
    (scene, command): (&Scene<'_>, &Command),
    (run, step): (&Run, &mut Step),
) -> Result<Event, Refusal> {
    step.mounts = mounts(context, state, scene, step, &run.mounts)?;
    take_shell(context, state, scene)?;
    let words = words(state, scene.instruction, run);
    for (index, mount) in step.mounts.iter().enumerate() {
        let dispatched = command
            .sources
            .get(index)
            .and_then(|source| drafts.get(*source))
            .is_some_and(|source| source.dispatched);
        if !mount.target.starts_with('/') {
            // The target is joined to it.
            let steps = state.directory.len();
            context.budget.take_work(steps, scene.place.lines.0)?;
        }
        check_mount(state, mount, dispatched).map_err(|message| scene.refuse(message))?;
    }
    let length = words.iter().map(String::len).sum();
    context.budget.take_text(length, scene.place.lines.0)?;
    Ok(Event::Run {
        words,
        arguments: state.arguments.clone(),
        variables: state.variables.clone(),
    })
}

/// The mounts with their variables expanded.
fn mounts(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
    step: &mut Step,
    written: &[Word],
) -> Result<Vec<Mount>, Refusal> {
    let mut mounts = vec![];
    for (index, word) in written.iter().enumerate() {
        let mut clear = true;
        let mut expand = |value: &str| {
            let value = Word {
                text: value.to_owned(),
                span: word.span,
            };
            let text = context
                .expand(state, scene, step, (Role::Mount(index), &value))
                .map_err(|refusal| refusal.message)?;
            clear &= text.clear;
            Ok(text.text)
        };
        match mount::parse(&word.text, Some(&mut expand)) {
            Ok(mount) => mounts.push(mount),
            Err(message) if clear => return Err(scene.refuse(message)),
            // What a base image sets may make it valid.
            Err(_) => mounts.push(Mount::default()),
        }
    }
    Ok(mounts)
}

/// What is run: a script in a heredoc is given to the shell, unless it says itself what runs it.
fn words(state: &State, instruction: &Instruction, run: &Run) -> Vec<String> {
    let words: Vec<String> = run
        .command
        .words
        .iter()
        .map(|word| word.text.clone())
        .collect();
    if !run.command.shell_form {
        return words;
    }
    let ([first, ..], [line, ..]) = (&*instruction.heredocs, &*words) else {
        return with_shell(state, &words);
    };
    if heredoc_word(line).is_none() {
        return with_shell(state, &[with_heredocs(line, &instruction.heredocs)]);
    }
    let script = if first.chomp {
        chomped(&first.content)
    } else {
        first.content.clone()
    };
    if &*state.image_os != "windows" && script.starts_with("#!") {
        return with_shell(state, &[paths::join("/dev/pipes/", &first.name)]);
    }
    with_shell(state, &[script])
}

/// A line and its heredocs as they were.
fn with_heredocs(line: &str, heredocs: &[Heredoc]) -> String {
    let mut text = line.to_owned();
    for heredoc in heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    text
}

/// Without the tabs that lines begin with.
pub(super) fn chomped(content: &str) -> String {
    content
        .split_inclusive('\n')
        .map(|line| line.trim_start_matches('\t'))
        .collect()
}

/// What BuildKit finds out about a mount only now.
fn check_mount(state: &State, mount: &Mount, dispatched: bool) -> Result<(), String> {
    let from = match (mount.from.as_str(), mount.kind) {
        ("", MountKind::Cache) => "scratch",
        (from, _) => from,
    };
    if !from.is_empty() && !dispatched {
        return Err(format!(
            "cannot mount from stage {} to {}, stage needs to be defined before current command",
            quoted(from),
            quoted(&mount.target)
        ));
    }
    match mount.kind {
        MountKind::Secret => return check_secret(state, mount),
        MountKind::Ssh if mount.source.is_empty() => return Ok(()),
        MountKind::Ssh => return Err("ssh does not support source".to_owned()),
        MountKind::Bind | MountKind::Cache | MountKind::Tmpfs => {}
    }
    let (target, clear) = if mount.target.starts_with('/') {
        (mount.target.clone(), true)
    } else {
        let style = Style::of(&state.platform.os);
        let directory = paths::join("/", &style.to_slash(&state.directory));
        (
            paths::join(&directory, &mount.target),
            state.directory_clear,
        )
    };
    if target == "/" && clear {
        return Err(format!("invalid mount target {}", quoted(&target)));
    }
    Ok(())
}

/// A secret has a usual place on Unix only.
fn check_secret(state: &State, mount: &Mount) -> Result<(), String> {
    let style = Style::of(&state.platform.os);
    if style == Style::Unix {
        return Ok(());
    }
    let target = style.to_slash(&mount.target);
    let id = [mount.source.as_str(), mount.id.as_str()];
    let id = id.into_iter().find(|id| !id.is_empty());
    let id = id.unwrap_or_else(|| paths::base(&target));
    let example = format!("on Windows, e.g. --mount=type=secret,id={id},target=C:/path/to/secret");
    if !target.is_empty() && !style.is_absolute(&target) {
        let target = quoted(&target);
        return Err(format!(
            "secret target {target} must be an absolute path with forward slashes {example}"
        ));
    }
    if target.is_empty() && mount.env.is_none() {
        return Err(format!("secret target is required {example}"));
    }
    Ok(())
}
