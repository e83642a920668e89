//! What one evaluation may cost. BuildKit has no such limits; no file in use comes near them.

use crate::Refusal;

/// How many bytes the texts of a file may expand to.
const MAX_TEXT: usize = 64 << 20;
/// How many steps may be taken, beyond these bytes, to expand texts and to join paths.
const MAX_WORK: usize = 16 << 20;
/// How many letters may be compared to guess what was meant.
const MAX_GUESSES: usize = 32 << 20;
/// How many triggers may run.
const MAX_TRIGGERS: usize = 100_000;

/// What is left.
#[derive(Debug)]
pub(super) struct Budget {
    text: usize,
    work: usize,
    guesses: usize,
    triggers: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            text: MAX_TEXT,
            work: MAX_WORK,
            guesses: MAX_GUESSES,
            triggers: MAX_TRIGGERS,
        }
    }

    /// Takes so many bytes for the text of the instruction in that line.
    pub(super) fn take_text(&mut self, bytes: usize, line: u32) -> Result<(), Refusal> {
        self.text = self.text.checked_sub(bytes).ok_or_else(|| Refusal {
            line: Some(line),
            message: "the texts of this file expand to more than 64 MiB".to_owned(),
        })?;
        Ok(())
    }

    /// Takes so many steps for the instruction in that line.
    pub(super) fn take_work(&mut self, steps: usize, line: u32) -> Result<(), Refusal> {
        self.work = self.work.checked_sub(steps).ok_or_else(|| Refusal {
            line: Some(line),
            message: "the texts of this file take too long to expand".to_owned(),
        })?;
        Ok(())
    }

    /// Whether that many letters can be compared.
    pub(super) fn take_guesses(&mut self, letters: usize) -> bool {
        let left = self.guesses.checked_sub(letters);
        self.guesses = left.unwrap_or(0);
        left.is_some()
    }

    /// Takes a trigger for the stage in that line.
    pub(super) fn take_trigger(&mut self, line: u32) -> Result<(), Refusal> {
        self.triggers = self.triggers.checked_sub(1).ok_or_else(|| Refusal {
            line: Some(line),
            message: "the stages of this file run more than 100,000 triggers".to_owned(),
        })?;
        Ok(())
    }
}
