//! `polcheck config`

use crate::args::{GlobalArgs, PolicyArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::{print, printable};
use crate::session::{Session, file};
use clap::{Args, Subcommand};
use pipeline::config::{KEYS, Layer};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Show the configuration in effect, or check a configuration file
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show each value, and where it comes from, in the form of a configuration file
    Show {
        #[command(flatten)]
        policy: Box<PolicyArgs>,
        #[command(flatten)]
        registry: RegistryArgs,
    },
    /// Check a configuration file, and the policies it names
    Validate {
        /// The file; `polcheck.yaml` where none is given
        file: Option<PathBuf>,
    },
}

pub(crate) fn run(args: ConfigArgs, global: &GlobalArgs) -> Result<Exit, Failure> {
    match args.command {
        ConfigCommand::Show { policy, registry } => show(&policy, &registry, global),
        ConfigCommand::Validate { file } => validate(file, global),
    }
}

fn show(
    policy: &PolicyArgs,
    registry: &RegistryArgs,
    global: &GlobalArgs,
) -> Result<Exit, Failure> {
    let session = Session::new(global, registry.lay(policy.lay(Layer::default())?))?;
    let values =
        serde_json::to_value(&session.config.values).map_err(|error| Failure::new(&error, None))?;
    let mut text = String::new();
    for key in KEYS {
        let _ = match (values.get(key), session.config.origins.get(key)) {
            (Some(value), Some(origin)) => {
                writeln!(text, "{key}: {} # {origin}", printable(&value.to_string()))
            }
            _ => writeln!(text, "# {key} is not set"),
        };
    }
    print(&text)
}

fn validate(given: Option<PathBuf>, global: &GlobalArgs) -> Result<Exit, Failure> {
    let path = given.or_else(|| file(global, None).map(|(_, path)| path));
    let path = path.ok_or_else(|| {
        Failure::say("there is no `polcheck.yaml` here")
            .help("name a file: `polcheck config validate FILE`")
    })?;
    let global = GlobalArgs {
        config: Some(path.clone()),
        no_config: false,
        ..global.clone()
    };
    let session = Session::new(&global, Layer::default())?;
    session.policies(&*session.engine()?)?;
    print(&format!("{} is valid\n", path.display()))
}
