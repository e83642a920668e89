//! A file with secrets is copied into the image
//!
//! ## What it does
//! Looks at what `COPY` and `ADD` take, by name: `.env` and `production.env`, private keys, `.netrc`,
//! `.aws`, `kubeconfig` and the like. Public keys and templates such as `.env.example` are fine. A copy into a stage that
//! the image only takes files from is less bad, and so are the settings of package managers, which most often hold no token.
//!
//! ## Why is this bad?
//! Everybody who can pull the image can read the file, also when a later instruction removes it: it stays in its layer.
//! A secret in the image is the same in every environment, and changes only with the next build.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM python:3.14-slim
//! COPY configs/production.env ./
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! COPY id_rsa /root/.ssh/id_rsa
//! ```
//! ```dockerfile passes
//! FROM python:3.14-slim
//! COPY .env.example certs/ca.pem id_rsa.pub ./
//! ```

use crate::data::secret_files::{AS_OF, ENDINGS, MAYBE_NAMES, NAMES, PUBLIC, SETTINGS, TEMPLATES};
use crate::parts::has;
use crate::reports::Reports;
use crate::runs::{Runs, final_stages};
use crate::start_command::base_name;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &["CIS-DI-0010", "DKL-LI-0003"],
    needs: &[&["dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "allow": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Globs of paths in the build context that are no secrets here." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let file = facts.dockerfile();
    let (last, runs) = (final_stages(file)?, Runs::of(file)?);
    let stages = file.stages()?;
    let mut reports = Reports::default();
    for flow in file
        .flows()?
        .iter()
        .filter(|flow| flow.from_image.is_none())
    {
        // What other stages have is a matter only of the image.
        let is_own = flow.from_stage.is_none();
        if !is_own && !last.contains(&flow.to_stage) {
            continue;
        }
        for source in &flow.sources {
            let is_allowed = || {
                settings
                    .texts("/allow")
                    .iter()
                    .any(|glob| facts.glob_match(glob, source))
            };
            let found = secret_file(source, &flow.destination);
            // A key of another stage is for `secret.private-key-in-image`.
            let is_meant = is_own || is_known(base_name(source));
            let Some(confidence) = found.filter(|_| is_meant) else {
                continue;
            };
            if is_allowed() {
                continue;
            }
            let is_built = stages
                .iter()
                .any(|stage| stage.index == flow.to_stage && stage.reachable);
            let (severity, what) = match (last.contains(&flow.to_stage), is_built) {
                (true, _) if SETTINGS.contains(&base_name(source)) => {
                    (Severity::Medium, "the image")
                }
                (_, true) if SETTINGS.contains(&base_name(source)) => {
                    (Severity::Low, "a stage, and its cache")
                }
                (true, _) => (Severity::High, "the image"),
                (false, true) if base_name(source) == ".git" => {
                    (Severity::Low, "a stage, and its cache")
                }
                (false, true) => (Severity::Medium, "a stage, and its cache"),
                (false, false) => (Severity::Low, "a stage that is not built"),
            };
            let finding = Finding::new(format!("`{source}` is copied into {what}, and may hold secrets"))
                .severity(severity)
                .confidence(confidence)
                .help("mount it when the container runs, or with `RUN --mount=type=secret` while the image is built; name it in `.dockerignore`")
                .evidence("known as of", AS_OF);
            let key = format!("{} {source}", runs.stage_name(flow.to_stage));
            reports.add_at(key, flow.span, finding);
        }
    }
    Ok(reports.finish())
}

fn is_known(name: &str) -> bool {
    NAMES.contains(&name) || name.starts_with(".env")
}

/// How sure it is that a path is one of secrets, if it can be.
fn secret_file(source: &str, destination: &str) -> Option<Confidence> {
    if has(source, "://") || source.starts_with("git@") {
        return None;
    }
    let source = source.to_ascii_lowercase();
    let mut parts = source.split('/').filter(|part| !part.is_empty());
    let name = parts.next_back()?;
    if parts.any(|folder| [".ssh", ".aws", ".gnupg", ".kube"].contains(&folder)) && !is_public(name)
    {
        return Some(Confidence::Medium);
    }
    let is_docker = source.ends_with(".docker/config.json");
    if NAMES.contains(&name) || is_docker || name == ".env*" {
        return Some(Confidence::High);
    }
    if MAYBE_NAMES.contains(&name) {
        return Some(Confidence::Medium);
    }
    if let Some(kind) = name.strip_prefix(".env.") {
        let is_template = kind.split('.').any(|part| TEMPLATES.contains(&part));
        return (!is_template).then_some(Confidence::Medium);
    }
    let stem = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending));
    let is_template = |stem: &str| {
        stem.rsplit(['.', '-', '_'])
            .any(|part| TEMPLATES.contains(&part))
    };
    let is_pem = name
        .rsplit_once('.')
        .is_some_and(|(_, ending)| ending == "pem");
    let is_found = match stem {
        Some(stem) => !is_template(stem) && !is_public(name),
        None => is_pem && ["key", "priv"].iter().any(|part| has(name, part)) && !is_public(name),
    };
    let is_keyring = ["apt", "keyrings", "rpm-gpg", "trusted.gpg"]
        .iter()
        .any(|part| has(destination, part))
        || [".pub", ".gpg", ".asc"]
            .iter()
            .any(|ending| destination.ends_with(ending));
    (is_found && !is_keyring).then_some(Confidence::Medium)
}

