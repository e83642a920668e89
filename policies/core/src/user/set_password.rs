//! A password of a user is set while the image is built
//!
//! ## What it does
//! Looks for `chpasswd`, `passwd`, and for `useradd` and `usermod` with a password. Locking a user is fine; deleting the
//! password of one is not. A random password that nobody sees (`openssl rand`) is fine; one from a secret mount is less
//! bad: only its hash gets into the image.
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

use crate::options::text;
use crate::parts::has;
use crate::pipelines::readers;
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
        let (severity, what) = match source(runs, command) {
            Source::Random => continue,
            Source::Mount => (
                Severity::Medium,
                "sets a password whose hash is in the image",
            ),
            Source::Text => (Severity::High, what),
        };
        let finding = Finding::new(format!("`{name}` {what}"))
            .severity(severity)
            .help("set no password; nobody needs one to start a process in a container");
        let key = format!("{} {name}", runs.stage_name(command.stage));
        reports.add_at(key, command.span, finding);
    }
    file.commands()?.conclude(reports.finish())
}

/// Where a password comes from that a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The Dockerfile, as far as anybody knows.
    Text,
    /// A secret that is mounted.
    Mount,
    /// Chance, and nobody sees it.
    Random,
}

/// `echo "root:$(openssl rand -base64 12)" | chpasswd`
fn source(runs: Runs<'_>, reader: &Command) -> Source {
    let before = runs.around(reader).iter();
    let before = before.take_while(|it| it.index < reader.index);
    let Some(writer) = before
        .filter(|it| {
            it.parent == reader.parent && readers(runs, it).any(|it| it.index == reader.index)
        })
        .last()
    else {
        return Source::Text;
    };
    let inside = runs.around(reader).iter();
    let inside = inside.filter(|it| it.index == writer.index || it.parent == Some(writer.index));
    let mut source = Source::Text;
    for command in inside {
        let words = command.words.iter();
        let mut words = words.chain(command.redirects.iter().map(|it| &it.target));
        let is_openssl = command.name() == Some("openssl");
        if matches!(
            command.name(),
            Some("pwgen" | "apg" | "makepasswd" | "uuidgen")
        ) || words
            .clone()
            .any(|word| text(word) == "rand" && is_openssl || has(text(word), "random"))
        {
            return Source::Random;
        }
        if words.any(|word| text(word).starts_with("/run/secrets/")) {
            source = Source::Mount;
        }
    }
    source
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
    #[case("echo \"root:$(openssl rand -base64 12)\" | chpasswd", 0)]
    #[case("x && echo \"root:$(head -c 12 /dev/urandom)\" | chpasswd; y", 0)]
    #[case("openssl rand -base64 12 && echo root:x | chpasswd", 1)]
    #[case("echo \"root:$(openssl passwd hunter2)\" | chpasswd -e", 1)]
    fn only_a_password_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\nRUN {line}"));
        assert_eq!(messages(&PACK, "user.set-password", given).len(), findings);
    }

    #[test]
    fn a_password_from_a_secret_mount_leaves_only_its_hash() {
        let given = Given::dockerfile(
            "FROM debian:13\nRUN --mount=type=secret,id=P echo \"app:$(cat /run/secrets/P)\" | chpasswd",
        );
        let found = messages(&PACK, "user.set-password", given);
        assert_eq!(
            found,
            ["`chpasswd` sets a password whose hash is in the image"]
        );
    }
}
