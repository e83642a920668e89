//! polcheck against the registries and clients that people use.
//!
//! `cargo xtask e2e` installs these peers and says where they and polcheck are. A test is about a [`world::World`]: a
//! registry of some [`registries::Kind`] on a free port of 127.0.0.1, a folder, and everybody who works in it. What a
//! test has shown it writes down; that is the table in `docs/reference/interop.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod attach;
mod certificates;
mod clients;
mod credentials;
mod images;
mod issuer;
mod kyverno;
mod local;
mod older_form;
mod parallel;
mod peers;
mod private_sigstore;
mod process;
mod push;
mod referrers;
mod registries;
mod sigstore;
mod transport;
mod world;
