//! The limits of one evaluation. All are on by default.

use std::time::Duration;

/// What one evaluation may use. An evaluation over any of them is broken, never a pass.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Units of work, about one a WebAssembly instruction. The same evaluation always uses the same number, so this is
    /// the budget that replay can repeat.
    pub fuel: u64,
    /// Wall clock of one evaluation; a backstop for what fuel does not count.
    pub deadline: Duration,
    /// Wall clock of all evaluations of one pack on one subject.
    pub pack_deadline: Duration,
    /// Bytes of all linear memories together.
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Core instances, memories and tables, each.
    pub instances: usize,
    /// Calls of the host.
    pub host_calls: u64,
    /// Bytes of text handed to the host in all calls together.
    pub host_bytes: usize,
    /// Bytes handed to the host in one piece: the texts of one call, or the answer.
    pub handover_bytes: usize,
    /// Findings of one rule.
    pub findings: usize,
    /// Edits of one finding. Their texts count among the bytes of the answer.
    pub edits: usize,
    /// Bytes of the log.
    pub log_bytes: usize,
    /// Rows of one list that the host answers.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 500_000_000,
            deadline: Duration::from_secs(5),
            pack_deadline: Duration::from_secs(30),
            memory_bytes: 64 << 20,
            table_elements: 20_000,
            instances: 64,
            host_calls: 200_000,
            host_bytes: 16 << 20,
            handover_bytes: 1 << 20,
            findings: 1_000,
            edits: 1_000,
            log_bytes: 64 << 10,
            rows: 4_096,
        }
    }
}

/// The largest component that is read: 20 MiB, about 20 seconds of compilation.
pub const MAX_COMPONENT_BYTES: usize = 20 << 20;
/// The stack of the compiled code. The thread that evaluates needs four times as much.
pub const MAX_STACK_BYTES: usize = 512 << 10;
/// The answer of `describe`, lifted: all descriptions of all rules.
pub(crate) const MAX_DESCRIPTION_BYTES: usize = 8 << 20;
/// How often the epoch of the engine advances.
pub(crate) const TICK: Duration = Duration::from_millis(10);
