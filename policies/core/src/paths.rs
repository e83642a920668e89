//! Paths in an image.

use polcheck_sdk::FactError;
use polcheck_sdk::dockerfile::{Dockerfile, Keyword};

/// A path from a folder, without `.` and `..`; none where the folder is not known and counts. The home of a build is that of
/// root.
pub(crate) fn resolve(folder: Option<&str>, path: &str) -> Option<String> {
    let (start, path) = match path.strip_prefix("~/") {
        Some(path) => ("/root", path),
        None if path.starts_with('/') => ("", path),
        None => (folder?, path),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

/// Whether a path is this one, or lies below it.
pub(crate) fn is_within(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The working folder at an instruction of a stage; none where only the base image knows it.
pub(crate) fn working_folder(
    file: Dockerfile<'_>,
    stage: u32,
    instruction: u32,
) -> Result<Option<String>, FactError> {
    let stages: Vec<u32> = file.ancestry(stage)?.map(|stage| stage.index).collect();
    let mut folder = None;
    for found in file.select(Keyword::Workdir)? {
        let is_before =
            found.index < instruction && found.stage.is_some_and(|stage| stages.contains(&stage));
        if let Some(word) = found.arguments.first().filter(|_| is_before) {
            let path = word.value.as_deref();
            folder = path.and_then(|path| resolve(folder.as_deref(), path));
        }
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_and_compared() {
        let path = resolve(Some("/certs"), "./a/../server.key");
        assert_eq!(path.as_deref(), Some("/certs/server.key"));
        assert_eq!(resolve(None, "x"), None);
        assert_eq!(resolve(None, "~/x").as_deref(), Some("/root/x"));
        assert_eq!(resolve(None, "/../x").as_deref(), Some("/x"));
        assert!(is_within("/certs/server.key", "/certs/"));
        assert!(is_within("/certs", "/certs"));
        assert!(!is_within("/certs2", "/certs"));
        assert!(is_within("/certs", "/"));
    }
}
