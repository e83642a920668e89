//! The stages of a file, and what they stand on.

use super::args;
use super::context::{Context, refusal};
use super::draft::{Command, CommandSource, Draft};
use super::stage::Expanded;
use crate::Refusal;
use crate::checks::{Place, Scope, bases, casing, names, variables};
use crate::image_name;
use crate::instruction::{Body, From, Instruction, Word};
use crate::platform::Platform;
use crate::suggest::with_suggestion;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// The stages, those named, and the images they take files from.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) all: Vec<Draft>,
    /// The last stage of each name.
    pub(super) names: HashMap<String, usize>,
}

impl Drafts {
    pub(super) fn get(&self, index: usize) -> Option<&Draft> {
        self.all.get(index)
    }

    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Draft> {
        self.all.get_mut(index)
    }

    /// Adds one. Its base is looked up among the stages above, as it is written: the names of stages are in lower case.
    pub(super) fn add(&mut self, mut draft: Draft) -> usize {
        let index = self.all.len();
        draft.base = self.names.get(&draft.base_name).copied();
        if !draft.name.is_empty() {
            self.names.insert(draft.name.clone(), index);
        }
        self.all.push(draft);
        index
    }
}

pub(super) fn place(instruction: &Instruction) -> Place {
    Place {
        lines: instruction.lines,
        span: Some(instruction.span),
    }
}

/// The instructions of each stage, with its `FROM`.
pub(super) fn split(instructions: &[Instruction]) -> Vec<Range<usize>> {
    let mut starts: Vec<usize> = instructions
        .iter()
        .enumerate()
        .filter(|(_, instruction)| matches!(instruction.body, Some(Body::From(_))))
        .map(|(index, _)| index)
        .collect();
    starts.push(instructions.len());
    starts
        .iter()
        .zip(starts.iter().skip(1))
        .map(|(&start, &end)| start..end)
        .collect()
}

/// What can be said before any variable is expanded.
pub(super) fn check_writing(context: &mut Context<'_>, stages: &[Range<usize>]) {
    let file = context.file;
    let froms = stages.iter().filter_map(|stage| {
        let instruction = file.instructions.get(stage.start)?;
        let Some(Body::From(from)) = &instruction.body else {
            return None;
        };
        Some((from.name.as_ref()?.text.as_str(), place(instruction)))
    });
    names::check(&mut context.checks, froms);
    let first = stages.first().map_or(0, |stage| stage.start);
    let keywords = file
        .instructions
        .iter()
        .skip(first)
        .map(|instruction| (instruction.name.text.as_str(), place(instruction)));
    casing::check(&mut context.checks, keywords);
}

/// Whether every `FROM` has a base where no argument is given.
pub(super) fn check_default_bases(context: &mut Context<'_>, stages: &[Range<usize>]) {
    let globals = context.globals.clone();
    let declared = args::declare(
        context,
        stages.first().map_or(0, |stage| stage.start),
        false,
    );
    context.meta_args.clear();
    if declared.is_ok() {
        for stage in stages {
            let Some((instruction, from)) = context.instruction(stage.start).and_then(with_from)
            else {
                continue;
            };
            let (_, Ok(base)) = context.expand_global(&from.base, instruction.lines.0) else {
                break;
            };
            if image_name::parse_base(&base).is_err() {
                bases::invalid_default(&mut context.checks, place(instruction), &from.base.text);
            }
        }
    }
    context.globals = globals;
}

fn is_trigger(instruction: Option<&Instruction>) -> bool {
    instruction.is_some_and(|it| matches!(it.body, Some(Body::Onbuild(_))))
}

fn with_from(instruction: &Instruction) -> Option<(&Instruction, &From)> {
    match &instruction.body {
        Some(Body::From(from)) => Some((instruction, from)),
        _ => None,
    }
}

/// Reads what every stage stands on.
pub(super) fn draft(
    context: &mut Context<'_>,
    drafts: &mut Drafts,
    stages: &[Range<usize>],
) -> Result<(), Refusal> {
    for (index, stage) in stages.iter().enumerate() {
        let Some((instruction, from)) = context.instruction(stage.start).and_then(with_from) else {
            continue;
        };
        let mut draft = Draft {
            name: from
                .name
                .as_ref()
                .map_or_else(String::new, |name| name.text.clone()),
            place: Some(place(instruction)),
            written: stage.clone(),
            commands: (stage.start + 1..stage.end)
                .map(|index| Command {
                    source: CommandSource::Written(index),
                    sources: vec![],
                })
                .collect(),
            triggers: (stage.start + 1..stage.end)
                .filter(|index| is_trigger(context.instruction(*index)))
                .collect(),
            ..Draft::default()
        };
        draft.title = match draft.name.as_str() {
            "" => format!("stage-{index}"),
            name => name.to_owned(),
        };
        let outcome = read_from(context, &mut draft, instruction, from);
        drafts.add(draft);
        outcome?;
    }
    Ok(())
}

