//! The facts of the interface `dockerfile`.

mod commands;
mod comparison;
mod config;
mod expanded;
mod stages;

use self::expanded::Expansions;
use crate::base::BaseConfig;
use crate::history::reconstruct;
use dockerfile::dockerignore::Dockerignore;
use dockerfile::evaluate::{Evaluation, Options, evaluate};
use dockerfile::platform::Platform;
use dockerfile::suppression;
use dockerfile::{Dockerfile, Keyword, parse};
use model::canonical;
use model::facts::dockerfile::{
    Diagnostic, Directive, DockerfileFacts, Heredoc, Instruction, Origin, Refusal, Span, Status,
    Suppression,
};
use model::facts::{HistoryEntry, ImageFacts};
use std::collections::BTreeMap;

/// What is known about a build beside its Dockerfile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BuildInputs {
    /// The stage that is built, by its name; the last one where nothing is said.
    pub target: Option<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
    /// What stands for every base image.
    pub base_config: Option<BaseConfig>,
    /// The `.dockerignore`; empty where the context has none, nothing where the context is not known.
    pub ignore_file: Option<String>,
}

/// The facts of a Dockerfile, held against an image if there is one.
pub fn dockerfile(
    bytes: &[u8],
    origin: Origin,
    inputs: &BuildInputs,
    image: Option<&ImageFacts>,
) -> DockerfileFacts {
    let file = parse(bytes);
    // Patterns that nobody can read ignore nothing; the builder says so when it sends the context.
    let ignore = inputs.ignore_file.as_deref();
    let ignore = ignore.and_then(|text| Dockerignore::parse(text).ok());
    let evaluation = evaluate_all(&file, &options(inputs, ignore, image));
    let mut facts = facts(bytes, origin, file, &evaluation);
    facts.digest = Some(canonical::sha256(bytes));
    facts.ignore_patterns = inputs.ignore_file.as_deref().map(patterns);
    facts.comparison = match (image, facts.error.is_none()) {
        (Some(image), true) => comparison::compare(&facts, &evaluation.history, image),
        _ => None,
    };
    facts
}

/// The facts of the Dockerfile that a history is written from, as far as it tells.
pub fn reconstructed_dockerfile(history: &[HistoryEntry]) -> DockerfileFacts {
    let text = reconstruct(history).text;
    let file = parse(text.as_bytes());
    let evaluation = evaluate(&file, &Options::default());
    DockerfileFacts {
        status: Status::Reconstructed,
        // Whether it can be built is not for the writer of a history to say, and what it begins with nobody knows.
        error: None,
        diagnostics: Vec::new(),
        skipped_diagnostics: Vec::new(),
        stages: Vec::new(),
        target: None,
        flows: Vec::new(),
        variable_uses: Vec::new(),
        config: None,
        ..facts(text.as_bytes(), Origin::Reconstructed, file, &evaluation)
    }
}

/// Evaluates a file; of one that is refused on reading, every instruction that can be read.
fn evaluate_all(file: &Dockerfile, options: &Options) -> Evaluation {
    let evaluation = evaluate(file, options);
    if file.refusal.is_none() {
        return evaluation;
    }
    let readable = Dockerfile {
        refusal: None,
        refused_instruction: None,
        ..file.clone()
    };
    Evaluation {
        refusal: evaluation.refusal,
        diagnostics: evaluation.diagnostics,
        skipped: evaluation.skipped,
        ..evaluate(&readable, options)
    }
}

fn options(
    inputs: &BuildInputs,
    dockerignore: Option<Dockerignore>,
    image: Option<&ImageFacts>,
) -> Options {
    let defaults = Options::default();
    let manifest = image.and_then(|image| image.manifest.as_ref().ok());
    let platform = manifest.map_or(defaults.platform, |manifest| {
        let platform = &manifest.platform;
        Platform::new(
            platform.os(),
            platform.architecture(),
            platform.variant().unwrap_or_default(),
        )
    });
    Options {
        platform,
        target: inputs.target.clone(),
        build_args: inputs.build_args.clone(),
        base: inputs.base_config.as_ref().map(BaseConfig::to_evaluate),
        dockerignore,
        ..Options::default()
    }
}

