//! The contract as wasmtime sees it, generated from `wit/`.

wasmtime::component::bindgen!({ path: "../../wit", world: "policy" });
