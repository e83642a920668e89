//! The engine: compiles, links and describes packs.

use crate::bindings::PolicyPre;
use crate::cache::Cache;
use crate::case::{Case, Circumstances};
use crate::compile::Compiler;
use crate::config::{Allocation, engine_config};
use crate::error::{EngineError, LoadError};
use crate::evaluate::broken;
use crate::host::{Granted, Host};
use crate::limits::{Limits, MAX_DESCRIPTION_BYTES, TICK};
use crate::pack::Pack;
use crate::{component, convert, interfaces};
use model::{Digest, Facts, PackDescription, PackMetadata, canonical};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::thread;
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

/// How an engine works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where instances get their memory.
    pub allocation: Allocation,
    /// What one evaluation may use.
    pub limits: Limits,
    /// The program that compiles components.
    pub compiler: Compiler,
    /// Where compiled code is kept; none: nowhere.
    pub cache: Option<Cache>,
}

/// Loads packs and evaluates them. Cheap to share, safe to use from many threads.
pub struct Engine {
    pub(crate) wasm: wasmtime::Engine,
    pub(crate) limits: Arc<Limits>,
    linker: Linker<Host>,
    compiler: Compiler,
    cache: Option<Cache>,
}

impl Engine {
    /// Sets up the sandbox.
    ///
    /// # Errors
    /// If the machine does not give what the sandbox needs.
    pub fn new(options: Options) -> Result<Self, EngineError> {
        let wasm = wasmtime::Engine::new(&engine_config(options.allocation))
            .map_err(EngineError::Setup)?;
        let mut linker = Linker::new(&wasm);
        interfaces::link(&mut linker).map_err(EngineError::Setup)?;
        start_clock(&wasm)?;
        Ok(Self {
            wasm,
            limits: Arc::new(options.limits),
            linker,
            compiler: options.compiler,
            cache: options.cache,
        })
    }

    /// The limits of one evaluation.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Loads a component: checks what it imports, compiles it or takes the code from the cache, and asks it to describe
    /// itself.
    ///
    /// # Errors
    /// If it is not a pack that can be run.
    pub fn load(&self, component: &[u8]) -> Result<Pack, LoadError> {
        component::inspect(component)?;
        let digest = canonical::sha256(component);
        let code = match self
            .cache
            .as_ref()
            .and_then(|cache| cache.get(&digest, &self.wasm))
        {
            Some(code) => code,
            None => self.compile(component, &digest)?,
        };
        self.load_code(digest, &code)
    }

    /// Loads the pack of a component that was compiled before, by its digest alone; none: its code is not kept, or not whole.
    ///
    /// # Errors
    /// If the pack cannot be run.
    pub fn load_kept(&self, component: &Digest) -> Option<Result<Pack, LoadError>> {
        let code = self.cache.as_ref()?.get(component, &self.wasm)?;
        Some(self.load_code(component.clone(), &code))
    }

    /// The same sandbox with other fuel: a verdict is repeated with what it had.
    #[must_use]
    pub fn with_fuel(&self, fuel: u64) -> Self {
        Self {
            wasm: self.wasm.clone(),
            limits: Arc::new(Limits {
                fuel,
                ..(*self.limits).clone()
            }),
            linker: self.linker.clone(),
            compiler: self.compiler.clone(),
            cache: self.cache.clone(),
        }
    }

    fn compile(&self, component: &[u8], digest: &Digest) -> Result<Vec<u8>, LoadError> {
        let code = self.compiler.compile(component)?;
        if let Some(cache) = &self.cache {
            // A cache that cannot be written costs time and changes nothing.
            let _ = cache.put(digest, &self.wasm, &code);
        }
        Ok(code)
    }

