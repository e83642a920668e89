//! The built-in packs lie in the binary. `cargo xtask build` makes them, and says so where they are missing.

use std::path::Path;

fn main() {
    // Asked when it runs: checkouts may share what was compiled.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let built = Path::new(&manifest).join("../../policies/built");
    for file in [
        "core.wasm",
        "core.cwasm",
        "core.json",
        "supply.wasm",
        "supply.cwasm",
        "supply.json",
    ] {
        println!("cargo::rerun-if-changed={}", built.join(file).display());
        if !built.join(file).exists() {
            println!("cargo::error=the built-in packs are not built: run `cargo xtask build`");
            return;
        }
    }
    println!("cargo::rustc-env=POLCHECK_PACKS={}", built.display());
}
