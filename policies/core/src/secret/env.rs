//! A secret lies in the environment
//!
//! ## What it does
//! Looks for variables that hold a secret: by a name that ends in `PASSWORD`, `TOKEN`, `API_KEY` and the like together
//! with a value that can be one, or by a value that has the form of a known credential. An empty value, a path, a
//! reference to another variable, a number of seconds and a switch are no secrets.
//!
//! Of a Dockerfile, the variables of all stages count, and the build arguments: one that has the name of a secret and no
//! value gets one from whoever builds the image, and the history of the image and its provenance keep it.
//!
//! ## Why is this bad?
//! Everybody who can pull the image can read its config, and every process in the container can read its environment.
//! The secret cannot be taken back: it stays in the registry. CIS Docker Benchmark 4.10.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Env": ["DB_PASSWORD=correct horse"] } }
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! ENV DB_PASSWORD="correct horse"
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! ARG NPM_TOKEN
//! ```
//! Use instead a secret that is mounted when the container runs:
//! ```json passes
//! { "config": { "Env": ["DB_PASSWORD_FILE=/run/secrets/db", "TOKEN_TTL=3600", "API_KEY="] } }
//! ```

//! And one that is mounted while the image is built:
//! ```dockerfile passes
//! FROM alpine:3.22
//! RUN --mount=type=secret,id=npm,env=NPM_TOKEN npm ci
//! ```

use crate::reports::Reports;
use crate::runs::is_written;
use crate::secrets::{can_be_secret, has_password, is_credential, is_secret_name};
use polcheck_sdk::dockerfile::{Instruction, Keyword, Word};
use polcheck_sdk::{
    Confidence, ConfigSource, Facts, Finding, Judgement, Location, Rule, Settings, Severity,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &[
        "SecretsUsedInArgOrEnv",
        "DL3064",
        "DS-0031",
        "CIS-DI-0010",
        "CIS-4.10",
    ],
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "allow": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Names of variables that are no secrets here." },
        "names": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "More names of variables that are secrets here." }
    } }"#,
    ..Rule::of(check)
};

const HELP: &str = "mount the secret when the container runs (`--secret`, a Kubernetes secret), and replace this one: it is public now";
const HELP_ARG: &str =
    "mount the secret while the image is built: `RUN --mount=type=secret,id=NAME,env=NAME …`";

struct Found {
    allowed: Vec<String>,
    names: Vec<String>,
    reports: Reports,
}

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let mut found = Found {
        allowed: settings.texts("/allow"),
        names: settings.texts("/names"),
        reports: Reports::default(),
    };
    let config = facts.run_config()?;
    let variables = config.env.iter();
    // Those of the Dockerfile come below, with their places.
    let is_image = config.source == ConfigSource::Image;
    for variable in variables.filter(|_| is_image) {
        if let Some(value) = &variable.value {
            found.judge_value("env", &variable.key, value, || variable.place.clone());
        }
    }
    let file = facts.dockerfile();
    if is_written(file) {
        for instruction in file.instructions()? {
            found.judge_instruction(instruction);
        }
    }
    Ok(found.reports.finish())
}

impl Found {
    fn judge_instruction(&mut self, instruction: &Instruction) {
        match instruction.keyword {
            Keyword::Env => {
                for pair in instruction.arguments.chunks(2) {
                    let [name, value] = pair else { continue };
                    if let (Some(name), Some(text)) = (&name.value, &value.value) {
                        self.judge_value("env", name, text, || Location::Dockerfile(value.span));
                    }
                }
            }
            Keyword::Arg => instruction
                .arguments
                .iter()
                .for_each(|word| self.judge_argument(word)),
            _ => {}
        }
    }

