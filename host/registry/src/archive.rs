//! Tar archives, read in place: the entries are listed once, and nothing is ever unpacked. Everything here blocks.

use crate::error::RegistryError;
use crate::files::{Segment, unreadable};
use crate::limits::{MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_LINKS, MAX_TAR_HEADER_BYTES};
use model::excerpt;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use tar::{EntryType, Header, PaxExtensions};

/// Everything in a tar archive comes in blocks of this size.
const BLOCK: u64 = 512;

/// The entries of a tar archive.
#[derive(Debug)]
pub(crate) struct Archive {
    /// For messages.
    place: String,
    file: Arc<File>,
    entries: HashMap<String, Entry>,
}

/// Where the content of an entry lies.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    File {
        offset: u64,
        size: u64,
    },
    /// The path of another entry, not yet checked.
    Link(String),
}

/// What extended headers say of the entry that follows them.
#[derive(Debug, Default)]
struct Extended {
    path: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

impl Archive {
    /// Lists the entries of an archive that can be read in place.
    pub(crate) fn list(place: String, file: File) -> Result<Self, RegistryError> {
        let metadata = file.metadata();
        let length = metadata
            .map_err(|source| unreadable(Path::new(&place), source))?
            .len();
        let mut archive = Self {
            place,
            file: Arc::new(file),
            entries: HashMap::new(),
        };
        let mut position = 0;
        let mut extended = Extended::default();
        let mut seen = 0;
        while let Some(header) = archive.header(position, length)? {
            seen += 1;
            if seen > MAX_ARCHIVE_ENTRIES {
                return Err(archive.not_an_archive("it has too many entries"));
            }
            position = archive.add(&header, position + BLOCK, length, &mut extended)?;
        }
        if archive.entries.is_empty() {
            return Err(archive.not_an_archive("it is empty"));
        }
        Ok(archive)
    }

    /// The header at a position; none at the end of the archive, which is a block of zeros. An archive without one was
    /// cut, be it between two entries.
    fn header(&self, position: u64, length: u64) -> Result<Option<Header>, RegistryError> {
        if length.saturating_sub(position) < BLOCK {
            return Err(match position {
                0 => self.not_an_archive("it is shorter than a tar archive can be"),
                _ => self.truncated("a header"),
            });
        }
        let block = self.segment(position, BLOCK, "a header").read(BLOCK)?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let header = Header::from_byte_slice(&block);
        let sum = checksum(&block);
        if header.cksum().ok() != Some(sum) {
            return Err(self.not_an_archive("it is not a tar archive"));
        }
        Ok(Some(header.clone()))
    }

    /// Takes note of an entry and says where the next one begins.
    fn add(
        &mut self,
        header: &Header,
        offset: u64,
        length: u64,
        extended: &mut Extended,
    ) -> Result<u64, RegistryError> {
        let kind = header.entry_type();
        let own_size = header
            .entry_size()
            .map_err(|_| self.not_an_archive("an entry has no size"))?;
        if is_extended(kind) {
            let next = self.end(offset, own_size, length, "an extended header")?;
            self.extend(kind, offset, own_size, extended)?;
            return Ok(next);
        }
        let Extended { path, link, size } = std::mem::take(extended);
        let raw_name = path.unwrap_or_else(|| text(&header.path_bytes()));
        // Whatever size links and directories have, no content follows them.
        let has_content = !kind.is_symlink() && !kind.is_hard_link() && !kind.is_dir();
        let size = if has_content {
            size.unwrap_or(own_size)
        } else {
            0
        };
        let next = self.end(offset, size, length, &raw_name)?;
        let name = self.clean(&raw_name)?;
        let entry = match kind {
            EntryType::Directory => return Ok(next),
            EntryType::Regular | EntryType::Continuous => Entry::File { offset, size },
            EntryType::Symlink | EntryType::Link => {
                let target =
                    link.unwrap_or_else(|| text(&header.link_name_bytes().unwrap_or_default()));
                Entry::Link(match name.rsplit_once('/') {
                    Some((parent, _)) if kind.is_symlink() && !target.starts_with('/') => {
                        format!("{parent}/{target}")
                    }
                    _ => target,
                })
            }
            _ => {
                return Err(self.hostile(
                    &raw_name,
                    "which is neither a file nor a directory nor a link",
                ));
            }
        };
        if self.entries.insert(name, entry).is_some() {
            return Err(self.hostile(&raw_name, "which is there twice"));
        }
        Ok(next)
    }

