//! What edits must not change: everything of a file but the instructions that they touch.

use model::edit::Edited;
use model::facts::DockerfileFacts;
use model::facts::dockerfile::{Flow, Heredoc, Instruction, Mount, Stage, Status, Suppression};
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
        let is_same = if is_touched(one, edited) {
            // What it says is for the rule to know; what it is does not change under it.
            other.known && one.stage == other.stage && heredocs(one).eq(heredocs(other))
        } else {
            meaning(one) == meaning(other) && heredocs(one).eq(heredocs(other))
        };
        if !is_same {
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
    let comments = |file: &DockerfileFacts| {
        let directives = file.directives.iter();
        let directives = directives.map(|it| (it.name.clone(), it.value.clone(), it.effective));
        (file.escape, directives.collect::<Vec<_>>())
    };
    if comments(before) != comments(after)
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

/// All of an instruction but its place.
fn meaning(it: &Instruction) -> impl PartialEq {
    (
        (it.keyword.clone(), it.known, it.stage, it.text.clone()),
        (it.flags.clone(), it.args.clone(), it.values.clone()),
        (it.exec_form, it.broken_json),
    )
}

fn heredocs(it: &Instruction) -> impl Iterator<Item = (&str, bool, bool)> {
    let heredoc = |it: &'_ Heredoc| (it.expand, it.chomp);
    it.heredocs.iter().map(move |found| {
        let (expand, chomp) = heredoc(found);
        (found.name.as_str(), expand, chomp)
    })
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

fn flow(it: &Flow) -> impl PartialEq + use<> {
    let from = (it.instruction, it.from_stage, it.from_image.clone());
    (
        from,
        it.to_stage,
        it.sources.clone(),
        it.destination.clone(),
    )
}

fn mount(it: &Mount) -> impl PartialEq + use<> {
    let from = (it.instruction, it.from_stage, it.from_image.clone());
    (from, it.kind.clone(), it.source.clone(), it.target.clone())
}

fn suppression(it: &Suppression) -> impl PartialEq + use<> {
    let whom = (it.tool.clone(), it.rules.clone(), it.until.clone());
    (whom, it.whole_file, it.instruction)
}

/// Whether `BuildKit` says nothing that it did not say before.
fn warnings(before: &DockerfileFacts, after: &DockerfileFacts) -> Result<(), Unsafe> {
    let all = |file: &'_ DockerfileFacts| {
        let said = file.diagnostics.iter().chain(&file.skipped_diagnostics);
        said.map(|it| (it.name.clone(), it.message.clone()))
            .collect::<Vec<_>>()
    };
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for (name, _) in all(before) {
        *known.entry(name).or_default() += 1;
    }
    for (name, message) in all(after) {
        let left = known.entry(name).or_default();
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => return Err(Unsafe::Diagnostic(message)),
        }
    }
    Ok(())
}
