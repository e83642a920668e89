//! What policies can import: one file an interface. Nothing else is linked, and no WASI at all.

mod attestations;
mod base_image;
mod dockerfile;
mod evaluation;
mod image;
mod log;
mod matching;
mod settings;

use crate::bindings::polcheck::policy::types::FactError;
use crate::case::{Answer, Case};
use crate::host::Host;
use model::Interface;
use std::sync::Arc;
use wasmtime::component::{Linker, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

/// The minor version of the contract that these functions serve.
const VERSION: &str = "0.1.0";

/// Links every interface.
pub(crate) fn link(linker: &mut Linker<Host>) -> Result<()> {
    evaluation::link(&mut linker.instance(&name("evaluation"))?)?;
    image::link(&mut linker.instance(&name("image"))?)?;
    dockerfile::link(&mut linker.instance(&name("dockerfile"))?)?;
    base_image::link(&mut linker.instance(&name("base-image"))?)?;
    attestations::link(&mut linker.instance(&name("attestations"))?)?;
    settings::link(&mut linker.instance(&name("settings"))?)?;
    matching::link(&mut linker.instance(&name("matching"))?)?;
    log::link(&mut linker.instance(&name("log"))?)
}

fn name(interface: &str) -> String {
    format!("polcheck:policy/{interface}@{VERSION}")
}

/// A text that the policy hands over, counted before it is copied.
fn text(store: &mut StoreContextMut<'_, Host>, text: &WasmStr) -> Result<String> {
    let text = text.to_str(&*store)?.into_owned();
    store.data_mut().take(text.len())?;
    Ok(text)
}

/// A list of texts, each counted before it is copied.
fn texts(store: &mut StoreContextMut<'_, Host>, list: &WasmList<WasmStr>) -> Result<Vec<String>> {
    let members = list.iter(&mut *store)?.collect::<Result<Vec<_>>>()?;
    members.iter().map(|member| text(store, member)).collect()
}

/// The case, if the rules of this call have declared the interface.
fn granted(
    store: &mut StoreContextMut<'_, Host>,
    interface: Interface,
) -> Result<Answer<Arc<Case>>> {
    let host = store.data_mut();
    host.enter()?;
    Ok(host.show(interface))
}

/// Rows, if there are not too many. Nothing is ever cut silently.
pub(crate) fn within<T: AsRef<[R]>, R>(rows: T, limit: usize) -> Answer<T> {
    let found = rows.as_ref().len();
    if found > limit {
        return Err(FactError::TooLarge(format!(
            "{found} rows, and {limit} are allowed"
        )));
    }
    Ok(rows)
}
