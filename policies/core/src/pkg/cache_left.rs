//! The cache of a package manager stays in the image
//!
//! ## What it does
//! Looks for commands of `apt-get`, `apk`, `dnf`, `yum`, `microdnf`, `tdnf`, `zypper`, `pip` and `yarn` that fill a cache
//! which the same `RUN` does not empty, and which is in no cache mount. Only the stages are judged whose layers the image
//! has.
//!
//! ## Why is this bad?
//! Nobody uses the cache again, and every node that runs the image stores it. What a later `RUN` removes is still in the
//! layer.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN apk add curl
//! ```
//! ```dockerfile fixed
//! FROM alpine:3.22
//! RUN apk add --no-cache curl
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```

use crate::caches::{Cache, caches};
use crate::edits::put_behind;
use crate::options::text;
use crate::packages::{Action, Call, Manager, calls};
use crate::parts::has;
use crate::reports::Reports;
use crate::runs::{Runs, final_stages, variable, writes};
use polcheck_sdk::dockerfile::Dockerfile;
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
#[rustfmt::skip]
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    fixable: true,
    aliases: &[
        "DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060", "DS-0015", "DS-0019", "DS-0020", "DS-0025",
        "DS-0027", "DKL-DI-0004", "DKL-DI-0005",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let stages = final_stages(file)?;
    let mut reports = Reports::default();
    for call in calls(file)?.filter(|call| stages.contains(&call.command.stage)) {
        for cache in caches(&call) {
            if !(cache.is_filled_by)(call.action) || is_kept_away(file, &call, cache)? {
                continue;
            }
            let stage = Runs::of(file)?.stage_name(call.command.stage);
            let name = call.name();
            let finding =
                Finding::new(format!("what `{name}` caches stays in the layer")).help(cache.help);
            let finding = match call.manager {
                Manager::Apk if call.action != Action::Update => {
                    put_behind(finding, call.verb_word, "--no-cache")
                }
                Manager::Pip => put_behind(finding, call.verb_word, "--no-cache-dir"),
                _ => finding,
            };
            let packages: Vec<&str> = call.known().collect();
            let key = format!("{stage} {name} {}", packages.join(" "));
            reports.add_at(key, call.command.span, finding);
        }
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether a call fills no cache that stays.
fn is_kept_away(file: Dockerfile<'_>, call: &Call<'_>, cache: &Cache) -> Result<bool, FactError> {
    let arguments = &call.arguments;
    let is_off = match call.manager {
        Manager::Apk => arguments.has(&["no-cache", "no-network"]),
        Manager::Pip => arguments.has(&["no-cache-dir"]) || is_pip_off(file, call)?,
        _ => false,
    };
    let is_elsewhere = match cache.only_where {
        Some(text) => !writes(file, call.command.stage, text)?,
        None => false,
    };
    if is_off || is_elsewhere {
        return Ok(true);
    }
    let mut mounts = file.mounts()?.iter();
    let is_mounted = mounts.any(|mount| {
        let is_layer = !matches!(mount.kind.as_str(), "cache" | "tmpfs");
        mount.instruction == call.command.instruction && !is_layer && {
            let target = mount.target.as_deref().unwrap_or_default();
            cache.folders.iter().any(|folder| has(target, folder))
        }
    });
    let behind = Runs::of(file)?.behind(call.command);
    Ok(is_mounted
        || behind
            .iter()
            .any(|command| cache.is_emptied_by(command, call)))
}

/// Whether the environment tells pip to cache nothing.
fn is_pip_off(file: Dockerfile<'_>, call: &Call<'_>) -> Result<bool, FactError> {
    const NAME: &str = "PIP_NO_CACHE_DIR";
    let is_on = |value: &str| !matches!(value, "" | "0" | "off" | "no" | "false");
    if variable(file, call.command.stage, NAME).is_some_and(|value| is_on(&value)) {
        return Ok(true);
    }
    let mut commands = Runs::of(file)?.around(call.command).iter();
    Ok(commands.any(|command| {
        let exported = command
            .words
            .iter()
            .filter_map(|word| text(word).split_once('='));
        let assigned = command
            .assignments
            .iter()
            .map(|it| (it.name.as_str(), text(&it.value)));
        let mut all = exported.chain(assigned);
        command.index <= call.command.index && all.any(|(name, value)| name == NAME && is_on(value))
    }))
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("apt-get update && rm -rf /var/lib/apt/lists/* && apt-get update", 1)]
    #[case("apt-get update && apt-get install -y a && apt-get clean", 1)]
    #[case("apt-get update && rm -rf /var/lib/{apt,dpkg}", 0)]
    #[case("apt-get update && apt-get dist-clean", 0)]
    #[case("apt-get update && cd /var/lib && rm -rf apt", 0)]
    #[case("apt-get update && clean-layer.sh", 0)]
    #[case("dnf install -y a && dnf clean metadata", 1)]
    #[case("dnf install -y a && rm -rf /var/cache/dnf", 0)]
    #[case("pip install a && rm -rf ~/.cache", 0)]
    #[case("uv pip install a", 0)]
    #[case("yarn --version", 0)]
    #[case("yarn $SCRIPT", 0)]
    #[case("yarn", 1)]
    #[case("apk add --no-network a", 0)]
    fn only_a_cache_that_stays_is_found(#[case] script: &str, #[case] count: usize) {
        let file = format!("FROM debian:13\nRUN {script}\n");
        let found = messages(&PACK, "pkg.cache-left", Given::dockerfile(&file));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
