//! Dockerfiles: how fast they are read, and what checking them costs.

use crate::cpu;
use crate::figures::{Figure, measured, micros};
use crate::{Result, peers, say};
use dockerfile::evaluate::{Options, evaluate};
use dockerfile::parse;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// How often the real files are read.
const PASSES: u32 = 20;
/// How many files a tree of projects has.
const FILES: usize = 1_000;

pub(crate) fn figures(polcheck: &Path, packs: &Path) -> Result<Vec<Figure>> {
    let Some(corpus) = corpus()? else {
        say("there is no `../shared/corpus/dockerfiles`: no figures about Dockerfiles");
        return Ok(vec![]);
    };
    let polcheck = polcheck.to_string_lossy().into_owned();
    let tree = tree(&corpus)?;
    let one = tree.path().join("0.Dockerfile");
    let (tree, one) = (
        tree.path().to_string_lossy().into_owned(),
        one.to_string_lossy().into_owned(),
    );
    let mut figures = vec![
        Figure::new(
            format!("parse {} real Dockerfiles, one thread", corpus.len()),
            speed(&corpus, |text| {
                black_box(parse(text));
            })?,
            "≥ 30 MB/s",
        ),
        Figure::new(
            "parse and evaluate them",
            speed(&corpus, |text| {
                let file = parse(text);
                black_box(evaluate(&file, &Options::default()));
            })?,
            "≥ 15 MB/s",
        ),
        measured(
            "`polcheck lint` on one file, every rule",
            &[
                &polcheck,
                "lint",
                "--exit-zero",
                "--policy-set",
                "builtin:strict",
                &one,
            ],
            50,
            "≤ 10 ms, ≤ 20 MB",
        )?,
        measured(
            format!("`polcheck lint` on {FILES} files, every rule"),
            &[
                &polcheck,
                "lint",
                "--exit-zero",
                "--policy-set",
                "builtin:strict",
                &tree,
            ],
            5,
            "≤ 300 ms, ≤ 30 MB",
        )?,
    ];
    figures.push(fixing(&polcheck, &corpus)?);
    figures.extend(of_one_rule(&polcheck, packs, &tree)?);
    figures.extend(peers::hadolint(FILES, &tree, &one)?);
    figures.extend(peers::trivy(&one)?);
    Ok(figures)
}

/// The files, each as it is.
pub(crate) fn corpus() -> Result<Option<Vec<Vec<u8>>>> {
    let shared = std::env::var_os("POLCHECK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("corpus/dockerfiles");
    if !folder.exists() {
        return Ok(None);
    }
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "Dockerfile")
    });
    paths.sort();
    let files = paths.iter().map(|path| Ok(fs::read(path)?));
    files.collect::<Result<Vec<_>>>().map(Some)
}

/// A folder of a thousand files.
fn tree(corpus: &[Vec<u8>]) -> Result<TempDir> {
    tree_of(corpus, FILES)
}

/// A folder of so many files.
pub(crate) fn tree_of(corpus: &[Vec<u8>], files: usize) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    for (number, text) in corpus.iter().cycle().take(files).enumerate() {
        fs::write(folder.path().join(format!("{number}.Dockerfile")), text)?;
    }
    Ok(folder)
}

#[expect(clippy::cast_precision_loss, reason = "the files have some megabytes")]
fn speed(corpus: &[Vec<u8>], work: impl Fn(&[u8])) -> Result<String> {
    let bytes: usize = corpus.iter().map(Vec::len).sum();
    let pass = || corpus.iter().for_each(|text| work(text));
    pass();
    let before = cpu::of_this_process()?;
    for _ in 0..PASSES {
        pass();
    }
    let seconds = (cpu::of_this_process()? - before) / f64::from(PASSES);
    Ok(format!("{:.0} MB/s", bytes as f64 / 1e6 / seconds))
}

/// What fixing takes, each time of files that nobody fixed before; and how long somebody waits for it.
fn fixing(polcheck: &str, corpus: &[Vec<u8>]) -> Result<Figure> {
    const RUNS: u32 = 5;
    let (mut cpu, mut memory, mut elapsed) = (0.0, 0.0_f64, 0.0);
    // All of them stay to the end: ext4 takes long to make a file where many were deleted a moment ago.
    let trees: Vec<TempDir> = (0..RUNS).map(|_| tree(corpus)).collect::<Result<_>>()?;
    for tree in &trees {
        let options = [
            "lint",
            "--fix",
            "--exit-zero",
            "--policy-set",
            "builtin:strict",
            ".",
        ];
        let command = [&[polcheck], &options[..]].concat();
        let command: Vec<String> = command.iter().map(ToString::to_string).collect();
        let process = cpu::of_command(1, tree.path(), &command)?;
        cpu += process.cpu / f64::from(RUNS);
        memory = memory.max(process.memory);
        elapsed += process.elapsed / f64::from(RUNS);
    }
    Ok(Figure::new(
        format!("`polcheck lint --fix` on {FILES} files, every rule"),
        format!(
            "{:.0} ms, {memory:.0} MB; {:.0} ms of a clock",
            cpu * 1e3,
            elapsed * 1e3
        ),
        "≤ 500 ms",
    ))
}

/// What one rule adds: the time beside a run with a single one, and its part of the component.
#[expect(clippy::cast_precision_loss, reason = "there are some hundred rules")]
fn of_one_rule(polcheck: &str, packs: &Path, tree: &str) -> Result<Vec<Figure>> {
    let strict = ["lint", "--exit-zero", "--policy-set", "builtin:strict"];
    let lint = |options: &[&str]| {
        let command = [&[polcheck], &strict[..], options, &[tree]].concat();
        let command: Vec<String> = command.iter().map(ToString::to_string).collect();
        Ok::<_, Box<dyn std::error::Error>>(cpu::of_command(5, Path::new("."), &command)?.cpu)
    };
    let rules = Command::new(polcheck)
        .args(["rules", "--no-config", "-o", "json"])
        .output()?;
    let rules: Vec<serde_json::Value> = serde_json::from_slice(&rules.stdout)?;
    let others = rules.len().saturating_sub(1).max(1) as f64;
    let a_file = (lint(&[])? - lint(&["--rule", "build.invalid"])?) / others / FILES as f64;
    let bytes = fs::metadata(packs.join("core.wasm"))?.len();
    let a_rule = bytes as f64 / rules.len().max(1) as f64 / 1e3;
    Ok(vec![
        Figure::new(
            format!("one rule more on one file ({} rules)", rules.len()),
            micros(a_file),
            "",
        ),
        Figure::new(
            format!("the pack of {} KB, a rule", bytes / 1_000),
            format!("{a_rule:.1} KB"),
            "≤ 500 KB in all",
        ),
    ])
}
