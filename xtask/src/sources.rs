//! The files of the project, as git knows them: tracked, or new and not ignored.

use crate::run::{Outcome, command, output};
use std::path::{Path, PathBuf};

/// All files, relative to the root.
pub(crate) fn all() -> Outcome<Vec<PathBuf>> {
    let list = output(&mut command(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard"],
    ))?;
    let files: Vec<PathBuf> = list.lines().map(PathBuf::from).collect();
    // A file that was removed is in the list until that is committed.
    Ok(files
        .into_iter()
        .filter(|file| crate::run::root().join(file).is_file())
        .collect())
}

/// All Rust files.
pub(crate) fn rust() -> Outcome<Vec<PathBuf>> {
    Ok(all()?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect())
}

/// The files of rules: two folders below `policies/<pack>/`.
pub(crate) fn rules(root: &Path) -> Outcome<Vec<PathBuf>> {
    let is_rule = |path: &&PathBuf| {
        let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
        matches!(parts.as_slice(), ["policies", _, "src", _, _])
    };
    Ok(rust()?
        .iter()
        .filter(is_rule)
        .map(|path| root.join(path))
        .collect())
}
