//! Loads policies and runs them inside limits. The only place that knows WebAssembly.
//!
//! A policy is a component. Before any of it runs, its imports are read: they must be interfaces of the contract in
//! `wit/`, and there is no WASI. It is compiled in a process of its own, asked to describe itself with every import a
//! trap, and then evaluated as often as wanted, **each time in a fresh instance**, with fuel, a deadline, and a limit on
//! everything it can ask for. Whatever goes wrong makes the rule broken, and nothing broken is ever a pass.
//!
//! Everything here is synchronous and busy: callers run it on threads that may block.

mod bindings;
mod cache;
mod case;
mod compile;
mod component;
mod config;
mod convert;
mod error;
mod evaluate;
mod host;
mod interfaces;
mod limits;
mod needs;
mod pack;
mod sandbox;
mod walk;

pub use cache::Cache;
pub use case::{Case, Circumstances, Settings};
pub use compile::{Compiler, compile_stdin_to_stdout};
pub use config::Allocation;
pub use error::{CacheError, EngineError, LoadError, MetadataError};
pub use evaluate::Evaluation;
pub use limits::{Limits, MAX_COMPONENT_BYTES, MAX_STACK_BYTES};
pub use pack::Pack;
pub use sandbox::{Engine, Options};

/// The contract that policies are built against.
pub const CONTRACT: &str = "polcheck:policy@0.1.0";
/// What runs them.
pub const ENGINE: &str = "wasmtime-48";
