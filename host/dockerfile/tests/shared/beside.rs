//! Where the test data is that lies beside the checkout.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file or a folder of the test data: in `$POLCHECK_SHARED`, or else in `../shared` beside the checkout. Where neither is there, the
/// test is written down as not run.
pub(crate) fn shared(file: &str, test: &str) -> Option<PathBuf> {
    let asked_for = std::env::var_os("POLCHECK_SHARED").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = asked_for
        .clone()
        .unwrap_or_else(|| root.join("../shared"))
        .join(file);
    if path.exists() {
        return Some(path);
    }
    assert_eq!(asked_for, None, "POLCHECK_SHARED has no `{file}`");
    let line = format!("{test}: there is no `../shared/{file}`\n");
    print!("not run: {line}");
    // Whoever runs all tests counts them from this list.
    if let Some(list) = std::env::var_os("POLCHECK_NOT_RUN") {
        let mut list = fs::OpenOptions::new().append(true).open(list).unwrap();
        list.write_all(line.as_bytes()).unwrap();
    }
    None
}
