//! How wasmtime is set up. Every line of the sandbox that is not a limit of one evaluation stands here.

use crate::limits::MAX_STACK_BYTES;
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};

/// Where instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// Anew for each evaluation: cheap to start, for a process that makes few.
    OnDemand,
    /// From a pool made at the start: for servers. So many evaluations run at the same time at most.
    Pooling {
        /// The size of the pool.
        instances: u32,
    },
}

/// What decides how code is compiled, and nothing else: the same for the compiler process and for every engine.
pub(crate) fn compiler_config() -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // Different NaN bits on different machines would be different verdicts.
        .cranelift_nan_canonicalization(true)
        .consume_fuel(true)
        .epoch_interruption(true)
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_memory64(false)
        .max_wasm_stack(MAX_STACK_BYTES)
        .memory_init_cow(true)
        // Nobody reads where in the code a policy trapped, and it would be more than a third of what is loaded.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    config
}

pub(crate) fn engine_config(allocation: Allocation) -> Config {
    let mut config = compiler_config();
    if let Allocation::Pooling { instances } = allocation {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances)));
    }
    config
}

/// Sized so that the runtimes of all languages that were tried fit: Python brings 38 core modules.
fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_memories(instances.saturating_mul(2))
        .total_tables(instances.saturating_mul(4))
        .total_core_instances(instances.saturating_mul(16))
        .max_memory_size(256 << 20)
        .table_elements(20_000)
        .max_core_instances_per_component(64)
        .max_memories_per_component(4)
        .max_tables_per_component(48)
        // More would make later, smaller evaluations pay for an earlier, larger one.
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .max_unused_warm_slots(instances)
        .pagemap_scan(Enabled::Auto);
    pool
}
