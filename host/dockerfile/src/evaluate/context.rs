//! What all parts of an evaluation share, and how they expand texts.

use super::budget::Budget;
use super::options::Options;
use super::stage::{Argument, Expanded, MetaArg, Role, Step, VariableUse};
use super::state::{State, Value};
use super::table::Table;
use crate::checks::{Checks, Place, Scope, variables};
use crate::expand::{Cause, Expander, Expansion, Use};
use crate::instruction::{Instruction, Word};
use crate::span::{Position, Span};
use crate::suggest::suggestion;
use crate::{Dockerfile, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// Arguments that are for BuildKit, and no variables.
pub(super) const NOT_VARIABLES: [&str; 2] =
    ["BUILDKIT_SBOM_SCAN_CONTEXT", "BUILDKIT_SBOM_SCAN_STAGE"];

/// What an expanded text costs besides what it says, in bytes of text.
const ARGUMENT: usize = 96;
/// What a variable costs that is looked up.
const USE: usize = 32;

/// What all parts of an evaluation share.
pub(super) struct Context<'a> {
    pub(super) file: &'a Dockerfile,
    pub(super) options: &'a Options,
    pub(super) expander: Expander,
    pub(super) checks: Checks,
    pub(super) budget: Budget,
    /// `--build-arg`, as it is in effect.
    pub(super) build_args: BTreeMap<String, String>,
    /// The variables of `FROM`.
    pub(super) globals: Table<Value>,
    /// The arguments declared before the first stage, whether they have a value or not.
    pub(super) declared: Table<()>,
    pub(super) meta_args: Vec<MetaArg>,
}

/// An instruction while it is evaluated.
pub(super) struct Scene<'i> {
    pub(super) instruction: &'i Instruction,
    pub(super) place: Place,
    pub(super) scope: Scope,
    /// Whether it stands in the file, and not in a trigger.
    pub(super) written: bool,
}

impl Scene<'_> {
    /// Why BuildKit refuses the instruction.
    pub(super) fn refuse(&self, message: impl Into<String>) -> Refusal {
        refusal(self.place.lines.0, message)
    }

    /// Where the instruction stands.
    pub(super) fn span(&self) -> Span {
        self.place.span.unwrap_or(self.instruction.span)
    }

    /// Where a part of the instruction stands; of a trigger it is where the trigger stands.
    pub(super) fn part(&self, span: Span) -> Span {
        if self.written { span } else { self.span() }
    }
}

/// An expanded text.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    /// Whether it is right: it is not where the base image is not known and may set a variable.
    pub(super) clear: bool,
}

