//! Writing `RUN`.

use super::{Words, write};

/// The shells in which builders run commands where no `SHELL` says otherwise.
const DEFAULT_SHELLS: [&str; 2] = ["/bin/sh -c", "cmd /S /C"];
/// Other shells that a base image may have set; their names stay in the command.
const OTHER_SHELLS: [&str; 5] = [
    "powershell -Command",
    "pwsh -Command",
    "/bin/bash -c",
    "/bin/bash -o pipefail -c",
    "/bin/ash -eo pipefail -c",
];

/// What a step ran.
pub(super) enum Command<'a> {
    /// Text for the shell.
    Shell(&'a str),
    /// Text for another shell than the one that `SHELL` set.
    OtherShell(&'a str, &'a str),
}

/// The command behind `RUN `: the values of arguments and the shell are no part of it.
pub(super) fn command_of<'a>(text: &'a str, shell: Option<&str>) -> Option<Command<'a>> {
    let text = if text.starts_with('|') {
        without_arguments(text, shell)?
    } else {
        text
    };
    Some(in_shell(text, shell).unwrap_or(Command::Shell(text)))
}

/// The command of a step that is written without `RUN`. None: it is not known to be one.
pub(super) fn command_of_classic<'a>(text: &'a str, shell: Option<&str>) -> Option<Command<'a>> {
    if text.starts_with('|') {
        return command_of(text, shell);
    }
    let known = |name: &&str| after_shell(text, name).is_some();
    in_shell(text, shell).or_else(|| {
        OTHER_SHELLS
            .iter()
            .any(known)
            .then_some(Command::Shell(text))
    })
}

fn in_shell<'a>(text: &'a str, shell: Option<&str>) -> Option<Command<'a>> {
    if let Some(command) = shell.and_then(|shell| after_shell(text, shell)) {
        return Some(Command::Shell(command));
    }
    for default in DEFAULT_SHELLS {
        if let Some(command) = after_shell(text, default) {
            return Some(match shell {
                None => Command::Shell(command),
                Some(_) => Command::OtherShell(default, command),
            });
        }
    }
    None
}

/// The text behind a shell.
pub(super) fn without_shell<'a>(text: &'a str, shell: Option<&str>) -> Option<&'a str> {
    let mut shells = shell.into_iter().chain(DEFAULT_SHELLS);
    shells.find_map(|shell| after_shell(text, shell))
}

fn after_shell<'a>(text: &'a str, shell: &str) -> Option<&'a str> {
    text.strip_prefix(shell)?.strip_prefix(' ')
}

/// Without `|2 A=x B=y `. A value may have spaces, which nobody escapes, so the arguments end where the shell begins.
fn without_arguments<'a>(text: &'a str, shell: Option<&str>) -> Option<&'a str> {
    let (count, arguments) = text.strip_prefix('|')?.split_once(' ')?;
    let count: u32 = count.parse().ok()?;
    let counted = after_words(arguments, count);
    let begins_with_shell = |text: &&str| {
        let shells = DEFAULT_SHELLS.iter().chain(&OTHER_SHELLS).copied();
        let mut shells = shells.chain(shell);
        shells.any(|shell| after_shell(text, shell).is_some())
    };
    if let Some(command) = counted.filter(begins_with_shell) {
        return Some(command);
    }
    let shells = DEFAULT_SHELLS.iter().chain(&OTHER_SHELLS).copied();
    let starts = shells.chain(shell).filter_map(|shell| {
        let (before, _) = arguments.split_once(&format!(" {shell} "))?;
        arguments.get(before.len() + 1..)
    });
    // The longest: what is cut away may be a part of the command.
    starts.max_by_key(|text| text.len()).or(counted)
}

/// What stands behind that many words `NAME=value`.
fn after_words(text: &str, count: u32) -> Option<&str> {
    let mut rest = text;
    for _ in 0..count {
        let (word, after) = rest.split_once(' ')?;
        let (name, _) = word.split_once('=')?;
        let in_name =
            |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
        if name.is_empty() || !name.chars().all(in_name) {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

/// The instruction: on one line where that reads the same, else as a heredoc.
pub(super) fn write(command: &Command<'_>, words: Words) -> String {
    let text = match command {
        Command::Shell(text) => *text,
        Command::OtherShell(shell, text) => {
            let list: Vec<_> = shell.split(' ').chain([*text]).collect();
            return format!("RUN {}", write::json(&list));
        }
    };
    let (flags, text) = match words {
        Words::Evaluated => ("", text),
        Words::Either => split_flags(text),
    };
    let text = match words {
        Words::Evaluated => text,
        Words::Either => body_of_heredoc(text).unwrap_or(text),
    };
    let trimmed = text.trim();
    let one_line = !trimmed.is_empty()
        && write::is_one_line(trimmed)
        && !trimmed.contains("<<")
        && !trimmed.starts_with("--")
        && (words == Words::Either && is_list_of_strings(trimmed) || !may_be_json(trimmed));
    let separator = if flags.is_empty() { "" } else { " " };
    if one_line {
        format!("RUN {flags}{separator}{trimmed}")
    } else {
        format!("RUN {flags}{separator}{}", write::heredoc(text))
    }
}

/// `--mount=… ` and the like, which buildah and kaniko leave before the command.
fn split_flags(text: &str) -> (&str, &str) {
    let mut rest = text.trim_start();
    let begin = rest;
    while ["--mount=", "--network=", "--security="]
        .iter()
        .any(|flag| rest.starts_with(flag))
    {
        let Some((word, after)) = rest.split_once([' ', '\t']) else {
            break;
        };
        if word.contains(['"', '\'', '\\', '\n', '$', '<']) {
            break;
        }
        rest = after.trim_start();
    }
    let flags = begin.get(..begin.len() - rest.len()).unwrap_or_default();
    if flags.is_empty() {
        return ("", text);
    }
    (flags.trim_end(), rest)
}

/// Of `<<EOF` and its lines, as buildah writes them down, with or without the terminator.
fn body_of_heredoc(text: &str) -> Option<&str> {
    let (first, body) = text.trim_start().split_once('\n')?;
    let name = first.trim_end().strip_prefix("<<")?;
    let name = name
        .strip_prefix('-')
        .unwrap_or(name)
        .trim_matches(['"', '\'']);
    if name.is_empty()
        || !name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '_')
    {
        return None;
    }
    let end = body.trim_end();
    let before = end
        .strip_suffix(name)
        .filter(|before| before.is_empty() || before.ends_with('\n'));
    Some(before.unwrap_or(body))
}

/// Whether it may be read as a JSON array. No shell could run one.
fn may_be_json(text: &str) -> bool {
    text.starts_with('[')
        && text.ends_with(']')
        && (text.contains("\\u") || serde_json::from_str::<Vec<serde_json::Value>>(text).is_ok())
}

fn is_list_of_strings(text: &str) -> bool {
    serde_json::from_str::<Vec<String>>(text).is_ok_and(|list| !list.is_empty())
}
