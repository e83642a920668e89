//! `COPY` and `ADD`

use super::context::{Context, Scene, Text};
use super::draft::{Command, Draft};
use super::history::Event;
use super::mode;
use super::paths::Style;
use super::remote::{self, Source};
use super::run::chomped;
use super::stage::{Flow, Role, Step, Target};
use super::stages::Drafts;
use super::state::State;
use crate::Refusal;
use crate::checks::ignored;
use crate::instruction::{Keyword, Transfer, Word};
use crate::path::clean;
use crate::quote::quoted;

/// The texts of a transfer, expanded.
struct Texts {
    chown: Text,
    chmod: Text,
    checksum: Text,
    sources: Vec<Text>,
    destination: Text,
}

/// `COPY` and `ADD`
pub(super) fn transfer(
    context: &mut Context<'_>,
    drafts: &Drafts,
    (draft, state): (&mut Draft, &State),
    (scene, command): (&Scene<'_>, &Command),
    (transfer, step): (&Transfer, &mut Step),
) -> Result<Event, Refusal> {
    let texts = expand(context, state, scene, (transfer, step))?;
    let adds = scene.instruction.keyword == Some(Keyword::Add);
    let from = match command.sources.first() {
        Some(&source) => Some(source_of(drafts, source, (draft, scene, transfer))?),
        None => None,
    };
    let style = Style::of(&state.platform.os);
    let destination = style
        .destination(&state.directory, &texts.destination.text)
        .map_err(|message| scene.refuse(message))?;
    check_options(scene, (&texts, adds))?;
    let named = match &from {
        Some(Target::Image(name)) => name.len(),
        _ => 0,
    };
    let count = texts.sources.len() + transfer.inline.len();
    let bytes = count.saturating_mul(destination.len() + named);
    context.budget.take_text(bytes, scene.place.lines.0)?;
    let mut flows = vec![];
    for source in &texts.sources {
        let remote = check_source(
            context,
            scene,
            (transfer, &texts, source),
            (style, adds, from.is_none()),
        )?;
        flows.push(Flow {
            from: match &from {
                _ if remote => Target::Remote(source.text.clone()),
                Some(from) => from.clone(),
                None => Target::Context,
            },
            source: source.text.clone(),
            destination: destination.clone(),
            unclear: !(source.clear && texts.destination.clear && state.directory_clear),
            span: scene.span(),
        });
    }
    for heredoc in inline(scene, transfer) {
        flows.push(Flow {
            from: Target::Inline,
            source: heredoc.to_owned(),
            destination: destination.clone(),
            unclear: !(texts.destination.clear && state.directory_clear),
            span: scene.span(),
        });
    }
    draft.flows.append(&mut flows);
    Ok(Event::Text(history(scene, transfer, &texts, adds)))
}

/// Expands the texts in BuildKit's order; the contents of files come last.
fn expand(
    context: &mut Context<'_>,
    state: &State,
    scene: &Scene<'_>,
    (transfer, step): (&Transfer, &mut Step),
) -> Result<Texts, Refusal> {
    let mut optional = |role, word: &Option<Word>| match word {
        Some(word) => context.expand(state, scene, step, (role, word)),
        None => Ok(Text {
            text: String::new(),
            clear: true,
        }),
    };
    let chown = optional(Role::Chown, &transfer.chown)?;
    let chmod = optional(Role::Chmod, &transfer.chmod)?;
    let checksum = optional(Role::Checksum, &transfer.checksum)?;
    let mut sources = vec![];
    for source in &transfer.sources {
        sources.push(context.expand(state, scene, step, (Role::Source, source))?);
    }
    let destination = context.expand(
        state,
        scene,
        step,
        (Role::Destination, &transfer.destination),
    )?;
    for &index in &transfer.inline {
        let Some(heredoc) = scene
            .instruction
            .heredocs
            .get(index)
            .filter(|heredoc| heredoc.expand)
        else {
            continue;
        };
        let file = Word {
            text: if heredoc.chomp {
                chomped(&heredoc.content)
            } else {
                heredoc.content.clone()
            },
            span: heredoc.span,
        };
        context.expand(state, scene, step, (Role::Content(index), &file))?;
    }
    Ok(Texts {
        chown,
        chmod,
        checksum,
        sources,
        destination,
    })
}

/// The stage or image that files come from.
fn source_of(
    drafts: &Drafts,
    source: usize,
    (draft, scene, transfer): (&Draft, &Scene<'_>, &Transfer),
) -> Result<Target, Refusal> {
    let Some(found) = drafts.get(source).filter(|found| found.dispatched) else {
        let from = transfer.from.as_ref().map_or("", |from| &from.text);
        let title = if drafts.all.len() == 1 {
            ""
        } else {
            &draft.title
        };
        return Err(scene.refuse(format!(
            "cannot copy from stage {}, it needs to be defined before current stage {}",
            quoted(from),
            quoted(title)
        )));
    };
    Ok(if found.is_image() {
        Target::Image(found.base_name.clone())
    } else {
        Target::Stage(source)
    })
}

fn check_options(scene: &Scene<'_>, (texts, adds): (&Texts, bool)) -> Result<(), Refusal> {
    let chmod = Some(&texts.chmod).filter(|chmod| chmod.clear && !chmod.text.is_empty());
    if let Some(problem) = chmod.and_then(|chmod| mode::problem(&chmod.text)) {
        return Err(scene.refuse(problem));
    }
    if texts.checksum.text.is_empty() {
        return Ok(());
    }
    let problem = match &*texts.sources {
        _ if !adds => "checksum can't be specified for COPY",
        [source] if remote::takes_checksum(&source.text) || !source.clear => return Ok(()),
        [_] => "checksum requires HTTP(S) or Git sources",
        _ => "checksum can't be specified for multiple sources",
    };
    Err(scene.refuse(problem))
}

/// Looks at a source, and says whether it is fetched from somewhere.
fn check_source(
    context: &mut Context<'_>,
    scene: &Scene<'_>,
    (transfer, texts, source): (&Transfer, &Texts, &Text),
    (style, adds, from_context): (Style, bool, bool),
) -> Result<bool, Refusal> {
    let problem = match remote::classify(&source.text).map_err(|message| scene.refuse(message))? {
        Source::Http | Source::Git(_) if adds && !texts.checksum.clear => None,
        Source::Git(repository) if adds => {
            repository.problem(&texts.checksum.text, transfer.keep_git_dir)
        }
        Source::Http if adds => remote::digest_problem(&texts.checksum.text),
        Source::Git(_) => Some("source can't be a git ref for COPY".to_owned()),
        Source::Http => Some("source can't be a URL for COPY".to_owned()),
        Source::Local => {
            if from_context && source.clear {
                check_ignored(context, scene, &source.text, adds);
            }
            return check_path(style, &source.text, transfer.parents)
                .map(|()| false)
                .map_err(|message| scene.refuse(message));
        }
    };
    match problem {
        Some(problem) => Err(scene.refuse(problem)),
        None => Ok(true),
    }
}

fn check_ignored(context: &mut Context<'_>, scene: &Scene<'_>, source: &str, adds: bool) {
    if let Some(ignore) = &context.options.dockerignore {
        let path = clean(source);
        let command = if adds { "Add" } else { "Copy" };
        let checks = &mut context.checks;
        ignored::check(checks, &scene.scope, scene.place, command, (ignore, &path));
    }
}

/// Whether a path is one that the platform has. With `--parents` it is in two parts.
fn check_path(style: Style, source: &str, parents: bool) -> Result<(), String> {
    let (parent, path) = match source.split_once("/./") {
        Some((parent, path)) if parents => (parent, path),
        _ => ("/", source),
    };
    for path in [path, parent] {
        style
            .normalized("/", path, false)
            .map_err(|error| format!("removing drive letter: {error}"))?;
    }
    Ok(())
}

/// The names of the files that are written in the instruction.
fn inline<'s>(scene: &'s Scene<'_>, transfer: &'s Transfer) -> impl Iterator<Item = &'s str> {
    let heredocs = &scene.instruction.heredocs;
    transfer
        .inline
        .iter()
        .filter_map(|&index| Some(heredocs.get(index)?.name.as_str()))
}

fn history(scene: &Scene<'_>, transfer: &Transfer, texts: &Texts, adds: bool) -> String {
    let mut history = String::from(if adds { "ADD" } else { "COPY" });
    if transfer.parents {
        history.push_str(" --parents");
    }
    for (name, value) in [("chown", &texts.chown), ("chmod", &texts.chmod)] {
        if !value.text.is_empty() {
            history.push_str(" --");
            history.push_str(name);
            history.push('=');
            history.push_str(&value.text);
        }
    }
    for source in &texts.sources {
        history.push(' ');
        history.push_str(&source.text);
    }
    for name in inline(scene, transfer) {
        history.push_str(" <<");
        history.push_str(name);
    }
    format!("{history} {} # buildkit", texts.destination.text)
}
