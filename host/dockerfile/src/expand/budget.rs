//! What one expansion may cost.

use super::Cause;

/// How long a text may become, in bytes.
const MAX_TEXT: usize = 1 << 20;
/// How many bytes may be moved and how many steps taken: a default is copied once a level, and a pattern looks at every
/// character of a value, though nothing of it may be left in the end.
const MAX_WORK: usize = 4 << 20;
/// How deep substitutions may nest.
const MAX_DEPTH: usize = 200;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    work: usize,
    depth: usize,
}

impl Budget {
    /// All of it.
    pub(super) fn new() -> Self {
        Self {
            work: MAX_WORK,
            depth: MAX_DEPTH,
        }
    }

    /// How much work was done.
    pub(super) fn spent(&self) -> usize {
        MAX_WORK - self.work
    }

    /// Takes as many steps.
    pub(super) fn spend(&mut self, steps: usize) -> Result<(), Cause> {
        self.work = self.work.checked_sub(steps).ok_or(Cause::TooLong)?;
        Ok(())
    }

    /// Appends to a text.
    pub(super) fn append(&mut self, text: &mut String, piece: &str) -> Result<(), Cause> {
        self.spend(piece.len())?;
        if text.len() + piece.len() > MAX_TEXT {
            return Err(Cause::TooLong);
        }
        text.push_str(piece);
        Ok(())
    }

    /// Begins a word inside of a substitution.
    pub(super) fn descend(&mut self) -> Result<(), Cause> {
        self.depth = self.depth.checked_sub(1).ok_or(Cause::TooDeep)?;
        Ok(())
    }

    /// Ends it.
    pub(super) fn ascend(&mut self) {
        self.depth += 1;
    }
}