fn read_from(
    context: &mut Context<'_>,
    draft: &mut Draft,
    instruction: &Instruction,
    from: &From,
) -> Result<(), Refusal> {
    let line = instruction.lines.0;
    let scope = Scope::of(&instruction.comments);
    let (expanded, base) = context.expand_global(&from.base, line);
    report_undeclared(context, &scope, place(instruction), &expanded);
    draft.base_text = Some(expanded);
    draft.base_name = base.map_err(|message| refusal(line, message))?;
    if draft.base_name.is_empty() {
        return Err(refusal(
            line,
            format!("base name ({}) should not be blank", from.base.text),
        ));
    }
    if let Some(flag) = from.platform.as_ref().filter(|flag| !flag.text.is_empty()) {
        draft.platform = Some(read_platform(context, draft, (instruction, &scope), flag)?);
    }
    Ok(())
}

fn read_platform(
    context: &mut Context<'_>,
    draft: &mut Draft,
    (instruction, scope): (&Instruction, &Scope),
    flag: &Word,
) -> Result<Platform, Refusal> {
    let line = instruction.lines.0;
    let (expanded, outcome) = context.expand_global(flag, line);
    report_undeclared(context, scope, place(instruction), &expanded);
    let found: BTreeSet<&str> = used(&expanded, true);
    let missing = used(&expanded, false);
    let value = outcome.clone().unwrap_or_default();
    let target = context
        .globals
        .get("TARGETPLATFORM")
        .map(|value| value.text.clone());
    bases::check_flag(
        &mut context.checks,
        scope,
        place(instruction),
        &bases::PlatformFlag {
            written: &flag.text,
            value: &value,
            found: &found.iter().copied().collect::<Vec<_>>(),
            missing: !missing.is_empty(),
            target: target.as_deref().unwrap_or_default(),
            stage: &draft.name,
            host: &context.options.build_platform,
        },
    );
    let unprocessed = |message| format!("failed to process arguments for platform : {message}");
    outcome.map_err(|message| refusal(line, unprocessed(message)))?;
    let table = context.globals.clone();
    let hinted = |message: String| {
        let globals: Vec<&str> = table.iter().map(|(name, _)| name).collect();
        let hint = missing
            .iter()
            .map(|name| with_suggestion(String::new(), name, &globals, true))
            .find(|hint| !hint.is_empty());
        message + &hint.unwrap_or_default()
    };
    if value.is_empty() {
        return Err(refusal(
            line,
            hinted(format!(
                "empty platform value from expression {}",
                flag.text
            )),
        ));
    }
    let platform = Platform::parse(&value, &context.options.build_platform).map_err(|error| {
        refusal(
            line,
            format!(
                "failed to parse platform {}: {}",
                flag.text,
                hinted(error.to_string())
            ),
        )
    });
    draft.platform_text = Some(expanded);
    platform
}

/// The variables of a text that are set, or those that are not.
fn used(expanded: &Expanded, defined: bool) -> BTreeSet<&str> {
    expanded
        .uses
        .iter()
        .filter(|used| used.defined == defined)
        .map(|used| used.name.as_str())
        .collect()
}

/// Says of every variable of `FROM` that is not declared that it is not, once for each text.
fn report_undeclared(context: &mut Context<'_>, scope: &Scope, place: Place, expanded: &Expanded) {
    let mut seen = BTreeSet::new();
    for used in expanded.uses.iter().filter(|used| !used.defined) {
        let name = used.name.as_str();
        if context.declared.contains(name) || context.globals.contains(name) || !seen.insert(name) {
            continue;
        }
        let (declared, globals) = (context.declared.clone(), context.globals.clone());
        let meant = context.guess(name, declared.len() + globals.len(), || {
            let names = globals.iter().map(|(name, _)| name);
            declared
                .iter()
                .map(|(name, ())| name)
                .chain(names)
                .collect()
        });
        let place = Place {
            span: Some(used.span),
            ..place
        };
        variables::undeclared(&mut context.checks, scope, place, name, meant);
    }
}
