//! `polcheck lint`

use super::baseline::BaselineArgs;
use super::build::BuildArgs;
use super::evidence::{self, EvidenceArgs};
use super::fix::{FixArgs, Fixing, print_diffs};
use super::time::TimeArgs;
use crate::args::{GlobalArgs, PolicyArgs, RegistryArgs};
use crate::discover;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::progress::Progress;
use crate::report::{Attestation, Entry, Output, Rendered, Written};
use crate::session::Session;
use clap::Args;
use pipeline::config::Layer;
use pipeline::{CheckRequest, Dockerfile, Pipeline};
use std::collections::BTreeMap;
use std::io::Write;
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
    fix: FixArgs,
    #[command(flatten)]
    build: BuildArgs,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    evidence: EvidenceArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    registry: RegistryArgs,
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
    let is_fixing = args.fix.is_wanted()?;
    let inputs = args.build.inputs()?;
    let found = args.find()?;
    let threads = threads(session.config.wanted_jobs(), found.len());
    let mut outputs = session.outputs()?;
    if args.fix.fix
        && found
            .iter()
            .any(|found| matches!(found, Found::Stdin { .. }))
    {
        outputs = outputs.into_iter().map(Output::aside).collect();
    }
    let pipeline = match u32::try_from(threads) {
        Ok(at_once) if found.len() > MANY => session.pipeline_for_many(at_once)?,
        _ => session.pipeline()?,
    };
    let folder = args.evidence.folder()?;
    let request = CheckRequest {
        effective_time: args.time.effective()?,
        unnamed: session.config.unnamed(),
        baseline: session.baseline()?,
        records: folder.is_some(),
        without_evidence: args.fix.diff || !outputs.iter().any(Output::has_evidence),
        ..CheckRequest::default()
    };
    let run = Run {
        fixing: is_fixing.then(|| args.fix.start(&pipeline, &session, &request)),
        pipeline: &pipeline,
        request: &request,
        build: &args.build,
        inputs: &inputs,
        folder,
    };
    let exit = if args.fix.diff {
        run.show_diffs(&found, threads, args.exit_zero)?
    } else {
        run.report(&found, threads, &outputs, &session, args.exit_zero)?
    };
    Ok(run.finish(args.fix.diff, exit, &session))
}

/// What is the same for every file.
struct Run<'a> {
    pipeline: &'a Pipeline,
    request: &'a CheckRequest,
    build: &'a BuildArgs,
    inputs: &'a pipeline::BuildInputs,
    /// Where evidence goes.
    folder: Option<&'a Path>,
    /// None: files stay as they are.
    fixing: Option<Fixing<'a>>,
}

impl Run<'_> {
    /// Reports every file in its turn.
    fn report(
        &self,
        found: &[Found],
        threads: usize,
        outputs: &[Output],
        session: &Session,
        exit_zero: bool,
    ) -> Result<Exit, Failure> {
        let progress = Progress::new(found.len(), session.quiet);
        let written = Written::to(outputs, self.pipeline.policies(), &progress)?;
        let written = Mutex::new(written);
        on_threads(found, threads, |at, found| {
            let entry = Rendered::new(self.entry(found), outputs, session);
            lock(&written).add(at, entry);
        });
        let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
        written.finish(exit_zero, session)
    }

    /// Checks one file. What goes wrong with it is an entry, and stops no other.
    fn entry(&self, found: &Found) -> Entry {
        let (path, place) = match found {
            Found::Nothing { folder } => {
                return Entry::Nothing {
                    path: folder.clone(),
                };
            }
            Found::File { path, source } => (path, Some(source.as_path())),
            Found::Stdin { name } => (name, None),
        };
        let judge = |file: Dockerfile| match &self.fixing {
            None => Ok(self.pipeline.lint(&file, self.request)?),
            Some(fixing) => fixing.write(&file, place),
        };
        let judged = self.read(path, place).and_then(judge).and_then(|judged| {
            let judged = vec![judged];
            evidence::write(self.folder, &judged).map(|()| judged)
        });
        match judged {
            Ok(judged) => Entry::Judged {
                judged,
                attestation: Attestation::Unwanted,
            },
            Err(failure) => Entry::Failed {
                reference: path.clone(),
                failure,
            },
        }
    }

    fn read(&self, path: &str, place: Option<&Path>) -> Result<Dockerfile, Failure> {
        Ok(Dockerfile {
            bytes: place.map_or_else(files::read_stdin, files::read)?,
            inputs: self.build.with_ignore_file(self.inputs, Path::new(path))?,
            path: path.to_owned(),
        })
    }

    /// Shows what would be changed, every file in its turn.
    fn show_diffs(
        &self,
        found: &[Found],
        threads: usize,
        exit_zero: bool,
    ) -> Result<Exit, Failure> {
        let diffs = Mutex::new(BTreeMap::new());
        on_threads(found, threads, |at, found| {
            lock(&diffs).insert(at, self.diff(found));
        });
        let diffs = diffs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (mut exit, mut shown) = (Exit::Passed, Vec::new());
        for diff in diffs.into_values() {
            let own = match diff {
                Ok(diff) if diff.is_empty() => Exit::Passed,
                Ok(diff) => {
                    shown.push(diff);
                    Exit::Failed
                }
                Err(failure) => {
                    failure.show();
                    Exit::Undecided
                }
            };
            exit = Exit::of_all([exit, own]);
        }
        print_diffs(&shown)?;
        Ok(if exit_zero {
            exit.without_failure()
        } else {
            exit
        })
    }

    fn diff(&self, found: &Found) -> Result<String, Failure> {
        let (path, place) = match found {
            Found::Nothing { .. } => return Ok(String::new()),
            Found::File { path, source } => (path, Some(source.as_path())),
            Found::Stdin { name } => (name, None),
        };
        let file = self.read(path, place)?;
        let fixing = self.fixing.as_ref();
        fixing.map_or_else(|| Ok(String::new()), |fixing| fixing.diff(&file))
    }

    /// Says how much was fixed.
    fn finish(&self, is_dry: bool, exit: Exit, session: &Session) -> Exit {
        let Some(fixing) = &self.fixing else {
            return exit;
        };
        let summary = fixing.summary(if is_dry { "would fix" } else { "fixed" });
        if let Some(summary) = summary.filter(|_| !session.quiet) {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr(), "{summary}");
        }
        if fixing.is_complete() {
            exit
        } else {
            Exit::Undecided
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From how many files on a pool of instances is worth its while.
const MANY: usize = 16;

/// As many as were asked for, or as there are processors.
pub(super) fn threads(jobs: Option<usize>, work: usize) -> usize {
    let cores = || thread::available_parallelism().map_or(1, NonZero::get);
    jobs.unwrap_or_else(cores).clamp(1, work.max(1))
}

/// Does the work on so many threads, each piece with its place.
pub(super) fn on_threads<T: Sync>(work: &[T], threads: usize, one: impl Fn(usize, &T) + Sync) {
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
            ..self.policy.lay(self.registry.lay(Layer::default()))?
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
