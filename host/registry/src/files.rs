//! Files of a layout, in a directory or in an archive. Everything here blocks.

use crate::archive::Archive;
use crate::error::RegistryError;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of a segment is read at once.
const PIECE: u64 = 1 << 20;

/// A tree of files.
#[derive(Clone, Debug)]
pub(crate) enum Files {
    /// In a directory, which is given without symbolic links.
    Directory(PathBuf),
    Archive(Arc<Archive>),
}

/// A part of a file, which may be all of it.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    file: Arc<File>,
    offset: u64,
    size: u64,
    name: Arc<str>,
}

impl Files {
    /// The files below a directory.
    pub(crate) fn in_directory(directory: &Path) -> Result<Self, RegistryError> {
        let found = directory.canonicalize();
        let found = found.map_err(|source| unreadable(directory, source))?;
        Ok(Self::Directory(found))
    }

    /// A file, if it is there. The path is one of ours and has no `..`.
    pub(crate) fn open(&self, path: &str) -> Result<Option<Segment>, RegistryError> {
        match self {
            Self::Archive(archive) => archive.open(path),
            Self::Directory(directory) => open_within(directory, path),
        }
    }

    /// The content of a file, if it is there.
    pub(crate) fn read(&self, path: &str, limit: u64) -> Result<Option<Bytes>, RegistryError> {
        match self.open(path)? {
            None => Ok(None),
            Some(segment) => segment.read(limit).map(Some),
        }
    }
}

fn open_within(directory: &Path, path: &str) -> Result<Option<Segment>, RegistryError> {
    let named = directory.join(path);
    let found = match named.canonicalize() {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unreadable(&named, source)),
    };
    let metadata = found
        .metadata()
        .map_err(|source| unreadable(&named, source))?;
    // Anything but a regular file may never end, or wait for ever.
    if !found.starts_with(directory) || !metadata.is_file() {
        return Err(RegistryError::LeavesLayout {
            path: named.display().to_string(),
        });
    }
    let file = File::open(&found).map_err(|source| unreadable(&named, source))?;
    Ok(Some(Segment::new(
        Arc::new(file),
        0,
        metadata.len(),
        named.display().to_string().into(),
    )))
}

impl Segment {
    pub(crate) fn new(file: Arc<File>, offset: u64, size: u64, name: Arc<str>) -> Self {
        Self {
            file,
            offset,
            size,
            name,
        }
    }

    /// How many bytes it has.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The whole content, if it is not over the limit.
    pub(crate) fn read(&self, limit: u64) -> Result<Bytes, RegistryError> {
        if self.size > limit {
            return Err(RegistryError::TooLarge {
                what: format!("`{}`", self.name),
                limit,
            });
        }
        self.read_range(0, self.size)
    }

    /// The next piece from a position on; nothing at the end.
    pub(crate) fn read_piece(&self, position: u64) -> Result<Bytes, RegistryError> {
        self.read_range(position, PIECE.min(self.size.saturating_sub(position)))
    }

    fn read_range(&self, position: u64, length: u64) -> Result<Bytes, RegistryError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        let read = self
            .file
            .read_exact_at(&mut bytes, self.offset.saturating_add(position));
        read.map_err(|source| unreadable(Path::new(&*self.name), source))?;
        Ok(bytes.into())
    }
}

pub(crate) fn unreadable(path: &Path, source: io::Error) -> RegistryError {
    RegistryError::Io {
        path: path.display().to_string(),
        source,
    }
}
