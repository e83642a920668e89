//! Write policies for polcheck in Rust.
//!
//! A policy is a pack of rules. A rule is a file `src/<group>/<rule>.rs`, whose id is `<group>.<rule>` and whose module
//! documentation is its documentation: a title, why it matters, and examples that fail and pass. The examples run as
//! tests.
//!
//! ```
//! //! The image listens on port 22
//! //!
//! //! ## Why
//! //! A container is entered with `kubectl exec`; a second way in is a second thing to guard.
//! //!
//! //! ## Examples
//! //! ```json fails
//! //! { "config": { "ExposedPorts": { "22/tcp": {} } } }
//! //! ```
//! //! ```json passes
//! //! { "config": { "ExposedPorts": { "8080/tcp": {} } } }
//! //! ```
//!
//! use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings};
//!
//! pub const RULE: Rule = Rule { aliases: &["DS-0004"], ..Rule::of(check) };
//!
//! fn check(facts: &Facts, _: &Settings) -> Judgement {
//!     let config = facts.config()?;
//!     let ssh = config.exposed_ports.iter().filter(|port| *port == "22/tcp");
//!     Ok(ssh.map(|port| Finding::new("the image listens for ssh").at(Location::config(&["config", "ExposedPorts", port]))).collect())
//! }
//! ```
//!
//! `src/lib.rs` is [`pack!`], `build.rs` is `polcheck_sdk_build::rules()`. Build it for `wasm32-unknown-unknown`, where
//! there is no clock, no file and no network, and make a component of it.
//!
//! A native build of a pack is its test: [`testing`] makes facts without a host.

#[cfg(all(target_arch = "wasm32", not(feature = "std-allocator")))]
mod allocator;
pub mod attestations;
mod config;
pub mod dockerfile;
mod facts;
mod finding;
#[cfg(target_arch = "wasm32")]
mod imports;
mod pack;
mod rule;
mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use bindings::polcheck::policy::base_image::{Base, BaseSource, ImageBase};
pub use bindings::polcheck::policy::evaluation::EnforcementPoint;
pub use bindings::polcheck::policy::image::{HistoryEntry, Layer, ManifestInfo};
pub use bindings::polcheck::policy::matching::Reference;
pub use bindings::polcheck::policy::types::{
    Confidence, FactError, HealthCheck, ImageConfig, KeyValue, Platform, Severity, Span,
};
pub use config::{ConfigSource, Item, Known, RunConfig, Value};
pub use facts::Facts;
pub use finding::{Finding, Location};
pub use pack::{Pack, RegisteredRule};
pub use rule::{Judgement, Rule, Unsettled};
pub use settings::Settings;

#[cfg(target_arch = "wasm32")]
use imports::Imports as Source;
#[cfg(not(target_arch = "wasm32"))]
use testing::Given as Source;

/// The contract, generated from `wit/`. What rules need is re-exported above.
#[doc(hidden)]
#[expect(clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "policy",
        pub_export_macro: true,
        additional_derives: [PartialEq, Eq],
        default_bindings_module: "polcheck_sdk::bindings",
    });
}
