//! `SOURCE_DATE_EPOCH`: a number, `context`, or a stage that adds one remote file.

use super::context::{Context, refusal};
use super::remote::{self, Source};
use super::state::Value;
use super::table::Table;
use crate::Refusal;
use crate::instruction::{Body, From, Instruction, Transfer, Word};
use std::ops::Range;

const NAME: &str = "SOURCE_DATE_EPOCH";

/// Reads the value, and puts into its place what BuildKit finds out. What it would have to fetch it leaves out here.
pub(super) fn resolve(context: &mut Context<'_>, stages: &[Range<usize>]) -> Result<(), Refusal> {
    let given = context.build_args.get(NAME).cloned();
    let global = context
        .globals
        .get(NAME)
        .map(|value| value.text.to_string());
    let Some(value) = given.or(global.filter(|value| !value.is_empty())) else {
        return Ok(());
    };
    let number = value.parse::<i64>().ok().map(|number| number.to_string());
    if number.is_none() && !value.is_empty() && value != "context" {
        check_stage(context, stages, &value)?;
    }
    replace(context, number.as_deref());
    Ok(())
}

fn replace(context: &mut Context<'_>, number: Option<&str>) {
    if context.build_args.contains_key(NAME) {
        match number {
            Some(number) => drop(
                context
                    .build_args
                    .insert(NAME.to_owned(), number.to_owned()),
            ),
            None => drop(context.build_args.remove(NAME)),
        }
    }
    if context.globals.contains(NAME) {
        match number {
            Some(number) => context.globals.renew(NAME, Value::clear(number)),
            None => context.globals = without(&context.globals, NAME),
        }
    }
}

fn without(table: &Table<Value>, name: &str) -> Table<Value> {
    let mut left = Table::default();
    for (other, value) in table.iter().filter(|(other, _)| *other != name) {
        left.renew(other, value.clone());
    }
    left
}

fn check_stage(
    context: &mut Context<'_>,
    stages: &[Range<usize>],
    value: &str,
) -> Result<(), Refusal> {
    let file = context.file;
    for stage in stages {
        let Some(instruction) = file.instructions.get(stage.start) else {
            continue;
        };
        let Some(Body::From(from)) = &instruction.body else {
            continue;
        };
        let named = from.name.as_ref().map_or("", |name| name.text.as_str());
        if !named.eq_ignore_ascii_case(value) {
            continue;
        }
        let commands = file
            .instructions
            .get(stage.start + 1..stage.end)
            .unwrap_or_default();
        return check_source(context, from, commands)
            .map_err(|message| refusal(instruction.lines.0, message));
    }
    Err(Refusal {
        line: None,
        message: format!("invalid {NAME}: {value}"),
    })
}

/// Such a stage stands on nothing, and adds one remote file or repository.
fn check_source(
    context: &mut Context<'_>,
    from: &From,
    commands: &[Instruction],
) -> Result<(), String> {
    let mut variables = without(&context.globals, NAME);
    let base = expand(context, &from.base, &variables).map_err(|error| {
        let base = crate::quote::quoted(&from.base.text);
        format!("failed to process source stage base name {base}: {error}")
    })?;
    if base != "scratch" {
        return Err(format!("{NAME} stage must use FROM scratch"));
    }
    let exactly_one = || format!("{NAME} stage must contain exactly one remote ADD");
    let mut added = false;
    for instruction in commands {
        match &instruction.body {
            Some(Body::Arg(declarations)) => {
                for declaration in declarations {
                    let name = &declaration.key.text;
                    let value = match (context.build_args.get(name), &declaration.default) {
                        (Some(given), _) => given.clone(),
                        (None, Some(default)) => expand(context, default, &variables)?,
                        (None, None) => continue,
                    };
                    variables.renew(name, Value::clear(&value));
                }
            }
            Some(Body::Add(_)) if added => return Err(exactly_one()),
            Some(Body::Add(transfer)) => {
                check_add(context, transfer, &variables)?;
                added = true;
            }
            _ => {
                let name = &instruction.name.text;
                return Err(format!(
                    "{NAME} stage does not meet source-only requirements: unsupported {name} instruction"
                ));
            }
        }
    }
    if added { Ok(()) } else { Err(exactly_one()) }
}

fn check_add(
    context: &mut Context<'_>,
    transfer: &Transfer,
    variables: &Table<Value>,
) -> Result<(), String> {
    let [source] = &*transfer.sources else {
        return Err(format!(
            "{NAME} stage must contain exactly one remote ADD source"
        ));
    };
    if !transfer.inline.is_empty() {
        return Err(format!(
            "{NAME} stage must contain exactly one remote ADD source"
        ));
    }
    let source = expand(context, source, variables)?;
    let kind = match remote::classify(&source) {
        // Here BuildKit looks for a file first.
        Err(_) if remote::is_http(&source) => Source::Http,
        kind => kind?,
    };
    if kind == Source::Local {
        return Err(format!(
            "{NAME} stage source must be a single HTTP(S) or Git ADD"
        ));
    }
    let Some(checksum) = transfer
        .checksum
        .as_ref()
        .filter(|checksum| !checksum.text.is_empty())
    else {
        return Ok(());
    };
    let checksum = expand(context, checksum, variables)?;
    match kind {
        // An empty checksum is none here, too, but BuildKit has it read.
        Source::Http if checksum.is_empty() => Err("invalid checksum digest format".to_owned()),
        Source::Http => remote::digest_problem(&checksum).map_or(Ok(()), Err),
        _ => Ok(()),
    }
}

fn expand(
    context: &mut Context<'_>,
    word: &Word,
    variables: &Table<Value>,
) -> Result<String, String> {
    let (outcome, effort) = context.expander.measured_word(&word.text, variables);
    let line = word.span.start.line;
    let text = outcome.map_err(|error| error.to_string())?.text;
    let taken = context.budget.take_work(effort, line);
    taken
        .and_then(|()| context.budget.take_text(text.len(), line))
        .map_err(|refusal| refusal.message)?;
    Ok(text)
}
