//! What words come to, and the variables in them.

use super::{index, span};
use dockerfile::evaluate::{Evaluation, Expanded, Origin};
use dockerfile::{Dockerfile, Instruction, Keyword};
use model::facts::dockerfile::VariableUse;
use std::collections::HashMap;

/// The words of a Dockerfile that were expanded.
pub(super) struct Expansions<'a> {
    /// By instruction and by the byte at which they begin.
    words: HashMap<(usize, usize), &'a Expanded>,
    /// In the order of the file: the stage and the instruction of each.
    all: Vec<(Option<u32>, usize, &'a Expanded)>,
    /// Of each instruction.
    stages: Vec<Option<u32>>,
}

impl<'a> Expansions<'a> {
    pub(super) fn of(file: &Dockerfile, evaluation: &'a Evaluation) -> Self {
        let mut all = Vec::new();
        for declared in &evaluation.meta_args {
            let default = declared.default.iter();
            all.extend(default.map(|default| (None, declared.instruction, default)));
        }
        for stage in &evaluation.stages {
            let from = stage.instructions.start;
            let base = std::iter::once(&stage.base_text).chain(&stage.platform_text);
            all.extend(base.map(|word| (index(stage.index), from, word)));
            for step in &stage.steps {
                // The places of a trigger are those in its own text.
                let Origin::Written(at) = step.origin else {
                    continue;
                };
                let words = step.arguments.iter().map(|argument| &argument.expanded);
                all.extend(words.map(|word| (index(stage.index), at, word)));
            }
        }
        let words = all.iter();
        Self {
            words: words
                .map(|(_, at, word)| ((*at, word.span.start.byte), *word))
                .collect(),
            all,
            stages: stages(file, evaluation),
        }
    }

    /// The stage of each instruction.
    pub(super) fn stages(&self) -> &[Option<u32>] {
        &self.stages
    }

    /// What each argument of an instruction comes to.
    pub(super) fn values(&self, at: usize, instruction: &Instruction) -> Vec<Option<String>> {
        let words = instruction.arguments.iter();
        words
            .map(|word| {
                let expanded = |byte: usize| self.words.get(&(at, byte)).copied();
                if let Some(word) = expanded(word.span.start.byte) {
                    return word.value.clone();
                }
                match (instruction.keyword, word.text.split_once('=')) {
                    (Some(Keyword::Arg), Some((name, _))) => {
                        let default = expanded(word.span.start.byte + name.len() + 1)?;
                        Some(format!("{name}={}", default.value.as_ref()?))
                    }
                    (Some(keyword), _) if is_literal(keyword) || !word.text.contains('$') => {
                        Some(word.text.clone())
                    }
                    _ => None,
                }
            })
            .collect()
    }

    /// The variables in words that are expanded.
    pub(super) fn uses(&self) -> Vec<VariableUse> {
        let of_word = |(stage, at, word): &(Option<u32>, usize, &Expanded)| {
            let (stage, instruction) = (*stage, index(*at).unwrap_or_default());
            // Where the value is not known, a base image that nobody knows may set the variable.
            let unclear = word.value.is_none();
            let uses = word.uses.iter();
            uses.map(|used| VariableUse {
                name: used.name.clone(),
                instruction,
                stage,
                defined: used.declared || used.has_alternative || unclear,
                span: span(used.span),
            })
            .collect::<Vec<_>>()
        };
        self.all.iter().flat_map(of_word).collect()
    }
}

/// Whether the builder leaves variables in it to the shell.
fn is_literal(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::Run
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Healthcheck
            | Keyword::Shell
            | Keyword::Maintainer
            | Keyword::Onbuild
    )
}

fn stages(file: &Dockerfile, evaluation: &Evaluation) -> Vec<Option<u32>> {
    let mut stages = vec![None; file.instructions.len()];
    if evaluation.stages.is_empty() {
        // It was refused before there were stages: they are counted as they are written.
        let mut current = None;
        for (instruction, stage) in file.instructions.iter().zip(&mut stages) {
            if instruction.keyword == Some(Keyword::From) {
                current = Some(current.map_or(0, |last: u32| last.saturating_add(1)));
            }
            *stage = current;
        }
        return stages;
    }
    for stage in &evaluation.stages {
        for slot in stages
            .get_mut(stage.instructions.clone())
            .into_iter()
            .flatten()
        {
            *slot = index(stage.index);
        }
    }
    stages
}
