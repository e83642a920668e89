//! Files that are written whole or not at all.

use crate::failure::Failure;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::{Builder, NamedTempFile};

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot read `{}`", path.display())).help("check the path")
    })
}

/// Reads standard input to its end.
pub(crate) fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(&error, None))?;
    Ok(bytes)
}

/// Writes a file that everybody may read, over whatever was there. What is no file, such as a pipe, is written to.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| cannot_write(path, &error);
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return fs::write(path, bytes).map_err(failed);
    }
    // Where a link leads, not the link.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let file = prepare(&target, bytes, 0o644).map_err(failed)?;
    file.persist(target)
        .map(drop)
        .map_err(|error| failed(error.error))
}

/// Writes a file unless one is there.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Failure> {
    let failed = |error: io::Error| cannot_write(path, &error);
    let file = prepare(path, bytes, mode).map_err(failed)?;
    file.persist_noclobber(path)
        .map(drop)
        .map_err(|error| failed(error.error))
}

fn prepare(path: &Path, bytes: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir)
        // Only the kind: the error itself names the temporary file, which nobody asked for.
        .map_err(|error| io::Error::from(error.kind()))?;
    file.write_all(bytes)?;
    Ok(file)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot write `{}`", path.display()))
            .help("check the folder and its permissions")
    }
}
