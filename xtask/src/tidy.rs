//! `cargo xtask tidy`: what the compiler cannot know about the shape of the project.

mod dependencies;
mod paths;
mod sizes;
mod texts;

use crate::run::{Failure, Outcome, say};

/// Checks everything, and says all that is wrong.
pub(crate) fn all() -> Outcome {
    let problems = [
        dependencies::check()?,
        sizes::check()?,
        paths::check()?,
        texts::check()?,
    ]
    .concat();
    for problem in &problems {
        say(&format!("tidy: {problem}"));
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure(format!("tidy found {} problem(s)", problems.len())))
    }
}
