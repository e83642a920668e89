//! Commands that run the commands they are given.

use super::interpreter::{file_name, is_posix};
use super::output::{Piece, span};
use super::word::is_name;
use super::{Assignment, ShellWord, Via};
use std::ops::Range;

/// What a command runs.
#[derive(Debug)]
pub(super) enum Inner {
    Nothing,
    /// Commands among its words.
    Commands(Vec<Wrapped>),
    /// Text that a shell reads, the range of its words, and who reads it.
    Text(String, Range<usize>, Via),
    /// A shell that reads its standard input.
    Input,
}

/// A command among the words of another.
#[derive(Debug)]
pub(super) struct Wrapped {
    pub(super) words: Range<usize>,
    pub(super) assignments: Vec<Assignment>,
}

/// How the options of a wrapper are told from the command behind them.
struct Wrapper {
    name: &'static str,
    /// Short options that take a value.
    short: &'static str,
    /// Long options whose value may be the next word.
    long: &'static [&'static str],
    /// Words between the options and the command.
    operands: usize,
    /// Whether assignments may stand before the command.
    assigns: bool,
}

const fn wrapper(
    name: &'static str,
    short: &'static str,
    long: &'static [&'static str],
    operands: usize,
    assigns: bool,
) -> Wrapper {
    Wrapper {
        name,
        short,
        long,
        operands,
        assigns,
    }
}

#[rustfmt::skip]
const WRAPPERS: [Wrapper; 24] = [
    wrapper("sudo", "ugpChrtTUDR", &["user", "group", "prompt", "chdir", "host", "role", "type", "other-user", "chroot", "close-from", "command-timeout"], 0, true),
    wrapper("doas", "uC", &[], 0, false),
    wrapper("env", "uC", &["unset", "chdir"], 0, true),
    wrapper("command", "", &[], 0, false),
    wrapper("builtin", "", &[], 0, false),
    wrapper("exec", "a", &[], 0, false),
    wrapper("nohup", "", &[], 0, false),
    wrapper("setsid", "", &[], 0, false),
    wrapper("time", "fo", &["format", "output"], 0, false),
    wrapper("nice", "n", &["adjustment"], 0, false),
    wrapper("ionice", "cn", &["class", "classdata"], 0, false),
    wrapper("xargs", "adEILnPs", &["arg-file", "delimiter", "max-lines", "max-args", "max-procs", "max-chars", "replace"], 0, false),
    wrapper("timeout", "sk", &["signal", "kill-after"], 1, false),
    wrapper("gosu", "", &[], 1, false),
    wrapper("su-exec", "", &[], 1, false),
    wrapper("setpriv", "", &["reuid", "regid", "groups"], 0, false),
    wrapper("chroot", "", &["userspec", "groups"], 1, false),
    wrapper("stdbuf", "ioe", &["input", "output", "error"], 0, false),
    wrapper("eatmydata", "", &[], 0, false),
    wrapper("fakeroot", "lsib", &["lib", "faked"], 0, false),
    wrapper("busybox", "", &[], 0, false),
    wrapper("tini", "pe", &[], 0, false),
    wrapper("dumb-init", "r", &["rewrite"], 0, false),
    wrapper("catchsegv", "", &[], 0, false),
];

/// What the command made of these words runs.
pub(super) fn inner(words: &[Piece]) -> Inner {
    let Some(name) = words.first().and_then(|name| name.word.literal.as_deref()) else {
        return Inner::Nothing;
    };
    match file_name(name) {
        name if is_posix(name) => shell(words),
        "eval" => text(words, 1..words.len(), Via::Eval),
        "su" | "runuser" => su(words),
        "find" => find(words),
        name => {
            let known = WRAPPERS.iter().find(|wrapper| wrapper.name == name);
            known.map_or(Inner::Nothing, |wrapper| behind(wrapper, words))
        }
    }
}

/// The command behind the options, operands and assignments of a wrapper.
fn behind(wrapper: &Wrapper, words: &[Piece]) -> Inner {
    let mut assignments = vec![];
    let mut operands = wrapper.operands;
    let mut options = true;
    let mut at = 1;
    while let Some(piece) = words.get(at) {
        // Whether an unknown word is an option or the command cannot be told.
        let literal = piece.word.literal.as_deref();
        match literal {
            Some("--") if options => options = false,
            Some("-v" | "-V") if options && wrapper.name == "command" => return Inner::Nothing,
            Some(option) if options && is_option(option) => {
                at += usize::from(takes_next(wrapper, option));
            }
            _ if operands > 0 => {
                operands -= 1;
                options = false;
            }
            _ if wrapper.assigns && assignment(&piece.word).is_some() => {
                assignments.extend(assignment(&piece.word));
                options = false;
            }
            None if options && wrapper.operands == 0 && assignments.is_empty() => {
                return Inner::Nothing;
            }
            _ => {
                return Inner::Commands(vec![Wrapped {
                    words: at..words.len(),
                    assignments,
                }]);
            }
        }
        at += 1;
    }
    Inner::Nothing
}

