//! Dockerfiles: how fast they are read, and what checking them costs, beside a peer.

use crate::cpu::{self, Process};
use crate::figures::{Figure, millis};
use crate::{Result, say};
use dockerfile::evaluate::{Options, evaluate};
use dockerfile::parse;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// How often the real files are read.
const PASSES: u32 = 20;
/// How many files a tree of projects has.
const FILES: usize = 1_000;

pub(crate) fn figures(polcheck: &Path) -> Result<Vec<Figure>> {
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
        process(
            "`polcheck lint` on one file",
            &[&polcheck, "lint", "--exit-zero", &one],
            50,
            "≤ 10 ms, ≤ 20 MB",
        )?,
        process(
            format!("`polcheck lint` on {FILES} files, all rules over Dockerfiles"),
            &[&polcheck, "lint", "--exit-zero", &tree],
            5,
            "≤ 150 ms",
        )?,
    ];
    figures.extend(hadolint(&tree, &one)?);
    Ok(figures)
}

/// The files, each as it is.
fn corpus() -> Result<Option<Vec<Vec<u8>>>> {
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
    let folder = tempfile::tempdir()?;
    for (number, text) in corpus.iter().cycle().take(FILES).enumerate() {
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

fn process(
    work: impl Into<String>,
    command: &[&str],
    times: u32,
    reach: &'static str,
) -> Result<Figure> {
    let command: Vec<String> = command.iter().map(ToString::to_string).collect();
    let Process { cpu, memory } = cpu::of_command(times, Path::new("."), &command)?;
    let measured = format!("{}, {memory:.0} MB", millis(cpu));
    Ok(Figure::new(work, measured, reach))
}

/// What hadolint needs for the same, where there is one.
fn hadolint(tree: &str, one: &str) -> Result<Vec<Figure>> {
    let found = Command::new("hadolint")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !found.is_ok_and(|status| status.success()) {
        say("hadolint is not here: nothing to compare with");
        return Ok(vec![]);
    }
    let all = format!("hadolint --no-fail {tree}/*.Dockerfile");
    Ok(vec![
        process(
            "hadolint: the same file",
            &["hadolint", "--no-fail", one],
            10,
            "",
        )?,
        process(
            format!("hadolint: the same {FILES} files"),
            &["sh", "-c", &all],
            1,
            "",
        )?,
    ])
}
