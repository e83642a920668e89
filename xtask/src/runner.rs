//! Running tests, and counting them.

use crate::run::{Failure, Outcome, root, say};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Where tests write down that they need something which is not here.
const NOT_RUN: &str = "POLCHECK_NOT_RUN";

/// Tests that were run.
#[derive(Debug)]
pub(crate) struct Tests {
    count: Count,
    /// Which tests needed something that is not here, and what.
    pub(crate) not_run: Vec<String>,
    pub(crate) outcome: Outcome,
}

/// What the test runners counted.
#[derive(Debug, Default)]
struct Count {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tests {
    /// Runs `cargo test`, and shows what does not pass.
    pub(crate) fn run(command: &mut Command) -> Outcome<Self> {
        let file = root().join("target").join("not-run");
        if let Some(dir) = file.parent() {
            fs::create_dir_all(dir)?;
        }
        fs::write(&file, "")?;
        let mut child = command.env(NOT_RUN, &file).stdout(Stdio::piped()).spawn()?;
        let mut count = Count::default();
        for line in child
            .stdout
            .take()
            .into_iter()
            .flat_map(|stdout| BufReader::new(stdout).lines())
        {
            let line = line?;
            if let Some(result) = line.strip_prefix("test result: ") {
                count.add(result);
            }
            if !line.ends_with("... ok") {
                say(&line);
            }
        }
        let status = child.wait()?;
        let not_run = fs::read_to_string(&file)?;
        Ok(Self {
            count,
            not_run: not_run.lines().map(str::to_owned).collect(),
            outcome: if status.success() {
                Ok(())
            } else {
                Err(Failure(format!("tests failed: {status}")))
            },
        })
    }

    /// Says what was not run, and ends with one line that counts the tests.
    pub(crate) fn say(&self) {
        for test in &self.not_run {
            say(&format!("not run: {test}"));
        }
        // A test that cannot be run has written that down, and then passes.
        let not_run = u64::try_from(self.not_run.len()).unwrap_or_default();
        let Count {
            passed,
            failed,
            ignored,
        } = self.count;
        say(&format!(
            "{} passed, {failed} failed, {} skipped",
            passed.saturating_sub(not_run),
            ignored + not_run
        ));
    }
}

impl Count {
    /// `ok. 12 passed; 0 failed; 1 ignored; …`
    fn add(&mut self, result: &str) {
        let after_state = result.split_once(". ").map_or(result, |(_, counts)| counts);
        for part in after_state.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let number: u64 = number.parse().unwrap_or_default();
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_runners_are_added() {
        let mut count = Count::default();
        count.add(
            "ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
        );
        count.add(
            "FAILED. 2 passed; 5 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        );
        assert_eq!((count.passed, count.failed, count.ignored), (14, 5, 1));
    }
}