fn is_option(word: &str) -> bool {
    word.len() > 1 && word.starts_with('-')
}

/// Whether the value of an option is the next word.
fn takes_next(wrapper: &Wrapper, option: &str) -> bool {
    if let Some(long) = option.strip_prefix("--") {
        return wrapper.long.contains(&long);
    }
    // The first letter that takes a value takes the rest of the word, if there is any.
    let letters = option.trim_start_matches('-');
    letters.find(|letter| wrapper.short.contains(letter)) == Some(letters.len().saturating_sub(1))
}

/// `NAME=value` behind `env` or `sudo`.
fn assignment(word: &ShellWord) -> Option<Assignment> {
    let (name, raw) = word.raw.split_once('=')?;
    if !is_name(name) {
        return None;
    }
    let literal = word.literal.as_deref().and_then(|it| it.split_once('='));
    // Of text that was split again only the whole range is known.
    let range = if word.range.len() == word.raw.len() {
        word.range.start + name.len() + 1..word.range.end
    } else {
        word.range.clone()
    };
    Some(Assignment {
        name: name.to_owned(),
        append: false,
        value: ShellWord {
            raw: raw.to_owned(),
            literal: literal.map(|(_, value)| value.to_owned()),
            glob: word.glob,
            range,
        },
    })
}

/// `sh -c TEXT`, `sh -euo pipefail -c TEXT`, `sh -s` or `sh` alone.
fn shell(words: &[Piece]) -> Inner {
    let mut reads_text = false;
    let mut at = 1;
    while let Some(piece) = words.get(at) {
        let option = match piece.word.literal.as_deref() {
            Some("--" | "-") => {
                at += 1;
                break;
            }
            Some(word) if is_option(word) || word.len() > 1 && word.starts_with('+') => word,
            _ => break,
        };
        if let Some(long) = option.strip_prefix("--") {
            at += usize::from(matches!(long, "rcfile" | "init-file"));
        } else {
            reads_text |= option.starts_with('-') && option.contains('c');
            if option.starts_with('-') && option.contains('s') {
                return Inner::Input;
            }
            at += usize::from(option.ends_with(['o', 'O']));
        }
        at += 1;
    }
    match (reads_text, at < words.len()) {
        (true, true) => text(words, at..at + 1, Via::Shell),
        (false, false) => Inner::Input,
        // A script in a file, or `-c` without a text.
        _ => Inner::Nothing,
    }
}

/// `su - USER -c TEXT`, or `runuser -u USER -- COMMAND`
fn su(words: &[Piece]) -> Inner {
    let is = |options: &'static [&str]| {
        move |piece: &Piece| {
            let literal = piece.word.literal.as_deref();
            literal.is_some_and(|it| options.contains(&it))
        }
    };
    if let Some(at) = words.iter().position(is(&["-c", "-lc", "--command"])) {
        return text(words, at + 1..at + 2, Via::Shell);
    }
    let user = words.iter().position(is(&["-u", "--user"]));
    match user.and_then(|at| words.get(at + 2..).map(|rest| (at + 2, rest))) {
        Some((at, rest)) => {
            let dashes = rest.first().is_some_and(is(&["--"]));
            Inner::Commands(vec![Wrapped {
                words: at + usize::from(dashes)..words.len(),
                assignments: vec![],
            }])
        }
        None => Inner::Nothing,
    }
}

/// The commands behind `-exec`, up to `;` or `+`.
fn find(words: &[Piece]) -> Inner {
    let mut commands = vec![];
    let mut begun = None;
    for (at, piece) in words.iter().enumerate() {
        match (piece.word.literal.as_deref(), begun) {
            (Some("-exec" | "-execdir" | "-ok" | "-okdir"), None) => begun = Some(at + 1),
            (Some(";" | "+"), Some(start)) => {
                commands.push(Wrapped {
                    words: start..at,
                    assignments: vec![],
                });
                begun = None;
            }
            _ => {}
        }
    }
    Inner::Commands(commands)
}

/// Words that a shell reads as text, with blanks between them.
fn text(words: &[Piece], range: Range<usize>, via: Via) -> Inner {
    let Some([first, rest @ ..]) = words.get(range) else {
        return Inner::Nothing;
    };
    let mut text = first.text().to_owned();
    for piece in rest {
        text.push(' ');
        text.push_str(piece.text());
    }
    let last = rest.last().unwrap_or(first);
    Inner::Text(text, span(&first.word.range, &last.word.range), via)
}
