//! `polcheck:policy/base-image`: the images that stages begin with, and the one that the image was built on.

use super::granted;
use crate::bindings::polcheck::policy::types::FactError;
use crate::host::Host;
use model::{Interface, Need};
use wasmtime::component::LinkerInstance;
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap(
        "of-stage",
        |mut store: StoreContextMut<'_, Host>, (stage,): (u32,)| {
            let case = granted(&mut store, Interface::BaseImage)?;
            Ok((case.and_then(|case| case.base_of_stage(stage)),))
        },
    )?;
    linker.func_wrap(
        "of-image",
        |mut store: StoreContextMut<'_, Host>, (): ()| {
            let case = granted(&mut store, Interface::BaseImage)?;
            let is_named = store.data().names(Need::ImageBase);
            let named = case.and_then(|case| is_named.then_some(case).ok_or(FactError::Denied));
            Ok((named.and_then(|case| case.base_of_image()),))
        },
    )
}
