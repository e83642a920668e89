//! What policies can import: one file an interface. Nothing else is linked, and no WASI at all.

mod evaluation;
mod image;
mod log;
mod matching;
mod settings;

use crate::host::Host;
use wasmtime::component::{Linker, WasmStr};
use wasmtime::{Result, StoreContextMut};

/// The minor version of the contract that these functions serve.
const VERSION: &str = "0.1.0";

/// Links every interface.
pub(crate) fn link(linker: &mut Linker<Host>) -> Result<()> {
    evaluation::link(&mut linker.instance(&name("evaluation"))?)?;
    image::link(&mut linker.instance(&name("image"))?)?;
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
