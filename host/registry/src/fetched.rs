//! What has been fetched: whatever has a digest is fetched once, and kept for whoever wants it next.
//!
//! Tags and lists of referrers, which a registry may answer otherwise the next time, never come here.

use crate::blocking;
use crate::disk_cache::DiskCache;
use crate::error::RegistryError;
use crate::limits::MAX_KEPT_BYTES;
use crate::options::CacheOptions;
use bytes::Bytes;
use model::Digest;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;

/// What is kept in memory and on disk, and what is being fetched now.
#[derive(Debug)]
pub(crate) struct Fetched {
    memory: Mutex<Memory>,
    /// Who fetches a digest holds its lock; who wants the same waits for it and finds it kept.
    flights: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
    options: Option<CacheOptions>,
    disk: OnceCell<Option<Arc<DiskCache>>>,
}

/// The latest, in the order in which they came.
#[derive(Debug, Default)]
struct Memory {
    by_digest: HashMap<Digest, Bytes>,
    order: VecDeque<Digest>,
    bytes: usize,
}

/// The right to fetch a digest. Whoever waits for it goes on when it is dropped.
struct Flight<'a> {
    fetched: &'a Fetched,
    digest: &'a Digest,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = locked(&self.fetched.flights);
        // Two of them are this one's and the map's own.
        if Arc::strong_count(&self.lock) == 2 {
            flights.remove(self.digest);
        }
    }
}

impl Fetched {
    pub(crate) fn new(options: Option<CacheOptions>) -> Self {
        Self {
            memory: Mutex::default(),
            flights: Mutex::default(),
            options,
            disk: OnceCell::new(),
        }
    }

    /// The bytes of a digest: those that are kept, else those that are fetched, with the answer whether they may be kept.
    /// What is fetched has been verified; what was kept on disk, where anything may have happened to it, is verified again.
    pub(crate) async fn get(
        &self,
        digest: &Digest,
        limit: u64,
        fetch: impl Future<Output = Result<(Bytes, bool), RegistryError>>,
    ) -> Result<Bytes, RegistryError> {
        let flight = self.begin(digest);
        let _first = flight.lock.lock().await;
        let kept = locked(&self.memory).by_digest.get(digest).cloned();
        // A limit is the caller's, and what is kept may have come under another one.
        if let Some(kept) = kept.filter(|kept| kept.len() as u64 <= limit) {
            return Ok(kept);
        }
        if let Some(kept) = self.on_disk(digest, limit).await {
            locked(&self.memory).keep(digest, &kept);
            return Ok(kept);
        }
        let (bytes, may_be_kept) = fetch.await?;
        if may_be_kept {
            self.keep(digest, &bytes).await;
        }
        Ok(bytes)
    }

    /// Keeps bytes that have this digest.
    pub(crate) async fn keep(&self, digest: &Digest, bytes: &Bytes) {
        locked(&self.memory).keep(digest, bytes);
        if let Some(disk) = self.disk().await {
            let (digest, bytes) = (digest.clone(), bytes.clone());
            // A disk that is full or broken keeps nothing, and fails nothing.
            let put = blocking::run(move || {
                disk.put(&digest, &bytes);
                Ok(())
            });
            let _ = put.await;
        }
    }

    async fn on_disk(&self, digest: &Digest, limit: u64) -> Option<Bytes> {
        let disk = self.disk().await?;
        let digest = digest.clone();
        let read = blocking::run(move || Ok(disk.get(&digest, limit)));
        read.await.ok().flatten().map(Bytes::from)
    }

    /// The cache on disk, if there is to be one and it can be had.
    async fn disk(&self) -> Option<Arc<DiskCache>> {
        let options = self.options.clone()?;
        let open = || async {
            let opened = blocking::run(move || Ok(DiskCache::open(&options)));
            opened.await.ok().flatten().map(Arc::new)
        };
        self.disk.get_or_init(open).await.clone()
    }

    fn begin<'a>(&'a self, digest: &'a Digest) -> Flight<'a> {
        let lock = Arc::clone(locked(&self.flights).entry(digest.clone()).or_default());
        Flight {
            fetched: self,
            digest,
            lock,
        }
    }
}

impl Memory {
    fn keep(&mut self, digest: &Digest, bytes: &Bytes) {
        if bytes.len() > MAX_KEPT_BYTES || self.by_digest.contains_key(digest) {
            return;
        }
        self.bytes += bytes.len();
        self.by_digest.insert(digest.clone(), bytes.clone());
        self.order.push_back(digest.clone());
        while self.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            if let Some(gone) = self.by_digest.remove(&oldest) {
                self.bytes -= gone.len();
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn sample() -> (Digest, Bytes) {
        let bytes = Bytes::from_static(b"polcheck");
        (model::canonical::sha256(&bytes), bytes)
    }

    #[tokio::test]
    async fn what_many_want_at_once_is_fetched_once() {
        let (digest, bytes) = sample();
        let fetched = Fetched::new(None);
        let times = AtomicUsize::new(0);
        let fetch = || async {
            times.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok((bytes.clone(), true))
        };
        let get = || fetched.get(&digest, 100, fetch());
        let (one, two, three) = tokio::join!(get(), get(), get());
        for result in [one, two, three, get().await] {
            assert_eq!(result.unwrap(), bytes);
        }
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert!(locked(&fetched.flights).is_empty());
    }

    #[tokio::test]
    async fn who_waits_tries_again_where_the_first_one_fails_or_goes_away() {
        let (digest, bytes) = sample();
        let fetched = Fetched::new(None);
        let failing = fetched.get(&digest, 100, async { Err(RegistryError::Stopped) });
        let working = fetched.get(&digest, 100, async { Ok((bytes.clone(), true)) });
        let (failed, worked) = tokio::join!(failing, working);
        assert!(failed.is_err());
        assert_eq!(worked.unwrap(), bytes);

        let fetched = Fetched::new(None);
        {
            let endless = fetched.get(&digest, 100, std::future::pending());
            let time = std::time::Duration::from_millis(10);
            assert!(tokio::time::timeout(time, endless).await.is_err());
        }
        let worked = fetched
            .get(&digest, 100, async { Ok((bytes.clone(), true)) })
            .await;
        assert_eq!(worked.unwrap(), bytes);
        assert!(locked(&fetched.flights).is_empty());
    }

    #[test]
    fn memory_has_an_end() {
        let mut memory = Memory::default();
        let large = |byte: u8| Bytes::from(vec![byte; MAX_KEPT_BYTES / 3]);
        for byte in 0..10 {
            let bytes = large(byte);
            memory.keep(&model::canonical::sha256(&bytes), &bytes);
            memory.keep(&model::canonical::sha256(&bytes), &bytes);
        }
        assert_eq!(memory.by_digest.len(), 3);
        assert_eq!(memory.order.len(), 3);
        assert_eq!(memory.bytes, 3 * (MAX_KEPT_BYTES / 3));
        let latest = model::canonical::sha256(&large(9));
        assert!(memory.by_digest.contains_key(&latest));
    }
}
