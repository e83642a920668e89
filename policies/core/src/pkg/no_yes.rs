//! A package manager asks, and nobody answers
//!
//! ## What it does
//! Looks for `apt-get`, `dnf`, `yum`, `microdnf`, `tdnf` and `zypper` that install, renew or remove packages without an
//! option that answers yes. `DEBIAN_FRONTEND=noninteractive` is none: it is for the questions of packages. Only later
//! versions of `microdnf` ask, which is of low severity.
//!
//! ## Why is this bad?
//! As soon as more than the named packages changes, the program asks, gets no answer, and the build fails.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN apt-get update && apt-get install curl=8.14.1-2
//! ```
//! ```dockerfile fixed
//! FROM debian:13
//! RUN apt-get update && apt-get install -y curl=8.14.1-2
//! ```
//! ```dockerfile fails
//! FROM opensuse/leap:16.0
//! RUN zypper install curl=8.14.1
//! ```
//! ```dockerfile fixed
//! FROM opensuse/leap:16.0
//! RUN zypper --non-interactive install curl=8.14.1
//! ```

use crate::edits::put_behind;
use crate::packages::{Action, Call, Manager, calls};
use crate::parts::has;
use crate::reports::Reports;
use crate::runs::{Runs, writes};
use polcheck_sdk::dockerfile::Join;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DL3014", "DL3030", "DL3034", "DL3038", "DS-0021"],
    fixable: true,
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for call in calls(file)?.filter(asks) {
        // `yes | apt-get …`, and a configuration that says so.
        let is_answered = runs.outermost(call.command).joined == Join::Pipe
            || writes(file, call.command.stage, setting(call.manager))?;
        if is_answered {
            continue;
        }
        let stage = runs.stage_name(call.command.stage);
        let name = call.name();
        let is_of_all = call.manager == Manager::Zypper;
        let option = if is_of_all { "--non-interactive" } else { "-y" };
        let word = if is_of_all || call.action == Action::InstallGroup {
            call.command.words.first()
        } else {
            call.verb_word
        };
        let packages: Vec<&str> = call.known().collect();
        // Its first versions never ask; where it is a name of dnf5, it does.
        let (severity, confidence) = if call.command.name() == Some("microdnf") {
            (Severity::Low, Confidence::Low)
        } else {
            (Severity::Medium, Confidence::High)
        };
        let finding = Finding::new(format!(
            "`{name}` asks before it does something, and nobody answers"
        ))
        .severity(severity)
        .confidence(confidence)
        .help(format!(
            "answer beforehand: `{} {option} {}`",
            call.program, call.verb
        ));
        let finding = put_behind(finding, word, option);
        let key = format!("{stage} {name} {}", packages.join(" "));
        reports.add_at(key, call.command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Whether a call asks, as far as it is known.
fn asks(call: &Call<'_>) -> bool {
    let changes = match call.action {
        Action::Install
        | Action::InstallGroup
        | Action::Upgrade
        | Action::DistUpgrade
        | Action::Remove => true,
        Action::Update | Action::Clean | Action::Other => call.verb == "build-dep",
    };
    changes && !call.arguments.is_open && !is_answered(call)
}

fn is_answered(call: &Call<'_>) -> bool {
    let arguments = &call.arguments;
    match call.manager {
        Manager::Apt => {
            let quiet = arguments.options.iter().filter_map(|(name, value)| {
                let is_quiet = matches!(*name, "q" | "quiet");
                is_quiet.then(|| value.and_then(|it| it.parse().ok()).unwrap_or(1))
            });
            let names = ["y", "yes", "assume-yes", "force-yes", "assume-no"];
            let is_set = |setting: &str| has(&setting.to_ascii_lowercase(), "assume-yes=");
            quiet.sum::<u32>() > 1
                || arguments.has(&names)
                || arguments.values(&["o", "option"]).any(is_set)
        }
        Manager::Dnf => {
            let names = ["y", "assumeyes", "assumeno", "downloadonly"];
            let is_set = |setting: &str| setting.starts_with("assumeyes=");
            arguments.has(&names) || arguments.values(&["setopt"]).any(is_set)
        }
        Manager::Zypper => {
            let names = ["n", "non-interactive", "y", "no-confirm", "D"];
            arguments.has(&names)
        }
        _ => true,
    }
}

/// How the configuration of a package manager says yes.
fn setting(manager: Manager) -> &'static str {
    match manager {
        Manager::Apt => "Assume-Yes ",
        Manager::Zypper => "ZYPP_NONINTERACTIVE",
        _ => "assumeyes=",
    }
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;

    #[test]
    fn microdnf_hardly_ever_asks() {
        let given = Given::dockerfile("FROM fedora:44\nRUN microdnf install a");
        let outcome = format!("{:?}", evaluate(&PACK, "pkg.no-yes", given));
        assert!(outcome.contains("Severity::Low"), "{outcome}");
    }

    #[rstest]
    #[case("apt-get install -f", 1)]
    #[case("DEBIAN_FRONTEND=noninteractive apt-get upgrade", 1)]
    #[case("apt-get -o APT::Get::Assume-Yes=true install a", 0)]
    #[case("yes | apt-get install a", 0)]
    #[case("apt-get $OPTIONS install a", 0)]
    #[case("apt-get -s install a", 0)]
    #[case(
        "echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/y && apt-get install a",
        0
    )]
    #[case("dnf remove a && dnf install --assumeyes b", 1)]
    fn only_what_asks_is_found(#[case] script: &str, #[case] count: usize) {
        let file = format!("FROM debian:13\nRUN {script}\n");
        let found = messages(&PACK, "pkg.no-yes", Given::dockerfile(&file));
        assert_eq!(found.len(), count, "{found:?}");
    }
}
