//! What a Dockerfile means: its stages, what they need, and the images they make.
//!
//! Everything is done in the order in which BuildKit does it, so that what it refuses first is refused first.

mod args;
mod budget;
mod config;
mod context;
mod copy;
mod dispatch;
mod draft;
mod epoch;
mod expose;
mod finish;
mod graph;
mod history;
mod mode;
mod options;
mod paths;
mod ports;
mod remote;
mod resolve;
mod run;
mod settings;
mod signal;
mod stage;
mod stages;
mod state;
mod table;

pub use config::{Config, Held, Known, Words};
pub use options::{BaseConfig, Options};
pub use ports::Ports;
pub use stage::{
    Argument, Base, Dependency, DependencyKind, Expanded, Flow, MetaArg, Origin, Role, Stage, Step,
    Target, VariableUse,
};
pub use table::Table;

use crate::checks::{self, Checks, Diagnostic, Place, Rule, Scope};
use crate::{Dockerfile, Refusal};
use context::Context;
use stages::Drafts;

/// What a Dockerfile means.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Why BuildKit refuses it. Everything else is then known only as far as BuildKit comes.
    pub refusal: Option<Refusal>,
    /// The arguments declared before the first stage.
    pub meta_args: Vec<MetaArg>,
    /// All stages.
    pub stages: Vec<Stage>,
    /// The stage that is built.
    pub target: Option<usize>,
    /// What BuildKit's checks have to say, from the first line to the last.
    pub diagnostics: Vec<Diagnostic>,
    /// What they would say, had not a directive or a comment switched them off, or were they not experimental.
    pub skipped: Vec<Diagnostic>,
    /// The history of the image, without that of its base image: empty, if the target is not evaluated.
    pub history: Vec<String>,
}

impl Evaluation {
    /// The configuration of the image, if it could be made.
    pub fn config(&self) -> Option<&Config> {
        let target = self.stages.get(self.target?)?;
        target.evaluated.then_some(&target.config)
    }
}

/// Evaluates a Dockerfile as BuildKit does.
pub fn evaluate(file: &Dockerfile, options: &Options) -> Evaluation {
    let mut context = Context::new(file, options);
    let mut drafts = Drafts::default();
    let mut target = None;
    let outcome = run(&mut context, &mut drafts, &mut target);
    finish::evaluation(context, drafts, target, outcome.err())
}

fn run(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    target: &mut Option<usize>,
) -> Result<(), Refusal> {
    context.checks = Checks::new(check_options(context)?);
    check_reading(context)?;
    let stages = stages::split(&context.file.instructions);
    let Some(last) = stages.len().checked_sub(1) else {
        return Err(somewhere("dockerfile contains no stages to build"));
    };
    stages::check_writing(context, &stages);
    context.globals = args::predefined(context, target_name(context, &stages));
    stages::check_default_bases(context, &stages);
    args::declare(context, stages.first().map_or(0, |stage| stage.start), true)?;
    epoch::resolve(context, &stages)?;
    stages::draft(context, drafts, &stages)?;
    let wanted = find_target(context, drafts, last)?;
    *target = Some(wanted);
    graph::link(context, drafts)?;
    resolve::resolve(context, drafts, wanted)?;
    dispatch::dispatch(context, drafts)?;
    match context.checks.violation() {
        Some(violation) => Err(somewhere(&violation)),
        None => Ok(()),
    }
}

fn somewhere(message: &str) -> Refusal {
    Refusal {
        line: None,
        message: message.to_owned(),
    }
}

/// The options of the checks: an argument for the build counts more than the directive.
fn check_options(context: &Context<'_>) -> Result<checks::Options, Refusal> {
    const ARGUMENT: &str = "BUILDKIT_DOCKERFILE_CHECK";
    if let Some(text) = context.options.build_args.get(ARGUMENT) {
        return checks::Options::read(text)
            .map_err(|error| somewhere(&format!("failed to parse build-arg:{ARGUMENT}: {error}")));
    }
    let directive = context
        .file
        .directives
        .iter()
        .find(|directive| directive.effective && directive.name == "check");
    let text = directive.map_or("", |directive| directive.value.as_str());
    // BuildKit takes what stands behind a blank for something else.
    let text = text.split(' ').next().unwrap_or_default();
    checks::Options::read(text)
        .map_err(|error| somewhere(&format!("failed to parse check options: {error}")))
}

/// What can be said on reading, up to the instruction that BuildKit refuses.
fn check_reading(context: &mut Context<'_>) -> Result<(), Refusal> {
    let file = context.file;
    if let (Some(refusal), None) = (&file.refusal, file.refused_instruction) {
        return Err(refusal.clone());
    }
    for line in &file.empty_continuations {
        let place = Place {
            lines: (*line, *line),
            span: None,
        };
        let message = "Empty continuation line".to_owned();
        context
            .checks
            .report(&Scope::default(), Rule::NoEmptyContinuation, place, message);
    }
    for (index, read) in file.instructions.iter().enumerate() {
        checks::reading::check(&mut context.checks, read);
        if file.refused_instruction == Some(index) {
            break;
        }
    }
    file.refusal.clone().map_or(Ok(()), Err)
}

/// The name of the target, as the predefined argument has it.
fn target_name<'a>(context: &Context<'a>, stages: &[std::ops::Range<usize>]) -> &'a str {
    use crate::instruction::Body;
    if let Some(target) = context
        .options
        .target
        .as_deref()
        .filter(|target| !target.is_empty())
    {
        return target;
    }
    let last = stages
        .last()
        .and_then(|stage| context.instruction(stage.start));
    match last.and_then(|instruction| instruction.body.as_ref()) {
        Some(Body::From(from)) => from.name.as_ref().map_or("", |name| &name.text),
        _ => "",
    }
}

fn find_target(context: &Context<'_>, drafts: &Drafts, last: usize) -> Result<usize, Refusal> {
    let Some(name) = context
        .options
        .target
        .as_deref()
        .filter(|target| !target.is_empty())
    else {
        return Ok(last);
    };
    drafts
        .names
        .get(&crate::text::lower(name))
        .copied()
        .ok_or_else(|| {
            let message = format!(
                "target stage {} could not be found",
                crate::quote::quoted(name)
            );
            let titles: Vec<&str> = drafts
                .all
                .iter()
                .map(|draft| draft.title.as_str())
                .collect();
            somewhere(&crate::suggest::with_suggestion(
                message, name, &titles, true,
            ))
        })
}

#[cfg(test)]
mod tests;
