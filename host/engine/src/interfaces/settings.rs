//! `polcheck:policy/settings`: values by JSON pointer.

use super::text;
use crate::host::Host;
use model::canonical;
use serde_json::Value;
use wasmtime::component::{LinkerInstance, Lower, WasmStr};
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap(
        "raw",
        |mut store: StoreContextMut<'_, Host>, (rule,): (WasmStr,)| {
            store.data_mut().enter()?;
            let rule = text(&mut store, &rule)?;
            let raw = store
                .data()
                .settings(&rule)
                .and_then(|settings| canonical::json(settings).ok());
            Ok((raw.unwrap_or_else(|| "{}".to_owned()),))
        },
    )?;
    value(linker, "text", |value| {
        value?.as_str().map(ToOwned::to_owned)
    })?;
    value(linker, "texts", |value| -> Vec<String> {
        let members = value.and_then(Value::as_array).into_iter().flatten();
        members
            .filter_map(|member| member.as_str().map(ToOwned::to_owned))
            .collect()
    })?;
    value(linker, "integer", |value| value?.as_i64())?;
    value(linker, "number", |value| value?.as_f64())?;
    value(linker, "boolean", |value| value?.as_bool())?;
    value(linker, "keys", |value| -> Vec<String> {
        let mut keys: Vec<String> = value
            .and_then(Value::as_object)
            .map(|map| map.keys().cloned().collect())
            .unwrap_or_default();
        keys.sort_unstable();
        keys
    })?;
    value(linker, "length", |value| -> u32 {
        let length = match value {
            Some(Value::Array(members)) => members.len(),
            Some(Value::Object(members)) => members.len(),
            _ => 0,
        };
        u32::try_from(length).unwrap_or(u32::MAX)
    })
}

/// A function of a rule and a pointer.
fn value<T>(
    linker: &mut LinkerInstance<'_, Host>,
    name: &str,
    read: fn(Option<&Value>) -> T,
) -> Result<()>
where
    T: Lower + 'static,
{
    linker.func_wrap(
        name,
        move |mut store: StoreContextMut<'_, Host>, (rule, pointer): (WasmStr, WasmStr)| {
            store.data_mut().enter()?;
            let (rule, pointer) = (rule.to_str(&store)?, pointer.to_str(&store)?);
            let bytes = rule.len() + pointer.len();
            let settings = store.data().settings(&rule);
            let found = read(settings.and_then(|settings| at(settings, &pointer)));
            store.data_mut().take(bytes)?;
            Ok((found,))
        },
    )
}

/// What a pointer leads to; most lead to a member of the whole, and need not be taken apart.
fn at<'a>(settings: &'a Value, pointer: &str) -> Option<&'a Value> {
    match pointer.strip_prefix('/') {
        Some(member) if !member.contains(['/', '~']) => settings.get(member),
        _ => settings.pointer(pointer),
    }
}

impl Host {
    fn settings(&self, rule: &str) -> Option<&Value> {
        self.case.settings.get(rule)
    }
}
