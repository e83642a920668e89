//! `polcheck:policy/evaluation`: the circumstances.

use super::text;
use crate::bindings::polcheck::policy::evaluation::EnforcementPoint;
use crate::host::Host;
use model::report;
use wasmtime::component::{LinkerInstance, WasmStr};
use wasmtime::{Result, StoreContextMut};

pub(super) fn link(linker: &mut LinkerInstance<'_, Host>) -> Result<()> {
    linker.func_wrap("time", |mut store: StoreContextMut<'_, Host>, (): ()| {
        store.data_mut().enter()?;
        let seconds = store.data().case.circumstances.time.as_second();
        Ok((u64::try_from(seconds).unwrap_or_default(),))
    })?;
    linker.func_wrap("point", |mut store: StoreContextMut<'_, Host>, (): ()| {
        store.data_mut().enter()?;
        Ok((point(store.data().case.circumstances.point),))
    })?;
    linker.func_wrap(
        "subject-name",
        |mut store: StoreContextMut<'_, Host>, (): ()| {
            store.data_mut().enter()?;
            Ok((store.data().case.circumstances.subject_name.clone(),))
        },
    )?;
    linker.func_wrap("claims", |mut store: StoreContextMut<'_, Host>, (): ()| {
        store.data_mut().enter()?;
        Ok((store.data().case.circumstances.claims.clone(),))
    })?;
    linker.func_wrap(
        "context",
        |mut store: StoreContextMut<'_, Host>, (key,): (WasmStr,)| {
            store.data_mut().enter()?;
            let key = text(&mut store, &key)?;
            let value = store.data().case.circumstances.context.get(&key).cloned();
            if value.is_some() {
                store.data_mut().trace.context.insert(key);
            }
            Ok((value,))
        },
    )
}

fn point(point: report::EnforcementPoint) -> EnforcementPoint {
    match point {
        report::EnforcementPoint::Ci => EnforcementPoint::Ci,
        report::EnforcementPoint::Push => EnforcementPoint::Push,
        report::EnforcementPoint::Admission => EnforcementPoint::Admission,
        report::EnforcementPoint::Scan => EnforcementPoint::Scan,
    }
}
