//! Takes a logical line apart: keyword, options, and the rest.

use crate::instruction::{Flag, Keyword, Word};
use crate::json::{self, Array};
use crate::lines::Logical;
use crate::quote::quoted;
use crate::text::{decode, is_blank, trim};
use std::ops::Range;

/// A logical line whose arguments are still in one piece.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) name: Range<usize>,
    pub(crate) flags: Vec<Flag>,
    pub(crate) rest: Range<usize>,
}

/// The arguments of an instruction.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) words: Vec<Word>,
    pub(crate) exec_form: bool,
    pub(crate) broken_json: bool,
    /// Whether heredocs may follow.
    pub(crate) heredocs: bool,
}

/// Separates the keyword and the options from the rest.
pub(crate) fn split(line: &Logical, within: Range<usize>, escape: u8) -> Split {
    let Range { start, end } = trim(line.text(), within);
    let text = line.part(start..end);
    let Some(length) = text.iter().position(|byte| is_blank(*byte)) else {
        return Split {
            name: start..end,
            flags: Vec::new(),
            rest: end..end,
        };
    };
    let blanks = text
        .iter()
        .skip(length)
        .take_while(|byte| is_blank(**byte))
        .count();
    let mut rest = start + length + blanks..end;
    let flags = flags(line, &mut rest, escape);
    Split {
        name: start..start + length,
        flags,
        rest: trim(line.text(), rest),
    }
}

/// White space of Latin-1: BuildKit looks for options byte by byte.
fn is_latin_space(byte: u8) -> bool {
    char::from(byte).is_whitespace()
}

/// Takes the options from the start of the rest.
fn flags(line: &Logical, rest: &mut Range<usize>, escape: u8) -> Vec<Flag> {
    let mut flags = Vec::new();
    loop {
        let text = line.part(rest.clone());
        rest.start += text
            .iter()
            .take_while(|byte| is_latin_space(**byte))
            .count();
        let text = line.part(rest.clone());
        if !text.starts_with(b"--") {
            return flags;
        }
        let (option, length) = unquoted_word(text, escape);
        let start = rest.start;
        rest.start += length;
        let Some(option) = option
            .strip_prefix("--")
            .filter(|option| !option.is_empty())
        else {
            return flags;
        };
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        flags.push(Flag {
            name: name.to_owned(),
            value,
            span: line.span(start..rest.start),
        });
    }
}

/// The first word without its quotes and escapes, and its length as it is written.
fn unquoted_word(text: &[u8], escape: u8) -> (String, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut bytes = text.iter().copied().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (byte, quote) {
            _ if quote == Some(byte) => quote = None,
            (b'\'' | b'"', None) => quote = Some(byte),
            (byte, None) if is_latin_space(byte) => return (word, at),
            // At the very end, it escapes nothing and is left out.
            (byte, _) if byte == escape => {
                word.extend(bytes.next().map(|(_, byte)| char::from(byte)));
            }
            // Each byte becomes a character: so `é` is read as `Ã©`.
            (byte, _) => word.push(char::from(byte)),
        }
    }
    (word, text.len())
}

/// Reads the arguments as the keyword wants them.
pub(crate) fn arguments(
    keyword: Option<Keyword>,
    line: &Logical,
    rest: Range<usize>,
    escape: u8,
) -> Result<Arguments, String> {
    let Some(keyword) = keyword else {
        // BuildKit looks at nothing behind a name that it does not know.
        return Ok(words(vec![line.word(rest.end..rest.end)]));
    };
    let mut arguments = match keyword {
        Keyword::Add | Keyword::Copy | Keyword::Volume => json_or(line, rest, separated)?,
        Keyword::Cmd | Keyword::Entrypoint | Keyword::Run | Keyword::Shell => {
            json_or(line, rest, whole)?
        }
        Keyword::Arg => words(
            variables(line, rest, escape)
                .into_iter()
                .map(|range| line.word(range))
                .collect(),
        ),
        Keyword::Env | Keyword::Label => words(pairs(keyword, line, rest, escape)?),
        Keyword::Expose | Keyword::From => words(separated(line, rest)),
        Keyword::Healthcheck => healthcheck(line, rest)?,
        Keyword::Onbuild => return trigger(line, rest, escape),
        Keyword::Maintainer | Keyword::Stopsignal | Keyword::User | Keyword::Workdir => {
            words(whole(line, rest))
        }
    };
    arguments.heredocs =
        matches!(keyword, Keyword::Add | Keyword::Copy | Keyword::Run) && !arguments.exec_form;
    Ok(arguments)
}

fn words(words: Vec<Word>) -> Arguments {
    Arguments {
        words,
        ..Arguments::default()
    }
}

fn whole(line: &Logical, rest: Range<usize>) -> Vec<Word> {
    if rest.is_empty() {
        Vec::new()
    } else {
        vec![line.word(rest)]
    }
}

fn separated(line: &Logical, rest: Range<usize>) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = rest.start;
    for (at, byte) in rest.clone().zip(line.part(rest.clone())) {
        if is_blank(*byte) {
            if at > start {
                words.push(line.word(start..at));
            }
            start = at + 1;
        }
    }
    if rest.end > start {
        words.push(line.word(start..rest.end));
    }
    words
}

