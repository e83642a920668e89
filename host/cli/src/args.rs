//! The command line. Help shows only what works.

use crate::commands::Command;
use clap::{Args, CommandFactory, FromArgMatches, Parser};
use model::report::EnforcementPoint;
use pipeline::config::ByteSize;
use std::ffi::OsString;
use std::path::PathBuf;

const ABOUT: &str = "\
Decides whether a container image may be used, and proves it.

`polcheck IMAGE` is `polcheck check IMAGE`. An IMAGE is
  HOST/REPOSITORY[:TAG][@DIGEST]   in a registry
  docker-daemon:NAME[:TAG]         in the local Docker or Podman
  oci:DIR[:TAG]                    an OCI layout
  oci-archive:FILE[:TAG]           an OCI layout in a tar archive
  docker-archive:FILE              what `docker save` wrote; `-` is standard input
  dir:DIR                          what `skopeo copy … dir:DIR` wrote";

const AFTER: &str = "\
Exit codes: 0 passed, 1 failed, 2 could not be decided, 3 nothing to check.
Configuration: command line, then POLCHECK_*, then polcheck.yaml, then defaults; `polcheck config show` explains it.";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "polcheck", version, about = ABOUT, after_help = AFTER, arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Read this configuration file
    #[arg(long, value_name = "FILE", global = true, env = "POLCHECK_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Read no configuration file
    #[arg(long, global = true, conflicts_with = "config")]
    pub(crate) no_config: bool,
    /// Keep compiled policies, and what registries sent, here
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Say more: what policies logged
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Say less: findings and verdicts only, and no progress
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

/// How registries are talked to.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct RegistryArgs {
    /// Allow plain HTTP where a registry has no HTTPS (this machine may always use it)
    #[arg(long)]
    pub(crate) allow_http_registry: bool,
    /// Do not check the certificates of registries; withholds every claim
    #[arg(long)]
    pub(crate) allow_insecure_registry: bool,
    /// Trust the certificates in this PEM file, beside those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_cacert: Option<PathBuf>,
    /// Show this certificate (PEM) to registries that ask for one
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_client_cert: Option<PathBuf>,
    /// The key of that certificate (PEM, unencrypted)
    #[arg(long, value_name = "FILE")]
    pub(crate) registry_client_key: Option<PathBuf>,
    /// Ask so often again where a registry is busy or fails, or the connection breaks
    #[arg(long, value_name = "N")]
    pub(crate) retries: Option<u32>,
    /// Keep at most so much of what registries sent, such as `500M`; `0` keeps nothing
    #[arg(long, value_name = "SIZE")]
    pub(crate) blob_cache: Option<ByteSize>,
    /// Give up on an image after this time, such as `30s` or `5m`
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<jiff::SignedDuration>,
}

/// Who asks the registry, if not whom the files of Docker and Podman name.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct LoginArgs {
    /// Log in to the registry of the images as this user; the password is asked for
    #[arg(long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
}

/// What an image is judged by.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Policy options")]
pub(crate) struct PolicyArgs {
    /// The policy set: `builtin:standard` or a file
    #[arg(long, value_name = "SET")]
    pub(crate) policy_set: Option<String>,
    /// Take the set as it is at one of the places that ask: ci, push, admission, scan
    #[arg(long, value_name = "POINT", value_parser = point)]
    pub(crate) point: Option<EnforcementPoint>,
    /// Add a policy, all of whose rules count: `builtin:NAME` or a component (repeatable)
    #[arg(long = "policy", value_name = "POLICY")]
    pub(crate) policies: Vec<String>,
    /// Run only this rule: an id, an alias such as DL3002, or `GROUP.*` (repeatable)
    #[arg(long = "rule", value_name = "RULE")]
    pub(crate) rules: Vec<String>,
    /// Leave this rule out (repeatable)
    #[arg(long = "skip-rule", value_name = "RULE")]
    pub(crate) skip_rules: Vec<String>,
    /// Take settings of rules from a YAML or JSON file
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Set one setting of a rule (repeatable)
    #[arg(long = "set", value_name = "RULE.KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Fail on open findings of this severity or worse: info, low, medium, high, critical, or never
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<String>,
    /// Take further waivers from a file, such as `polcheck waive` writes (repeatable)
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Vec<PathBuf>,
    /// Let no comment of a Dockerfile silence a finding
    #[arg(long)]
    pub(crate) ignore_comments: bool,
    /// Trust the statements that this file says, instead of those that the set says: a trust policy, or a policy set with one
    #[arg(long, value_name = "FILE")]
    pub(crate) trust_policy: Option<PathBuf>,
}

pub(crate) fn point(text: &str) -> Result<EnforcementPoint, String> {
    let mut points = EnforcementPoint::ALL.into_iter();
    let named = points.find(|point| point.name() == text);
    named.ok_or_else(|| {
        let known = EnforcementPoint::ALL.map(EnforcementPoint::name);
        format!("the points are {}", known.join(", "))
    })
}

/// Reads the command line. Without a verb it is `check`.
pub(crate) fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let command = Cli::command();
    let args = with_verb(&command, args.into_iter().collect());
    Cli::from_arg_matches(&command.try_get_matches_from(args)?)
}

/// Puts `check` before the first word that is neither an option nor a verb.
fn with_verb(command: &clap::Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let takes_value = |word: &str| {
        let long = word.strip_prefix("--");
        command
            .get_arguments()
            .any(|arg| arg.get_long() == long && long.is_some() && arg.get_action().takes_values())
    };
    let mut position = 1;
    while let Some(word) = args
        .get(position)
        .map(|word| word.to_string_lossy().into_owned())
    {
        if !word.starts_with('-') || word == "-" {
            let is_verb = word == "help"
                || command
                    .get_subcommands()
                    .any(|verb| verb.get_name() == word);
            if !is_verb {
                args.insert(1, "check".into());
            }
            return args;
        }
        position += if takes_value(&word) { 2 } else { 1 };
    }
    args
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::error::ErrorKind;

    fn with(words: &str) -> String {
        let args = std::iter::once("polcheck")
            .chain(words.split(' '))
            .map(OsString::from)
            .collect();
        let args = with_verb(&Cli::command(), args);
        args.iter()
            .skip(1)
            .map(|word| word.to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn an_image_without_a_verb_is_checked() {
        assert_eq!(with("alpine:3"), "check alpine:3");
        assert_eq!(with("-q alpine"), "check -q alpine");
        assert_eq!(
            with("--config x.yaml alpine"),
            "check --config x.yaml alpine"
        );
        assert_eq!(
            with("--platform linux/arm64 alpine"),
            "check --platform linux/arm64 alpine"
        );
    }

    #[test]
    fn a_verb_stays_a_verb() {
        for words in [
            "check alpine",
            "-v rules",
            "--config check verify x",
            "help check",
            "--version",
            "--help",
        ] {
            assert_eq!(with(words), words);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn nothing_at_all_shows_the_help() {
        let error = parse([OsString::from("polcheck")]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        );
    }
}
