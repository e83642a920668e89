//! `polcheck:policy/matching`: pure functions.

use super::text;
use crate::bindings::polcheck::policy::matching as wit;
use crate::host::Host;
use model::{Reference, matching};
use wasmtime::component::{LinkerInstance, WasmStr};
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap(
        "parse-reference",
        |mut store: StoreContextMut<'_, Host>, (reference,): (WasmStr,)| {
            store.data_mut().enter()?;
            let reference = text(&mut store, &reference)?;
            Ok((parse_reference(&reference),))
        },
    )?;
    linker.func_wrap(
        "glob-match",
        |mut store: StoreContextMut<'_, Host>, (pattern, given): (WasmStr, WasmStr)| {
            store.data_mut().enter()?;
            let pattern = text(&mut store, &pattern)?;
            let given = text(&mut store, &given)?;
            let translated = matching::translate_glob(&pattern);
            Ok((store
                .data_mut()
                .regex(&translated)
                .as_ref()
                .is_ok_and(|regex| regex.is_match(&given)),))
        },
    )?;
    linker.func_wrap(
        "regex-match",
        |mut store: StoreContextMut<'_, Host>, (pattern, given): (WasmStr, WasmStr)| {
            store.data_mut().enter()?;
            let pattern = text(&mut store, &pattern)?;
            let given = text(&mut store, &given)?;
            let compiled = store.data_mut().regex(&pattern).as_ref();
            Ok((compiled
                .map(|regex| regex.is_match(&given))
                .map_err(ToString::to_string),))
        },
    )
}

fn parse_reference(text: &str) -> Result<wit::Reference, String> {
    let reference: Reference = text
        .parse()
        .map_err(|error: model::reference::InvalidReference| error.to_string())?;
    Ok(wit::Reference {
        registry: reference.registry().to_owned(),
        repository: reference.repository().to_owned(),
        tag: reference.tag().map(ToOwned::to_owned),
        digest: reference.digest().map(ToString::to_string),
    })
}
