//! The verbs: one file each, with its arguments and its one function.

mod attest;
mod baseline;
mod build;
mod check;
mod compile;
mod completions;
mod config;
mod diff;
mod evidence;
mod explain;
mod facts;
mod fix;
mod identity;
mod key;
mod lint;
mod man;
mod plan;
mod replay;
mod reuse;
mod rules;
mod signing;
mod statements;
mod time;
mod trust;
mod trusted_root;
mod verify;
mod version;
mod waive;

use crate::args::Cli;
use crate::exit::Exit;
use crate::failure::Failure;
use clap::Subcommand;

pub(crate) use compile::NAME as COMPILE;

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::CheckArgs),
    Lint(lint::LintArgs),
    Facts(facts::FactsArgs),
    Attest(attest::AttestArgs),
    Verify(verify::VerifyArgs),
    Statements(statements::StatementsArgs),
    Replay(replay::ReplayArgs),
    Diff(Box<diff::DiffArgs>),
    PolicySet(plan::PolicySetArgs),
    Rules(rules::RulesArgs),
    Explain(explain::ExplainArgs),
    Waive(waive::WaiveArgs),
    Key(key::KeyArgs),
    TrustedRoot(trusted_root::TrustedRootArgs),
    Config(config::ConfigArgs),
    Version(version::VersionArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    #[command(name = compile::NAME, hide = true)]
    Compile,
}

/// Does what the command line says.
pub(crate) fn run(cli: Cli) -> Result<Exit, Failure> {
    let Cli { command, global } = cli;
    match command {
        Command::Check(args) => check::run(args, &global),
        Command::Lint(args) => lint::run(&args, &global),
        Command::Facts(args) => facts::run(&args, &global),
        Command::Attest(args) => attest::run(args, &global),
        Command::Verify(args) => verify::run(args, &global),
        Command::Statements(args) => statements::run(&args, &global),
        Command::Replay(args) => replay::run(&args, &global),
        Command::Diff(args) => diff::run(&args, &global),
        Command::PolicySet(args) => plan::run(args, &global),
        Command::Rules(args) => rules::run(args, &global),
        Command::Explain(args) => explain::run(args, &global),
        Command::Key(args) => key::run(args),
        Command::TrustedRoot(args) => trusted_root::run(args, &global),
        Command::Config(args) => config::run(args, &global),
        Command::Waive(args) => waive::run(&args),
        Command::Version(args) => version::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
        Command::Compile => compile::run(),
    }
}
