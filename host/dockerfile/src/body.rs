//! What instructions say, and what BuildKit refuses about them.

use crate::device;
use crate::flags::{Kind, check};
use crate::healthcheck;
use crate::instruction::{
    Body, CommandLine, Declaration, From, Instruction, Keyword, Pair, Run, Word,
};
use crate::mount;
use crate::quote::{quoted, quoted_bytes};
use crate::suggest::with_suggestion;
use crate::text::{is_regex_space, lossy, lower, part, upper};
use crate::transfer;

/// Reads what an instruction of the text says; the error is what BuildKit says.
pub(crate) fn read(instruction: &Instruction, data: &[u8]) -> Result<Body, String> {
    let arguments = &instruction.arguments;
    let Some(keyword) = instruction.keyword else {
        let name = &instruction.name.text;
        let message = format!("unknown instruction: {name}");
        return Err(with_suggestion(message, name, &Keyword::names(), false));
    };
    let options = || check(&instruction.flags, &[]);
    let body = match keyword {
        Keyword::Add => Body::Add(transfer::add(instruction)?),
        Keyword::Copy => Body::Copy(transfer::copy(instruction)?),
        Keyword::Arg => Body::Arg(declarations(arguments)?),
        Keyword::Env | Keyword::Label => {
            options()?;
            let pairs = pairs(keyword, arguments)?;
            if keyword == Keyword::Env {
                Body::Env(pairs)
            } else {
                Body::Label(pairs)
            }
        }
        Keyword::Cmd => Body::Cmd(options().map(|_| command_line(instruction))?),
        Keyword::Entrypoint => Body::Entrypoint(options().map(|_| command_line(instruction))?),
        Keyword::Run => Body::Run(run(instruction)?),
        Keyword::From => Body::From(from(instruction, data)?),
        Keyword::Healthcheck => Body::Healthcheck(healthcheck::read(instruction)?),
        Keyword::Onbuild => Body::Onbuild(onbuild(instruction)?),
        Keyword::Expose => {
            let mut ports = at_least_one(keyword, arguments)?.to_vec();
            options()?;
            ports.sort_by(|one, other| one.text.cmp(&other.text));
            Body::Expose(ports)
        }
        Keyword::Volume => {
            let volumes = at_least_one(keyword, arguments)?;
            options()?;
            Body::Volume(volumes.iter().map(volume).collect::<Result<_, _>>()?)
        }
        Keyword::Shell => {
            options()?;
            let words = at_least_one(keyword, arguments)?;
            if !instruction.exec_form {
                return Err("SHELL requires the arguments to be in JSON form".to_owned());
            }
            Body::Shell(words.to_vec())
        }
        // BuildKit does not look at the options of this one.
        Keyword::Stopsignal => Body::Stopsignal(exactly_one(keyword, arguments)?),
        Keyword::Maintainer => {
            Body::Maintainer(exactly_one(keyword, arguments).and_then(|it| options().map(|_| it))?)
        }
        Keyword::User => {
            Body::User(exactly_one(keyword, arguments).and_then(|it| options().map(|_| it))?)
        }
        Keyword::Workdir => {
            Body::Workdir(exactly_one(keyword, arguments).and_then(|it| options().map(|_| it))?)
        }
    };
    Ok(body)
}

fn at_least_one(keyword: Keyword, arguments: &[Word]) -> Result<&[Word], String> {
    if arguments.is_empty() {
        return Err(format!(
            "{} requires at least one argument",
            keyword.as_str()
        ));
    }
    Ok(arguments)
}

fn exactly_one(keyword: Keyword, arguments: &[Word]) -> Result<Word, String> {
    match arguments {
        [only] => Ok(only.clone()),
        _ => Err(format!(
            "{} requires exactly one argument",
            keyword.as_str()
        )),
    }
}

/// A part of a word: from a byte of its text to its end, or up to it.
fn cut(word: &Word, sign: usize) -> (Word, Word) {
    let (key, value) = word.text.split_at_checked(sign).unwrap_or_default();
    let value = value.strip_prefix('=').unwrap_or(value);
    let mut span = (word.span, word.span);
    // Otherwise something of the word is not as it is written, and its parts cannot be found.
    if word.span.end.byte - word.span.start.byte == word.text.len()
        && word.span.start.line == word.span.end.line
    {
        let behind = |bytes: usize| {
            let mut place = word.span.start;
            place.byte += bytes;
            place.column = place
                .column
                .saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
            place
        };
        span.0.end = behind(sign);
        span.1.start = behind(sign + 1);
    }
    let word = |text: &str, span| Word {
        text: text.to_owned(),
        span,
    };
    (word(key, span.0), word(value, span.1))
}

fn declarations(arguments: &[Word]) -> Result<Vec<Declaration>, String> {
    let read = |word: &Word| match word.text.find('=') {
        Some(0) => Err("ARG names can not be blank".to_owned()),
        Some(sign) => {
            let (key, default) = cut(word, sign);
            Ok(Declaration {
                key,
                default: Some(default),
            })
        }
        None => Ok(Declaration {
            key: word.clone(),
            default: None,
        }),
    };
    at_least_one(Keyword::Arg, arguments)?
        .iter()
        .map(read)
        .collect()
}

