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
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN apk add --no-cache curl
//! ```

use crate::options::text;
use crate::packages::{Action, Call, Manager, calls};
use crate::reports::Reports;
use crate::runs::{Runs, final_stages, variable, writes};
use polcheck_sdk::dockerfile::{Command, Dockerfile};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
#[rustfmt::skip]
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &[
        "DL3009", "DL3019", "DL3032", "DL3036", "DL3040", "DL3042", "DL3060", "DS-0015", "DS-0019", "DS-0020", "DS-0025",
        "DS-0027", "DKL-DI-0004", "DKL-DI-0005",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// What a package manager leaves behind.
struct Cache {
    /// Parts of the paths of its folders.
    folders: &'static [&'static str],
    /// What fills it, besides installing.
    is_filled_by: fn(Action) -> bool,
    /// Where it is only filled if some `RUN` writes this.
    only_where: Option<&'static str>,
    help: &'static str,
}

const APT: Cache = Cache {
    folders: &["/var/lib/apt", "lib/{apt", "lists"],
    is_filled_by: |action| action == Action::Update,
    only_where: None,
    help: "end the `RUN` with `rm -rf /var/lib/apt/lists/*`, or keep the lists in a cache mount",
};
const ARCHIVES: Cache = Cache {
    folders: &["/var/cache/apt"],
    is_filled_by: |action| matches!(action, Action::Install | Action::Upgrade | Action::DistUpgrade),
    // The images of Debian empty it on their own, as long as nobody removes the file that does it.
    only_where: Some("docker-clean"),
    help: "keep the archives in a cache mount: `RUN --mount=type=cache,target=/var/cache/apt …`",
};
const APK: Cache = Cache {
    folders: &["/var/cache/apk", "/etc/apk/cache"],
    is_filled_by: |action| matches!(action, Action::Install | Action::Update | Action::Upgrade),
    only_where: None,
    help: "add `--no-cache`",
};
const RPM: Cache = Cache {
    folders: &["/var/cache"],
    is_filled_by: |action| !matches!(action, Action::Clean | Action::Remove | Action::Other),
    only_where: None,
    help: "end the `RUN` with `dnf clean all`, or the same of the package manager at hand",
};
const PIP: Cache = Cache {
    folders: &[".cache", "pip"],
    is_filled_by: |action| action == Action::Install,
    only_where: None,
    help: "add `--no-cache-dir`, or keep the cache in a cache mount",
};
const YARN: Cache = Cache {
    folders: &[".cache", "yarn", ".yarn"],
    is_filled_by: |action| action == Action::Install,
    only_where: None,
    help: "end the `RUN` with `yarn cache clean`, or keep the cache in a cache mount",
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
            let finding = Finding::new(format!("what `{name}` caches stays in the layer")).help(cache.help);
            let packages: Vec<&str> = call.known().collect();
            let key = format!("{stage} {name} {}", packages.join(" "));
            reports.add_at(key, call.command.span, finding);
        }
    }
    file.commands()?.conclude(reports.finish())
}

fn caches(call: &Call<'_>) -> &'static [&'static Cache] {
    match call.manager {
        Manager::Apt => &[&APT, &ARCHIVES],
        Manager::Apk => &[&APK],
        Manager::Dnf | Manager::Zypper => &[&RPM],
        Manager::Pip if !call.program.starts_with("uv") => &[&PIP],
        Manager::Yarn => &[&YARN],
        _ => &[],
    }
}

/// Whether a call fills no cache that stays.
fn is_kept_away(file: Dockerfile<'_>, call: &Call<'_>, cache: &Cache) -> Result<bool, FactError> {
    let arguments = &call.arguments;
    let is_off = match call.manager {
        Manager::Apk => arguments.has(&["no-cache"]),
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
            cache.folders.iter().any(|folder| target.contains(folder))
        }
    });
    let behind = Runs::of(file)?.behind(call.command);
    Ok(is_mounted || behind.iter().any(|command| empties(command, call, cache)))
}

/// Whether a command empties the cache, or is a script that says so.
fn empties(command: &Command, of: &Call<'_>, cache: &Cache) -> bool {
    if let Some(call) = Call::read(command) {
        let is_all = |word: &str| matches!(word, "all" | "--all");
        return call.action == Action::Clean
            && call.manager == of.manager
            && (call.program == "microdnf") == (of.program == "microdnf")
            && (of.manager != Manager::Dnf || call.known().any(is_all));
    }
    let mut words = command.words.iter().skip(1).map(text);
    match command.name() {
        Some("rm" | "find" | "rmdir") => words.any(|word| {
            word == "apt" || cache.folders.iter().any(|folder| word.contains(folder))
        }),
        Some(name) => name.contains("clean"),
        None => false,
    }
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
        let exported = command.words.iter().filter_map(|word| text(word).split_once('='));
        let assigned = command.assignments.iter().map(|it| (it.name.as_str(), text(&it.value)));
        let mut all = exported.chain(assigned);
        command.index <= call.command.index && all.any(|(name, value)| name == NAME && is_on(value))
    }))
}
