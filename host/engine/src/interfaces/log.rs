//! `polcheck:policy/log`: messages for the author of a policy.

use super::text;
use crate::bindings::polcheck::policy::log::Level;
use crate::host::Host;
use wasmtime::component::{LinkerInstance, WasmStr};
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap(
        "emit",
        |mut store: StoreContextMut<'_, Host>, (level, message): (Level, WasmStr)| {
            store.data_mut().enter()?;
            let message = text(&mut store, &message)?;
            store.data_mut().write_log(level, &message)
        },
    )
}