fn pairs(keyword: Keyword, arguments: &[Word]) -> Result<Vec<Pair>, String> {
    let mut pairs = Vec::with_capacity(arguments.len() / 3);
    for words in at_least_one(keyword, arguments)?.chunks(3) {
        let [key, value, sign] = words else {
            return Err(format!(
                "Bad input to {}, too many arguments",
                keyword.as_str()
            ));
        };
        if key.text.is_empty() {
            return Err(format!("{} names can not be blank", keyword.as_str()));
        }
        pairs.push(Pair {
            key: key.clone(),
            value: value.clone(),
            legacy: sign.text.is_empty(),
        });
    }
    Ok(pairs)
}

fn volume(word: &Word) -> Result<Word, String> {
    let text = word.text.trim();
    if text.is_empty() {
        return Err("VOLUME specified can not be an empty string".to_owned());
    }
    Ok(Word {
        text: text.to_owned(),
        span: word.span,
    })
}

fn command_line(instruction: &Instruction) -> CommandLine {
    CommandLine {
        words: instruction.arguments.clone(),
        shell_form: !instruction.exec_form,
    }
}

fn run(instruction: &Instruction) -> Result<Run, String> {
    const KNOWN: [(&str, Kind); 4] = [
        ("device", Kind::Many),
        ("mount", Kind::Many),
        ("network", Kind::Once),
        ("security", Kind::Once),
    ];
    let options = check(&instruction.flags, &KNOWN)?;
    let run = Run {
        command: command_line(instruction),
        mounts: options.values("mount"),
        network: options.value("network"),
        security: options.value("security"),
        devices: options.values("device"),
    };
    for device in &run.devices {
        device::check(&device.text)?;
    }
    for mount in &run.mounts {
        mount::check(&mount.text)?;
    }
    match run.network.as_ref().map(|word| word.text.as_str()) {
        None | Some("default" | "none" | "host") => {}
        Some(other) => return Err(format!("invalid network mode {}", quoted(other))),
    }
    match run.security.as_ref().map(|word| word.text.as_str()) {
        None | Some("insecure" | "sandbox") => {}
        Some(other) => return Err(format!("security {} is not valid", quoted(other))),
    }
    Ok(run)
}

fn from(instruction: &Instruction, data: &[u8]) -> Result<From, String> {
    let (base, name) = match instruction.arguments.as_slice() {
        [base] => (base.clone(), None),
        [base, between, name] if is_as(&between.text) => {
            (base.clone(), Some(stage_name(name, data)?))
        }
        _ => return Err("FROM requires either one or three arguments".to_owned()),
    };
    let options = check(&instruction.flags, &[("platform", Kind::Once)])?;
    Ok(From {
        base,
        name,
        platform: options.text("platform"),
    })
}

/// Go folds the long s, too.
fn is_as(text: &str) -> bool {
    let mut read = text.chars();
    matches!(
        (read.next(), read.next(), read.next()),
        (Some('a' | 'A'), Some('s' | 'S' | 'ſ'), None)
    )
}

fn stage_name(word: &Word, data: &[u8]) -> Result<Word, String> {
    let name = lower(&word.text);
    let is_valid = name.starts_with(|read: char| read.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'));
    if !is_valid {
        // Bytes that are not UTF-8 are shown as they are written.
        let written = part(data, word.span.start.byte..word.span.end.byte);
        let is_whole = lossy(written) == word.text;
        return Err(format!(
            "invalid name for build stage: {}, name can't start with a number or contain symbols",
            quoted_bytes(if is_whole {
                written
            } else {
                word.text.as_bytes()
            })
        ));
    }
    Ok(Word {
        text: name,
        span: word.span,
    })
}

/// What is stored: the line without its keyword, and the heredocs behind it.
fn onbuild(instruction: &Instruction) -> Result<Word, String> {
    let arguments = at_least_one(Keyword::Onbuild, &instruction.arguments)?;
    check(&instruction.flags, &[])?;
    let trigger = arguments
        .first()
        .map(|word| upper(word.text.trim()))
        .unwrap_or_default();
    match trigger.as_str() {
        "ONBUILD" => return Err("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed".to_owned()),
        "MAINTAINER" | "FROM" => {
            return Err(format!("{trigger} isn't allowed as an ONBUILD trigger"));
        }
        _ => {}
    }
    let space = |read: char| u8::try_from(read).is_ok_and(is_regex_space);
    let original = instruction.original.trim_start_matches(space);
    let mut text = match original.split_at_checked(Keyword::Onbuild.as_str().len()) {
        Some((name, rest)) if name.eq_ignore_ascii_case(Keyword::Onbuild.as_str()) => {
            rest.trim_start_matches(space).to_owned()
        }
        _ => instruction.original.clone(),
    };
    for heredoc in &instruction.heredocs {
        text.push('\n');
        text.push_str(&heredoc.content);
        text.push_str(&heredoc.name);
    }
    let start = arguments
        .first()
        .map_or(instruction.span, |word| word.span)
        .start;
    let end = instruction.span.end;
    Ok(Word {
        text,
        span: crate::Span { start, end },
    })
}
