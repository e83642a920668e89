//! `polcheck policy-set plan`

use super::lint::{on_threads, threads};
use super::replay::named;
use crate::args::{GlobalArgs, LoginArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{Form, plan, print};
use crate::session::{Session, block_on};
use clap::{Args, Subcommand};
use engine::{Allocation, Engine};
use model::report::EnforcementPoint;
use pipeline::config::Layer;
use pipeline::{
    Change, Changes, EvidenceDocument, PlannedChange, Planner, Policies, attached_evidence,
    evidence_files,
};
use registry::Source;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Work with policy sets
#[derive(Debug, Args)]
pub(crate) struct PolicySetArgs {
    #[command(subcommand)]
    command: PolicySetCommand,
}

#[derive(Debug, Subcommand)]
enum PolicySetCommand {
    Plan(PlanArgs),
}

/// What would change if another policy set were used, told from recorded evidence
///
/// Judges what was recorded by both sets: which subjects would newly fail or pass, by which rules, and what that costs. A subject
/// whose evidence lacks a fact that the new set needs cannot be decided, and never counts as a pass. Ends with 1 if more subjects
/// newly fail than allowed, with 2 if evidence cannot be read or a subject can no longer be decided.
#[derive(Debug, Args)]
struct PlanArgs {
    /// The policy set of today: `builtin:NAME` or a file
    #[arg(value_name = "OLD")]
    old: String,
    /// The other one
    #[arg(value_name = "NEW")]
    new: String,
    /// Images, whose attached evidence is taken
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,
    /// Evidence: a file, or a folder of them (repeatable)
    #[arg(long, value_name = "PATH", required_unless_present = "images")]
    evidence: Vec<PathBuf>,
    /// End with 1 if more subjects than these newly fail
    #[arg(long, value_name = "N")]
    max_new_failures: Option<usize>,
    /// Take both sets as they are at one of the places that ask: ci, push, admission, scan
    #[arg(long, value_name = "POINT", value_parser = crate::args::point, default_value = "ci")]
    point: EnforcementPoint,
    /// Judge so many at the same time
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How to print the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Form,
    #[command(flatten)]
    registry: RegistryArgs,
    #[command(flatten)]
    login: LoginArgs,
}

pub(crate) fn run(args: PolicySetArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    let PolicySetCommand::Plan(args) = args.command;
    args.run(global)
}

/// Something that is judged by both sets.
enum Recorded {
    File(PathBuf),
    Attached(String, Result<Box<EvidenceDocument>, Failure>),
}

impl PlanArgs {
    fn run(self, global: &GlobalArgs) -> Result<Exit, Failure> {
        let session = Session::new(global, self.registry.lay(Layer::default()))?;
        let mut recorded = Vec::new();
        for path in &self.evidence {
            recorded.extend(evidence_files(path)?.into_iter().map(Recorded::File));
        }
        let session = self.attached(session, &mut recorded)?;
        let threads = threads(self.jobs, recorded.len());
        let engine = match u32::try_from(threads) {
            Ok(instances) if recorded.len() > 1 => {
                session.engine_with(Allocation::Pooling { instances })?
            }
            _ => session.engine()?,
        };
        let planner = self.planner(engine)?;
        let results = Mutex::new(BTreeMap::new());
        on_threads(&recorded, threads, |at, recorded| {
            let result = one(&planner, recorded);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.insert(at, result);
        });
        let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        let plan = plan::Plan::of(&planner, results.into_values());
        print(&match self.output {
            Form::Text => plan.text(session.verbose),
            Form::Json => plan.json(),
        })?;
        Ok(self.exit(&plan))
    }

    fn planner(&self, engine: Arc<Engine>) -> Result<Planner, Failure> {
        let load = |set| Policies::load(&engine, set, self.point, &Changes::default());
        let (old, new) = (load(&self.old)?, load(&self.new)?);
        Ok(Planner::new(engine, old, new))
    }

    /// What is attached to the images that are named.
    fn attached(&self, session: Session, recorded: &mut Vec<Recorded>) -> Result<Session, Failure> {
        if self.images.is_empty() {
            return Ok(session);
        }
        let images = self.images.iter().map(|image| image.parse());
        let sources: Vec<Source> = images.collect::<Result<_, _>>()?;
        let session = session.with_login(self.login.login(&sources)?);
        let registry = session.registry()?;
        for source in &sources {
            let name = source.to_string();
            let find = async { Ok(attached_evidence(&registry, source).await?) };
            let found = block_on(session.in_time(&name, find))?;
            let mut usable = found?.into_iter().peekable();
            if usable.peek().is_none() {
                let nothing = Failure::say("no evidence is attached to it")
                    .help("`polcheck attest --attach-evidence` attaches it");
                recorded.push(Recorded::Attached(name.clone(), Err(nothing)));
            }
            recorded.extend(usable.map(|found| {
                let found = found.map(Box::new).map_err(Failure::from);
                Recorded::Attached(name.clone(), found)
            }));
        }
        Ok(session)
    }

    fn exit(&self, plan: &plan::Plan) -> Exit {
        let fails = plan.count(Change::NewlyFails);
        if plan.is_open() {
            Exit::Undecided
        } else if self.max_new_failures.is_some_and(|allowed| fails > allowed) {
            Exit::Failed
        } else {
            Exit::Passed
        }
    }
}

/// What becomes of one subject; of evidence that cannot be used, why.
fn one(planner: &Planner, recorded: &Recorded) -> Result<PlannedChange, (String, Failure)> {
    match recorded {
        Recorded::File(path) => {
            let name = path.to_string_lossy().into_owned();
            match EvidenceDocument::read_file(path) {
                Ok(evidence) => Ok(planner.plan(&evidence)),
                Err(error) => Err((name, named(path, error))),
            }
        }
        Recorded::Attached(_, Ok(evidence)) => Ok(planner.plan(evidence)),
        Recorded::Attached(name, Err(failure)) => Err((name.clone(), failure.clone())),
    }
}
