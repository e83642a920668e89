//! `polcheck config`

use super::trust::trust_policy;
use crate::args::{GlobalArgs, PolicyArgs, RegistryArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::{print, printable};
use crate::session::{Session, file};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::report::EnforcementPoint;
use model::waiver::Validity;
use pipeline::config::{FILE_NAME, KEYS, Layer};
use pipeline::{FileKind, file_kind};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
    /// Check a policy set, a trust policy, a configuration file or a file of waivers, with the policies and keys it names
    ///
    /// Says what is wrong and where, and what is right and has no effect. Editors can do the same while you write, by the JSON
    /// Schemas in `docs/reference`.
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
    let is_empty = files::read(&path)?.trim_ascii().is_empty();
    let kind = if is_empty {
        FileKind::Other
    } else {
        file_kind(&path)?
    };
    if kind == FileKind::TrustPolicy {
        return validate_trust(path, global);
    }
    let is_set = kind == FileKind::Set;
    // Where a run finds it by itself, it may say less.
    let is_found = path == Path::new(FILE_NAME);
    let global = GlobalArgs {
        config: (!is_set && !is_found).then(|| path.clone()),
        no_config: is_set,
        ..global.clone()
    };
    let now = Timestamp::now();
    let mut warnings: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for point in EnforcementPoint::ALL {
        let layer = Layer {
            point: Some(point),
            policy_set: is_set.then(|| path.display().to_string()),
            ..Layer::default()
        };
        let session = Session::new(&global, layer)?;
        let of_registries = session.config.registries_without_effect();
        let policies = session.policies(&*session.engine()?)?;
        let over = policies.set.waivers.iter();
        let over = over.filter(|waiver| waiver.validity(now) == Validity::Expired);
        let over = over.map(|it| format!("the waiver `{}` ended on {}", it.id, it.expires));
        let of_policies = policies.without_effect.iter().cloned();
        for warning in of_registries.into_iter().chain(of_policies).chain(over) {
            if known.insert(warning.clone()) {
                warnings.push(warning);
            }
        }
    }
    let warnings = warnings
        .iter()
        .map(|warning| format!("without effect: {}\n", printable(warning)));
    let warnings: String = warnings.collect();
    print(&format!("{} is valid\n{warnings}", path.display()))
}

fn validate_trust(path: PathBuf, global: &GlobalArgs) -> Result<Exit, Failure> {
    let global = GlobalArgs {
        config: None,
        no_config: true,
        ..global.clone()
    };
    let valid = format!("{} is valid\n", path.display());
    let layer = Layer {
        trust_policy: Some(path),
        ..Layer::default()
    };
    trust_policy(&Session::new(&global, layer)?)?;
    print(&valid)
}
