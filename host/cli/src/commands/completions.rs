//! `polcheck completions`

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::print;
use clap::{Args, CommandFactory};
use clap_complete::Shell;

/// Print the completion script of a shell
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

pub(crate) fn run(args: CompletionsArgs) -> Result<Exit, Failure> {
    let CompletionsArgs { shell } = args;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "polcheck", &mut script);
    print(&String::from_utf8_lossy(&script))
}
