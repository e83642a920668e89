//! A stage while it is evaluated.

use super::history::Event;
use super::stage::{DependencyKind, Expanded, Flow, Step};
use super::state::State;
use crate::checks::Place;
use crate::instruction::Instruction;
use crate::platform::Platform;
use crate::span::Span;
use std::ops::Range;
use std::sync::Arc;

/// A stage while it is evaluated, or an image that one takes files from: BuildKit puts these behind the stages, and counts
/// them with those.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what BuildKit notes of a stage, each by itself"
)]
pub(super) struct Draft {
    /// In lower case, or nothing.
    pub(super) name: String,
    /// What BuildKit calls it in messages.
    pub(super) title: String,
    /// The base, expanded.
    pub(super) base_name: String,
    pub(super) base_text: Option<Expanded>,
    pub(super) platform_text: Option<Expanded>,
    /// Where the `FROM` stands, or the instruction that needs an image; nowhere for that of a mount.
    pub(super) place: Option<Place>,
    /// The stage it stands on, which is always one above.
    pub(super) base: Option<usize>,
    pub(super) platform: Option<Platform>,
    /// The instructions in the file, with the `FROM`; none, if it is only an image.
    pub(super) written: Range<usize>,
    pub(super) needs: Vec<Need>,
    pub(super) commands: Vec<Command>,
    /// Those `ONBUILD` instructions of the file that its children run.
    pub(super) triggers: Vec<usize>,
    /// Whether its base is looked up.
    pub(super) resolved: bool,
    /// Whether the triggers of its base are among its commands.
    pub(super) triggered: bool,
    /// Whether it is evaluated, or is being evaluated: files can be taken from it.
    pub(super) dispatched: bool,
    pub(super) evaluated: bool,
    pub(super) reachable: bool,
    pub(super) state: Option<State>,
    /// What children begin with, if that takes some work.
    pub(super) heir: Option<Box<State>>,
    pub(super) steps: Vec<Step>,
    pub(super) flows: Vec<Flow>,
    pub(super) history: Vec<Event>,
    pub(super) on_build: Vec<Arc<str>>,
    pub(super) cmd: Option<Place>,
    pub(super) entrypoint: Option<Place>,
    pub(super) healthcheck: Option<Place>,
}

/// Something that an instruction takes files from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    /// The draft.
    pub(super) draft: usize,
    pub(super) kind: DependencyKind,
    pub(super) on_build: bool,
    /// Whether the instruction says so: a mount without `from` needs `scratch`, whatever that is.
    pub(super) said: bool,
    pub(super) place: Place,
    pub(super) span: Span,
}

/// An instruction of a stage.
#[derive(Clone, Debug)]
pub(super) struct Command {
    pub(super) source: CommandSource,
    /// The drafts it takes files from: of `COPY` at most one, of `RUN` one for each mount.
    pub(super) sources: Vec<usize>,
}

/// Where an instruction of a stage comes from.
#[derive(Clone, Debug)]
pub(super) enum CommandSource {
    /// The file.
    Written(usize),
    /// An `ONBUILD` of the file, or of the base image.
    Trigger(Option<usize>, Arc<Instruction>),
}

impl Draft {
    /// An image that an instruction takes files from.
    pub(super) fn image(name: &str, place: Option<Place>) -> Self {
        Self {
            base_name: name.to_owned(),
            place,
            ..Self::default()
        }
    }

    /// Whether it is only an image.
    pub(super) fn is_image(&self) -> bool {
        self.written.is_empty()
    }

    /// The line of its `FROM`.
    pub(super) fn line(&self) -> Option<u32> {
        self.place.map(|place| place.lines.0)
    }

    /// What a child begins with.
    pub(super) fn heir(&mut self) -> Option<State> {
        let state = self.state.as_ref()?;
        if !state.is_shadowed() {
            return Some(state.heir());
        }
        // With many children, what is shadowed is put right only once.
        let heir = self.heir.get_or_insert_with(|| Box::new(state.heir()));
        Some(State::clone(heir))
    }
}