/// A JSON array, or else what the other function reads.
fn json_or(
    line: &Logical,
    rest: Range<usize>,
    otherwise: fn(&Logical, Range<usize>) -> Vec<Word>,
) -> Result<Arguments, String> {
    let array = trim(line.text(), rest.clone()).start..rest.end;
    match json::array(line.part(array.clone())) {
        Array::Strings(items) => {
            let word = |item: json::Item| Word {
                span: line.span(array.start + item.range.start..array.start + item.range.end),
                text: item.text,
            };
            let mut arguments = words(items.into_iter().map(word).collect());
            arguments.exec_form = true;
            Ok(arguments)
        }
        Array::Mixed => {
            Err("when using JSON array syntax, arrays must be comprised of strings only".to_owned())
        }
        Array::Invalid => {
            let mut arguments = words(otherwise(line, rest));
            arguments.broken_json = line.part(array).starts_with(b"[");
            Ok(arguments)
        }
    }
}

/// The type and the command; the type ends byte by byte.
fn healthcheck(line: &Logical, rest: Range<usize>) -> Result<Arguments, String> {
    let text = line.part(rest.clone());
    let length = text
        .iter()
        .take_while(|byte| !is_latin_space(**byte))
        .count();
    if length == 0 {
        return Ok(Arguments::default());
    }
    let blanks = text
        .iter()
        .skip(length)
        .take_while(|byte| is_latin_space(**byte))
        .count();
    let kind = line.word(rest.start..rest.start + length);
    let mut arguments = json_or(line, rest.start + length + blanks..rest.end, whole)?;
    arguments.words.insert(0, kind);
    Ok(arguments)
}

/// The keyword of a trigger and its arguments; a trigger of a trigger is among them.
fn trigger(line: &Logical, mut rest: Range<usize>, escape: u8) -> Result<Arguments, String> {
    let mut words = Vec::new();
    while !rest.is_empty() {
        let nested = split(line, rest, escape);
        words.push(line.word(nested.name.clone()));
        let keyword = Keyword::read(line.part(nested.name));
        if keyword == Some(Keyword::Onbuild) {
            rest = nested.rest;
            continue;
        }
        let arguments = arguments(keyword, line, nested.rest, escape)?;
        let heredocs = arguments.heredocs && words.len() == 1;
        words.extend(arguments.words);
        return Ok(Arguments {
            words,
            heredocs,
            ..Arguments::default()
        });
    }
    Ok(Arguments {
        words,
        ..Arguments::default()
    })
}

/// Words that may be quoted; quotes and escapes are kept.
fn variables(line: &Logical, rest: Range<usize>, escape: u8) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = rest.start;
    while let Some((read, width)) = decode(line.part(at..rest.end)) {
        if read.is_whitespace() {
            at += width;
            continue;
        }
        let (kept, length) = variable(line.part(at..rest.end), escape);
        if kept > 0 {
            words.push(at..at + kept);
        }
        at += length;
    }
    words
}

/// How much of the text is its first word, and how much of it was read.
fn variable(text: &[u8], escape: u8) -> (usize, usize) {
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    let mut at = 0;
    let mut quote = None;
    while let Some((read, width)) = decode(rest(at)) {
        if quote.is_none() && read.is_whitespace() {
            break;
        }
        if read == char::from(escape) && quote != Some('\'') {
            let Some((_, escaped)) = decode(rest(at + width)) else {
                // At the very end, it escapes nothing and is left out.
                return (at, text.len());
            };
            at += width + escaped;
            continue;
        }
        if quote == Some(read) {
            quote = None;
        } else if quote.is_none() && matches!(read, '\'' | '"') {
            quote = Some(read);
        }
        at += width;
    }
    (at, at)
}

/// Three words for each pair: key, value, and the equals sign or nothing.
fn pairs(
    keyword: Keyword,
    line: &Logical,
    rest: Range<usize>,
    escape: u8,
) -> Result<Vec<Word>, String> {
    let equals_sign = |range: &Range<usize>| {
        let text = line.part(range.clone());
        text.iter()
            .position(|byte| *byte == b'=')
            .map(|at| range.start + at)
    };
    let variables = variables(line, rest.clone(), escape);
    if let Some(first) = variables.first()
        && equals_sign(first).is_none()
    {
        return old_pair(keyword, line, rest);
    }
    let mut words = Vec::with_capacity(variables.len() * 3);
    for range in variables {
        let Some(sign) = equals_sign(&range) else {
            return Err(format!(
                "Syntax error - can't find = in {}. Must be of the form: name=value",
                quoted(&line.word(range).text)
            ));
        };
        words.push(line.word(range.start..sign));
        words.push(line.word(sign + 1..range.end));
        words.push(line.word(sign..sign + 1));
    }
    Ok(words)
}

/// `ENV key and all that follows`
fn old_pair(keyword: Keyword, line: &Logical, rest: Range<usize>) -> Result<Vec<Word>, String> {
    let text = line.part(rest.clone());
    let Some(length) = text.iter().position(|byte| is_blank(*byte)) else {
        return Err(format!("{} must have two arguments", keyword.as_str()));
    };
    let blanks = text
        .iter()
        .skip(length)
        .take_while(|byte| is_blank(**byte))
        .count();
    let key = rest.start..rest.start + length;
    let value = key.end + blanks..rest.end;
    Ok(vec![
        line.word(key.clone()),
        line.word(value),
        line.word(key.end..key.end),
    ])
}
