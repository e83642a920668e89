//! Evidence as bytes: canonical JSON (RFC 8785), packed with gzip. The same evidence always has the same bytes.

use super::{EvidenceDocument, EvidenceError, VERSION};
use ::engine::CONTRACT;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use model::canonical;
use serde::Deserialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// How the names of files end.
pub(super) const EXTENSION: &str = ".evidence.json.gz";
/// How much is read. Typical evidence has some kilobytes.
pub const MAX_EVIDENCE_BYTES: u64 = 8 << 20;
/// How much it may be when it is unpacked.
pub const MAX_EVIDENCE_TEXT: u64 = 32 << 20;
/// How many times as long evidence mostly is when it is unpacked.
const TYPICAL_RATIO: usize = 8;
/// How gzip begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What is read of a document that cannot be read as a whole.
#[derive(Deserialize)]
struct Head {
    kind: String,
    version: u64,
    contract: String,
}

impl EvidenceDocument {
    /// The evidence as bytes, which [`Self::read`] reads.
    ///
    /// # Errors
    /// If it is too large, or has a value that cannot be read back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EvidenceError> {
        let text = canonical::json(self)?;
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed
            .write_all(text.as_bytes())
            .map_err(EvidenceError::Damaged)?;
        let packed = packed.finish().map_err(EvidenceError::Damaged)?;
        // Nobody is told tomorrow that what was kept is worth nothing.
        Self::read(&packed)?;
        Ok(packed)
    }

    /// Reads evidence, packed or not.
    ///
    /// # Errors
    /// If it is too large, damaged, something else, or written in another way than polcheck writes it.
    pub fn read(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if length(bytes) > MAX_EVIDENCE_BYTES && bytes.starts_with(&GZIP) {
            return Err(EvidenceError::TooLarge {
                limit: MAX_EVIDENCE_BYTES,
                unpacked: false,
            });
        }
        if !bytes.starts_with(&GZIP) {
            return Self::read_text(bytes.strip_suffix(b"\n").unwrap_or(bytes));
        }
        let mut text = Vec::with_capacity(bytes.len().saturating_mul(TYPICAL_RATIO));
        GzDecoder::new(bytes)
            .take(MAX_EVIDENCE_TEXT + 1)
            .read_to_end(&mut text)
            .map_err(EvidenceError::Damaged)?;
        Self::read_text(&text)
    }

    fn read_text(text: &[u8]) -> Result<Self, EvidenceError> {
        if length(text) > MAX_EVIDENCE_TEXT {
            return Err(EvidenceError::TooLarge {
                limit: MAX_EVIDENCE_TEXT,
                unpacked: true,
            });
        }
        let read: Self = serde_json::from_slice(text).map_err(|error| why(text, &error))?;
        // Whatever two readers may understand differently, and whatever would be dropped, shows here.
        if canonical::json(&read)?.as_bytes() == text {
            Ok(read)
        } else {
            Err(EvidenceError::Rewritten)
        }
    }

    /// Reads the evidence in a file. What is too large is not read at all.
    ///
    /// # Errors
    /// If there is none.
    pub fn read_file(path: &Path) -> Result<Self, EvidenceError> {
        let failed = |source| EvidenceError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        if size <= MAX_EVIDENCE_TEXT {
            bytes.reserve_exact(usize::try_from(size).unwrap_or_default() + 1);
            let mut file = file.take(MAX_EVIDENCE_TEXT + 1);
            file.read_to_end(&mut bytes).map_err(failed)?;
        }
        if size > MAX_EVIDENCE_TEXT || length(&bytes) > MAX_EVIDENCE_TEXT {
            return Err(EvidenceError::TooLarge {
                limit: MAX_EVIDENCE_TEXT,
                unpacked: false,
            });
        }
        Self::read(&bytes)
    }
}

/// The files of evidence that a path means: itself, or those in it, sorted by name.
///
/// # Errors
/// If the folder cannot be read, or has none.
pub fn evidence_files(path: &Path) -> Result<Vec<PathBuf>, EvidenceError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let list = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(path)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    let mut files = list().map_err(|source| EvidenceError::Read {
        path: path.to_owned(),
        source,
    })?;
    files.retain(|file| file.to_string_lossy().ends_with(EXTENSION));
    files.sort();
    if files.is_empty() {
        return Err(EvidenceError::None {
            path: path.to_owned(),
        });
    }
    Ok(files)
}

fn why(text: &[u8], error: &serde_json::Error) -> EvidenceError {
    match serde_json::from_slice::<Head>(text) {
        Ok(head) if head.kind == "polcheck-evidence" && head.version > u64::from(VERSION) => {
            EvidenceError::Newer {
                version: head.version,
                supported: VERSION,
            }
        }
        Ok(head) if head.kind == "polcheck-evidence" && head.contract != CONTRACT => {
            EvidenceError::NewerContract {
                contract: head.contract,
                supported: CONTRACT,
            }
        }
        _ if error.is_eof() => EvidenceError::Damaged(io::ErrorKind::UnexpectedEof.into()),
        _ => EvidenceError::NotEvidence {
            reason: error.to_string(),
        },
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
