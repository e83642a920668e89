//! Dockerfiles in folders.

use crate::failure::Failure;
use ignore::WalkBuilder;
use ignore::overrides::{Override, OverrideBuilder};
use std::path::{Path, PathBuf};

/// What stands behind the last dot of files that are called after a Dockerfile and are none: other tools' files,
/// templates, and what editors leave behind.
const NO_DOCKERFILE: [&str; 19] = [
    "dockerignore",
    "rego",
    "md",
    "tmpl",
    "tpl",
    "template",
    "gotmpl",
    "j2",
    "jinja",
    "jinja2",
    "erb",
    "mustache",
    "hbs",
    "in",
    "swp",
    "swo",
    "bak",
    "orig",
    "rej",
];

/// The Dockerfiles below a folder, sorted; what Git ignores, and what is excluded, is left out.
pub(crate) fn dockerfiles(folder: &Path, exclude: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let walk = WalkBuilder::new(folder)
        // `.devcontainer` is a common place for them.
        .hidden(false)
        .require_git(false)
        .overrides(excluded(folder, exclude)?)
        .sort_by_file_path(Path::cmp)
        .build();
    let mut found = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| {
            Failure::new(&error, None).help("check the folder and its permissions")
        })?;
        let is_file = entry.file_type().is_some_and(|kind| kind.is_file());
        if is_file && is_dockerfile(&entry.file_name().to_string_lossy()) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Whether a file is called like a Dockerfile.
fn is_dockerfile(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_other = name
        .rsplit_once('.')
        .is_some_and(|(_, extension)| NO_DOCKERFILE.contains(&extension));
    let is_left_behind = name.ends_with('~') || name.starts_with(['#', '.']);
    let is_called_so = ["dockerfile", "containerfile"].iter().any(|word| {
        name == *word
            || name
                .strip_prefix(word)
                .is_some_and(|rest| rest.starts_with('.'))
            || name
                .strip_suffix(word)
                .is_some_and(|rest| rest.ends_with('.'))
    });
    is_called_so && !is_other && !is_left_behind
}

fn excluded(folder: &Path, globs: &[String]) -> Result<Override, Failure> {
    let mut builder = OverrideBuilder::new(folder);
    let mut add = |glob: &str| {
        builder.add(&format!("!{glob}")).map(drop).map_err(|error| {
            Failure::new(&error, None)
                .help("write `--exclude` as in `.gitignore`: `vendor/`, `**/testdata`")
        })
    };
    add(".git/")?;
    for glob in globs {
        add(glob)?;
    }
    builder.build().map_err(|error| Failure::new(&error, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Dockerfile", true)]
    #[case("Dockerfile.production", true)]
    #[case("app.Dockerfile", true)]
    #[case("Containerfile", true)]
    #[case("Containerfile.dev", true)]
    #[case("Dockerfile.dockerignore", false)]
    #[case("app.Dockerfile.dockerignore", false)]
    #[case("Dockerfile.rego", false)]
    #[case("Dockerfile.tmpl", false)]
    #[case("Dockerfile.j2", false)]
    #[case("Dockerfile~", false)]
    #[case("Dockerfile.dev~", false)]
    #[case("DOCKERFILE.in", false)]
    #[case("dockerfile", true)]
    #[case("dev.containerfile", true)]
    #[case(".Dockerfile.swp", false)]
    #[case("#Dockerfile#", false)]
    #[case("Dockerfiles", false)]
    #[case("NotADockerfile", false)]
    #[case("Makefile", false)]
    fn a_dockerfile_is_known_by_its_name(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_dockerfile(name), expected);
        for path in [name.to_owned(), format!("src/{name}")] {
            assert_eq!(is_taken_before_a_commit(&path), expected);
        }
    }

    /// Whether pre-commit hands a file to the hook that this repository defines.
    fn is_taken_before_a_commit(path: &str) -> bool {
        let hooks: serde_json::Value =
            serde_saphyr::from_str(include_str!("../../../.pre-commit-hooks.yaml")).unwrap();
        let matches = |key: &str| {
            let pattern = hooks[0][key].as_str().unwrap();
            model::matching::regex(pattern).unwrap().is_match(path)
        };
        matches("files") && !matches("exclude")
    }
}
