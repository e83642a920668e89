//! Writing `HEALTHCHECK`.

use super::{go, write};

/// The instruction, from what stands behind its keyword.
pub(super) fn write(text: &str) -> Option<String> {
    if let Some(fields) = text.strip_prefix("&{") {
        return from_values(fields.strip_suffix('}')?);
    }
    if let Some(fields) = text.strip_prefix('{') {
        return from_fields(fields.strip_suffix('}')?);
    }
    as_written(text)
}

/// `["CMD-SHELL" "true"] "30s" "3s" "0s" "0s" '\x03'`, as the classic builder prints it. The start period and the start
/// interval were added to the format one after the other.
fn from_values(fields: &str) -> Option<String> {
    let (test, values) = fields.rsplit_once(']')?;
    let test = go::quoted_list(&format!("{test}]"))?;
    let mut values: Vec<_> = values.split_whitespace().collect();
    let retries = go::character(values.pop()?)?;
    let names = ["interval", "timeout", "start-period", "start-interval"];
    if values.len() < 2 || values.len() > names.len() {
        return None;
    }
    let mut flags = String::new();
    for (name, value) in names.iter().zip(values) {
        let value = value.strip_prefix('"')?.strip_suffix('"')?;
        flags.push_str(&flag(name, value)?);
    }
    flags.push_str(&flag_of_retries(retries));
    check(&flags, &test)
}

/// `Test:[CMD-SHELL true] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3`, as `BuildKit` prints it.
fn from_fields(fields: &str) -> Option<String> {
    let (test, fields) = fields.strip_prefix("Test:")?.rsplit_once(" Interval:")?;
    let mut flags = String::new();
    for field in format!("Interval:{fields}").split(' ') {
        let (name, value) = field.split_once(':')?;
        let name = match name {
            "Interval" => "interval",
            "Timeout" => "timeout",
            "StartPeriod" => "start-period",
            "StartInterval" => "start-interval",
            "Retries" => {
                flags.push_str(&flag_of_retries(value.parse().ok()?));
                continue;
            }
            _ => return None,
        };
        flags.push_str(&flag(name, value)?);
    }
    let shell = test.strip_prefix("[CMD-SHELL ");
    let test = match shell.and_then(|command| command.strip_suffix(']')) {
        Some(command) => vec!["CMD-SHELL".to_owned(), command.to_owned()],
        None => go::plain_list(test)?,
    };
    check(&flags, &test)
}

/// Nothing, where the value is the default.
fn flag(name: &str, value: &str) -> Option<String> {
    if !is_duration(value) {
        return None;
    }
    let zero = !value.contains(|digit: char| ('1'..='9').contains(&digit));
    Some(if zero {
        String::new()
    } else {
        format!("--{name}={value} ")
    })
}

fn flag_of_retries(retries: u32) -> String {
    match retries {
        0 => String::new(),
        retries => format!("--retries={retries} "),
    }
}

/// `1m30s`, `1.5s`, `500ms`
fn is_duration(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.ends_with(['s', 'm', 'h'])
        && text
            .chars()
            .all(|character| character.is_ascii_digit() || "hmsun\u{b5}.".contains(character))
}

fn check(flags: &str, test: &[String]) -> Option<String> {
    let (kind, command) = test.split_first()?;
    match (kind.as_str(), command) {
        ("NONE", []) => Some("HEALTHCHECK NONE".to_owned()),
        ("CMD", [_, ..]) => Some(format!("HEALTHCHECK {flags}CMD {}", write::json(command))),
        ("CMD-SHELL", [command]) => {
            let command = command.trim();
            // In brackets, it may be read as a list.
            if command.is_empty() || command.starts_with('[') && command.ends_with(']') {
                return None;
            }
            write::as_is(&format!("HEALTHCHECK {flags}CMD"), command)
        }
        _ => None,
    }
}

/// As the author wrote it, with options that every builder knows.
fn as_written(text: &str) -> Option<String> {
    let mut rest = text;
    while let Some(option) = rest.strip_prefix("--") {
        let (option, after) = option.split_once(' ')?;
        let (name, value) = option.split_once('=')?;
        let known = match name {
            "interval" | "timeout" | "start-period" | "start-interval" => is_duration(value),
            "retries" => value.parse::<u16>().is_ok(),
            _ => false,
        };
        if !known {
            return None;
        }
        rest = after.trim_start();
    }
    let command = rest.strip_prefix("CMD ");
    if rest == "NONE" || command.is_some_and(|command| !command.trim().is_empty()) {
        return write::as_is("HEALTHCHECK", text);
    }
    None
}
