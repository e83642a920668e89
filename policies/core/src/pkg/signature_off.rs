//! Packages are installed without checking their signatures
//!
//! ## What it does
//! Looks for the options of `apt-get`, `apk`, `dnf`, `yum`, `tdnf`, `microdnf`, `zypper` and `rpm` that switch the check of
//! signatures off, and for sources of apt that are marked as trusted.
//!
//! ## Why is this bad?
//! Whoever is between the build and the mirror, or owns the mirror, decides what is installed. CIS Docker Benchmark 4.11.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install -y --allow-unauthenticated tool=1.2
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! RUN apk add --no-cache --allow-untrusted ./tool.apk
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get install -y tool=1.2
//! ```

use crate::options::text;
use crate::packages::{Action, Call, Manager, calls};
use crate::parts::has;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Command;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &[
        "CKV2_DOCKER_7",
        "CKV2_DOCKER_8",
        "CKV2_DOCKER_9",
        "CKV2_DOCKER_10",
        "CKV2_DOCKER_11",
        "CIS-4.11",
    ],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

/// Options of apt that do it, as `-o NAME=true`.
const APT_SETTINGS: [&str; 3] = [
    "apt::get::allowunauthenticated",
    "acquire::allowinsecurerepositories",
    "acquire::allowdowngradetoinsecurerepositories",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    let of_commands = runs.iter().filter_map(|it| Some((it, switched_off(it)?)));
    let of_calls = calls(file)?.filter_map(|call| Some((call.command, option(&call)?)));
    for (command, (program, option)) in of_commands.chain(of_calls) {
        let is_written_out = option.starts_with('-') || option.contains('=');
        let dashes = if is_written_out { "" } else { "--" };
        let finding = Finding::new(format!(
            "`{dashes}{option}` lets `{program}` install what nobody signed"
        ))
        .help("remove it, and install the key of the repository instead");
        let key = format!("{} {program} {option}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// The program, and the option that switches its check off.
fn switched_off(command: &Command) -> Option<(&str, &str)> {
    match command.name()? {
        "rpm" => rpm(command).map(|option| ("rpm", option)),
        "echo" | "printf" => {
            let mut words = command.words.iter().map(text);
            let is_trusted = |it: &str| {
                // Of a folder of the image itself, there is nobody else to trust.
                has(it, "deb") && has(it, "trusted=yes") && !has(it, "file:")
            };
            words.any(is_trusted).then_some(("apt-get", "trusted=yes"))
        }
        _ => None,
    }
}

/// The same of a call of a package manager.
fn option<'a>(call: &Call<'a>) -> Option<(&'a str, &'a str)> {
    // `apk index` takes the option, and installs nothing.
    if call.action == Action::Other && call.verb != "fetch" {
        return None;
    }
    let names: &[&str] = match call.manager {
        Manager::Apt => &[
            "allow-unauthenticated",
            "force-yes",
            "allow-insecure-repositories",
            "allow-downgrade-to-insecure-repositories",
        ],
        Manager::Apk => &["allow-untrusted"],
        Manager::Dnf => &["nogpgcheck", "no-gpgchecks", "no-gpgcheck"],
        Manager::Zypper => &["no-gpg-checks", "allow-unsigned-rpm"],
        _ => return None,
    };
    let mut options = call.arguments.options.iter();
    let found = options.find(|(name, value)| {
        names.contains(name) || value.is_some_and(|value| is_setting(call.manager, name, value))
    });
    found.map(|(name, value)| (call.program, value.unwrap_or(name)))
}

/// `-o APT::Get::AllowUnauthenticated=true`, `--setopt=gpgcheck=0`
fn is_setting(manager: Manager, option: &str, setting: &str) -> bool {
    let Some((name, value)) = setting.split_once('=') else {
        return false;
    };
    let value = value.trim_matches(['"', '\'']).to_ascii_lowercase();
    match (manager, option) {
        (Manager::Apt, "o" | "option") => {
            let is_on = matches!(value.as_str(), "true" | "yes" | "1");
            is_on && APT_SETTINGS.contains(&name.to_ascii_lowercase().as_str())
        }
        (Manager::Dnf, "setopt") => {
            let is_off = matches!(value.as_str(), "false" | "no" | "0");
            is_off && name.rsplit('.').next() == Some("gpgcheck")
        }
        _ => false,
    }
}

/// The option of an `rpm` that installs.
fn rpm(command: &Command) -> Option<&str> {
    let words = || command.words.iter().skip(1).map(text);
    let installs = words().any(|word| match word.strip_prefix("--") {
        Some(long) => matches!(long, "install" | "upgrade" | "freshen"),
        None => word.starts_with('-') && word.contains(['i', 'U', 'F']) && !word.contains('q'),
    });
    let is_off = |word: &&str| {
        matches!(
            *word,
            "--nosignature" | "--nodigest" | "--noverify" | "--nofiledigest" | "--nogpg"
        )
    };
    words().find(is_off).filter(|_| installs)
}
