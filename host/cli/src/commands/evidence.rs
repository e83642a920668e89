//! Writing evidence down.

use crate::failure::Failure;
use crate::files;
use clap::Args;
use pipeline::Judged;
use std::fs;
use std::path::{Path, PathBuf};

/// Where evidence goes.
#[derive(Debug, Args)]
pub(crate) struct EvidenceArgs {
    /// Write all that each verdict comes from into this folder, for `polcheck replay` and `policy-set plan`
    #[arg(long, value_name = "DIR", help_heading = "Output options")]
    evidence: Option<PathBuf>,
}

impl EvidenceArgs {
    /// The folder, which is there from now on.
    pub(crate) fn folder(&self) -> Result<Option<&Path>, Failure> {
        let Some(folder) = &self.evidence else {
            return Ok(None);
        };
        fs::create_dir_all(folder).map_err(|error| Failure {
            causes: vec![error.to_string()],
            ..Failure::say(format!("cannot make the folder `{}`", folder.display()))
                .help("check the path and its permissions")
        })?;
        Ok(Some(folder))
    }
}

/// Writes down what verdicts come from, each in a file of its own.
pub(crate) fn write(folder: Option<&Path>, judged: &[Judged]) -> Result<(), Failure> {
    let Some(folder) = folder else {
        return Ok(());
    };
    for evidence in judged.iter().filter_map(|judged| judged.recorded.as_ref()) {
        files::write(&folder.join(evidence.file_name()), &evidence.to_bytes()?)?;
    }
    Ok(())
}
