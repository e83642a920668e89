//! Every path that a guide for people names must exist.

use crate::run::{Failure, Outcome, root};
use std::fs;
use std::path::Path;

/// The documents whose paths are checked.
const DOCUMENTS: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
/// Made by the build, and so not there on a fresh machine.
const BUILT: [&str; 1] = ["policies/built"];

/// Paths that are named and not there.
pub(super) fn check() -> Outcome<Vec<String>> {
    let mut problems = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document))
            .map_err(|error| Failure(format!("cannot read `{document}`: {error}")))?;
        let missing =
            paths(&text).filter(|path| !root().join(path).exists() && !BUILT.contains(path));
        problems
            .extend(missing.map(|path| format!("{document} names `{path}`, which is not there")));
    }
    Ok(problems)
}

/// What stands in backticks and looks like a path of the project: it has a slash or an ending, and no blank.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text
        .split("```")
        .step_by(2)
        .flat_map(|prose| prose.split('`').skip(1).step_by(2));
    quoted
        .map(|word| word.trim_end_matches('/'))
        .filter(|word| {
            let is_path = word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte));
            is_path && !word.starts_with('.') && (word.contains('/') || has_ending(word))
        })
}

fn has_ending(word: &str) -> bool {
    Path::new(word).extension().is_some_and(|extension| {
        ["rs", "md", "toml", "wit", "yaml"]
            .iter()
            .any(|known| extension == *known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_path_is_one() {
        let text = "See `host/model/`, `README.md`, `user.final-root` and `cargo xtask`.\n```\n`not/this`\n```\nand `wit/types.wit`";
        assert_eq!(
            paths(text).collect::<Vec<_>>(),
            ["host/model", "README.md", "wit/types.wit"]
        );
    }
}
