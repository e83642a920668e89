//! What it costs to say what was found, in each format.

use crate::Result;
use crate::cpu;
use crate::figures::{Figure, millis};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use test_registry::{ImageBuilder, TestImage};

const FILES: usize = 100;
const FINDINGS_IN_A_FILE: usize = 100;
const TIMES: u32 = 10;
/// All that a Dockerfile can be reported in.
const FORMATS: [&str; 8] = [
    "text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html",
];

/// How often a format is written in the longer one of two runs.
const COPIES: u8 = 5;

/// The cost of a format is what a run that writes it several times takes more than a run that writes it once: all else is the
/// same, even the evidence, which is made for JSON alone.
pub(crate) fn figures(polcheck: &Path) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut images = Vec::new();
    for number in 0..FILES {
        let path = folder.path().join(format!("{number}.Dockerfile"));
        fs::write(path, dockerfile())?;
        image(number).write_layout(&folder.path().join(format!("image-{number}")), Some("1"));
        images.push(format!("oci:image-{number}"));
    }
    let run = |verb: &str, subjects: &[String], outputs: &[&str]| {
        let options = [
            verb,
            "--quiet",
            "--exit-zero",
            "--jobs",
            "1",
            "--rule",
            "label.empty",
        ];
        let mut command = vec![polcheck.to_string_lossy().into_owned()];
        command.extend(options.map(str::to_owned));
        command.extend(
            outputs
                .iter()
                .map(|output| format!("--output={output}=/dev/null")),
        );
        command.extend_from_slice(subjects);
        Ok::<_, Box<dyn std::error::Error>>(cpu::of_command(TIMES, folder.path(), &command)?.cpu)
    };
    let here = [".".to_owned()];
    let of_dockerfiles = FORMATS.map(|format| (format, "lint", &here[..]));
    let of_images = ("gitlab-container-scanning", "check", &images[..]);
    let mut figures = Vec::new();
    for (format, verb, subjects) in of_dockerfiles.into_iter().chain([of_images]) {
        let often = vec![format; usize::from(COPIES)];
        let cost = run(verb, subjects, &often)? - run(verb, subjects, &[format])?;
        figures.push(Figure::new(
            format!("{} findings as {format}", FILES * FINDINGS_IN_A_FILE),
            millis(cost / f64::from(COPIES - 1)),
            "≤ 100 ms",
        ));
    }
    Ok(figures)
}

/// An image with as many findings as a file.
fn image(number: usize) -> TestImage {
    let label = |at: usize| (format!("com.example.label-{at}"), json!(""));
    let labels: Map<String, Value> = (0..FINDINGS_IN_A_FILE).map(label).collect();
    ImageBuilder::new(json!({ "Labels": labels, "Env": [format!("NUMBER={number}")] })).build()
}

/// A file with a finding in each of many lines.
fn dockerfile() -> String {
    let mut text = String::from("FROM alpine:3.22\n");
    for number in 0..FINDINGS_IN_A_FILE {
        let _ = writeln!(text, "LABEL com.example.label-{number}=\"\"");
    }
    text
}