    /// Loads code that [`crate::compile_stdin_to_stdout`] made of a component with that digest. It is native code: it
    /// must come from the build of this very program, or from [`Compiler`], and from nowhere else.
    ///
    /// # Errors
    /// If the code is for another engine, or the pack cannot be run.
    pub fn load_code(&self, digest: Digest, code: &[u8]) -> Result<Pack, LoadError> {
        let component = self.component(code)?;
        let description = PackDescription {
            digest,
            imports: self.facts_imported(&component),
            metadata: self.describe(&component)?,
        };
        self.link(Arc::new(description), &component)
    }

    /// Loads such code of a pack that was described before: by this very code, when this program was built.
    ///
    /// # Errors
    /// If the code is for another engine, or the pack cannot be run.
    pub fn load_described(
        &self,
        description: Arc<PackDescription>,
        code: &[u8],
    ) -> Result<Pack, LoadError> {
        self.link(description, &self.component(code)?)
    }

    fn component(&self, code: &[u8]) -> Result<Component, LoadError> {
        #[expect(
            unsafe_code,
            reason = "the code was compiled by us: built in, just now, or from a cache that only we can write and whose checksum was verified"
        )]
        unsafe { Component::deserialize(&self.wasm, code) }.map_err(LoadError::Link)
    }

    fn link(
        &self,
        description: Arc<PackDescription>,
        component: &Component,
    ) -> Result<Pack, LoadError> {
        let instance = self.linker.instantiate_pre(component);
        let policy = instance.and_then(PolicyPre::new).map_err(LoadError::Link)?;
        Ok(Pack::new(description, policy))
    }

    fn facts_imported(&self, component: &Component) -> BTreeSet<model::Interface> {
        let component_type = component.component_type();
        let imports = component_type.imports(&self.wasm);
        imports
            .filter_map(|(name, _)| component::facts_interface(name))
            .collect()
    }

    /// Asks a component to describe itself, with every import a trap.
    fn describe(&self, component: &Component) -> Result<PackMetadata, LoadError> {
        let mut linker = Linker::new(&self.wasm);
        linker
            .define_unknown_imports_as_traps(component)
            .map_err(LoadError::Link)?;
        let instance = linker.instantiate_pre(component).map_err(LoadError::Link)?;
        let policy = PolicyPre::new(instance).map_err(LoadError::Link)?;
        let case = Case::new(Facts::default(), Circumstances::default(), Arc::default());
        let mut store = self.store(Host::new(
            Arc::new(case),
            Arc::clone(&self.limits),
            Granted::default(),
        ));
        store.set_hostcall_fuel(MAX_DESCRIPTION_BYTES);
        let description = policy
            .instantiate(&mut store)
            .and_then(|policy| policy.polcheck_policy_check().call_describe(&mut store))
            .map_err(|error| LoadError::Describe {
                reason: broken(&error, &store.data().trace, &self.limits).message,
                source: error,
            })?;
        convert::metadata(description).map_err(LoadError::Metadata)
    }

    /// A store in which every limit is on.
    pub(crate) fn store(&self, host: Host) -> Store<Host> {
        let mut store = Store::new(&self.wasm, host);
        store.limiter(|host| host);
        // It fails only where the engine counts no fuel, and ours does; without fuel nothing would run at all.
        let _ = store.set_fuel(self.limits.fuel);
        let ticks = self.limits.deadline.as_millis() / TICK.as_millis() + 1;
        store.set_epoch_deadline(u64::try_from(ticks).unwrap_or(u64::MAX));
        store.set_hostcall_fuel(self.limits.handover_bytes);
        store
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("limits", &self.limits)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

/// One thread advances the epoch of an engine until the engine is gone.
fn start_clock(wasm: &wasmtime::Engine) -> Result<(), EngineError> {
    let wasm = wasm.weak();
    let tick = move || {
        while let Some(wasm) = wasm.upgrade() {
            wasm.increment_epoch();
            drop(wasm);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new()
        .name("polcheck-clock".to_owned())
        .stack_size(64 << 10)
        .spawn(tick)
        .map_err(EngineError::Clock)?;
    Ok(())
}
