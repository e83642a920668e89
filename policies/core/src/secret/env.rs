//! A secret lies in the environment
//!
//! ## What it does
//! Looks for variables that hold a secret: by a name that ends in `PASSWORD`, `TOKEN`, `API_KEY` and the like together
//! with a value that can be one, or by a value that has the form of a known credential. An empty value, a path, a
//! reference to another variable, a number of seconds and a switch are no secrets.
//!
//! ## Why is this bad?
//! Everybody who can pull the image can read its config, and every process in the container can read its environment.
//! The secret cannot be taken back: it stays in the registry. CIS Docker Benchmark 4.10.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Env": ["DB_PASSWORD=correct horse"] } }
//! ```
//! Use instead a secret that is mounted when the container runs:
//! ```json passes
//! { "config": { "Env": ["DB_PASSWORD_FILE=/run/secrets/db", "TOKEN_TTL=3600", "API_KEY="] } }
//! ```

use crate::env_names::{is_path, is_reference, is_switch, words};
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Critical,
    aliases: &["SecretsUsedInArgOrEnv", "DL3064", "DS-0031", "CIS-DI-0010"],
    settings: r#"{
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "allow": {
                "description": "Names of variables that are no secrets here.",
                "type": "array",
                "items": { "type": "string" },
                "default": []
            }
        }
    }"#,
    ..Rule::of(check)
};

/// What the last word of a secret's name ends in.
const LAST_WORDS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "apikey",
    "credential",
    "credentials",
];
/// Last words that are secrets only after another word: `DB_PASS`, but not `PWD`.
const SECOND_WORDS: [&str; 3] = ["pass", "pwd", "pword"];
/// Words that make a secret of the `KEY` behind them. `GPG_KEY` of many base images is a fingerprint.
const KEYS: [&str; 11] = [
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "signing",
    "master",
    "app",
    "account",
    "license",
    "session",
];
/// How values of well-known credentials begin, and how long they are at least.
const CREDENTIALS: [(&str, usize); 10] = [
    ("AKIA", 20),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("xoxb-", 24),
    ("xoxp-", 24),
    ("sk_live_", 24),
    ("-----BEGIN ", 40),
];

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let allowed = settings.texts("/allow");
    let variables = facts.config()?.env.iter().enumerate();
    let judged = variables.filter(|(_, variable)| !allowed.contains(&variable.key));
    Ok(judged
        .filter_map(|(index, variable)| judge(index, &variable.key, &variable.value))
        .collect())
}

fn judge(index: usize, name: &str, value: &str) -> Option<Finding> {
    let finding = if is_credential(value) {
        Finding::new(format!("the variable `{name}` holds a credential"))
    } else if is_secret_name(name) && can_be_secret(value) {
        Finding::new(format!("the variable `{name}` holds a secret")).confidence(Confidence::Medium)
    } else {
        return None;
    };
    let finding = finding.at(Location::config(&["config", "Env", &index.to_string()]));
    let help = "mount the secret when the container runs (`--secret`, a Kubernetes secret), and replace this one: it is public now";
    Some(
        finding
            .help(help)
            .key(format!("env={name}"))
            .evidence("length", value.len().to_string()),
    )
}

fn is_credential(value: &str) -> bool {
    CREDENTIALS
        .iter()
        .any(|(start, length)| value.starts_with(start) && value.len() >= *length)
        && (!value.starts_with("-----BEGIN ") || value.contains("PRIVATE KEY"))
}

fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let Some((last, before)) = words.split_last() else {
        return false;
    };
    LAST_WORDS.iter().any(|word| last.ends_with(word))
        || SECOND_WORDS.contains(&last.as_str()) && !before.is_empty()
        || last == "key"
            && before
                .last()
                .is_some_and(|word| KEYS.contains(&word.as_str()))
}

fn can_be_secret(value: &str) -> bool {
    let is_number = value.parse::<u32>().is_ok_and(|number| number < 1_000_000);
    !value.trim().is_empty()
        && !is_path(value)
        && !is_reference(value)
        && !is_switch(value)
        && !is_number
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
