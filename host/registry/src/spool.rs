//! Archives that cannot be read in place, since they are compressed or come through a pipe: they are first written to a
//! file that no other program sees. Everything here blocks.

use crate::blocking::Cancelled;
use crate::error::RegistryError;
use crate::files::unreadable;
use crate::limits::MAX_SPOOLED_BYTES;
use crate::source::ArchiveFile;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// How much is copied at once.
const PIECE: usize = 256 << 10;
/// How many bytes tell a compression.
const MAGIC_BYTES: u64 = 8;

/// Opens an archive as a file that can be read in place.
pub(crate) fn open(file: &ArchiveFile, cancelled: &Cancelled) -> Result<File, RegistryError> {
    let place = file.to_string();
    let path = match file {
        ArchiveFile::StandardInput => {
            return spool(&place, io::stdin().lock(), MAX_SPOOLED_BYTES, cancelled);
        }
        ArchiveFile::Path(path) => path,
    };
    let opened = File::open(path).map_err(|source| unreadable(path, source))?;
    let metadata = opened
        .metadata()
        .map_err(|source| unreadable(path, source))?;
    if metadata.is_dir() {
        return Err(RegistryError::NotAnArchive {
            archive: place,
            reason: "it is a directory".to_owned(),
        });
    }
    // A pipe has no end to look for and cannot be read twice.
    if metadata.is_file() && compression(&first_bytes(&opened, path)?).is_none() {
        return Ok(opened);
    }
    spool(&place, opened, MAX_SPOOLED_BYTES, cancelled)
}

/// Writes what can be read only once to a file, decompressed.
pub(crate) fn spool(
    place: &str,
    mut from: impl Read,
    limit: u64,
    cancelled: &Cancelled,
) -> Result<File, RegistryError> {
    let mut first = Vec::new();
    let read = from.by_ref().take(MAGIC_BYTES).read_to_end(&mut first);
    read.map_err(|source| unreadable(Path::new(place), source))?;
    let compression = compression(&first);
    let from = first.as_slice().chain(from);
    match compression {
        None => copy(from, place, limit, cancelled),
        Some(GZIP) => copy(MultiGzDecoder::new(from), place, limit, cancelled),
        Some(compression) => Err(RegistryError::UnsupportedCompression {
            archive: place.to_owned(),
            compression,
        }),
    }
}

const GZIP: &str = "gzip";

/// The compression of what begins with these bytes.
fn compression(first: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], _); 4] = [
        (b"\x1f\x8b", GZIP),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
    ];
    let found = known
        .into_iter()
        .find(|(magic, _)| first.starts_with(magic));
    found.map(|(_, name)| name)
}

fn first_bytes(file: &File, path: &Path) -> Result<Vec<u8>, RegistryError> {
    let mut first = vec![0; 8];
    let read = file
        .read_at(&mut first, 0)
        .map_err(|source| unreadable(path, source))?;
    first.truncate(read);
    Ok(first)
}

/// Copies a stream into a file without a name.
fn copy(
    mut from: impl Read,
    place: &str,
    limit: u64,
    cancelled: &Cancelled,
) -> Result<File, RegistryError> {
    let temporary = |source| RegistryError::Io {
        path: "a temporary file".to_owned(),
        source,
    };
    let mut file = tempfile::tempfile().map_err(temporary)?;
    let mut piece = vec![0; PIECE];
    let mut total: u64 = 0;
    loop {
        if cancelled.is_cancelled() {
            return Err(RegistryError::Stopped);
        }
        let read = match from.read(&mut piece) {
            Ok(0) => return Ok(file),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(RegistryError::TruncatedArchive {
                    archive: place.to_owned(),
                    entry: "the compressed stream".to_owned(),
                });
            }
            Err(source) => return Err(unreadable(Path::new(place), source)),
        };
        total = total.saturating_add(read as u64);
        if total > limit {
            return Err(RegistryError::TooLarge {
                what: format!("`{place}`"),
                limit,
            });
        }
        let read = piece.get(..read).unwrap_or_default();
        file.write_all(read).map_err(temporary)?;
    }
}
