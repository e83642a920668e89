//! `polcheck man`

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::print;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use std::path::{Path, PathBuf};

/// Print the manual page, or write the pages of all commands into a folder
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Write `polcheck.1`, `polcheck-check.1`, … here
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: ManArgs) -> Result<Exit, Failure> {
    let ManArgs { dir } = args;
    let mut command = Cli::command();
    command.build();
    match dir {
        None => print(&String::from_utf8_lossy(&page(&command)?)),
        Some(dir) => write(&dir, &command, "polcheck").map(|()| Exit::Passed),
    }
}

fn write(dir: &Path, command: &Command, name: &str) -> Result<(), Failure> {
    files::write(&dir.join(format!("{name}.1")), &page(command)?)?;
    for verb in command
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set() && verb.get_name() != "help")
    {
        write(dir, verb, &format!("{name}-{}", verb.get_name()))?;
    }
    Ok(())
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::new(&error, None))?;
    Ok(page)
}
