//! What is known already.

use clap::Args;
use std::path::PathBuf;

/// What is known already.
#[derive(Debug, Args)]
#[command(next_help_heading = "Policy options")]
pub(crate) struct BaselineArgs {
    /// Report only what this earlier report (`-o json`) does not have; withholds every claim
    #[arg(long, value_name = "REPORT")]
    pub(crate) baseline: Option<PathBuf>,
}
