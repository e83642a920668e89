//! `--device` of `RUN`.

use crate::csv;
use crate::number;
use crate::suggest::with_suggestion;
use crate::text::lower;

/// Checks a device as BuildKit does on reading it.
pub(crate) fn check(text: &str) -> Result<(), String> {
    let fields =
        csv::fields(text).map_err(|error| format!("failed to parse csv devices: {error}"))?;
    let mut name = String::new();
    for field in fields {
        match field
            .split_once('=')
            .map(|(key, value)| (lower(key), value))
        {
            None if lower(&field) == "required" => {}
            None if name.is_empty() => name = field,
            None => return Err(format!("invalid field '{field}' must be a key=value pair")),
            Some((key, _)) if key == "name" && !name.is_empty() => {
                return Err(format!("device name already set to {name}"));
            }
            Some((key, value)) if key == "name" => value.clone_into(&mut name),
            Some((key, value)) if key == "required" => {
                if number::boolean(value).is_none() {
                    return Err(format!("invalid value for {key}: {value}"));
                }
            }
            Some(_) if name.is_empty() => name = field,
            Some((key, _)) => {
                let message = format!("unexpected key '{key}' in '{field}'");
                return Err(with_suggestion(message, &key, &["name", "required"], true));
            }
        }
    }
    Ok(())
}
