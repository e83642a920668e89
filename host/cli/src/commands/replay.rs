//! `polcheck replay`, and what `polcheck verify --replay` shares with it.

use super::lint::{on_threads, threads};
use crate::args::{GlobalArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::{Form, print, replay};
use crate::session::Session;
use attest::VerifiedStatement;
use clap::Args;
use jiff::Timestamp;
use model::report::EnforcementPoint;
use pipeline::config::Layer;
use pipeline::{
    Changes, Dockerfile, EvidenceDocument, HeldAgainst, PackSources, Policies, Replayed, Replayer,
    StatementToReplay, Verification, evidence_files,
};
use registry::{Registry, Source};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Come to recorded verdicts again, and say whatever is otherwise
///
/// Asks nobody: it takes evidence from files, packs that are built in, given, or compiled before, and judges at the recorded time
/// with the recorded fuel. Ends with 0 if every verdict is the same, with 1 if something is otherwise, with 2 if something
/// cannot be had again. No claim comes of it.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Evidence: a file, or a folder of them, as `check`, `lint` and `attest` write them with `--evidence` (repeatable)
    #[arg(long, value_name = "PATH", required = true)]
    evidence: Vec<PathBuf>,
    /// Hold the Dockerfile of the evidence against this one
    #[arg(short = 'f', long, value_name = "FILE")]
    dockerfile: Option<PathBuf>,
    /// Hold the policy set of the evidence against this one
    #[arg(long, value_name = "SET")]
    policy_set: Option<String>,
    /// Take packs from this component too, where its digest is the recorded one (repeatable)
    #[arg(long = "pack", value_name = "FILE")]
    packs: Vec<PathBuf>,
    /// Replay so many at the same time
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How to print the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
}

