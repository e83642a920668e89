//! Package lists are updated in a layer of their own
//!
//! ## What it does
//! Looks for a `RUN` that updates the lists of a package manager and installs nothing behind that. A `RUN` that goes on
//! with a script, or removes the lists again, and lists in a cache mount, are left alone. `dnf update` and its like renew the packages themselves:
//! there the severity is low.
//!
//! ## Why is this bad?
//! The layer is cached. A later `RUN` that installs something finds the lists of the day when the cache was made: it gets
//! old packages, or packages that are gone. CIS Docker Benchmark 4.7.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update
//! RUN apt-get install -y --no-install-recommends curl=8.14.1-2
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN apt-get update && apt-get install -y --no-install-recommends curl=8.14.1-2
//! ```

use crate::caches::caches;
use crate::options::text;
use crate::packages::{Action, Call, Manager, calls_of, ending};
use crate::parts::has;
use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::{Command, Dockerfile};
use polcheck_sdk::{FactError, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DS-0017", "CKV_DOCKER_5", "CIS-DI-0007", "CIS-4.7"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for call in calls_of(file, &[], &[Action::Update, Action::Upgrade])? {
        let severity = match (call.manager, call.action) {
            (_, Action::Update) => Severity::Medium,
            (Manager::Dnf | Manager::Zypper, Action::Upgrade) => Severity::Low,
            _ => continue,
        };
        let behind = runs.behind(call.command);
        let is_emptied = |command: &Command| {
            let mut caches = caches(&call).iter();
            call.action == Action::Update && caches.any(|it| it.is_emptied_by(command, &call))
        };
        if is_in_mount(file, &call)? || behind.iter().any(|it| installs(it) || is_emptied(it)) {
            continue;
        }
        let stage = runs.stage_name(call.command.stage);
        let name = call.name();
        let finding = Finding::new(format!(
            "`{name}` stands in a layer of its own, which is cached"
        ))
        .severity(severity)
        .help(format!(
            "join it with what it is for: `{name} && … install …`"
        ));
        reports.add_at(format!("{stage} {name}"), call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether a command installs something, or may: a script, or a program that is told to.
fn installs(command: &Command) -> bool {
    if let Some(call) = Call::read(command) {
        return matches!(
            call.action,
            Action::Install | Action::InstallGroup | Action::Upgrade | Action::DistUpgrade
        ) || call.verb == "build-dep";
    }
    let is_script = |word: &str| word.starts_with(['.', '$']) || ending(word) == "sh";
    let mut words = command.words.iter().map(text);
    let is_shell = matches!(
        command.name(),
        Some("sh" | "bash" | "xargs" | "eval" | "make")
    );
    is_shell
        || words.next().is_some_and(is_script)
        || command.words.iter().map(text).any(|it| has(it, "install"))
}

/// Whether the lists are in a cache that no layer keeps.
fn is_in_mount(file: Dockerfile<'_>, call: &Call<'_>) -> Result<bool, FactError> {
    let mut mounts = file.mounts()?.iter();
    Ok(mounts.any(|mount| {
        mount.instruction == call.command.instruction
            && mount.kind == "cache"
            && mount
                .target
                .as_deref()
                .is_some_and(|it| it.starts_with("/var/"))
    }))
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("RUN apt-get update && useradd a", 1)]
    #[case("RUN apt-get install -y a && apt-get update", 1)]
    #[case("RUN apt-get update && ./install.sh", 0)]
    #[case("RUN apt-get update && npx playwright install --with-deps", 0)]
    #[case("RUN apt-get update && rm -rf /var/lib/apt/lists/*", 0)]
    #[case("RUN <<EOF\napt-get update\napt-get install -y a\nEOF", 0)]
    #[case("RUN --mount=type=cache,target=/var/lib/apt apt-get update", 0)]
    fn only_lists_that_nobody_uses_are_found(#[case] run: &str, #[case] count: usize) {
        let file = format!("FROM debian:13\n{run}\n");
        let found = messages(&PACK, "pkg.update-alone", Given::dockerfile(&file));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
