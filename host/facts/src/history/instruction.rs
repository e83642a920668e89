//! Writing every instruction but `RUN`, each from what stands behind its keyword.

use super::{Words, go, health, original, write};

/// The instruction; none: the keyword is none, or what the entry tells is not enough.
pub(super) fn write(keyword: &str, rest: &str, words: Words) -> Option<String> {
    // An empty source or destination of a copy is nothing but a space.
    let untrimmed = rest;
    let rest = rest.trim();
    match keyword {
        "CMD" | "ENTRYPOINT" => command(keyword, rest, words),
        "ENV" | "LABEL" => pairs(keyword, rest, words),
        "ARG" => arguments(rest, words),
        "USER" | "WORKDIR" => one_word(keyword, rest, words),
        "STOPSIGNAL" => stop_signal(rest),
        "EXPOSE" => ports(rest, words),
        "VOLUME" => volumes(rest, words),
        "HEALTHCHECK" => health::write(rest),
        "COPY" | "ADD" => copy(keyword, untrimmed, words),
        "MAINTAINER" => write::as_is(keyword, rest),
        "ONBUILD" => trigger(rest),
        _ => None,
    }
}

/// The list of `SHELL`.
pub(super) fn shell(rest: &str) -> Option<Vec<String>> {
    let list = go::quoted_list(rest).or_else(|| go::plain_list(rest))?;
    Some(list).filter(|list| !list.is_empty())
}

fn command(keyword: &str, rest: &str, words: Words) -> Option<String> {
    // A shell could not run what looks like a list, so a list it is, whoever wrote it.
    if let Some(list) = go::quoted_list(rest).or_else(|| go::plain_list(rest)) {
        return Some(format!("{keyword} {}", write::json(&list)));
    }
    match words {
        Words::Either if !rest.starts_with("[\"") => write::as_is(keyword, rest),
        _ => None,
    }
}

fn pairs(keyword: &str, rest: &str, words: Words) -> Option<String> {
    if words == Words::Either && original::pairs(rest) {
        return write::as_is(keyword, rest);
    }
    let pairs = evaluated_pairs(rest, keyword == "LABEL");
    let mut instruction = keyword.to_owned();
    for (name, value) in pairs? {
        instruction.extend([" ", &write::word(name)?, "=", &write::word(value)?]);
    }
    Some(instruction)
}

/// Pairs of names and values. A value may have spaces and goes on until the next name begins.
fn evaluated_pairs(text: &str, labels: bool) -> Option<Vec<(&str, &str)>> {
    let mut pairs = vec![];
    let mut rest = Some(text);
    while let Some(pair) = rest {
        let (name, after) = pair.split_once('=')?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        let end = next_name(after, labels);
        let value = end.map_or(Some(after), |end| after.get(..end));
        pairs.push((name, value?));
        rest = end.and_then(|end| after.get(end + 1..));
    }
    Some(pairs)
}

/// The space before the next ` NAME=`.
fn next_name(text: &str, labels: bool) -> Option<usize> {
    let mut at = 0;
    for word in text.split(' ') {
        if at > 0
            && word
                .split_once('=')
                .is_some_and(|(name, _)| is_name(name, labels))
        {
            return Some(at - 1);
        }
        at += word.len() + 1;
    }
    None
}

fn is_name(name: &str, label: bool) -> bool {
    let inside = |character: char| {
        character.is_ascii_alphanumeric()
            || character == '_'
            || label && matches!(character, '.' | '-' | '/')
    };
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(inside)
}

fn arguments(rest: &str, words: Words) -> Option<String> {
    if rest.is_empty() || words == Words::Either && original::words(rest) {
        return write::as_is("ARG", rest);
    }
    // Those without a value stand before the first that has one; behind it, they cannot be told from its value.
    let mut instruction = "ARG".to_owned();
    let mut rest = rest;
    while !rest.is_empty() {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        if word.contains('=') {
            break;
        }
        if !is_name(word, false) {
            return None;
        }
        instruction.extend([" ", word]);
        rest = after;
    }
    if !rest.is_empty() {
        for (name, value) in evaluated_pairs(rest, false)? {
            instruction.extend([" ", &write::word(name)?, "=", &write::word(value)?]);
        }
    }
    Some(instruction)
}

fn one_word(keyword: &str, rest: &str, words: Words) -> Option<String> {
    if words == Words::Either && original::is_expanded(rest) {
        return write::as_is(keyword, rest);
    }
    Some(format!("{keyword} {}", write::word(rest)?))
}

fn stop_signal(rest: &str) -> Option<String> {
    let plain = |character: char| character.is_ascii_alphanumeric() || "+-".contains(character);
    (!rest.is_empty() && rest.chars().all(plain)).then(|| format!("STOPSIGNAL {rest}"))
}

/// `[80/tcp 443/tcp]`, `map[80/tcp:{} 443/tcp:{}]`, or `80/tcp 443/tcp`
fn ports(rest: &str, words: Words) -> Option<String> {
    let list = rest.strip_prefix("map").unwrap_or(rest);
    let list = list
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .unwrap_or(list);
    let mut instruction = "EXPOSE".to_owned();
    for port in list.split_whitespace() {
        let port = port.strip_suffix(":{}").unwrap_or(port);
        if !(is_port(port) || words == Words::Either && original::is_expanded(port)) {
            return None;
        }
        instruction.extend([" ", port]);
    }
    (instruction.len() > "EXPOSE".len()).then_some(instruction)
}

