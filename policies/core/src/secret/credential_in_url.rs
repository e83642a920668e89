//! A password is part of an address or of a command line
//!
//! ## What it does
//! Looks for `USER:PASSWORD@` in addresses, in heredocs, commands and variables; and for passwords among the options of
//! `curl`, `wget`, `mysql`, `sshpass` and `docker login`.
//!
//! ## Why is this bad?
//! Addresses and command lines end up in logs, in error messages, in the list of processes and in the history of the
//! image. A password has places of its own: a file, a variable that only the process sees, the secrets of the build.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM postgres:18-alpine
//! COPY <<'EOF' /migrate.sh
//! psql "postgresql://$DB_USER:$DB_PASS@$DB_HOST/app"
//! EOF
//! ```
//! ```json fails
//! { "config": { "Env": ["DATABASE_URL=postgres://app:hunter2@db/app"] } }
//! ```
//! Use instead:
//! ```dockerfile passes
//! FROM postgres:18-alpine
//! COPY <<'EOF' /migrate.sh
//! PGPASSFILE=/run/secrets/pgpass psql "postgresql://$DB_USER@$DB_HOST/app"
//! EOF
//! ```
//! ```json passes
//! { "config": { "Env": ["DATABASE_URL=postgres://app@db:5432/app"] } }
//! ```

use crate::reports::Reports;
use crate::runs::{Runs, is_written};
use crate::script_lines::each_line;
use crate::secrets::can_be_secret;
use crate::url_passwords::credential;
use polcheck_sdk::dockerfile::{Command, Dockerfile, Keyword};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Location, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

const HELP: &str =
    "hand the password over in a file or a mounted secret, and leave it out of the address";
/// Programs, and their options whose value is a password, or has one behind a colon.
const OPTIONS: [(&str, &[&str]); 7] = [
    ("curl", &["-u", "--user", "--proxy-user"]),
    ("wget", &["--password", "--http-password", "--ftp-password"]),
    ("sshpass", &["-p"]),
    ("mysql", &["--password"]),
    ("mysqladmin", &["--password"]),
    ("docker", &["-p", "--password"]),
    ("helm", &["--password"]),
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let mut reports = Reports::default();
    for variable in facts
        .run_config()?
        .env
        .iter()
        .filter(|variable| !variable.is_inherited)
    {
        if let Some(scheme) = variable.value.as_deref().and_then(credential) {
            let message = format!(
                "the variable `{}` holds a `{scheme}` address with a password",
                variable.key
            );
            let finding = Finding::new(message).help(HELP);
            reports.add(
                format!("env={}", variable.key),
                variable.place.clone(),
                finding,
            );
        }
    }
    let file = facts.dockerfile();
    if !is_written(file) {
        return Ok(reports.finish());
    }
    judge_file(file, &mut reports)?;
    facts.conclude(reports.finish())
}

fn judge_file(file: Dockerfile<'_>, reports: &mut Reports) -> Result<(), polcheck_sdk::Unsettled> {
    let runs = Runs::of(file)?;
    let mounts = file.mounts()?;
    // What is mounted for one command alone has to be handed over somehow.
    let is_mounted = |instruction: u32| {
        let mut mounts = mounts.iter();
        mounts.any(|mount| mount.instruction == instruction && mount.kind == "secret")
    };
    each_line(
        file,
        |text, _| text.contains('@'),
        |line| {
            let Some(scheme) =
                credential(line.text).filter(|_| !is_mounted(line.instruction.index))
            else {
                return;
            };
            let stage = runs.stage_name(line.instruction.stage.unwrap_or_default());
            let message = format!("a `{scheme}` address has a password in it");
            let finding = Finding::new(message)
                .confidence(Confidence::Medium)
                .help(HELP);
            reports.add_at(format!("{stage} {scheme}"), line.span, finding);
        },
    )?;
    for command in runs
        .iter()
        .filter(|command| !is_mounted(command.instruction))
    {
        if let Some((name, option)) = password_option(command) {
            let finding = Finding::new(format!(
                "`{name} {option}` has a password on its command line"
            ))
            .confidence(Confidence::Medium)
            .help(HELP);
            let key = format!("{} {name} {option}", runs.stage_name(command.stage));
            reports.add_at(key, command.span, finding);
        }
    }
    for argument in file.select(Keyword::Arg)?.flat_map(|arg| &arg.arguments) {
        let text = argument.value.as_deref().unwrap_or_default();
        let (name, _) = text.split_once('=').unwrap_or_default();
        if let Some(scheme) = credential(text) {
            let message =
                format!("the build argument `{name}` holds a `{scheme}` address with a password");
            let place = Location::Dockerfile(argument.span);
            reports.add(
                format!("arg={name}"),
                place,
                Finding::new(message).help(HELP),
            );
        }
    }
    Ok(())
}

/// The option of a command that has a password that is written here.
fn password_option(command: &Command) -> Option<(&str, &str)> {
    let name = command.name()?;
    let (_, options) = OPTIONS.iter().find(|(program, _)| *program == name)?;
    let words = command.words.iter().map(|word| word.value.as_deref());
    if name == "docker" && !words.clone().any(|word| word == Some("login")) {
        return None;
    }
    let mut follows = words.clone().zip(words.clone().skip(1).chain([None]));
    follows.find_map(|(word, next)| {
        let word = word?;
        let (option, value) = match word.split_once('=') {
            Some((option, value)) => (option, value),
            None => (word, next?),
        };
        let value = match name {
            "curl" => value.split_once(':')?.1,
            _ => value,
        };
        (options.contains(&option) && can_be_secret(value)).then_some((name, option))
    })
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("git clone https://user:token@git.example.com/x", 1)]
    #[case("git clone https://oauth2:${TOKEN}@git.example.com/x", 1)]
    #[case("git clone https://${TOKEN}@git.example.com/x", 0)]
    #[case("git clone git@git.example.com:x/y", 0)]
    #[case("git clone ssh://git@git.example.com:22/x", 0)]
    #[case("curl http://localhost:8080@", 0)]
    #[case("curl http://localhost:8080/@scope/x", 0)]
    #[case("curl http://${HOST:-x}:80/a@b", 0)]
    #[case("curl ${A:-http://x:1}@b", 0)]
    #[case("echo mail user@example.com, or http://a:b, c@d", 0)]
    #[case("curl -u admin:hunter2 http://localhost", 1)]
    #[case("curl -u admin http://localhost:80", 0)]
    #[case("curl -u \"$USER:$PASS\" http://localhost", 0)]
    #[case("mysql --password=hunter2 app", 1)]
    #[case("docker run -p 80:80 nginx", 0)]
    #[case(
        "--mount=type=secret,id=t git clone https://u:$(cat /run/secrets/t)@h/x",
        0
    )]
    fn only_a_password_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\nRUN {line}"));
        assert_eq!(
            messages(&PACK, "secret.credential-in-url", given).len(),
            findings
        );
    }
}
