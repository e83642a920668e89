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

/// Whether what is downloaded goes to a file, so that nothing is left for a pipe.
pub(crate) fn writes_file(command: &Command) -> bool {
    let is_file = |value: Option<&str>| !matches!(value, None | Some("-" | "/dev/stdout"));
    let to_file = |arguments: &Arguments<'_>, names: &[&str]| {
        let mut options = arguments.options.iter();
        options.any(|(name, value)| names.contains(name) && is_file(*value))
    };
    curl(command).is_some_and(|arguments| {
        // `curl -o x URL URL` writes the second one to its output.
        arguments.operands.len() <= 1 && to_file(&arguments, &["o", "output"])
    }) || wget(command).is_some_and(|arguments| to_file(&arguments, &["O", "output-document"]))
}

fn read<'a>(command: &'a Command, name: &str, syntax: &Syntax) -> Option<Arguments<'a>> {
    let words = (command.name() == Some(name)).then(|| command.words.get(1..))?;
    Some(Arguments::read(words?, syntax))
}
