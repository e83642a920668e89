//! The contract as wasmtime sees it, generated from `wit/`.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "policy",
    // Names of rules are handed over as they are.
    ownership: Borrowing { duplicate_if_necessary: false },
});
