//! A variable points to a secret inside the image
//!
//! ## What it does
//! Looks for variables with the name of a secret whose value is a path, other than one below `/run/secrets` or
//! `/var/run/secrets`, where secrets are mounted.
//!
//! ## Why is this bad?
//! The value itself is no secret, although other tools say so. But the file it points to may lie in a layer of the image,
//! where everybody who can pull the image can read it.
//!
//! ## Examples
//! ```json fails
//! { "config": { "Env": ["KONG_SSL_CERT_KEY=/etc/ssl/certs/server.key"] } }
//! ```
//! ```dockerfile fails
//! FROM kong:3.9
//! ENV KONG_SSL_CERT_KEY=/etc/ssl/certs/server.key
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "Env": ["KONG_SSL_CERT_KEY=/run/secrets/server.key"] } }
//! ```
//! ```dockerfile passes
//! FROM kong:3.9
//! ENV KONG_SSL_CERT_KEY=/run/secrets/server.key
//! ```

use crate::env_names::{is_path, words};
use polcheck_sdk::{Facts, Finding, Item, Judgement, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

const SECRETS: [&str; 11] = [
    "key",
    "apikey",
    "password",
    "passwd",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "credential",
    "credentials",
    "pem",
];
/// Where secrets are mounted when the container runs.
const MOUNTED: [&str; 2] = ["/run/secrets/", "/var/run/secrets/"];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let variables = facts.run_config()?.env.iter();
    let own = variables.filter(|variable| !variable.is_inherited);
    Ok(own.filter_map(pointing).collect())
}

fn pointing(variable: &Item) -> Option<Finding> {
    let (name, path) = (&variable.key, variable.value.as_deref()?);
    let is_mounted = MOUNTED.iter().any(|start| path.starts_with(start));
    let mut words = words(name).into_iter();
    if is_mounted || !is_path(path) || !words.any(|word| SECRETS.contains(&word.as_str())) {
        return None;
    }
    let message =
        format!("the variable `{name}` points to `{path}`, which must not lie in the image");
    let finding = Finding::new(message).at(variable.place.clone());
    let help = "mount the file when the container runs, below `/run/secrets`";
    Some(
        finding
            .help(help)
            .key(format!("env={name}"))
            .evidence("path", path),
    )
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("TLS_KEY=/etc/tls/tls.key", 1)]
    #[case("TLS_KEY=/var/run/secrets/tls.key", 0)]
    #[case("TLS_KEY=secret", 0)]
    #[case("KEYRINGS=/usr/share/keyrings", 0)]
    #[case("PATH=/usr/bin", 0)]
    fn only_a_path_outside_the_mounts_is_found(#[case] entry: &str, #[case] findings: usize) {
        let config = serde_json::json!({ "config": { "Env": [entry] } }).to_string();
        assert_eq!(
            messages(
                &PACK,
                "secret.env-points-to-key",
                Given::image_config(&config)
            )
            .len(),
            findings
        );
    }
}
