//! A user with a large number makes a large image
//!
//! ## What it does
//! Looks for `useradd` with a user number of six digits or more, and without `--no-log-init`.
//!
//! ## Why is this bad?
//! `useradd` writes an entry of each user to `/var/log/lastlog` and `/var/log/faillog`, at a place that the number says.
//! The files have holes, but layers have none: the image grows by hundreds of megabytes, and the build may fail.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN useradd --uid 1000640000 app
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN useradd --no-log-init --uid 1000640000 app
//! ```

use crate::options::{Arguments, Syntax};
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Command;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3046"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

const USERADD: Syntax = Syntax {
    short: "bcdefgkKGpRPsuZ",
    long: &[
        "base-dir",
        "comment",
        "home-dir",
        "expiredate",
        "inactive",
        "gid",
        "groups",
        "skel",
        "key",
        "password",
        "root",
        "prefix",
        "shell",
        "uid",
        "selinux-user",
    ],
    one_dash: false,
};
/// The largest number that is still small.
const LARGEST: u64 = 99_999;

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs
        .iter()
        .filter(|command| command.name() == Some("useradd"))
    {
        let Some(uid) = large_uid(command) else {
            continue;
        };
        let finding = Finding::new(format!(
            "`useradd` with the number {uid} makes the log files of all users large"
        ))
        .help("add `--no-log-init` to `useradd`");
        let key = format!("{} useradd {uid}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

fn large_uid(command: &Command) -> Option<u64> {
    let arguments = Arguments::read(command.words.get(1..)?, &USERADD);
    let uid = arguments.values(&["u", "uid"]).last()?.parse().ok()?;
    (uid > LARGEST && !arguments.has(&["l", "no-log-init"])).then_some(uid)
}