    fn judge_argument(&mut self, word: &Word) {
        let text = word.value.as_deref().unwrap_or(&word.raw);
        let place = || Location::Dockerfile(word.span);
        match text.split_once('=') {
            Some((name, value)) if !value.is_empty() => {
                if word.value.is_some() {
                    self.judge_value("arg", name, value, place);
                }
            }
            _ => {
                let name = text.trim_end_matches('=');
                if self.is_secret(name) {
                    let message = format!(
                        "the build argument `{name}` takes a secret, which the history of the image keeps"
                    );
                    let finding = Finding::new(message).severity(Severity::Medium);
                    let finding = finding.confidence(Confidence::Medium).help(HELP_ARG);
                    self.reports.add(format!("arg={name}"), place(), finding);
                }
            }
        }
    }

    fn judge_value(&mut self, kind: &str, name: &str, value: &str, place: impl Fn() -> Location) {
        let is_credential = (is_credential(value) || has_password(value))
            && !self.allowed.iter().any(|other| other == name);
        let is_secret = is_credential || can_be_secret(value) && self.is_secret(name);
        if !is_secret {
            return;
        }
        let noun = match kind {
            "arg" => "build argument",
            _ => "variable",
        };
        let finding = if is_credential {
            Finding::new(format!("the {noun} `{name}` holds a credential"))
        } else {
            Finding::new(format!("the {noun} `{name}` holds a secret"))
                .confidence(Confidence::Medium)
        };
        let finding = finding
            .help(HELP)
            .evidence("length", value.len().to_string());
        self.reports.add(format!("{kind}={name}"), place(), finding);
    }

    fn is_secret(&self, name: &str) -> bool {
        let is_listed = |list: &[String]| list.iter().any(|other| other == name);
        !is_listed(&self.allowed) && (is_secret_name(name) || is_listed(&self.names))
    }
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    fn found(entry: &str) -> usize {
        let config = serde_json::json!({ "config": { "Env": ["PATH=/bin", entry] } }).to_string();
        messages(&PACK, "secret.env", Given::image_config(&config)).len()
    }

    #[rstest]
    #[case("PGPASSWORD=postgres")]
    #[case("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI")]
    #[case("db.password=x")]
    #[case("Connection=Server=db;User Id=sa;Password=Passw0rd!;")]
    #[case("dbPassword=x")]
    #[case("DB_PASS=x")]
    #[case("ANYTHING=AKIAIOSFODNN7EXAMPLE")]
    #[case("ID=-----BEGIN RSA PRIVATE KEY-----MIIEpAIBAAKCAQEA")]
    fn a_secret_is_found(#[case] entry: &str) {
        assert_eq!(found(entry), 1);
    }

    #[rstest]
    #[case("GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D")]
    #[case("PASSWORD_HASH=bcrypt")]
    #[case("TOKEN_TTL=3600")]
    #[case("SESSION_TOKEN=3600")]
    #[case("ALLOW_EMPTY_PASSWORD=yes")]
    #[case("API_KEY=")]
    #[case("Connection=Server=db;Password=;User Id=sa")]
    #[case("API_KEY=${API_KEY}")]
    #[case("API_KEY={{ .Values.key }}")]
    #[case("API_KEY=<your key>")]
    #[case("SSL_CERT_PASSWORD=/run/secrets/cert")]
    #[case("PWD=/srv")]
    #[case("KEYBOARD=us")]
    #[case("MONKEY=banana")]
    #[case("CERT=-----BEGIN CERTIFICATE-----MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkq")]
    #[case("NO_EQUALS_SIGN_PASSWORD")]
    fn what_is_no_secret_is_not_found(#[case] entry: &str) {
        assert_eq!(found(entry), 0);
    }

    #[test]
    fn a_finding_never_shows_the_secret() {
        let given = Given::image_config(r#"{ "config": { "Env": ["DB_PASSWORD=hunter2"] } }"#);
        let outcome = polcheck_sdk::testing::evaluate(&PACK, "secret.env", given);
        assert!(!format!("{outcome:?}").contains("hunter2"));
    }
}
