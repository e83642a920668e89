//! Blobs and manifests on disk, by their digests, for the next run.
//!
//! Nothing in it is believed: what is read has its digest checked, so that a file that was damaged, cut short or planted
//! there is as if it were not there. Several processes use it at the same time without knowing of one another: a file
//! appears whole or not at all, and may be gone at any time.

use crate::options::CacheOptions;
use crate::verify::check_digest;
use model::Digest;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How files begin that are not finished yet.
const UNFINISHED: &str = ".unfinished-";
/// After this time nobody is going to finish them.
const ABANDONED: Duration = Duration::from_hours(1);
/// What a file takes at least.
const BLOCK: u64 = 4096;
/// After adding this part of what may be kept, a process looks at what others added.
const PART: u64 = 16;

/// A directory of blobs.
#[derive(Debug)]
pub(crate) struct DiskCache {
    dir: PathBuf,
    max_bytes: u64,
    /// How much may be added before the directory is looked at again.
    allowance: Mutex<u64>,
}

/// A file of the cache.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    used: SystemTime,
    bytes: u64,
    path: PathBuf,
}

impl DiskCache {
    /// Opens a directory, or makes it, for us alone: what is in it was shown to us, and may be secret. None where it
    /// belongs to somebody else, or others may look into it, or it cannot be had.
    pub(crate) fn open(options: &CacheOptions) -> Option<Self> {
        if options.max_bytes == 0 {
            return None;
        }
        let dir = &options.dir;
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .ok()?;
        let metadata = fs::symlink_metadata(dir).ok()?;
        let is_ours = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
        let is_open_to_others = metadata.permissions().mode() & 0o077 != 0;
        (is_ours && !is_open_to_others).then(|| Self {
            dir: dir.clone(),
            max_bytes: options.max_bytes,
            allowance: Mutex::new(0),
        })
    }

    /// The bytes of a digest, if they are there and whole.
    pub(crate) fn get(&self, digest: &Digest, limit: u64) -> Option<Vec<u8>> {
        let path = self.path(digest)?;
        let file = File::open(&path).ok()?;
        let mut bytes = Vec::new();
        let read = (&file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes);
        if read.is_err() || bytes.len() as u64 > limit {
            return None;
        }
        if check_digest(&bytes, digest, "").is_err() {
            // Another process may have put a whole one in its place by now, which is then fetched once more.
            let _ = fs::remove_file(&path);
            return None;
        }
        // What was used last goes last.
        let _ = file.set_modified(SystemTime::now());
        Some(bytes)
    }

    /// Keeps bytes whose digest was checked: whole, or not at all.
    pub(crate) fn put(&self, digest: &Digest, bytes: &[u8]) {
        let size = (bytes.len() as u64).max(BLOCK);
        if size > self.max_bytes / PART {
            return;
        }
        // Whatever goes wrong, the bytes can be fetched again.
        let _ = self.write(digest, bytes);
        let mut allowance = self
            .allowance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *allowance < size {
            *allowance = self.make_room();
        }
        *allowance = allowance.saturating_sub(size);
    }

    fn write(&self, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest).ok_or(io::ErrorKind::InvalidInput)?;
        // One that was damaged is found out, and removed, by whoever reads it.
        if let Ok(file) = File::open(&path)
            && file.metadata()?.len() == bytes.len() as u64
        {
            return file.set_modified(SystemTime::now());
        }
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&self.dir)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    }

    /// Only digests that can be checked have a path.
    fn path(&self, digest: &Digest) -> Option<PathBuf> {
        let algorithm = digest.algorithm();
        let is_known = ["sha256", "sha512"].contains(&algorithm.as_ref());
        is_known.then(|| self.dir.join(format!("{algorithm}-{}", digest.digest())))
    }

    /// Removes what was not used for the longest time until the rest is small enough, and says how much may come before
    /// this is to be done again.
    fn make_room(&self) -> u64 {
        let part = self.max_bytes / PART;
        let mut entries = entries(&self.dir);
        entries.sort_unstable();
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        let mut entries = entries.into_iter();
        while total > self.max_bytes - part {
            let Some(oldest) = entries.next() else { break };
            // Whoever reads it now has it open, and reads on.
            let _ = fs::remove_file(oldest.path);
            total -= oldest.bytes;
        }
        part
    }
}