pub(crate) fn run(args: &ReplayArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let ReplayArgs {
        evidence,
        dockerfile,
        policy_set,
        packs,
        jobs,
        output,
    } = args;
    let session = Session::new(global, RegistryArgs::default().lay(Layer::default()))?;
    let mut files = Vec::new();
    for path in evidence {
        files.extend(evidence_files(path)?);
    }
    let engine = session.engine()?;
    let replayer = Replayer::new(
        std::sync::Arc::clone(&engine),
        PackSources::of_files(packs)?,
        Timestamp::now(),
    );
    let dockerfile = dockerfile.as_deref().map(dockerfile_of).transpose()?;
    let results = Mutex::new(BTreeMap::new());
    // A set is for one point, and evidence for another one is held against it as it is there.
    let held = |point| held_against(&engine, policy_set.as_deref(), point, dockerfile.as_ref());
    let held = BTreeMap::from(EnforcementPoint::ALL.map(|point| (point, held(point))));
    let one = |path: &PathBuf| -> Result<Replayed, Failure> {
        let evidence = EvidenceDocument::read_file(path).map_err(|error| named(path, error))?;
        match held.get(&evidence.circumstances.point) {
            Some(Err(failure)) => Err(failure.clone()),
            Some(Ok(against)) => Ok(replayer.replay(&evidence, against)),
            None => Ok(replayer.replay(&evidence, &HeldAgainst::default())),
        }
    };
    on_threads(&files, threads(*jobs, files.len()), |at, path| {
        let result = one(path);
        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
        results.insert(at, (path.clone(), result));
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    let results: Vec<_> = results.into_values().collect();
    print(&match output {
        Form::Text => replay::text(&results, session.quiet),
        Form::Json => replay::json(&results),
    })?;
    Ok(Exit::of_all(
        results.iter().map(|(_, result)| exit(result.as_ref())),
    ))
}

/// What evidence is held against.
fn held_against(
    engine: &engine::Engine,
    set: Option<&str>,
    point: EnforcementPoint,
    dockerfile: Option<&Dockerfile>,
) -> Result<HeldAgainst, Failure> {
    let load = |set| Policies::load(engine, set, point, &Changes::default());
    Ok(HeldAgainst {
        set: set.map(load).transpose()?,
        dockerfile: dockerfile.cloned(),
    })
}

fn dockerfile_of(path: &Path) -> Result<Dockerfile, Failure> {
    Ok(Dockerfile {
        path: path.to_string_lossy().into_owned(),
        bytes: files::read(path)?,
        inputs: pipeline::BuildInputs::default(),
    })
}

/// The error of evidence, with its file.
pub(super) fn named(path: &Path, error: pipeline::EvidenceError) -> Failure {
    match error {
        error @ pipeline::EvidenceError::Read { .. } => error.into(),
        error => {
            Failure::from(error).under(format!("cannot use the evidence `{}`", path.display()))
        }
    }
}

/// How a replay ends.
pub(super) fn exit(result: Result<&Replayed, &Failure>) -> Exit {
    match result {
        Ok(replayed) if replayed.is_same() => Exit::Passed,
        Ok(replayed) if replayed.missing.is_empty() => Exit::Failed,
        _ => Exit::Undecided,
    }
}

/// How a statement is replayed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Replay options")]
pub(crate) struct ReplayStatementArgs {
    /// Come to the verdict of the statement again: from the image, recorded inputs and the same policies
    ///
    /// Ends with 1 if something is otherwise, and with 2 if something cannot be had again.
    #[arg(long)]
    replay: bool,
    /// Take the evidence from a file or a folder, instead of what is attached to the image
    #[arg(long, value_name = "PATH", requires = "replay")]
    evidence: Option<PathBuf>,
    /// The Dockerfile that was given then, instead of the recorded one
    #[arg(short = 'f', long, value_name = "FILE", requires = "replay")]
    dockerfile: Option<PathBuf>,
    /// Hold the policy set of the statement against this one; take it from here where it is the same
    #[arg(long, value_name = "SET", requires = "replay")]
    replay_policy_set: Option<String>,
    /// Take packs from this component too, where its digest is the recorded one (repeatable)
    #[arg(long = "pack", value_name = "FILE", requires = "replay")]
    packs: Vec<PathBuf>,
}

impl ReplayStatementArgs {
    /// Replays the newest statement that is accepted, if that is wanted.
    pub(super) async fn replay(
        &self,
        session: &Session,
        registry: &Registry,
        source: &Source,
        verified: &Verification,
    ) -> Result<Option<Replayed>, Failure> {
        let accepted = verified.accepted.iter().map(|accepted| &accepted.statement);
        let newest = accepted.max_by_key(|statement| statement.time_created());
        let Some(statement) = newest.filter(|_| self.replay) else {
            return Ok(None);
        };
        let engine = session.engine()?;
        let mut evidence = Vec::new();
        if let Some(path) = &self.evidence {
            for file in evidence_files(path)? {
                let read = EvidenceDocument::read_file(&file);
                evidence.push(read.map_err(|error| named(&file, error))?);
            }
        }
        let dockerfile = self.dockerfile.as_deref().map(dockerfile_of).transpose()?;
        let set = self.replay_policy_set.as_deref();
        let against = held_against(&engine, set, point(statement), dockerfile.as_ref())?;
        let packs = PackSources::of_files(&self.packs)?;
        let replayer = Replayer::new(engine, packs, Timestamp::now());
        let replay = replayer.replay_statement(StatementToReplay {
            registry,
            source,
            digest: &verified.digest,
            statement,
            evidence,
            against: &against,
        });
        Ok(Some(replay.await))
    }
}

/// The point that a statement is of.
fn point(statement: &VerifiedStatement) -> EnforcementPoint {
    let point = statement
        .evidence()
        .and_then(|evidence| evidence.get("point"));
    let point = point.and_then(|point| point.as_str());
    let mut points = EnforcementPoint::ALL.into_iter();
    points
        .find(|known| Some(known.name()) == point)
        .unwrap_or_default()
}
