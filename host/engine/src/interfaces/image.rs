//! `polcheck:policy/image`: manifest, config, history, layer descriptors.

use super::{granted, text, within};
use crate::case::{Answer, Case};
use crate::host::Host;
use model::Interface;
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Lower, WasmStr};
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    fact(linker, "manifest", Case::manifest)?;
    fact(linker, "config", Case::config)?;
    list(linker, "history", Case::history)?;
    list(linker, "layers", Case::layers)?;
    fact(linker, "raw-config", Case::raw_config)?;
    value(linker, "label", |config, key| {
        config.labels.get(key).cloned()
    })?;
    // As container engines do, the last entry of a name wins.
    value(linker, "env", |config, key| {
        config
            .variables()
            .rfind(|(name, _)| *name == key)
            .map(|(_, value)| value.to_owned())
    })
}

/// A function without parameters that answers one fact.
fn fact<T>(
    linker: &mut LinkerInstance<'_, Host>,
    name: &str,
    read: fn(&Case) -> Answer<T>,
) -> Result<()>
where
    T: Lower + 'static,
{
    linker.func_wrap(name, move |mut store: StoreContextMut<'_, Host>, (): ()| {
        let case = case(&mut store)?;
        Ok((case.and_then(|case| read(&case)),))
    })
}

/// The same for a list, which has a limit on its rows.
fn list<T>(
    linker: &mut LinkerInstance<'_, Host>,
    name: &str,
    read: fn(&Case) -> Answer<Arc<[T]>>,
) -> Result<()>
where
    T: Lower + Clone + Send + Sync + 'static,
{
    linker.func_wrap(name, move |mut store: StoreContextMut<'_, Host>, (): ()| {
        let case = case(&mut store)?;
        let limit = store.data().max_rows();
        Ok((case.and_then(|case| within(read(&case)?, limit)),))
    })
}

/// A function that answers one value of the config by its key.
fn value(
    linker: &mut LinkerInstance<'_, Host>,
    name: &str,
    read: fn(&model::facts::ImageConfig, &str) -> Option<String>,
) -> Result<()> {
    linker.func_wrap(
        name,
        move |mut store: StoreContextMut<'_, Host>, (key,): (WasmStr,)| {
            let case = case(&mut store)?;
            let key = text(&mut store, &key)?;
            Ok((case.and_then(|case| case.config_value(|config| read(config, &key))),))
        },
    )
}

fn case(store: &mut StoreContextMut<'_, Host>) -> Result<Answer<Arc<Case>>> {
    granted(store, Interface::Image)
}
