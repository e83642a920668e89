//! The host's side of one evaluation: what the policy may see, and what it has used so far.

use crate::bindings::polcheck::policy::log::Level;
use crate::bindings::polcheck::policy::types::FactError;
use crate::case::Case;
use crate::limits::Limits;
use crate::needs::Interfaces;
use model::matching::{self, InvalidPattern};
use model::{Interface, Need};
use regex::Regex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// How many compiled patterns one evaluation keeps.
const MAX_PATTERNS: usize = 64;

/// A limit that the host enforces itself, and the policy ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Exceeded {
    #[error("it wanted more than {} MiB of memory", .0 >> 20)]
    Memory(usize),
    #[error("it wanted tables of more than {0} elements")]
    Table(usize),
    #[error("it handed more than {} MiB of text to the host", .0 >> 20)]
    HostBytes(usize),
    #[error("it called the host more than {0} times")]
    HostCalls(u64),
    #[error("it logged more than {} KiB", .0 >> 10)]
    Log(usize),
}

/// The state of one evaluation, dropped with its instance.
pub(crate) struct Host {
    pub(crate) case: Arc<Case>,
    limits: Arc<Limits>,
    granted: Granted,
    memory_bytes: usize,
    table_elements: usize,
    calls: u64,
    bytes: usize,
    patterns: HashMap<String, Result<Regex, InvalidPattern>>,
    pub(crate) trace: Trace,
}

/// The families of facts of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Granted {
    /// What its rules say that they need or use.
    pub(crate) declared: Interfaces,
    /// What of it they are shown.
    pub(crate) shown: Interfaces,
}

/// What an evaluation leaves behind beside its answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) log: Vec<(Level, String)>,
    log_bytes: usize,
    /// The last thing the policy did was to log an error: the message of a panic, if a trap follows.
    pub(crate) last_words: bool,
    /// The keys of the request that were read.
    pub(crate) context: BTreeSet<String>,
    /// A family of facts that no rule of the call had declared, and that was asked for.
    pub(crate) undeclared: Option<Interface>,
}

impl Host {
    pub(crate) fn new(case: Arc<Case>, limits: Arc<Limits>, granted: Granted) -> Self {
        Self {
            case,
            limits,
            granted,
            memory_bytes: 0,
            table_elements: 0,
            calls: 0,
            bytes: 0,
            patterns: HashMap::new(),
            trace: Trace::default(),
        }
    }

    /// Every function of the host begins here.
    pub(crate) fn enter(&mut self) -> wasmtime::Result<()> {
        self.trace.last_words = false;
        self.calls += 1;
        if self.calls > self.limits.host_calls {
            return Err(Exceeded::HostCalls(self.limits.host_calls).into());
        }
        Ok(())
    }

    /// Every text that the policy hands over is counted here.
    pub(crate) fn take(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.host_bytes {
            return Err(Exceeded::HostBytes(self.limits.host_bytes).into());
        }
        Ok(())
    }

    /// The case, if the rules of this call may see a family of facts. Asking for one that none of them declared breaks the
    /// call.
    pub(crate) fn show(&mut self, interface: Interface) -> Result<Arc<Case>, FactError> {
        if self.granted.shown.contains(interface) {
            return Ok(Arc::clone(&self.case));
        }
        if self.granted.declared.contains(interface) {
            return Err(FactError::Absent);
        }
        self.trace.undeclared = Some(interface);
        Err(FactError::Denied)
    }

    /// Whether the rules of this call name a part of a family that is shown to nobody else.
    pub(crate) fn names(&self, need: Need) -> bool {
        self.granted.shown.names(need)
    }

    /// How many rows a list may have.
    pub(crate) fn max_rows(&self) -> usize {
        self.limits.rows
    }

    pub(crate) fn write_log(&mut self, level: Level, message: &str) -> wasmtime::Result<()> {
        self.trace.log_bytes = self.trace.log_bytes.saturating_add(message.len());
        if self.trace.log_bytes > self.limits.log_bytes {
            return Err(Exceeded::Log(self.limits.log_bytes).into());
        }
        self.trace.last_words = level == Level::Error;
        self.trace.log.push((level, message.to_owned()));
        Ok(())
    }

    /// A pattern is compiled once for each evaluation, as long as there are not too many.
    pub(crate) fn regex(&mut self, pattern: &str) -> &Result<Regex, InvalidPattern> {
        if self.patterns.len() >= MAX_PATTERNS && !self.patterns.contains_key(pattern) {
            self.patterns.clear();
        }
        self.patterns
            .entry(pattern.to_owned())
            .or_insert_with(|| matching::regex(pattern))
    }
}

/// Counts all memories and all tables of a store together, which wasmtime's own limiter does not.
impl ResourceLimiter for Host {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self
            .memory_bytes
            .saturating_sub(current)
            .saturating_add(desired);
        if total > self.limits.memory_bytes {
            return Err(Exceeded::Memory(self.limits.memory_bytes).into());
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let total = self
            .table_elements
            .saturating_sub(current)
            .saturating_add(desired);
        if total > self.limits.table_elements {
            return Err(Exceeded::Table(self.limits.table_elements).into());
        }
        self.table_elements = total;
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.limits.instances
    }

    fn memories(&self) -> usize {
        self.limits.instances
    }

    fn tables(&self) -> usize {
        self.limits.instances
    }
}
