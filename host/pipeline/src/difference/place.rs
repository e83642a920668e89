//! The places where two JSON values differ.

use super::text;
use model::canonical;
use serde_json::Value;
use std::collections::BTreeSet;

/// All keys of both, each once.
pub(super) fn keys<'a, T: 'a, K: Ord + ?Sized + 'a>(
    before: impl Iterator<Item = T>,
    after: impl Iterator<Item = T>,
    key: impl Fn(&T) -> &'a K,
) -> BTreeSet<&'a K> {
    before.chain(after).map(|it| key(&it)).collect()
}

/// The only key of what stands in the place of a fact that cannot be used.
const UNUSABLE: &str = "unusable";

pub(super) type Place<'a> = (String, Option<&'a Value>, Option<&'a Value>);

/// Finds the places where two values differ, as deep as both go on.
pub(super) fn walk<'a>(
    pointer: String,
    before: Option<&'a Value>,
    after: Option<&'a Value>,
    places: &mut Vec<Place<'a>>,
) {
    match (before, after) {
        (Some(before), Some(after)) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after)))
            if before.contains_key(UNUSABLE) == after.contains_key(UNUSABLE) =>
        {
            for key in keys(before.keys(), after.keys(), |key| *key) {
                let escaped = key.replace('~', "~0").replace('/', "~1");
                let inner = format!("{pointer}/{escaped}");
                walk(inner, before.get(key), after.get(key), places);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            let same = before.iter().zip(after).take_while(|(a, b)| a == b).count();
            // What was put in or taken out in the middle is named alone, not all that comes behind it.
            let behind = before.iter().rev().zip(after.iter().rev());
            let shorter = before.len().min(after.len());
            let tail = behind
                .take(shorter - same)
                .take_while(|(a, b)| a == b)
                .count();
            let end = before.len().max(after.len()) - tail;
            let at = |array: &'a [Value], index| {
                array
                    .get(index)
                    .filter(|_| index < array.len().saturating_sub(tail))
            };
            for index in same..end {
                let inner = format!("{pointer}/{index}");
                walk(inner, at(before, index), at(after, index), places);
            }
        }
        (before, after) => places.push((pointer, before, after)),
    }
}

/// Whether a place may hold what is not for everybody to read: values of variables and of build arguments, and texts.
pub(super) fn is_confidential(pointer: &str) -> bool {
    const PLACES: [&str; 12] = [
        "Env",
        "env",
        "text",
        "base64",
        "args",
        "values",
        "words",
        "assignments",
        "content",
        "buildArgs",
        "createdBy",
        "created_by",
    ];
    pointer.split('/').any(|part| PLACES.contains(&part))
}

/// How much of a text is shown.
const SHOWN: usize = 200;

/// A value in a few words. What has parts may have some that are not for everybody to read.
pub(super) fn short(value: &Value) -> String {
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    let text = match value {
        Value::Object(object) => match object.get(UNUSABLE) {
            Some(unusable) => format!("unusable ({})", text(unusable, "kind")),
            None => "{…}".to_owned(),
        },
        Value::Array(items) if !items.iter().all(is_plain) => format!("[… {} …]", items.len()),
        value => value.to_string(),
    };
    if text.chars().count() <= SHOWN {
        return text;
    }
    let digest = canonical::sha256(text.as_bytes());
    text.chars().take(SHOWN).collect::<String>() + "… (" + digest.as_ref() + ")"
}