fn is_public(name: &str) -> bool {
    matches!(name, "config" | "known_hosts") || PUBLIC.iter().any(|part| has(name, part))
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::Severity;
    use polcheck_sdk::bindings::exports::polcheck::policy::check::Outcome;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;

    #[rstest]
    #[case("COPY .env .env.local /app/", 2)]
    #[case("ADD certs/server.key certs/server.crt /etc/ssl/", 1)]
    #[case("COPY privkey.pem fullchain.pem /etc/ssl/", 1)]
    #[case("COPY .aws/credentials /root/.aws/", 1)]
    #[case("COPY .docker/config.json /root/.docker/", 1)]
    #[case("COPY example.env .env.sample .env.test ./", 0)]
    #[case("COPY nodesource.gpg.key /etc/apt/keyrings/", 0)]
    #[case("COPY repo.key /etc/apt/trusted.gpg.d/", 0)]
    #[case("COPY example.com-2026.key /tmp/key.pub", 0)]
    #[case("COPY .ssh/known_hosts /root/.ssh/", 0)]
    #[case("ADD https://example.com/x.key /x", 0)]
    #[case("COPY src/keys.js src/env .envoy /app/", 0)]
    #[case("COPY --from=alpine:3 /etc/x.key /x", 0)]
    #[case("COPY . .\nFROM debian:13\nCOPY --from=0 /app/.env /app/x.key ./", 1)]
    fn only_files_of_secrets_are_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM debian:13\n{line}"));
        assert_eq!(messages(&PACK, "secret.file-copied", given).len(), findings);
    }

    #[rstest]
    #[case("COPY package.json .npmrc ./", Severity::Medium)]
    #[case(
        "COPY .yarnrc.yml ./\nFROM debian:13\nCOPY --from=0 /x /x",
        Severity::Low
    )]
    #[case("COPY .netrc ./", Severity::High)]
    fn settings_of_package_managers_are_less_bad(#[case] line: &str, #[case] severity: Severity) {
        let given = Given::dockerfile(&format!("FROM debian:13\n{line}"));
        let outcome = evaluate(&PACK, "secret.file-copied", given);
        let Outcome::Findings(found) = outcome else {
            panic!("{outcome:?}")
        };
        let found: Vec<_> = found.iter().map(|it| it.severity).collect();
        assert_eq!(found, [severity]);
    }
}
