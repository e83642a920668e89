//! What was found so far, and how much more may be.

use super::{Assignment, Command, Compound, Join, Redirect, ShellWord, Via};
use std::ops::Range;

/// How long a text may be; the rest of a longer one is not read. BuildKit's own limit for a line is 65,535 bytes, heredocs
/// may be longer.
pub const MAX_BYTES: usize = 1 << 20;
/// How deep groups, substitutions, parameter expansions and texts within texts may be nested.
pub const MAX_DEPTH: usize = 64;
/// How many words there may be, those of wrapped commands counted again.
pub const MAX_WORDS: usize = 100_000;
/// How often text may be handed on as text: `sh -c "sh -c …"`, `eval`, escaped back-quotes.
pub const MAX_RESPLITS: usize = 8;
/// How many commands may wrap each other: `sudo env nice …`.
pub const MAX_WRAPPERS: usize = 8;

/// Steps a byte of text. Looking for the end of `((` is all that is ever done twice: at most once for every level.
const MAX_EFFORT: usize = 4 * MAX_DEPTH;

/// The beginning of a text that is not too long, and whether it is all of it.
pub(super) fn bounded(text: &str) -> (&str, bool) {
    if text.len() <= MAX_BYTES {
        return (text, true);
    }
    let kept = text.get(..text.floor_char_boundary(MAX_BYTES));
    (kept.unwrap_or_default(), false)
}

/// Where commands stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) parent: Option<usize>,
    pub(super) via: Via,
}

impl Place {
    pub(super) const TOP: Self = Self {
        parent: None,
        via: Via::Script,
    };

    pub(super) fn new(parent: Option<usize>, via: Via) -> Self {
        Self { parent, via }
    }
}

/// What was found so far.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) commands: Vec<Command>,
    pub(super) complete: bool,
    /// Nothing more is read.
    pub(super) stopped: bool,
    pub(super) resplits: usize,
    depth: usize,
    words: usize,
    effort: usize,
    effort_left: usize,
}

impl Output {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            commands: vec![],
            complete: true,
            stopped: false,
            resplits: 0,
            depth: 0,
            words: 0,
            effort: 0,
            effort_left: MAX_EFFORT * (bytes + 64),
        }
    }

    /// Something is amiss, but reading on makes sense.
    pub(super) fn incomplete(&mut self) {
        self.complete = false;
    }

    /// Over a bound.
    pub(super) fn stop(&mut self) {
        self.complete = false;
        self.stopped = true;
    }

    pub(super) fn enter(&mut self) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.stop();
        }
    }

    pub(super) fn leave(&mut self, levels: usize) {
        self.depth = self.depth.saturating_sub(levels);
    }

    pub(super) fn count_words(&mut self, words: usize) {
        self.words += words;
        if self.words > MAX_WORDS {
            self.stop();
        }
    }

    /// Counts what is done, so that no text makes it more than linear.
    pub(super) fn spend(&mut self, steps: usize) {
        self.effort += steps;
        if self.effort > self.effort_left {
            self.stop();
        }
    }

    /// The steps so far.
    #[cfg(test)]
    pub(super) fn effort(&self) -> usize {
        self.effort
    }

    /// A command of which only the place is known yet, so that those in its words can name it.
    pub(super) fn begin(&mut self, place: Place, joined: Join, inside: Option<Compound>) -> usize {
        self.commands.push(Command {
            words: vec![],
            assignments: vec![],
            redirects: vec![],
            joined,
            parent: place.parent,
            via: place.via,
            inside,
            negated: false,
            range: 0..0,
        });
        self.commands.len() - 1
    }

    /// Takes a command back that turned out to be none, unless something belongs to it.
    pub(super) fn take_back(&mut self, index: usize) {
        if index + 1 == self.commands.len() {
            self.commands.pop();
        }
    }
}

/// The parts of a command while it is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) words: Vec<Piece>,
    pub(super) assignments: Vec<Assignment>,
    pub(super) redirects: Vec<Redirect>,
}

impl Draft {
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.assignments.is_empty() && self.redirects.is_empty()
    }
}

/// A word, and what it says to a shell.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub(super) word: ShellWord,
    /// Of a word whose value is not known: the known parts and, as variables, the others. `sh -c "cd $x && make"` still
    /// shows its commands.
    pub(super) template: Option<String>,
}

impl Piece {
    pub(super) fn text(&self) -> &str {
        let text = self.word.literal.as_ref().or(self.template.as_ref());
        text.map_or("", String::as_str)
    }
}

/// From the first of two ranges to the end of the other.
pub(super) fn span(first: &Range<usize>, last: &Range<usize>) -> Range<usize> {
    first.start..last.end.max(first.start)
}