/// `8080`, `8080/tcp`, `8000-8010/udp`
fn is_port(text: &str) -> bool {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    match (first.parse::<u16>(), last.parse::<u16>()) {
        (Ok(first), Ok(last)) => {
            let protocol = protocol.to_ascii_lowercase();
            first <= last && ["tcp", "udp", "sctp"].contains(&protocol.as_str())
        }
        _ => false,
    }
}

fn volumes(rest: &str, words: Words) -> Option<String> {
    if words == Words::Either && original::is_expanded(rest) {
        return write::as_is("VOLUME", rest);
    }
    let quoted = go::quoted_list(rest);
    let list: Vec<&str> = match &quoted {
        Some(list) => list.iter().map(String::as_str).collect(),
        None => plain_paths(rest)?,
    };
    if list.is_empty() || list.iter().any(|path| path.trim().is_empty()) {
        return None;
    }
    Some(format!("VOLUME {}", write::expanded_json(&list)))
}

/// Paths that are separated by spaces; none: a space may be a part of one.
fn plain_paths(text: &str) -> Option<Vec<&str>> {
    let inner = text
        .strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .unwrap_or(text);
    let paths: Vec<_> = inner.split(' ').filter(|path| !path.is_empty()).collect();
    let absolute = |path: &&str| {
        path.starts_with(['/', '\\']) || path.get(1..).is_some_and(|rest| rest.starts_with(':'))
    };
    (paths.len() == 1 || paths.iter().all(absolute)).then_some(paths)
}

/// Options that builders know. An image is told by its name only, since a number counts the stages of another file.
const COPY_FLAGS: [&str; 9] = [
    "--from=",
    "--chown=",
    "--chmod=",
    "--checksum=",
    "--exclude=",
    "--link",
    "--parents",
    "--keep-git-dir",
    "--unpack",
];

fn copy(keyword: &str, rest: &str, words: Words) -> Option<String> {
    let (flags, rest) = copy_flags(rest, words)?;
    let instruction = format!("{keyword}{flags}");
    // Content of heredocs is not told.
    if rest.contains("<<") || is_checksum(rest.trim_start()) {
        return None;
    }
    if words == Words::Either && (original::is_expanded(rest) || rest.trim_start().starts_with('['))
    {
        return write::as_is(&instruction, rest);
    }
    let paths: Vec<_> = match words {
        Words::Evaluated => rest.split(' ').collect(),
        Words::Either => rest.split_whitespace().collect(),
    };
    if paths.len() < 2 || paths.iter().any(|path| path.contains('\n')) {
        return None;
    }
    let plain = |path: &&str| {
        let mut parts = path.split('*');
        !path.is_empty() && parts.all(|part| part.is_empty() || write::is_plain(part))
    };
    Some(if paths.iter().all(plain) {
        format!("{instruction} {}", paths.join(" "))
    } else {
        format!("{instruction} {}", write::expanded_json(&paths))
    })
}

/// The options, each behind a space, and what follows them.
fn copy_flags(text: &str, words: Words) -> Option<(String, &str)> {
    let mut flags = String::new();
    let mut rest = text;
    while rest.trim_start().starts_with("--") {
        let (flag, after) = rest.trim_start().split_once(' ')?;
        let of_stage = flag
            .strip_prefix("--from=")
            .is_some_and(|from| from.parse::<u32>().is_ok());
        let known = COPY_FLAGS.iter().any(|known| flag.starts_with(known));
        let plain = write::is_plain(flag.trim_start_matches('-'))
            || words == Words::Either && original::is_expanded(flag);
        if of_stage || !known || !plain {
            return None;
        }
        flags.extend([" ", flag]);
        rest = after;
    }
    Some((flags, rest))
}

/// `file:0123… in /`: the classic builder and buildah put a checksum in the place of the sources.
fn is_checksum(text: &str) -> bool {
    let sum = ["file:", "dir:", "multi:"]
        .iter()
        .find_map(|kind| text.strip_prefix(kind));
    sum.and_then(|sum| sum.split_once(" in "))
        .is_some_and(|(sum, _)| {
            sum.chars()
                .all(|digit| digit.is_ascii_hexdigit() || digit == ',')
        })
        || text.starts_with("in ")
}

/// Instructions that `ONBUILD` may have.
const TRIGGERS: [&str; 15] = [
    "RUN",
    "COPY",
    "ADD",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "LABEL",
    "ARG",
    "USER",
    "WORKDIR",
    "EXPOSE",
    "VOLUME",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "SHELL",
];

fn trigger(rest: &str) -> Option<String> {
    let (keyword, arguments) = rest.split_once(' ')?;
    if !TRIGGERS.contains(&keyword) || arguments.contains("<<") {
        return None;
    }
    write::as_is("ONBUILD", rest)
}
