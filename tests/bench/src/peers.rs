//! What other tools need for the same Dockerfiles, where they are installed.

use crate::figures::{Figure, measured};
use crate::{Result, say};
use std::process::{Command, Stdio};

/// Figures of each peer that is here.
pub(crate) fn figures(files: usize, tree: &str, one: &str) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if is_here("hadolint") {
        let all = format!("hadolint --no-fail {tree}/*.Dockerfile");
        figures.push(measured(
            "hadolint: the same file",
            &["hadolint", "--no-fail", one],
            10,
            "",
        )?);
        figures.push(measured(
            format!("hadolint: the same {files} files"),
            &["sh", "-c", &all],
            1,
            "",
        )?);
    }
    if is_here("trivy") {
        let trivy = [
            "trivy",
            "config",
            "--quiet",
            "--skip-check-update",
            "--skip-version-check",
            "--misconfig-scanners",
            "dockerfile",
        ];
        let of = |path: &str| [&trivy[..], &[path]].concat().join(" ");
        figures.push(measured(
            "trivy: the same file",
            &["sh", "-c", &of(one)],
            3,
            "",
        )?);
        figures.push(measured(
            format!("trivy: the same {files} files"),
            &["sh", "-c", &of(tree)],
            1,
            "",
        )?);
    }
    Ok(figures)
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
