//! A password of a user is set while the image is built
//!
//! ## What it does
//! Looks for `chpasswd`, `passwd`, and for `useradd` and `usermod` with a password. Locking a user is fine; deleting the
//! password of one is not.
//!
//! ## Why is this bad?
//! Everybody who can pull the image knows the password, or its hash, and it is the same in every container. The history
//! of the image keeps it too. A container needs no password: nobody logs in.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM debian:13
//! RUN echo 'root:hunter2' | chpasswd
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN useradd -m -p "$(openssl passwd hunter2)" app
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! RUN useradd --no-log-init --uid 10001 app && passwd -l app
//! ```

use crate::reports::Reports;
use crate::runs::Runs;
use polcheck_sdk::dockerfile::Command;
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["CKV2_DOCKER_17", "DKL-LI-0001"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let runs = Runs::of(file)?;
    let mut reports = Reports::default();
    for command in runs.iter() {
        let Some((name, what)) = command
            .name()
            .and_then(|name| Some((name, effect(name, command)?)))
        else {
            continue;
        };
        let finding = Finding::new(format!("`{name}` {what}"))
            .help("set no password; nobody needs one to start a process in a container");
        let key = format!("{} {name}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// What becomes of a password, if something does.
fn effect(name: &str, command: &Command) -> Option<&'static str> {
    let sets = Some("sets a password that everybody who has the image knows");
    let mut words = command.words.iter().skip(1).map(|word| word.raw.as_str());
    match name {
        "chpasswd" => sets,
        "passwd" => {
            let mut effect = sets;
            for word in words {
                match word {
                    "-d" | "--delete" => return Some("deletes a password: who needs none gets in"),
                    "-l" | "--lock" | "-u" | "--unlock" | "-S" | "--status" | "-e" | "--expire"
                    | "-h" | "--help" | "-n" | "-x" | "-w" | "-i" => effect = None,
                    _ => {}
                }
            }
            effect
        }
        "useradd" | "usermod" => {
            let is_option = |word: &str| word == "-p" || word == "--password";
            while let Some(word) = words.next() {
                let value = match word.strip_prefix("--password=") {
                    Some(value) => value,
                    None if is_option(word) => words.next()?,
                    None => continue,
                };
                let value = value.trim_matches(['"', '\'']);
                // No hash ends like this: the user stays locked.
                return sets.filter(|_| value != "x" && !value.starts_with(['!', '*']));
            }
            None
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("passwd -d root", 1)]
    #[case("echo x | passwd --stdin root", 1)]
    #[case("usermod --password=abc app", 1)]
    #[case("usermod -p '*' app", 0)]
    #[case("passwd -l root", 0)]
    #[case("passwd --lock root", 0)]
    #[case("useradd -m app", 0)]
    #[case("adduser --disabled-password app", 0)]
    #[case("chgrp root /etc/passwd", 0)]
    fn only_a_password_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\nRUN {line}"));
        assert_eq!(messages(&PACK, "user.set-password", given).len(), findings);
    }
}