fn facts(
    bytes: &[u8],
    origin: Origin,
    file: Dockerfile,
    evaluation: &Evaluation,
) -> DockerfileFacts {
    let refusal = evaluation.refusal.as_ref();
    let expansions = Expansions::of(&file, evaluation);
    let commands = commands::of(&file, evaluation);
    DockerfileFacts {
        origin,
        digest: None,
        status: refusal.map_or(Status::Complete, |_| Status::Invalid),
        error: refusal.map(|refusal| Refusal {
            line: refusal.line,
            message: refusal.message.clone(),
        }),
        escape: file.escape,
        syntax: syntax(&file),
        directives: file.directives.iter().map(directive).collect(),
        stages: stages::of(&file, evaluation),
        target: evaluation.target.and_then(index),
        commands: commands.commands,
        commands_complete: commands.complete,
        mounts: stages::mounts(&file, evaluation),
        flows: stages::flows(&file, evaluation),
        variable_uses: expansions.uses(),
        diagnostics: evaluation.diagnostics.iter().map(diagnostic).collect(),
        skipped_diagnostics: evaluation.skipped.iter().map(diagnostic).collect(),
        suppressions: suppressions(&file),
        comparison: None,
        ignore_patterns: None,
        config: config::of_target(evaluation),
        instructions: instructions(file, &expansions),
        text: String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn syntax(file: &Dockerfile) -> Option<String> {
    let mut directives = file.directives.iter();
    directives
        .find(|directive| directive.effective && directive.name == "syntax")
        .map(|directive| directive.value.clone())
}

fn directive(directive: &dockerfile::Directive) -> Directive {
    Directive {
        name: directive.name.clone(),
        value: directive.value.clone(),
        effective: directive.effective,
        span: span(directive.span),
    }
}

/// What stands before the first stage and is no `ARG` is nothing but the reason why the file is refused.
fn instructions(file: Dockerfile, expansions: &Expansions<'_>) -> Vec<Instruction> {
    let stages = expansions.stages().iter().copied();
    let indexed = file.instructions.into_iter().enumerate();
    let counts = |instruction: &dockerfile::Instruction, stage: Option<u32>| {
        stage.is_some() || instruction.keyword == Some(Keyword::Arg)
    };
    indexed
        .zip(stages)
        .filter(|((_, instruction), stage)| counts(instruction, *stage))
        .map(|((at, instruction), stage)| {
            let values = expansions.values(at, &instruction);
            self::instruction(instruction, stage, values)
        })
        .collect()
}

fn instruction(
    read: dockerfile::Instruction,
    stage: Option<u32>,
    values: Vec<Option<String>>,
) -> Instruction {
    let words = read.arguments.into_iter();
    let (args, spans) = words.map(|word| (word.text, span(word.span))).unzip();
    Instruction {
        keyword: read.name.text.to_uppercase(),
        known: read.keyword.is_some(),
        flags: read.flags.iter().map(flag).collect(),
        flag_spans: read.flags.iter().map(|flag| span(flag.span)).collect(),
        args,
        values,
        spans,
        exec_form: read.exec_form,
        broken_json: read.broken_json,
        start_line: read.lines.0,
        end_line: read.lines.1,
        heredocs: read.heredocs.into_iter().map(heredoc).collect(),
        stage,
        text: read.original,
        span: span(read.span),
    }
}

fn flag(flag: &dockerfile::instruction::Flag) -> String {
    match &flag.value {
        Some(value) => format!("--{}={value}", flag.name),
        None => format!("--{}", flag.name),
    }
}

fn heredoc(heredoc: dockerfile::instruction::Heredoc) -> Heredoc {
    Heredoc {
        name: heredoc.name,
        expand: heredoc.expand,
        chomp: heredoc.chomp,
        content: heredoc.content,
        span: span(heredoc.span),
    }
}

fn diagnostic(diagnostic: &dockerfile::Diagnostic) -> Diagnostic {
    Diagnostic {
        name: diagnostic.rule.name().to_owned(),
        message: diagnostic.message.clone(),
        start_line: diagnostic.lines.0,
        end_line: diagnostic.lines.1,
        assumed: diagnostic.assumed,
    }
}

fn suppressions(file: &Dockerfile) -> Vec<Suppression> {
    let directives = file.directives.iter().filter(|found| found.effective);
    let directives =
        directives.map(|found| (format!("{}={}", found.name, found.value), found.span, true));
    let comments = file.comments.iter();
    let comments = comments.map(|comment| (comment.text.clone(), comment.span, false));
    let first = file.instructions.first().map(|found| found.span.start.byte);
    let read = |(text, at, whole_file): (String, dockerfile::Span, bool)| {
        let instruction = meant(file, at).and_then(index);
        // What polcheck is told at the top is meant for the file.
        let is_at_the_top = first.is_none_or(|first| at.start.byte < first);
        suppression::read(&text).into_iter().map(move |found| {
            let is_header = is_at_the_top && found.tool == "polcheck";
            let whole_file = whole_file || found.whole_file || is_header;
            Suppression {
                tool: found.tool.to_owned(),
                rules: found.rules,
                reason: found.reason,
                until: found.until,
                whole_file,
                instruction: instruction.filter(|_| !whole_file),
                span: span(at),
            }
        })
    };
    directives.chain(comments).flat_map(read).collect()
}

/// The instruction that a comment is meant for: it stands directly above it, or within it.
fn meant(file: &Dockerfile, comment: dockerfile::Span) -> Option<usize> {
    let instructions = &file.instructions;
    let at = instructions.partition_point(|found| found.span.end.byte <= comment.start.byte);
    let instruction = instructions.get(at)?;
    let mut above = instruction.comments.iter();
    let is_meant = instruction.span.start.byte <= comment.start.byte
        || above.any(|found| found.span == comment);
    is_meant.then_some(at)
}

/// The patterns of an ignore file, as they are written.
fn patterns(ignore_file: &str) -> Vec<String> {
    let lines = ignore_file.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(ToOwned::to_owned)
        .collect()
}

fn span(span: dockerfile::Span) -> Span {
    Span {
        start_line: span.start.line,
        start_column: span.start.column,
        end_line: span.end.line,
        end_column: span.end.column,
    }
}

/// An index as the contract has it. No Dockerfile has four thousand million of anything.
fn index(at: usize) -> Option<u32> {
    u32::try_from(at).ok()
}

#[cfg(test)]
mod tests;
