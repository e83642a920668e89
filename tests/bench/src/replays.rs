//! Coming to verdicts again, and planning by them.

use crate::dockerfiles::{corpus, tree_of};
use crate::figures::{Figure, measured};
use crate::{Result, say};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use test_registry::ImageBuilder;

/// How many recorded verdicts a plan is made over.
const VERDICTS: usize = 10_000;

const DOCKERFILE: &str = "\
FROM scratch
COPY layer-1 /
USER 65532:65532
ENTRYPOINT [\"/service\"]
HEALTHCHECK CMD [\"/service\", \"healthcheck\"]
LABEL org.opencontainers.image.source=https://git.example.com/shop/api
";

pub(crate) fn figures(polcheck: &Path) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let polcheck = polcheck.to_string_lossy().into_owned();
    let mut figures = of_an_image(&polcheck, folder.path())?;
    match corpus()? {
        Some(corpus) => figures.extend(of_plans(&polcheck, folder.path(), &corpus)?),
        None => say("there is no `../shared/corpus/dockerfiles`: no figures about plans"),
    }
    Ok(figures)
}

/// A config-and-Dockerfile verdict.
fn of_an_image(polcheck: &str, folder: &Path) -> Result<Vec<Figure>> {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let config = json!({
        "User": "65532:65532",
        "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "WorkingDir": "/",
        "Entrypoint": ["/service"],
        "Healthcheck": { "Test": ["CMD", "/service", "healthcheck"] },
        "Labels": { "org.opencontainers.image.source": "https://git.example.com/shop/api" },
    });
    let image = ImageBuilder::new(config).layer(&[("service", "x")]).build();
    image.write_layout(&folder.join("layout"), Some("1"));
    fs::write(path("Dockerfile"), DOCKERFILE)?;
    let layout = format!("oci:{}", path("layout"));
    let (file, recorded) = (path("Dockerfile"), path("image"));
    quietly(&[
        polcheck,
        "check",
        "-f",
        &file,
        "--evidence",
        &recorded,
        &layout,
    ])?;
    Ok(vec![
        size("evidence of an image and its Dockerfile", &recorded)?,
        measured(
            "`polcheck replay` of that verdict",
            &[polcheck, "replay", "--evidence", &recorded],
            50,
            "≤ 20 ms",
        )?,
    ])
}

/// Many verdicts over real Dockerfiles.
fn of_plans(polcheck: &str, folder: &Path, corpus: &[Vec<u8>]) -> Result<Vec<Figure>> {
    let recorded = folder.join("recorded").to_string_lossy().into_owned();
    let tree = tree_of(corpus, VERDICTS)?;
    let tree = tree.path().to_string_lossy().into_owned();
    quietly(&[
        polcheck,
        "lint",
        "--exit-zero",
        "--evidence",
        &recorded,
        &tree,
    ])?;
    let plan = ["policy-set", "plan", "builtin:standard", "builtin:strict"];
    Ok(vec![
        size("evidence of real Dockerfiles", &recorded)?,
        measured(
            format!("`polcheck policy-set plan` from standard to strict over {VERDICTS} of them"),
            &[&[polcheck], &plan[..], &["--evidence", &recorded]].concat(),
            1,
            "≤ 20000 ms",
        )?,
        measured(
            format!("`polcheck replay` of {VERDICTS} of them"),
            &[polcheck, "replay", "-q", "--evidence", &recorded],
            1,
            "",
        )?,
    ])
}

/// Runs what has to be there before something is measured; the exit code of a verdict is no failure.
fn quietly(command: &[&str]) -> Result {
    let [program, args @ ..] = command else {
        return Err("nothing to run".into());
    };
    let status = Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    match status.code() {
        Some(0..=2) => Ok(()),
        _ => Err(format!("`{}` ended with {status}", command.join(" ")).into()),
    }
}

/// How large the files of evidence in a folder are.
fn size(work: &str, folder: &str) -> Result<Figure> {
    let sizes = fs::read_dir(folder)?.map(|file| Ok(file?.metadata()?.len()));
    let mut sizes = sizes.collect::<Result<Vec<u64>>>()?;
    sizes.sort_unstable();
    let at = |part: usize| {
        sizes
            .get(sizes.len() * part / 100)
            .copied()
            .unwrap_or_default()
    };
    let largest = sizes.last().copied().unwrap_or_default();
    Ok(Figure::new(
        format!("{work}: median, 99 of 100, largest"),
        format!("{}, {}, {largest} bytes", at(50), at(99)),
        "≤ 20 KB",
    ))
}
