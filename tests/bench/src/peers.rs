//! What other tools need for the same Dockerfiles, where they are installed.

use crate::figures::{Figure, measured};
use crate::{Result, say};
use std::process::{Command, Stdio};

pub(crate) fn hadolint(files: usize, tree: &str, one: &str) -> Result<Vec<Figure>> {
    if !is_here("hadolint") {
        return Ok(vec![]);
    }
    let all = format!("hadolint --no-fail {tree}/*.Dockerfile");
    Ok(vec![
        measured(
            "hadolint: the same file",
            &["hadolint", "--no-fail", one],
            10,
            "",
        )?,
        measured(
            format!("hadolint: the same {files} files"),
            &["sh", "-c", &all],
            1,
            "",
        )?,
    ])
}

/// On one file only: version 0.76 panics at some of the real ones, and then judges none.
pub(crate) fn trivy(one: &str) -> Result<Vec<Figure>> {
    if !is_here("trivy") {
        return Ok(vec![]);
    }
    let command = format!(
        "trivy config --quiet --skip-check-update --skip-version-check --misconfig-scanners dockerfile {one}"
    );
    let figure = measured("trivy: the same file", &["sh", "-c", &command], 3, "")?;
    Ok(vec![figure])
}

fn is_here(peer: &str) -> bool {
    let mut asked = Command::new(peer);
    asked.arg("--version");
    let found = asked.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_here = found.is_ok_and(|status| status.success());
    if !is_here {
        say(&format!("{peer} is not here: nothing to compare with"));
    }
    is_here
}
