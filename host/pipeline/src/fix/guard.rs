//! What edits must not change: everything of a file but the instructions that they touch.

use model::edit::Edited;
use model::facts::DockerfileFacts;
use model::facts::dockerfile::{Diagnostic, Flow, Instruction, Mount, Stage, Status, Suppression};
use std::collections::BTreeMap;
use std::iter::zip;

/// Why edits are not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsafe {
    /// Edits of one finding contradict one another.
    #[error("its edits overlap")]
    Overlap,
    /// The file could not be built any more.
    #[error("BuildKit would refuse the file: {0}")]
    Invalid(String),
    /// There would be more instructions, or fewer.
    #[error("the file would have another number of instructions")]
    Count,
    /// An instruction that no edit touches would mean something else.
    #[error("the instruction on line {0} would say something else")]
    Instruction(u32),
    /// Another stage, or the same with another base.
    #[error("the stages would be others")]
    Stages,
    /// Files would come from elsewhere.
    #[error("files would come from elsewhere")]
    Flows,
    /// `BuildKit` would say something that it does not say now.
    #[error("BuildKit would warn: {0}")]
    Diagnostic(String),
    /// A directive, or a comment that silences a tool.
    #[error("the comments that tools obey would be others")]
    Comments,
    /// A script that can be read now could not be read any more.
    #[error("a script could not be read any more")]
    Scripts,
    /// So many were unsafe that the others were not tried.
    #[error("too many other edits for the file are unsafe")]
    TooMany,
}

/// Compares a file before its edits with the same afterwards.
pub(super) fn check(
    before: &DockerfileFacts,
    after: &DockerfileFacts,
    edited: &Edited<'_>,
) -> Result<(), Unsafe> {
    if let Some(refusal) = &after.error {
        return Err(Unsafe::Invalid(refusal.message.clone()));
    }
    if before.instructions.len() != after.instructions.len() || after.status != Status::Complete {
        return Err(Unsafe::Count);
    }
    for (one, other) in zip(&before.instructions, &after.instructions) {
        let is_kept = if is_touched(one, edited) {
            // What it says is for the rule to know; what it is does not change under it.
            other.known && one.stage == other.stage && heredocs(one).eq(heredocs(other))
        } else {
            is_same(one, other)
        };
        if !is_kept {
            return Err(Unsafe::Instruction(one.start_line));
        }
    }
    if before.target != after.target || !zip_all(&before.stages, &after.stages, is_same_stage) {
        return Err(Unsafe::Stages);
    }
    if !before
        .flows
        .iter()
        .map(flow)
        .eq(after.flows.iter().map(flow))
        || !before
            .mounts
            .iter()
            .map(mount)
            .eq(after.mounts.iter().map(mount))
    {
        return Err(Unsafe::Flows);
    }
    if before.escape != after.escape
        || !directives(before).eq(directives(after))
        || !before
            .suppressions
            .iter()
            .map(suppression)
            .eq(after.suppressions.iter().map(suppression))
    {
        return Err(Unsafe::Comments);
    }
    if before.commands_complete && !after.commands_complete {
        return Err(Unsafe::Scripts);
    }
    warnings(before, after)
}

fn zip_all<T>(ones: &[T], others: &[T], is_same: impl Fn(&T, &T) -> bool) -> bool {
    ones.len() == others.len() && zip(ones, others).all(|(one, other)| is_same(one, other))
}

/// Whether an edit changes some of an instruction.
fn is_touched(instruction: &Instruction, edited: &Edited<'_>) -> bool {
    let Some(own) = edited.range(instruction.span) else {
        return true;
    };
    let mut changes = edited.ranges();
    changes.any(|change| own.start <= change.end && change.start <= own.end)
}

/// Whether all of two instructions is the same but their places.
fn is_same(one: &Instruction, other: &Instruction) -> bool {
    (&one.keyword, one.known, one.stage) == (&other.keyword, other.known, other.stage)
        && (one.exec_form, one.broken_json) == (other.exec_form, other.broken_json)
        && (&one.text, &one.flags) == (&other.text, &other.flags)
        && (&one.args, &one.values) == (&other.args, &other.values)
        && contents(one).eq(contents(other))
}

fn heredocs(it: &Instruction) -> impl Iterator<Item = (&str, bool, bool)> {
    let heredocs = it.heredocs.iter();
    heredocs.map(|it| (it.name.as_str(), it.expand, it.chomp))
}

fn contents(it: &Instruction) -> impl Iterator<Item = (&str, (&str, bool, bool))> {
    let contents = it.heredocs.iter().map(|it| it.content.as_str());
    contents.zip(heredocs(it))
}

/// A base may be held at a digest.
fn is_same_stage(one: &Stage, other: &Stage) -> bool {
    let held = other.base.strip_prefix(&one.base);
    let is_same_base = held.is_some_and(|rest| rest.is_empty() || rest.starts_with('@'));
    is_same_base
        && one.name == other.name
        && one.base_stage == other.base_stage
        && one.from_scratch == other.from_scratch
        && one.reachable == other.reachable
}

fn flow(it: &Flow) -> impl PartialEq {
    let from = (it.instruction, it.from_stage, &it.from_image);
    (from, it.to_stage, &it.sources, &it.destination)
}

fn mount(it: &Mount) -> impl PartialEq {
    let from = (it.instruction, it.from_stage, &it.from_image);
    (from, &it.kind, &it.source, &it.target)
}

fn suppression(it: &Suppression) -> impl PartialEq {
    let whom = (&it.tool, &it.rules, &it.until);
    (whom, it.whole_file, it.instruction)
}

fn directives(file: &DockerfileFacts) -> impl Iterator<Item = (&str, &str, bool)> {
    let directives = file.directives.iter();
    directives.map(|it| (it.name.as_str(), it.value.as_str(), it.effective))
}

/// Whether `BuildKit` says nothing that it did not say before.
fn warnings(before: &DockerfileFacts, after: &DockerfileFacts) -> Result<(), Unsafe> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    for diagnostic in said(before) {
        *known.entry(&diagnostic.name).or_default() += 1;
    }
    for diagnostic in said(after) {
        let left = known.entry(&diagnostic.name).or_default();
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => return Err(Unsafe::Diagnostic(diagnostic.message.clone())),
        }
    }
    Ok(())
}

/// What the checks of `BuildKit` say, also those that are switched off.
fn said(file: &DockerfileFacts) -> impl Iterator<Item = &Diagnostic> {
    file.diagnostics.iter().chain(&file.skipped_diagnostics)
}
