//! CPU time, user and system together, and the largest resident memory.

use crate::{Result, say};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The CPU time of this process so far, all threads together, in seconds.
pub(crate) fn of_this_process() -> Result<f64> {
    Ok(seconds(&getrusage(UsageWho::RUSAGE_SELF)?))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no benchmark takes 285 years of microseconds"
)]
fn seconds(usage: &Usage) -> f64 {
    (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6
}

/// What one process took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process {
    /// In seconds.
    pub(crate) cpu: f64,
    /// In MB.
    pub(crate) memory: f64,
    /// How long somebody waits for it, in seconds.
    pub(crate) elapsed: f64,
}

/// Measures a command, so many times.
///
/// Linux counts the memory of a process from before `exec`, when it still was that of its parent: hence a small process in
/// between.
pub(crate) fn of_command(times: u32, folder: &Path, command: &[String]) -> Result<Process> {
    let output = Command::new(std::env::current_exe()?)
        .args(["measure", &times.to_string()])
        .args(command)
        .current_dir(folder)
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    let mut numbers = said.split_whitespace().map(str::parse::<f64>);
    match (numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(cpu)), Some(Ok(memory)), Some(Ok(elapsed))) => Ok(Process {
            cpu,
            memory,
            elapsed,
        }),
        _ => Err(format!("`{}`: {said}", command.join(" ")).into()),
    }
}

/// Runs a command so many times, and says how many seconds of CPU one run took, how many MB, and how many seconds of a clock.
pub(crate) fn measure_children(times: &str, command: &[&str]) -> Result {
    let times: u32 = times.parse()?;
    let [program, args @ ..] = command else {
        return Err("nothing to measure".into());
    };
    let start = Instant::now();
    for _ in 0..times {
        let status = Command::new(program)
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        if !status.success() {
            return Err(format!("it ended with {status}").into());
        }
    }
    let elapsed = start.elapsed().as_secs_f64() / f64::from(times);
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "memory in KiB is far below 2^52"
    )]
    let memory = usage.max_rss() as f64 * 1024.0 / 1e6;
    let cpu = seconds(&usage) / f64::from(times);
    say(&format!("{cpu} {memory} {elapsed}"));
    Ok(())
}
