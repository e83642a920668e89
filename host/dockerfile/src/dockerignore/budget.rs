//! What it may cost to compare a path with a file.

/// How many steps may be taken: many thousand lines for an ordinary path.
const MAX_STEPS: usize = 4 << 20;

/// The steps that are left.
pub(super) struct Budget(usize);

impl Budget {
    /// All of them.
    pub(super) fn new() -> Self {
        Self(MAX_STEPS)
    }

    /// Takes some, if there are so many.
    pub(super) fn spend(&mut self, steps: usize) -> Option<()> {
        self.0 = self.0.checked_sub(steps)?;
        Some(())
    }
}