/// The finished files of a cache. Those that nobody is going to finish are removed.
fn entries(dir: &Path) -> Vec<Entry> {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut entries = Vec::new();
    for file in files {
        let Some((used, bytes)) = file
            .metadata()
            .ok()
            .and_then(|metadata| Some((metadata.modified().ok()?, metadata.len().max(BLOCK))))
        else {
            continue;
        };
        let path = file.path();
        if file.file_name().to_string_lossy().starts_with(UNFINISHED) {
            if used.elapsed().is_ok_and(|time| time > ABANDONED) {
                let _ = fs::remove_file(path);
            }
            continue;
        }
        entries.push(Entry { used, bytes, path });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use tempfile::TempDir;

    fn cache(max_bytes: u64) -> (TempDir, DiskCache) {
        let folder = tempfile::tempdir().unwrap();
        let options = CacheOptions {
            dir: folder.path().join("blobs"),
            max_bytes,
        };
        let cache = DiskCache::open(&options).unwrap();
        (folder, cache)
    }

    fn blob(number: u32) -> (Digest, Vec<u8>) {
        let bytes = format!("{number:05000}").into_bytes();
        (model::canonical::sha256(&bytes), bytes)
    }

    fn total(cache: &DiskCache) -> u64 {
        entries(&cache.dir).iter().map(|entry| entry.bytes).sum()
    }

    #[test]
    fn what_was_kept_is_there_and_within_the_limit_of_whoever_asks() {
        let (_folder, cache) = cache(1 << 20);
        let (digest, bytes) = blob(1);
        assert_eq!(cache.get(&digest, 10_000), None);
        cache.put(&digest, &bytes);
        assert_eq!(cache.get(&digest, 5_000), Some(bytes));
        assert_eq!(cache.get(&digest, 4_999), None);
    }

    #[test]
    fn what_is_not_whole_is_as_if_it_were_not_there() {
        let (_folder, cache) = cache(1 << 20);
        let (digest, bytes) = blob(1);
        for wrong in [&b"planted"[..], &bytes[..4_999], b""] {
            cache.put(&digest, &bytes);
            let path = cache.path(&digest).unwrap();
            fs::write(&path, wrong).unwrap();
            assert_eq!(cache.get(&digest, 10_000), None);
            assert!(!path.exists());
        }
    }

    #[test]
    fn it_has_an_end_and_what_was_used_last_stays() {
        let (_folder, cache) = cache(200_000);
        let (first, bytes) = blob(0);
        cache.put(&first, &bytes);
        for number in 1..200 {
            let old = SystemTime::now() - Duration::from_secs(10_000 - u64::from(number));
            let (digest, bytes) = blob(number);
            cache.put(&digest, &bytes);
            if let Ok(file) = File::open(cache.path(&digest).unwrap()) {
                file.set_modified(old).unwrap();
            }
            assert!(cache.get(&first, 10_000).is_some(), "{number}");
            assert!(total(&cache) <= 200_000);
        }
        assert!(total(&cache) > 150_000);
    }

    #[test]
    fn what_nobody_is_going_to_finish_is_removed() {
        let (_folder, cache) = cache(200_000);
        let path = |name: &str| cache.dir.join(format!("{UNFINISHED}{name}"));
        let old = File::create(path("old")).unwrap();
        old.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
        File::create(path("new")).unwrap();
        let (digest, bytes) = blob(1);
        cache.put(&digest, &bytes);
        assert!(!path("old").exists());
        assert!(path("new").exists());
    }

    #[test]
    fn a_directory_that_others_may_look_into_is_not_used() {
        let (folder, cache) = cache(200_000);
        fs::set_permissions(&cache.dir, Permissions::from_mode(0o755)).unwrap();
        let options = |dir: &str, max_bytes| CacheOptions {
            dir: folder.path().join(dir),
            max_bytes,
        };
        assert!(DiskCache::open(&options("blobs", 1)).is_none());
        assert!(DiskCache::open(&options("none", 0)).is_none());
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(DiskCache::open(&options("file/blobs", 1)).is_none());
    }

    #[test]
    fn a_disk_that_takes_nothing_fails_nothing() {
        let (_folder, cache) = cache(200_000);
        fs::remove_dir_all(&cache.dir).unwrap();
        let (digest, bytes) = blob(1);
        cache.put(&digest, &bytes);
        assert_eq!(cache.get(&digest, 10_000), None);
    }

    #[test]
    fn many_may_write_read_and_remove_at_the_same_time() {
        let (folder, _) = cache(200_000);
        let options = CacheOptions {
            dir: folder.path().join("blobs"),
            max_bytes: 100_000,
        };
        thread::scope(|scope| {
            for start in 0..8 {
                let options = &options;
                scope.spawn(move || {
                    // Each is as a process of its own.
                    let cache = DiskCache::open(options).unwrap();
                    for number in 0..300 {
                        let (digest, bytes) = blob((number * 7 + start) % 50);
                        match cache.get(&digest, 10_000) {
                            Some(found) => assert_eq!(found, bytes),
                            None => cache.put(&digest, &bytes),
                        }
                    }
                });
            }
        });
        let cache = DiskCache::open(&options).unwrap();
        assert!(!entries(&cache.dir).is_empty());
        // Each of the eight may have added its part since it last looked.
        assert!(total(&cache) <= 100_000 + 8 * 100_000 / PART);
        let unfinished = fs::read_dir(&cache.dir).unwrap().flatten();
        let mut unfinished =
            unfinished.filter(|file| file.file_name().to_string_lossy().starts_with(UNFINISHED));
        assert!(unfinished.next().is_none());
    }
}