    /// Where the entry after this one begins.
    fn end(&self, offset: u64, size: u64, length: u64, name: &str) -> Result<u64, RegistryError> {
        let end = offset.checked_add(size).filter(|end| *end <= length);
        let end = end.ok_or_else(|| self.truncated(name))?;
        Ok(end
            .checked_next_multiple_of(BLOCK)
            .unwrap_or(length)
            .min(length))
    }

    /// Reads an extended header.
    fn extend(
        &self,
        kind: EntryType,
        offset: u64,
        size: u64,
        extended: &mut Extended,
    ) -> Result<(), RegistryError> {
        let content = self
            .segment(offset, size, "an extended header")
            .read(MAX_TAR_HEADER_BYTES)?;
        match kind {
            EntryType::GNULongName => extended.path = Some(text(&content)),
            EntryType::GNULongLink => extended.link = Some(text(&content)),
            EntryType::XHeader => {
                for extension in PaxExtensions::new(&content) {
                    let extension = extension
                        .map_err(|_| self.not_an_archive("an extended header is broken"))?;
                    let value = || text(extension.value_bytes());
                    match extension.key_bytes() {
                        b"path" => extended.path = Some(value()),
                        b"linkpath" => extended.link = Some(value()),
                        b"size" => {
                            let size = value().parse();
                            let size =
                                size.map_err(|_| self.not_an_archive("an entry has no size"))?;
                            extended.size = Some(size);
                        }
                        key if key.starts_with(b"GNU.sparse.") => {
                            return Err(self.not_an_archive("it has a sparse file"));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The name of an entry as a path within the archive.
    fn clean(&self, name: &str) -> Result<String, RegistryError> {
        if name.starts_with('/') {
            return Err(self.hostile(name, "whose path is absolute"));
        }
        if name.contains('\0') {
            return Err(self.hostile(name, "whose path is none"));
        }
        let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
        let parts: Vec<_> = parts.collect();
        if parts.contains(&"..") {
            return Err(self.hostile(name, "whose path leads out of the archive"));
        }
        Ok(parts.join("/"))
    }

    /// Opens an entry, through links within the archive.
    pub(crate) fn open(&self, path: &str) -> Result<Option<Segment>, RegistryError> {
        let mut path = path.to_owned();
        for _ in 0..=MAX_ARCHIVE_LINKS {
            match self.entries.get(&path) {
                None => return Ok(None),
                Some(Entry::File { offset, size }) => {
                    return Ok(Some(self.segment(*offset, *size, &path)));
                }
                Some(Entry::Link(target)) => {
                    path = resolve(target).ok_or_else(|| {
                        self.hostile(&path, "which is a link that leads out of the archive")
                    })?;
                }
            }
        }
        Err(self.hostile(&path, "which is a link to itself"))
    }

    /// Whether there is an entry of that name.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// The name of the archive, for messages.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    fn segment(&self, offset: u64, size: u64, entry: &str) -> Segment {
        let name = format!("{}: {entry}", self.place);
        Segment::new(Arc::clone(&self.file), offset, size, name.into())
    }

    pub(crate) fn not_an_archive(&self, reason: &str) -> RegistryError {
        RegistryError::NotAnArchive {
            archive: self.place.clone(),
            reason: reason.to_owned(),
        }
    }

    fn truncated(&self, entry: &str) -> RegistryError {
        RegistryError::TruncatedArchive {
            archive: self.place.clone(),
            entry: excerpt(entry),
        }
    }

    fn hostile(&self, entry: &str, reason: &'static str) -> RegistryError {
        RegistryError::HostileEntry {
            archive: self.place.clone(),
            entry: excerpt(entry),
            reason,
        }
    }
}

fn is_extended(kind: EntryType) -> bool {
    kind.is_gnu_longname()
        || kind.is_gnu_longlink()
        || kind.is_pax_local_extensions()
        || kind.is_pax_global_extensions()
}

/// The path that a link means, if it stays within the archive.
fn resolve(target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts = Vec::new();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The sum of a header's bytes, those of the sum itself taken as blanks.
fn checksum(block: &[u8]) -> u32 {
    let sum = |(position, byte): (usize, &u8)| {
        if (148..156).contains(&position) {
            u32::from(b' ')
        } else {
            u32::from(*byte)
        }
    };
    block.iter().enumerate().map(sum).sum()
}

/// A name, which in extended headers may end with a zero byte. What is not UTF-8 is no path that we ever ask for.
fn text(bytes: &[u8]) -> String {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
