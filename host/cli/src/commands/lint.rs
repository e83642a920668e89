//! `polcheck lint`

use super::baseline::BaselineArgs;
use super::build::BuildArgs;
use super::time::TimeArgs;
use crate::args::{GlobalArgs, PolicyArgs};
use crate::discover;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::progress::Progress;
use crate::report::{Entry, Output, Rendered, Written};
use crate::session::Session;
use clap::Args;
use pipeline::config::Layer;
use pipeline::{CheckRequest, Dockerfile, Pipeline};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Check Dockerfiles alone
///
/// A folder stands for the Dockerfiles in it: `Dockerfile`, `Dockerfile.*`, `*.Dockerfile`, `Containerfile`, without those
/// that Git ignores. `-` is standard input. Rules that need an image are listed as not checked, and no claim is decided.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files and folders
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Leave out what matches this glob, written as in `.gitignore` (repeatable)
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Call standard input so
    #[arg(long, value_name = "NAME", default_value = "-")]
    stdin_filename: String,
    /// Check so many files at the same time; as many as there are processors where nothing is said
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Write the report as text, json, html, sarif, junit, markdown, github, github-output or gitlab, to standard output or a file (repeatable)
    #[arg(
        short,
        long,
        value_name = "FORMAT[=PATH]",
        help_heading = "Output options"
    )]
    output: Vec<String>,
    /// End with 0 where files fail; verdicts stay what they are
    #[arg(long, help_heading = "Output options")]
    exit_zero: bool,
    #[command(flatten)]
    time: TimeArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// What was found under a path that was named.
enum Found {
    File {
        path: String,
        source: PathBuf,
    },
    Stdin {
        name: String,
    },
    /// A folder without a Dockerfile.
    Nothing {
        folder: String,
    },
}

pub(crate) fn run(args: &LintArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let session = Session::new(global, args.layer()?)?;
    let outputs = session.outputs()?;
    let inputs = args.build.inputs()?;
    let found = args.find()?;
    let threads = threads(session.config.wanted_jobs(), found.len());
    let pipeline = match u32::try_from(threads) {
        Ok(at_once) if found.len() > MANY => session.pipeline_for_many(at_once)?,
        _ => session.pipeline()?,
    };
    let request = CheckRequest {
        effective_time: args.time.effective()?,
        unnamed_set: session.config.is_set_unnamed(),
        baseline: session.baseline()?,
        without_evidence: !outputs.iter().any(Output::has_evidence),
        ..CheckRequest::default()
    };
    let progress = Progress::new(found.len(), session.quiet);
    let written = Mutex::new(Written::to(&outputs, pipeline.policies(), &progress)?);
    on_threads(&found, threads, |at, found| {
        let entry = lint(&pipeline, &request, &args.build, &inputs, found);
        let entry = Rendered::new(entry, &outputs, &session);
        lock(&written).add(at, entry);
    });
    let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    written.finish(args.exit_zero, &session)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Checks one file. What goes wrong with it is an entry, and stops no other.
fn lint(
    pipeline: &Pipeline,
    request: &CheckRequest,
    build: &BuildArgs,
    inputs: &pipeline::BuildInputs,
    found: &Found,
) -> Entry {
    let (path, bytes) = match found {
        Found::Nothing { folder } => {
            return Entry::Nothing {
                path: folder.clone(),
            };
        }
        Found::File { path, source } => (path, files::read(source)),
        Found::Stdin { name } => (name, files::read_stdin()),
    };
    let judge = |bytes: Vec<u8>| {
        let inputs = build.with_ignore_file(inputs, Path::new(path))?;
        let file = Dockerfile {
            path: path.clone(),
            bytes,
            inputs,
        };
        Ok(pipeline.lint(&file, request)?)
    };
    match bytes.and_then(judge) {
        Ok(judged) => Entry::Judged {
            judged: vec![judged],
            attested: Vec::new(),
            signed: false,
        },
        Err(failure) => Entry::Failed {
            reference: path.clone(),
            failure,
        },
    }
}

/// From how many files on a pool of instances is worth its while.
const MANY: usize = 16;

/// As many as were asked for, or as there are processors.
fn threads(jobs: Option<usize>, work: usize) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    jobs.unwrap_or_else(cores).clamp(1, work.max(1))
}

/// Does the work on so many threads, each piece with its place.
fn on_threads<T: Sync>(work: &[T], threads: usize, one: impl Fn(usize, &T) + Sync) {
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            work.get(at).map(|item| (at, item))
        } {
            one(at, item);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(worker);
        }
    });
}

impl LintArgs {
    fn layer(&self) -> Result<Layer, Failure> {
        Ok(Layer {
            jobs: self.jobs,
            baseline: self.baseline.baseline.clone(),
            output: (!self.output.is_empty()).then(|| self.output.clone()),
            ..self.policy.lay(Layer::default())?
        })
    }

    /// The files that were named, and those in the folders that were.
    fn find(&self) -> Result<Vec<Found>, Failure> {
        let mut all = Vec::new();
        for path in &self.paths {
            let shown = path.to_string_lossy().into_owned();
            if shown == "-" {
                all.push(Found::Stdin {
                    name: self.stdin_filename.clone(),
                });
            } else if path.is_dir() {
                let files = discover::dockerfiles(path, &self.exclude)?;
                if files.is_empty() {
                    all.push(Found::Nothing { folder: shown });
                }
                all.extend(files.into_iter().map(|source| Found::File {
                    path: without_dot(&source),
                    source,
                }));
            } else {
                all.push(Found::File {
                    path: shown,
                    source: path.clone(),
                });
            }
        }
        Ok(all)
    }
}

/// `app/Dockerfile` of `./app/Dockerfile`.
fn without_dot(path: &Path) -> String {
    path.strip_prefix(".")
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}
