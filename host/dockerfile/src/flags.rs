//! The options that an instruction knows.

use crate::instruction::{Flag, Word};
use crate::span::Span;
use crate::suggest::with_suggestion;
use crate::text::lower;

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `true`, `false` or nothing.
    Switch,
    /// A value.
    Once,
    /// A value, and it may be given again.
    Many,
}

/// The options of an instruction, checked.
#[derive(Debug)]
pub(crate) struct Options<'a>(&'a [Flag]);

/// Checks the options against those that the instruction knows.
pub(crate) fn check<'a>(flags: &'a [Flag], known: &[(&str, Kind)]) -> Result<Options<'a>, String> {
    let mut used = Vec::new();
    for flag in flags {
        let name = flag.name.as_str();
        let Some((known, kind)) = known.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> = known.iter().map(|(known, _)| *known).collect();
            return Err(with_suggestion(
                format!("unknown flag: --{name}"),
                name,
                &names,
                true,
            ));
        };
        if *kind != Kind::Many {
            if used.contains(known) {
                return Err(format!("duplicate flag specified: --{name}"));
            }
            used.push(*known);
        }
        check_value(flag, *kind)?;
    }
    Ok(Options(flags))
}

fn check_value(flag: &Flag, kind: Kind) -> Result<(), String> {
    let name = &flag.name;
    match (kind, flag.value.as_deref()) {
        (Kind::Switch, Some("")) | (Kind::Once | Kind::Many, None) => {
            Err(format!("missing a value on flag: --{name}"))
        }
        (Kind::Switch, Some(value)) if !matches!(lower(value).as_str(), "true" | "false") => Err(
            format!("expecting boolean value for flag --{name}, not: {value}"),
        ),
        _ => Ok(()),
    }
}

impl Options<'_> {
    /// The value of an option.
    pub(crate) fn value(&self, name: &str) -> Option<Word> {
        self.values(name).pop()
    }

    /// The value of an option, unless it is empty.
    pub(crate) fn text(&self, name: &str) -> Option<Word> {
        self.value(name).filter(|value| !value.text.is_empty())
    }

    /// All values of an option.
    pub(crate) fn values(&self, name: &str) -> Vec<Word> {
        let flags = self.0.iter().filter(|flag| flag.name == name);
        flags.filter_map(value).collect()
    }

    /// What a switch says.
    pub(crate) fn switch(&self, name: &str) -> Option<bool> {
        let flag = self.0.iter().find(|flag| flag.name == name)?;
        Some(
            flag.value
                .as_deref()
                .is_none_or(|value| lower(value) == "true"),
        )
    }
}

/// The value of an option and where it stands: behind the equals sign, if it is not quoted.
fn value(flag: &Flag) -> Option<Word> {
    let text = flag.value.clone()?;
    let Span { mut start, end } = flag.span;
    let sign = "--=".len() + flag.name.len();
    if end.byte - start.byte == sign + text.len() && start.line == end.line {
        start.byte += sign;
        start.column = start
            .column
            .saturating_add(u32::try_from(sign).unwrap_or(u32::MAX));
    }
    Some(Word {
        text,
        span: Span { start, end },
    })
}
