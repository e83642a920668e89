//! What was measured, as a table.

use crate::Result;
use crate::cpu::{self, Process};
use std::fmt::Write as _;
use std::path::Path;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Figure {
    /// What is done.
    pub(crate) work: String,
    /// What it took.
    pub(crate) measured: String,
    /// What is to be reached; nothing for a peer.
    pub(crate) reach: &'static str,
}

impl Figure {
    pub(crate) fn new(work: impl Into<String>, measured: String, reach: &'static str) -> Self {
        Self {
            work: work.into(),
            measured,
            reach,
        }
    }
}

/// The figures in Markdown.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut table = "| work | measured | reach |\n|---|---|---|\n".to_owned();
    for Figure {
        work,
        measured,
        reach,
    } in figures
    {
        // A String takes whatever is written to it.
        let _ = writeln!(table, "| {work} | {measured} | {reach} |");
    }
    table
}

/// `12.3 µs`
pub(crate) fn micros(seconds: f64) -> String {
    format!("{:.1} µs", seconds * 1e6)
}

/// `4.5 ms`
pub(crate) fn millis(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

/// What a process needs, from its start to its end.
pub(crate) fn measured(
    work: impl Into<String>,
    command: &[&str],
    times: u32,
    reach: &'static str,
) -> Result<Figure> {
    let command: Vec<String> = command.iter().map(ToString::to_string).collect();
    let Process { cpu, memory, .. } = cpu::of_command(times, Path::new("."), &command)?;
    let measured = format!("{}, {memory:.0} MB", millis(cpu));
    Ok(Figure::new(work, measured, reach))
}
