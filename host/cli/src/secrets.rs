//! Secrets of the user: read into memory that is overwritten, and that no dump of the process has.

use crate::failure::Failure;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// The largest secret: more than any key or token has.
const MAX_SECRET_BYTES: usize = 128 * 1024;

/// Keeps the memory of this process, and of all that it starts, from being written down when they crash; on Linux nobody
/// but root may look into it either, nor into the variables it was started with.
pub(crate) fn keep_out_of_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // What cannot be lowered is lowered already.
    let _ = setrlimit(Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Reads a file with a secret in it.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |error: io::Error| Failure {
        causes: vec![error.to_string()],
        ..Failure::say(format!("cannot read `{}`", path.display())).help("check the path")
    };
    all(File::open(path).map_err(failed)?).map_err(failed)
}

/// Reads a secret from standard input.
pub(crate) fn read_stdin() -> Result<Zeroizing<Vec<u8>>, Failure> {
    all(io::stdin().lock()).map_err(|error| Failure::new(&error, None))
}

/// All that can be read, up to the size of the largest secret. What grows is copied, and the copy is not overwritten: the
/// memory is large enough from the start.
fn all(from: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_SECRET_BYTES + 1));
    from.take(MAX_SECRET_BYTES as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
