//! Compiled code on disk. It is native code: only what we wrote ourselves, into a directory that nobody else can write,
//! and that is whole, is ever loaded.

use crate::error::CacheError;
use model::{Digest, canonical};
use std::fs::{self, DirBuilder, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::Engine;

/// The oldest files go when there is more.
const MAX_CACHE_BYTES: u64 = 1 << 30;
const EXTENSION: &str = "cwasm";

/// A directory of compiled code.
#[derive(Clone, Debug)]
pub struct Cache {
    dir: PathBuf,
}

impl Cache {
    /// Opens a directory, or makes it, readable by us alone.
    ///
    /// # Errors
    /// If somebody else owns it or may write into it, or it cannot be made.
    pub fn open(dir: &Path) -> Result<Self, CacheError> {
        let failed = |source| CacheError::Io {
            dir: dir.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(dir)
            .map_err(failed)?;
        let metadata = fs::symlink_metadata(dir).map_err(failed)?;
        let is_ours = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
        if !is_ours || metadata.permissions().mode() & 0o077 != 0 {
            return Err(CacheError::NotPrivate {
                dir: dir.to_owned(),
            });
        }
        Ok(Self {
            dir: dir.to_owned(),
        })
    }

    /// The code of a component, if it is there and whole. Anything else is as if it were not there.
    pub(crate) fn get(&self, component: &Digest, engine: &Engine) -> Option<Vec<u8>> {
        let stored = fs::read(self.path(component, engine)).ok()?;
        let (code, checksum) = stored.split_last_chunk::<CHECKSUM_BYTES>()?;
        (checksum.as_slice() == canonical::sha256(code).as_ref().as_bytes()).then(|| code.to_vec())
    }

    /// Keeps the code of a component: whole, or not at all.
    pub(crate) fn put(&self, component: &Digest, engine: &Engine, code: &[u8]) -> io::Result<()> {
        self.make_room();
        let mut file = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(&self.dir)?;
        file.write_all(code)?;
        file.write_all(canonical::sha256(code).as_ref().as_bytes())?;
        file.persist(self.path(component, engine))?;
        Ok(())
    }

    fn path(&self, component: &Digest, engine: &Engine) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.dir.join(format!(
            "{}-{:016x}.{EXTENSION}",
            component.digest(),
            hasher.finish()
        ))
    }

    /// Removes the oldest files until the rest is small enough.
    fn make_room(&self) {
        let mut files = self.files();
        files.sort_unstable();
        let mut total: u64 = files.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in files {
            if total <= MAX_CACHE_BYTES {
                return;
            }
            if fs::remove_file(path).is_ok() {
                total -= size;
            }
        }
    }

    fn files(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        let ours = entries.filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
        });
        ours.filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len(), entry.path()))
        })
        .collect()
    }
}

/// `sha256:` and 64 hexadecimal digits.
const CHECKSUM_BYTES: usize = 7 + 64;
