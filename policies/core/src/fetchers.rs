//! `curl` and `wget`.

use crate::options::{Arguments, Syntax};
use polcheck_sdk::dockerfile::Command;

const CURL: Syntax = Syntax {
    short: "AbcCdDeEFhHKmoPQrtTuUwxXyYz",
    long: &[
        "user-agent",
        "cookie",
        "cookie-jar",
        "data",
        "data-binary",
        "data-raw",
        "header",
        "output",
        "url",
        "request",
        "user",
        "proxy",
        "cacert",
        "cert",
        "key",
        "retry",
        "retry-delay",
        "retry-max-time",
        "max-time",
        "connect-timeout",
        "write-out",
        "output-dir",
        "form",
        "resolve",
        "proto",
        "referer",
        "range",
        "continue-at",
    ],
    one_dash: false,
};

const WGET: Syntax = Syntax {
    short: "OPoaeitTwQUARDIXBl",
    long: &[
        "output-document",
        "directory-prefix",
        "output-file",
        "append-output",
        "execute",
        "input-file",
        "tries",
        "timeout",
        "wait",
        "user-agent",
        "header",
        "user",
        "password",
        "progress",
        "accept",
        "reject",
        "post-data",
    ],
    one_dash: false,
};

/// What a command is told if it is `curl`.
pub(crate) fn curl(command: &Command) -> Option<Arguments<'_>> {
    read(command, "curl", &CURL)
}

/// What a command is told if it is `wget`.
pub(crate) fn wget(command: &Command) -> Option<Arguments<'_>> {
    read(command, "wget", &WGET)
}

/// Whether a command is one of them.
pub(crate) fn is_fetcher(command: &Command) -> bool {
    matches!(command.name(), Some("curl" | "wget"))
}

fn read<'a>(command: &'a Command, name: &str, syntax: &Syntax) -> Option<Arguments<'a>> {
    let words = (command.name() == Some(name)).then(|| command.words.get(1..))?;
    Some(Arguments::read(words?, syntax))
}
