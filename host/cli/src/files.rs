//! Files that are written whole or not at all.

use crate::failure::Failure;
use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, IntoInnerError, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
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
    let mut file = Unfinished::create(path)?;
    file.write(bytes)?;
    file.finish()
}

/// Writes bytes to standard output as they are. A reader that went away has had enough.
pub(crate) fn write_stdout(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::new(&error, None)),
        _ => Ok(()),
    }
}

/// Puts other bytes in the place of those of a file, all at once. It keeps its owner and its permissions, and a link to it leads to
/// it as before. What nobody may write stays as it is.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: io::Error| cannot_write(path, &error);
    let target = fs::canonicalize(path).map_err(failed)?;
    let metadata = fs::metadata(&target).map_err(failed)?;
    let permissions = metadata.permissions();
    if !metadata.is_file() || permissions.readonly() {
        return Err(failed(io::ErrorKind::PermissionDenied.into()));
    }
    // Whoever may write into the folder may not always write the file.
    File::options().write(true).open(&target).map_err(failed)?;
    let file = prepare(&target, bytes, 0o600).map_err(failed)?;
    let (uid, gid) = (metadata.uid(), metadata.gid());
    let is_other = |own: fs::Metadata| (own.uid(), own.gid()) != (uid, gid);
    if file.as_file().metadata().is_ok_and(is_other) {
        fchown(file.as_file(), Some(uid), Some(gid)).map_err(failed)?;
    }
    let kept = file.as_file().set_permissions(permissions);
    kept.map_err(failed)?;
    let moved = file.persist(&target).map(drop);
    moved.map_err(|error| failed(error.error))
}

/// A file on its way: under its name there is nothing of it before it is finished.
pub(crate) struct Unfinished {
    path: PathBuf,
    inner: Inner,
}

enum Inner {
    /// What is no file, such as a pipe, is written to at once.
    Other(BufWriter<File>),
    File {
        written: BufWriter<NamedTempFile>,
        target: PathBuf,
    },
}

impl Unfinished {
    pub(crate) fn create(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| cannot_write(path, &error);
        let is_other = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        let inner = if is_other {
            let file = File::options().write(true).open(path).map_err(failed)?;
            Inner::Other(BufWriter::new(file))
        } else {
            // Where a link leads, not the link.
            let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let written = BufWriter::new(temporary(&target, 0o644).map_err(failed)?);
            Inner::File { written, target }
        };
        Ok(Self {
            path: path.to_owned(),
            inner,
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = match &mut self.inner {
            Inner::Other(file) => file.write_all(bytes),
            Inner::File { written, .. } => written.write_all(bytes),
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        let finished = match self.inner {
            Inner::Other(mut file) => file.flush(),
            Inner::File { written, target } => written
                .into_inner()
                .map_err(IntoInnerError::into_error)
                .and_then(|file| file.persist(target).map(drop).map_err(|error| error.error)),
        };
        finished.map_err(|error| cannot_write(&self.path, &error))
    }
}

/// A file that keeps what others wrote into it: all that is written comes behind that, at once and on a line of its own.
pub(crate) struct Appended {
    path: PathBuf,
    file: File,
    written: Vec<u8>,
}

impl Appended {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::options().append(true).create(true).open(path);
        Ok(Self {
            path: path.to_owned(),
            file: file.map_err(|error| cannot_write(path, &error))?,
            written: Vec::new(),
        })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if !ends_with_a_line(&self.path) {
            self.written.insert(0, b'\n');
        }
        let written = self.file.write_all(&self.written);
        written.map_err(|error| cannot_write(&self.path, &error))
    }
}

/// Whether what is added to a file begins a line. Of what is no file, and of what cannot be read, nobody knows better.
fn ends_with_a_line(path: &Path) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [b'\n'];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    !is_file || last().unwrap_or(b'\n') == b'\n'
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
    let mut file = temporary(path, mode)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// A file beside the one that it will become.
fn temporary(path: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    Builder::new()
        .permissions(Permissions::from_mode(mode))
        .tempfile_in(dir)
        // Only the kind: the error itself names the temporary file, which nobody asked for.
        .map_err(|error| io::Error::from(error.kind()))
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot write `{}`", path.display()))
            .help("check the folder and its permissions")
    }
}
