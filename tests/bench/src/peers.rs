//! What other tools need for the same Dockerfiles, where they are installed.

use crate::figures::{Figure, measured};
use crate::{Result, say};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const PREDICATE: &str = "https://in-toto.io/attestation/svr/v0.2";

/// For the statement in a folder, about an image that is named and has this digest.
pub(crate) fn cosign(folder: &Path, image: &str, digest: &str) -> Result<Vec<Figure>> {
    if !is_here("cosign", "version") {
        return Ok(vec![]);
    }
    let run = |command: &str| format!("cd {} && COSIGN_PASSWORD= exec {command}", folder.display());
    let measure =
        |work: &str, command: &str, times| measured(work, &["sh", "-c", &run(command)], times, "");
    let trust = format!("--key polcheck.pub --insecure-ignore-tlog --type {PREDICATE}");
    let (algorithm, hex) = digest.split_once(':').unwrap_or_default();
    fs::write(folder.join("predicate.json"), "{}")?;
    measure("a key", "cosign generate-key-pair", 1)?;
    Ok(vec![
        measure("`cosign version`", "cosign version", 10)?,
        measure(
            "cosign: verify the same bundle, offline",
            &format!(
                "cosign verify-blob-attestation {trust} --bundle bundle.json --digest {hex} --digestAlg {algorithm}"
            ),
            10,
        )?,
        measure(
            "cosign: verify from the same registry",
            &format!("cosign verify-attestation {trust} {image}"),
            10,
        )?,
        measure(
            "cosign: sign a statement about a file with a key",
            &format!(
                "cosign attest-blob --key cosign.key --predicate predicate.json --type {PREDICATE} --use-signing-config=false --tlog-upload=false --yes --bundle cosign.json layout/index.json"
            ),
            10,
        )?,
    ])
}

pub(crate) fn hadolint(files: usize, tree: &str, one: &str) -> Result<Vec<Figure>> {
    if !is_here("hadolint", "--version") {
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
    if !is_here("trivy", "--version") {
        return Ok(vec![]);
    }
    let command = format!(
        "trivy config --quiet --skip-check-update --skip-version-check --misconfig-scanners dockerfile {one}"
    );
    let figure = measured("trivy: the same file", &["sh", "-c", &command], 3, "")?;
    Ok(vec![figure])
}

fn is_here(peer: &str, version: &str) -> bool {
    let mut asked = Command::new(peer);
    asked.arg(version);
    let found = asked.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_here = found.is_ok_and(|status| status.success());
    if !is_here {
        say(&format!("{peer} is not here: nothing to compare with"));
    }
    is_here
}
