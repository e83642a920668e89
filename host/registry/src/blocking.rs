//! Work that blocks, kept off the async runtime.

use crate::error::RegistryError;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says to long work whether anybody still waits for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Cancels when the waiting future is dropped.
struct CancelOnDrop(Cancelled);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Runs work that blocks for a short time.
pub(crate) async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(_) => Err(RegistryError::Stopped),
        },
    }
}

/// Runs work that blocks for a long time, and asks now and then whether it should go on.
pub(crate) async fn run_cancellable<T: Send + 'static>(
    work: impl FnOnce(&Cancelled) -> Result<T, RegistryError> + Send + 'static,
) -> Result<T, RegistryError> {
    let cancelled = Cancelled::default();
    let _guard = CancelOnDrop(cancelled.clone());
    run(move || work(&cancelled)).await
}
