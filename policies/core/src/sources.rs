//! What `ADD` takes its files from.

use crate::parts::cut;
use polcheck_sdk::dockerfile::{Instruction, Word};

/// A source of `ADD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file of the build, or a heredoc.
    Local,
    /// `https://…`
    Web,
    /// A git repository, and whether it is held at a commit.
    Repository { is_pinned: bool },
    /// Nobody knows before the build.
    Unknown,
}

/// The sources of `ADD` or `COPY`: all words but the last.
pub(crate) fn sources(instruction: &Instruction) -> &[Word] {
    instruction
        .arguments
        .split_last()
        .map_or(&[], |(_, sources)| sources)
}

/// The destination of `ADD` or `COPY`.
pub(crate) fn destination(instruction: &Instruction) -> Option<&Word> {
    instruction.arguments.last()
}

/// What a source is. Of a word that nobody knows, what stands before the first variable decides.
pub(crate) fn of(word: &Word) -> Source {
    let text = word.value.as_deref().unwrap_or(&word.raw);
    let text = text.trim_matches(['"', '\'']);
    let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (address, query) = address.split_once('?').unwrap_or((address, ""));
    let repository = Source::Repository {
        is_pinned: is_pinned(fragment, query),
    };
    match cut(address, "://") {
        Some(("http" | "https", rest)) if rest.strip_suffix(".git").is_some() => repository,
        Some(("http" | "https", _)) => Source::Web,
        Some(("git" | "ssh", _)) => repository,
        _ if is_scp(address) => repository,
        _ if word.value.is_none() && text.starts_with('$') => Source::Unknown,
        _ if is_of_history(text) => Source::Unknown,
        _ => Source::Local,
    }
}

/// `git@example.com:team/project.git`
fn is_scp(address: &str) -> bool {
    let user = address.split_once('@');
    let (user, rest) = user.unwrap_or_default();
    !user.is_empty() && !user.contains(['/', '$']) && rest.contains(':')
}

/// `#3f1c…`, `#3f1c…:folder`, `?commit=3f1c…`, `?ref=3f1c…`, or what nobody knows.
fn is_pinned(fragment: &str, query: &str) -> bool {
    let reference = fragment.split(':').next().unwrap_or(fragment);
    let is_commit = |text: &str| {
        text.contains('$')
            || matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_pinning = |pair: &str| match pair.split_once('=') {
        Some(("commit" | "checksum", value)) => !value.is_empty(),
        Some(("ref", value)) => is_commit(value),
        _ => false,
    };
    is_commit(reference) || query.split('&').any(is_pinning)
}

/// `file:8b8864b3…` of a history stands for files that nobody can name.
fn is_of_history(text: &str) -> bool {
    ["file:", "dir:", "multi:"].iter().any(|kind| {
        text.strip_prefix(kind).is_some_and(|hash| {
            hash.len() >= 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}
