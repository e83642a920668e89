//! Running other programs.

use std::fmt;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Why a task failed, for a person.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a task comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Says something to the person who started the task.
pub(crate) fn say(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says what comes now.
pub(crate) fn step(name: &str) {
    say(&format!("== {name}"));
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // Cargo says it when it runs this: checkouts may share what was compiled.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR");
    let manifest = manifest.map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    manifest.parent().unwrap_or(&manifest).to_owned()
}

/// A program, to be run in the root of the workspace.
pub(crate) fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).current_dir(root());
    command
}

/// The cargo that started this task.
pub(crate) fn cargo(args: &[&str]) -> Command {
    command(
        &std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
        args,
    )
}

/// Runs a program to its end, with its output shown.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command
        .status()
        .map_err(|error| cannot_run(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure(format!("`{}` failed: {status}", line(command))))
    }
}

/// Runs a program to its end, and takes what it says on standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| cannot_run(command, &error))?;
    if !output.status.success() {
        return Err(Failure(format!(
            "`{}` failed: {}",
            line(command),
            output.status
        )));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure(format!("`{}` does not speak UTF-8", line(command))))
}

fn cannot_run(command: &Command, error: &io::Error) -> Failure {
    Failure(format!(
        "cannot run `{}`: {error}",
        command.get_program().display()
    ))
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
