//! `polcheck:policy/attestations`: what is attached, and what came of verifying it.

use super::{granted, text, texts, within};
use crate::bindings::polcheck::policy::attestations as wit;
use crate::case::{Answer, Case};
use crate::convert::attestations::{self as into, Shown};
use crate::host::Host;
use model::facts::AttestationFacts;
use model::{Interface, Need};
use std::sync::Arc;
use wasmtime::component::{LinkerInstance, Lower, WasmList, WasmStr};
use wasmtime::{Result, StoreContextMut};

type Linker<'a> = LinkerInstance<'a, Host>;

pub(super) fn link(linker: &mut Linker<'_>) -> Result<()> {
    fact(linker, "trusts-anybody", |facts, _| {
        Ok(facts.trust_policy.is_some())
    })?;
    fact(linker, "signers", |facts, limit| {
        within(into::signers(facts), limit)
    })?;
    fact(linker, "trusted-claims", |facts, limit| {
        let claims: Vec<String> = facts.trusted_claims.iter().cloned().collect();
        within(claims, limit)
    })?;
    linker.func_wrap(
        "attached",
        |mut store: StoreContextMut<'_, Host>,
         (subject, types): (wit::Subject, WasmList<WasmStr>)| {
            let case = case(&mut store)?;
            let types = texts(&mut store, &types)?;
            let (shown, limit) = (shown(&store), store.data().max_rows());
            let rows =
                case.and_then(|case| into::attached(case.attestations()?, subject, &types, shown));
            Ok((rows.and_then(|rows| within(rows, limit)),))
        },
    )?;
    linker.func_wrap(
        "predicate",
        |mut store: StoreContextMut<'_, Host>, (id,): (u32,)| {
            let case = case(&mut store)?;
            let shown = shown(&store);
            Ok((case.and_then(|case| into::predicate_json(case.attestations()?, id, shown)),))
        },
    )?;
    part(linker, "predicate-value", into::predicate_value)?;
    part(linker, "predicate-text", into::predicate_text)
}

/// A function without parameters that answers one fact, or a list within a limit.
fn fact<T>(
    linker: &mut Linker<'_>,
    name: &str,
    read: fn(&AttestationFacts, usize) -> Answer<T>,
) -> Result<()>
where
    T: Lower + 'static,
{
    linker.func_wrap(name, move |mut store: StoreContextMut<'_, Host>, (): ()| {
        let case = case(&mut store)?;
        let limit = store.data().max_rows();
        Ok((case.and_then(|case| read(case.attestations()?, limit)),))
    })
}

/// A function of a statement and a pointer into it.
fn part(
    linker: &mut Linker<'_>,
    name: &str,
    read: fn(&AttestationFacts, u32, &str, Shown) -> Answer<Option<String>>,
) -> Result<()> {
    linker.func_wrap(
        name,
        move |mut store: StoreContextMut<'_, Host>, (id, pointer): (u32, WasmStr)| {
            let case = case(&mut store)?;
            let pointer = text(&mut store, &pointer)?;
            let shown = shown(&store);
            Ok((case.and_then(|case| read(case.attestations()?, id, &pointer, shown)),))
        },
    )
}

/// What of the family the rules of this call see.
fn shown(store: &StoreContextMut<'_, Host>) -> Shown {
    Shown {
        unverified: store.data().names(Need::UnverifiedAttestations),
        base: store.data().names(Need::BaseAttestations),
    }
}

fn case(store: &mut StoreContextMut<'_, Host>) -> Result<Answer<Arc<Case>>> {
    granted(store, Interface::Attestations)
}
