//! How many requests one host is asked at the same time, whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The hosts, and how many more requests each may be asked now.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<String, Arc<Semaphore>>>);

/// The right to ask a host, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits until it is our turn to ask a host that may be asked so much at the same time.
    pub(crate) async fn wait(&self, host: &str, at_once: usize) -> Turn {
        let semaphore = {
            let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let semaphore = hosts
                .entry(host.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(at_once.max(1))));
            Arc::clone(semaphore)
        };
        // Nobody closes it.
        Turn {
            _permit: semaphore.acquire_owned().await.ok(),
        }
    }
}
