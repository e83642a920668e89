//! Files that are written whole or not at all.

use crate::failure::Failure;
use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path)
        .map_err(|error| Failure::new(&error, None))
        .map_err(|failure| Failure {
            causes: vec![failure.message],
            ..Failure::say(format!("cannot read `{}`", path.display()))
        })
}

/// Writes a file that everybody may read, over whatever was there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| cannot_write(path, error);
    let file = prepare(path, bytes, 0o644).map_err(|error| failed(&error))?;
    file.persist(path)
        .map(drop)
        .map_err(|error| failed(&error.error))
}

/// Writes a file unless one is there.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| cannot_write(path, error);
    let file = prepare(path, bytes, mode).map_err(|error| failed(&error))?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| failed(&error.error))
}

fn prepare(path: &Path, bytes: &[u8], mode: u32) -> std::io::Result<NamedTempFile> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir)?;
    file.write_all(bytes)?;
    Ok(file)
}

fn cannot_write(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot write `{}`", path.display()))
    }
}
