//! `polcheck:policy/base-image`: the images that stages begin with.

use super::granted;
use crate::host::Host;
use model::Interface;
use wasmtime::component::LinkerInstance;
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap(
        "of-stage",
        |mut store: StoreContextMut<'_, Host>, (stage,): (u32,)| {
            let case = granted(&mut store, Interface::BaseImage)?;
            Ok((case.and_then(|case| case.base_of_stage(stage)),))
        },
    )
}
