//! What it costs to say what was found, in each format.

use crate::Result;
use crate::cpu;
use crate::figures::{Figure, millis};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const FILES: usize = 100;
const FINDINGS_IN_A_FILE: usize = 100;
const TIMES: u32 = 10;
/// All that a Dockerfile can be reported in.
const FORMATS: [&str; 8] = [
    "text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html",
];

/// The cost of a format is what a run with it twice takes more than a run with it once: all else is the same, even the
/// evidence, which is made for JSON alone.
pub(crate) fn figures(polcheck: &Path) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    for number in 0..FILES {
        let path = folder.path().join(format!("{number}.Dockerfile"));
        fs::write(path, dockerfile())?;
    }
    let lint = |outputs: &[&str]| {
        let options = [
            "lint",
            "--quiet",
            "--exit-zero",
            "--jobs",
            "1",
            "--rule",
            "label.empty",
            ".",
        ];
        let mut command = vec![polcheck.to_string_lossy().into_owned()];
        command.extend(options.map(str::to_owned));
        command.extend(
            outputs
                .iter()
                .map(|output| format!("--output={output}=/dev/null")),
        );
        Ok::<_, Box<dyn std::error::Error>>(cpu::of_command(TIMES, folder.path(), &command)?.cpu)
    };
    let mut figures = Vec::new();
    for format in FORMATS {
        let cost = lint(&[format, format])? - lint(&[format])?;
        figures.push(Figure::new(
            format!("{} findings as {format}", FILES * FINDINGS_IN_A_FILE),
            millis(cost),
            "≤ 100 ms",
        ));
    }
    Ok(figures)
}

/// A file with a finding in each of many lines.
fn dockerfile() -> String {
    let mut text = String::from("FROM alpine:3.22\n");
    for number in 0..FINDINGS_IN_A_FILE {
        let _ = writeln!(text, "LABEL com.example.label-{number}=\"\"");
    }
    text
}
