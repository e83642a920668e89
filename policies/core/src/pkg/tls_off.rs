//! A program does not check whom it talks to
//!
//! ## What it does
//! Looks for variables that switch off how certificates are checked, in the environment of the image and in every stage
//! of the Dockerfile, and for options that do it in `RUN`: `curl --insecure`, `wget --no-check-certificate`,
//! `pip --trusted-host`, `strict-ssl false`, `sslverify=0` and their kind. A download that the same `RUN` holds against a
//! digest which stands in the file is of low severity.
//!
//! ## Why is this bad?
//! Whoever is between the two decides what is downloaded, and reads what is sent. In the environment of the image, that
//! goes on for as long as it runs.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Env": ["NODE_TLS_REJECT_UNAUTHORIZED=0"] } }
//! ```
//! ```dockerfile fails
//! FROM debian:13
//! RUN curl -fsSLk https://example.com/tool -o /usr/bin/tool
//! ```
//! ```json passes
//! { "config": { "Env": ["NODE_EXTRA_CA_CERTS=/etc/ssl/own.pem"] } }
//! ```
//! ```dockerfile passes
//! FROM debian:13
//! COPY own.pem /etc/ssl/own.pem
//! RUN curl -fsSL --cacert /etc/ssl/own.pem https://example.com/tool -o /usr/bin/tool
//! ```

use crate::data::checks;
use crate::data::switches::is_off;
use crate::fetchers::is_fetcher;
use crate::insecure::{assigned, of_packages, option, pair};
use crate::options::text;
use crate::packages::calls;
use crate::reports::Reports;
use crate::runs::{Runs, final_stages};
use polcheck_sdk::dockerfile::{Command, Dockerfile, Join, Keyword, Origin};
use polcheck_sdk::{
    ConfigSource, FactError, Facts, Finding, Judgement, Rule, RunConfig, Settings, Severity,
};

/// The rule.
#[rustfmt::skip]
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &[
        "CKV2_DOCKER_2", "CKV2_DOCKER_3", "CKV2_DOCKER_4", "CKV2_DOCKER_5", "CKV2_DOCKER_6", "CKV2_DOCKER_12",
        "CKV2_DOCKER_13", "CKV2_DOCKER_14", "CKV2_DOCKER_15", "CKV2_DOCKER_16",
    ],
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

const HELP: &str = "remove it; where a certificate is your own, add its authority to the image";

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let is_at_hand = file
        .source()
        .is_ok_and(|source| source.origin != Origin::Reconstructed);
    let mut reports = Reports::default();
    if is_at_hand {
        instructions(file, &mut reports)?;
    }
    match facts.run_config() {
        Ok(config) => environment(config, &mut reports),
        // A file that BuildKit refuses has instructions, but no config.
        Err(FactError::Absent) if is_at_hand => {}
        Err(error) => return Err(error.into()),
    }
    if !is_at_hand {
        return Ok(reports.finish());
    }
    let runs = Runs::of(file)?;
    for command in runs.iter() {
        if let Some(option) = option(command) {
            trusting(runs, command, option, &mut reports);
        }
        if let Some(name) = assigned(command) {
            let key = format!("{} {name}", runs.stage_name(command.stage));
            reports.add_at(key, command.span, variable(name));
        }
    }
    for call in calls(file)? {
        if let Some(option) = of_packages(&call) {
            trusting(runs, call.command, option, &mut reports);
        }
    }
    facts.conclude(reports.finish())
}

fn trusting(runs: Runs<'_>, command: &Command, option: &str, reports: &mut Reports) {
    let program = command.name().unwrap_or_default();
    let message = format!("`{option}` lets `{program}` talk to anybody who answers");
    // Of its own: what is merged has one severity.
    let (severity, checked) = if is_checked(runs, command) {
        (Severity::Low, " checked")
    } else {
        (Severity::High, "")
    };
    let stage = runs.stage_name(command.stage);
    let key = format!("{stage} {program} {option}{checked}");
    let finding = Finding::new(message).severity(severity).help(HELP);
    reports.add_at(key, command.span, finding);
}

/// `curl -k … && echo "DIGEST  FILE" | sha256sum -c -`, with no other download between the two.
fn is_checked(runs: Runs<'_>, command: &Command) -> bool {
    let mut behind = runs.behind(command).iter();
    let next = is_fetcher(command)
        .then(|| behind.find(|it| is_fetcher(it) || checks::check(it).is_some()))
        .flatten();
    next.is_some_and(|it| {
        let name = it.name().unwrap_or_default();
        it.joined == Join::Pipe && name.starts_with("sha") && name.ends_with("sum")
    })
}

fn variable(name: &str) -> Finding {
    let message = format!("the variable `{name}` lets programs talk to anybody who answers");
    Finding::new(message).help(HELP)
}

/// The environment that a container will have.
fn environment(config: &RunConfig, reports: &mut Reports) {
    let is_image = config.source == ConfigSource::Image;
    let items = config.env.iter();
    for item in items.filter(|it| is_off(&it.key, it.value.as_deref())) {
        if is_image || !reports.has(&item.key) {
            reports.add(item.key.clone(), item.place.clone(), variable(&item.key));
        }
    }
}

/// `ENV` and `ARG` of all stages.
fn instructions(file: Dockerfile<'_>, reports: &mut Reports) -> Result<(), FactError> {
    let stages = final_stages(file)?;
    let runs = Runs::of(file)?;
    for instruction in file.instructions()? {
        let (is_env, Some(stage)) = (instruction.keyword == Keyword::Env, instruction.stage) else {
            continue;
        };
        if !is_env && instruction.keyword != Keyword::Arg {
            continue;
        }
        let mut words = instruction.arguments.iter();
        while let Some(word) = words.next() {
            let (name, value) = if is_env {
                let value = words.next();
                (text(word), value.and_then(|it| it.value.as_deref()))
            } else if let Some(pair) = pair(word) {
                pair
            } else {
                continue;
            };
            if is_off(name, value) {
                let is_final = is_env && stages.contains(&stage);
                let key = if is_final {
                    name.to_owned()
                } else {
                    format!("{} {name}", runs.stage_name(stage))
                };
                reports.add_at(key, word.span, variable(name));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate};
    use rstest::rstest;

    #[rstest]
    #[case(
        "curl -k -o x https://x && echo 'e219  x' | sha256sum -c -",
        "Severity::Low"
    )]
    #[case("curl -k -o x https://x && sha256sum -c x.sha256", "Severity::High")]
    #[case(
        "curl -k -o x https://x && curl -O https://y && echo 'e  y' | sha256sum -c -",
        "Severity::High"
    )]
    #[case("curl -k https://x | tar xz", "Severity::High")]
    fn a_digest_in_the_file_makes_up_for_it(#[case] script: &str, #[case] severity: &str) {
        let given = Given::dockerfile(&format!("FROM debian:13\nRUN {script}"));
        let outcome = format!("{:?}", evaluate(&PACK, "pkg.tls-off", given));
        assert!(outcome.contains(severity), "{outcome}");
    }
}
