//! `HEALTHCHECK`.

use crate::flags::{Kind, Options, check};
use crate::instruction::{Healthcheck, Instruction};
use crate::number;
use crate::quote::quoted;
use crate::text::upper;

const KNOWN: [(&str, Kind); 5] = [
    ("interval", Kind::Once),
    ("timeout", Kind::Once),
    ("start-period", Kind::Once),
    ("start-interval", Kind::Once),
    ("retries", Kind::Once),
];

const MILLISECOND: i64 = 1_000_000;

/// Reads a `HEALTHCHECK`.
pub(crate) fn read(instruction: &Instruction) -> Result<Healthcheck, String> {
    let Some((kind, command)) = instruction.arguments.split_first() else {
        return Err("HEALTHCHECK requires at least one argument".to_owned());
    };
    let kind = upper(&kind.text);
    if kind == "NONE" {
        if !command.is_empty() {
            return Err("HEALTHCHECK NONE takes no arguments".to_owned());
        }
        // BuildKit does not look at its options.
        return Ok(Healthcheck {
            test: vec![kind],
            ..Healthcheck::default()
        });
    }
    let options = check(&instruction.flags, &KNOWN)?;
    if kind != "CMD" {
        return Err(format!(
            "Unknown type {} in HEALTHCHECK (try CMD)",
            quoted(&kind)
        ));
    }
    if command.is_empty() {
        return Err("Missing command after HEALTHCHECK CMD".to_owned());
    }
    let kind = if instruction.exec_form {
        "CMD"
    } else {
        "CMD-SHELL"
    };
    let command = command.iter().map(|word| word.text.clone());
    Ok(Healthcheck {
        test: [kind.to_owned()].into_iter().chain(command).collect(),
        interval: duration(&options, "interval")?,
        timeout: duration(&options, "timeout")?,
        start_period: duration(&options, "start-period")?,
        start_interval: duration(&options, "start-interval")?,
        retries: retries(&options)?,
    })
}

fn duration(options: &Options, name: &str) -> Result<i64, String> {
    let Some(value) = options.text(name) else {
        return Ok(0);
    };
    match number::duration(&value.text)? {
        0 => Ok(0),
        short if short < MILLISECOND => {
            Err(format!("Interval {} cannot be less than 1ms", quoted(name)))
        }
        nanoseconds => Ok(nanoseconds),
    }
}

fn retries(options: &Options) -> Result<i64, String> {
    let Some(value) = options.text("retries") else {
        return Ok(0);
    };
    match number::integer(&value.text)? {
        negative @ ..0 => Err(format!("--retries cannot be negative ({negative})")),
        retries => Ok(retries.into()),
    }
}
