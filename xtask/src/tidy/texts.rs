//! Every file of the project is text: what is built or fetched stays outside.

use crate::run::{Outcome, root};
use crate::sources;
use std::fs;
use std::path::Path;

/// Files that are something else.
pub(super) fn check() -> Outcome<Vec<String>> {
    let mut problems = Vec::new();
    for path in sources::all()? {
        problems.extend(of_file(&path, &fs::read(root().join(&path))?));
    }
    Ok(problems)
}

fn of_file(path: &Path, content: &[u8]) -> Option<String> {
    let is_text = std::str::from_utf8(content).is_ok_and(|text| !text.contains('\0'));
    (!is_text).then(|| {
        format!(
            "{}: no text; remove it, or let `.gitignore` name it if a build made it",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_a_problem() {
        let of = |content: &[u8]| of_file(Path::new("a.whl"), content).is_some();
        assert!(of(b"PK\x03\x04\x00"));
        assert!(of(b"\xff"));
        assert!(!of("é\n".as_bytes()));
    }
}
