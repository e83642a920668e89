//! `polcheck:policy/dockerfile`: the file that made the image.

use super::{granted, texts};
use crate::bindings::polcheck::policy::dockerfile as wit;
use crate::bindings::polcheck::policy::types::FactError;
use crate::case::{Answer, Case};
use crate::convert::dockerfile as into;
use crate::host::Host;
use model::Interface;
use model::facts::DockerfileFacts;
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Lower, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

type Linker<'a> = LinkerInstance<'a, Host>;

pub(super) fn link(linker: &mut Linker<'_>) -> Result<()> {
    fact(linker, "source", |file| Ok(into::source(file)))?;
    fact(linker, "status", |file| Ok(into::status(file)))?;
    fact(linker, "text", |file| Ok(file.text.clone()))?;
    fact(linker, "ignore-patterns", |file| {
        file.ignore_patterns.clone().ok_or(FactError::Absent)
    })?;
    lists(linker)?;
    linker.func_wrap("stages", |mut store: StoreContextMut<'_, Host>, (): ()| {
        let rows = case(&mut store)?.and_then(|case| case.stages());
        Ok((limited(&store, rows),))
    })?;
    linker.func_wrap(
        "config",
        |mut store: StoreContextMut<'_, Host>, (stage,): (u32,)| {
            Ok((case(&mut store)?.and_then(|case| case.stage_config(stage)),))
        },
    )?;
    linker.func_wrap(
        "instructions",
        |mut store: StoreContextMut<'_, Host>, (keywords,): (Vec<wit::Keyword>,)| {
            let case = case(&mut store)?;
            store.data_mut().take(keywords.len())?;
            let rows = case.and_then(|case| case.instructions(&keywords));
            Ok((limited(&store, rows),))
        },
    )?;
    linker.func_wrap(
        "commands",
        |mut store: StoreContextMut<'_, Host>, (names,): (WasmList<WasmStr>,)| {
            let case = case(&mut store)?;
            let names = texts(&mut store, &names)?;
            let limit = store.data().max_rows();
            let commands = case.and_then(|case| case.commands(&names));
            Ok((commands.and_then(|list| list.limited(limit)),))
        },
    )
}

/// The lists that are answered as they are.
fn lists(linker: &mut Linker<'_>) -> Result<()> {
    list(linker, "directives", |file| {
        Ok(rows(&file.directives, into::directive))
    })?;
    list(linker, "diagnostics", |file| {
        Ok(rows(&file.diagnostics, into::diagnostic))
    })?;
    list(linker, "skipped-diagnostics", |file| {
        Ok(rows(&file.skipped_diagnostics, into::diagnostic))
    })?;
    list(linker, "mounts", |file| Ok(rows(&file.mounts, into::mount)))?;
    list(linker, "flows", |file| Ok(rows(&file.flows, into::flow)))?;
    list(linker, "suppressions", |file| {
        Ok(rows(&file.suppressions, into::suppression))
    })?;
    list(linker, "comparison", |file| {
        let differences = file.comparison.as_ref().ok_or(FactError::Absent)?;
        Ok(rows(differences, into::difference))
    })?;
    linker.func_wrap(
        "variable-uses",
        |mut store: StoreContextMut<'_, Host>, (only_undefined,): (bool,)| {
            let case = case(&mut store)?;
            let uses = case.and_then(|case| {
                let uses = &case.dockerfile()?.variable_uses;
                let wanted = uses.iter().filter(|used| !only_undefined || !used.defined);
                Ok(wanted.map(into::variable_use).collect::<Vec<_>>())
            });
            Ok((limited(&store, uses),))
        },
    )
}

fn rows<F, T>(facts: &[F], convert: fn(&F) -> T) -> Vec<T> {
    facts.iter().map(convert).collect()
}

/// A function without parameters that answers one fact.
fn fact<T>(
    linker: &mut Linker<'_>,
    name: &str,
    read: fn(&DockerfileFacts) -> Answer<T>,
) -> Result<()>
where
    T: Lower + 'static,
{
    linker.func_wrap(name, move |mut store: StoreContextMut<'_, Host>, (): ()| {
        let case = case(&mut store)?;
        Ok((case.and_then(|case| read(case.dockerfile()?)),))
    })
}

/// The same for a list, which has a limit on its rows.
fn list<T>(
    linker: &mut Linker<'_>,
    name: &str,
    read: fn(&DockerfileFacts) -> Answer<Vec<T>>,
) -> Result<()>
where
    T: Lower + 'static,
{
    linker.func_wrap(name, move |mut store: StoreContextMut<'_, Host>, (): ()| {
        let rows = case(&mut store)?.and_then(|case| read(case.dockerfile()?));
        Ok((limited(&store, rows),))
    })
}

fn limited<T>(store: &StoreContextMut<'_, Host>, rows: Answer<Vec<T>>) -> Answer<Vec<T>> {
    super::within(rows?, store.data().max_rows())
}

fn case(store: &mut StoreContextMut<'_, Host>) -> Result<Answer<Arc<Case>>> {
    granted(store, Interface::Dockerfile)
}