pub(super) fn refusal(line: u32, message: impl Into<String>) -> Refusal {
    Refusal {
        line: Some(line),
        message: message.into(),
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(file: &'a Dockerfile, options: &'a Options) -> Self {
        Self {
            file,
            options,
            expander: Expander::new(file.escape),
            checks: Checks::default(),
            budget: Budget::new(),
            build_args: options.build_args.clone(),
            globals: Table::default(),
            declared: Table::default(),
            meta_args: vec![],
        }
    }

    /// An instruction of the file.
    pub(super) fn instruction(&self, index: usize) -> Option<&'a Instruction> {
        self.file.instructions.get(index)
    }

    /// Expands a text of an instruction, and says which variables are not set.
    pub(super) fn expand(
        &mut self,
        state: &State,
        scene: &Scene<'_>,
        step: &mut Step,
        (role, word): (Role, &Word),
    ) -> Result<Text, Refusal> {
        let expander = match role {
            // The content of a file has no quotes, and its escape character is always the same.
            Role::Content(_) => Expander {
                skip_process_quotes: true,
                ..Expander::new('\\')
            },
            _ => self.expander.clone(),
        };
        let (outcome, effort) = expander.measured_word(&word.text, &state.variables);
        self.budget.take_work(effort, scene.place.lines.0)?;
        let outcome = match outcome {
            // The base image may well have what is required.
            Err(error)
                if matches!(error.cause, Cause::Required { .. })
                    && !is_clear(state, &error.uses) =>
            {
                Ok(Expansion {
                    text: String::new(),
                    uses: error.uses,
                })
            }
            outcome => outcome,
        };
        let uses = match &outcome {
            Ok(expansion) => &expansion.uses,
            Err(error) => &error.uses,
        };
        // One byte of the file may become hundreds, and triggers repeat it.
        let bytes = ARGUMENT + uses.len().saturating_mul(USE);
        self.budget.take_text(bytes, scene.place.lines.0)?;
        let mut located = located(word, uses);
        self.report_undefined(state, scene, &located);
        for used in &mut located {
            used.declared = used.declared || state.arguments.contains(used.name.as_str());
        }
        let clear = is_clear(state, uses);
        let text = outcome
            .map_err(|error| scene.refuse(error.to_string()))?
            .text;
        self.budget.take_text(text.len(), scene.place.lines.0)?;
        step.arguments.push(Argument {
            role,
            expanded: Expanded {
                text: word.text.clone(),
                value: clear.then(|| text.clone()),
                uses: located,
                span: word.span,
            },
        });
        Ok(Text { text, clear })
    }

    /// Says of every variable that is not set, and that no `ARG` declares, that it is not set: once for each text.
    pub(super) fn report_undefined(
        &mut self,
        state: &State,
        scene: &Scene<'_>,
        uses: &[VariableUse],
    ) {
        let mut seen = BTreeSet::new();
        for used in uses.iter().filter(|used| !used.defined) {
            let name = used.name.as_str();
            let declared = state.arguments.contains(name) || NOT_VARIABLES.contains(&name);
            if declared || !seen.insert(name) {
                continue;
            }
            let meant = self.guess(name, state.variables.len(), || state.names());
            let place = Place {
                lines: scene.place.lines,
                // The places in a trigger are not those of the file.
                span: if scene.written {
                    Some(used.span)
                } else {
                    scene.place.span
                },
            };
            let assumed = !state.config.base_known;
            variables::undefined(
                &mut self.checks,
                &scene.scope,
                place,
                name,
                (meant, assumed),
            );
        }
    }

    /// The name that was meant, of so many.
    pub(super) fn guess<'n>(
        &mut self,
        name: &str,
        count: usize,
        names: impl FnOnce() -> Vec<&'n str>,
    ) -> Option<String> {
        // Whoever has long names or many of them may misspell only some.
        let work = count.saturating_mul(name.len().min(64) + 16);
        if self.budget.take_guesses(work) {
            suggestion(name, &names(), true)
        } else {
            None
        }
    }

    /// Expands a text with the variables of `FROM`.
    pub(super) fn expand_global(
        &mut self,
        word: &Word,
        line: u32,
    ) -> (Expanded, Result<String, String>) {
        let (outcome, effort) = self.expander.measured_word(&word.text, &self.globals);
        let worked = self.budget.take_work(effort, line);
        let (uses, outcome) = match outcome {
            Ok(Expansion { text, uses }) => {
                match worked.and_then(|()| self.budget.take_text(text.len(), line)) {
                    Ok(()) => (uses, Ok(text)),
                    Err(refusal) => (uses, Err(refusal.message)),
                }
            }
            Err(error) => {
                let message = error.to_string();
                (error.uses, Err(message))
            }
        };
        let expanded = Expanded {
            text: word.text.clone(),
            value: outcome.as_ref().ok().cloned(),
            uses: located(word, &uses),
            span: word.span,
        };
        (expanded, outcome)
    }
}

/// Whether variables have the values that they will have.
pub(super) fn is_clear(state: &State, uses: &[Use]) -> bool {
    uses.iter()
        .all(|used| match state.variables.get(&used.name) {
            Some(value) => value.clear,
            None => state.config.base_known,
        })
}

/// The variables of a text, and where they stand in the file.
pub(super) fn located(word: &Word, uses: &[Use]) -> Vec<VariableUse> {
    // A text that is written in one piece has the length it has in the file.
    let whole = word.span.end.byte.checked_sub(word.span.start.byte) == Some(word.text.len());
    let mut ends: Vec<usize> = uses
        .iter()
        .flat_map(|used| [used.range.start, used.range.end])
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let positions = if whole {
        positions(word, &ends)
    } else {
        BTreeMap::new()
    };
    uses.iter()
        .map(|used| {
            let span = match (
                positions.get(&used.range.start),
                positions.get(&used.range.end),
            ) {
                (Some(&start), Some(&end)) => Span { start, end },
                _ => word.span,
            };
            VariableUse {
                name: used.name.clone(),
                span,
                defined: used.found,
                declared: used.found,
                has_alternative: has_alternative(word.text.get(used.range.clone()), &used.name),
            }
        })
        .collect()
}

/// Whether `${NAME…}` says what to take where nothing is set.
fn has_alternative(text: Option<&str>, name: &str) -> bool {
    let behind = text
        .and_then(|text| text.strip_prefix("${"))
        .and_then(|text| text.strip_prefix(name));
    behind.is_some_and(|behind| {
        let operator = behind.strip_prefix(':').unwrap_or(behind);
        operator.starts_with(['-', '+', '?'])
    })
}

fn positions(word: &Word, offsets: &[usize]) -> BTreeMap<usize, Position> {
    let mut at = word.span.start;
    let mut done = 0;
    let mut positions = BTreeMap::new();
    for &offset in offsets {
        for byte in word.text.as_bytes().get(done..offset).unwrap_or_default() {
            at.byte += 1;
            at.column += 1;
            if *byte == b'\n' {
                at.line += 1;
                at.column = 1;
            }
        }
        done = offset;
        positions.insert(offset, at);
    }
    positions
}
