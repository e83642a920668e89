//! A Go program is installed in whatever version is the newest
//!
//! ## What it does
//! Looks for `go install`, `go get` and `go run` of a module of somebody else without a version, or with one that moves,
//! such as `@latest`. Without a version, `go install` and `go run` take the one of `go.mod`: they are left alone in a
//! stage that files of the build context were copied into.
//!
//! ## Why is this bad?
//! The same Dockerfile makes another image tomorrow, nobody has tested that one, and whoever takes over the module is in
//! it. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM golang:1.25
//! RUN go install honnef.co/go/tools/cmd/staticcheck@latest
//! ```
//! ```dockerfile passes
//! FROM golang:1.25
//! RUN go install honnef.co/go/tools/cmd/staticcheck@v0.6.1
//! ```

use crate::options::text;
use crate::packages::{Action, Call, Manager, calls_of, ending};
use crate::reports::{Reports, list};
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Command, Dockerfile};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3062"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// Versions that move.
const MOVING: [&str; 6] = ["latest", "upgrade", "patch", "master", "main", "HEAD"];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let mut reports = Reports::default();
    for call in calls_of(file, &[Manager::Go], &[Action::Install])? {
        let loose = loose(file, &call)?;
        if loose.is_empty() {
            continue;
        }
        let message = format!(
            "`{}` takes whatever version of {} is the newest on the day",
            call.name(),
            list(&loose)
        );
        let stage = Runs::of(file)?.stage_name(call.command.stage);
        let finding = Finding::new(message)
            .help("name the version, `MODULE@v1.2.3`, or keep the tool in `go.mod`");
        let key = format!("{stage} {}", loose.join(" "));
        reports.add_at(key, call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// The modules without a version that stays.
fn loose<'a>(file: Dockerfile<'a>, call: &Call<'a>) -> Result<Vec<&'a str>, FactError> {
    let is_run = call.verb == "run";
    let operands = call
        .arguments
        .operands
        .iter()
        .take(if is_run { 1 } else { usize::MAX });
    let mut loose = Vec::new();
    for word in operands {
        let module = text(word);
        if module.starts_with(['.', '/', '$']) || ending(module) == "go" {
            continue;
        }
        let is_moving = match module.split_once('@') {
            Some((_, version)) => MOVING.contains(&version),
            None if word.value.is_none() => false,
            None if call.verb == "get" => !matches!(module, "all" | "tool"),
            // Only the names of other people's modules begin with a host.
            None => {
                let host = module.split('/').next().unwrap_or_default();
                host.contains('.') && !has_sources(file, call.command)?
            }
        };
        if is_moving {
            loose.push(module);
        }
    }
    Ok(loose)
}

/// Whether files of the build context are there when a command runs.
fn has_sources(file: Dockerfile<'_>, command: &Command) -> Result<bool, FactError> {
    let stages: Vec<u32> = file
        .ancestry(command.stage)?
        .map(|stage| stage.index)
        .collect();
    let is_context = |from: (Option<u32>, bool)| from == (None, false);
    let copied = file.flows()?.iter().any(|flow| {
        is_context((flow.from_stage, flow.from_image.is_some()))
            && stages.contains(&flow.to_stage)
            && flow.instruction < command.instruction
    });
    let mounted = file.mounts()?.iter().any(|mount| {
        mount.instruction == command.instruction
            && mount.kind == "bind"
            && is_context((mount.from_stage, mount.from_image.is_some()))
    });
    Ok(copied || mounted)
}
