//! Programs that run beside a test, and programs that are called and answer.

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a server may take until it is ready, and a daemon until it has stopped.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(20);
/// How many seconds a program may take, which is far more than any needs.
pub(crate) const SECONDS: &str = "120";

/// A program that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
}

impl Server {
    /// Starts a program whose output goes to a file.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let output = File::create(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", command.get_program().display()));
        Self {
            child,
            log: log.to_owned(),
        }
    }

    /// Waits until `ready` has an answer, which may look into what the program has printed. An error is its last words.
    pub(crate) fn until<T>(&mut self, ready: impl Fn(&str) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            if let Some(answer) = ready(&log) {
                return Ok(answer);
            }
            if self.child.try_wait().unwrap().is_some() || Instant::now() > deadline {
                return Err(log.lines().last().unwrap_or("it said nothing").to_owned());
            }
            sleep(PAUSE);
        }
    }

    /// Asks the program to stop, so that it can stop others first.
    pub(crate) fn stop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let deadline = Instant::now() + PATIENCE;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            sleep(PAUSE);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a program ended, and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) line: String,
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Has to have ended so.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Has to have ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        self.ended(0)
    }

    /// Has to have refused what it was asked.
    #[track_caller]
    pub(crate) fn refused(self) -> Self {
        // What `timeout` ends with where it had to end the program, and what it could not start.
        let is_answer = ![0, -1].contains(&self.code) && !(124..=137).contains(&self.code);
        assert!(is_answer, "{self}");
        self
    }

    /// Has to have said this.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        let is_said = self.stdout.contains(words) || self.stderr.contains(words);
        assert!(is_said, "it does not say `{words}`\n{self}");
        self
    }

    /// The document it printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}\nexit code: {}", self.line, self.code)?;
        writeln!(f, "--- stdout\n{}", self.stdout.trim_end())?;
        writeln!(f, "--- stderr\n{}", self.stderr.trim_end())
    }
}
