//! The health check uses a variable that nobody sets
//!
//! ## What it does
//! Looks for variables in a health check in shell form that neither the image nor the check sets. A variable with a value
//! to take in its place (`${PORT:-8080}`) is fine. Where nobody knows the base image, variables that are named like those
//! of base images are left alone.
//!
//! ## Why is this bad?
//! The check sees the environment of the image and of the container, and not that of the start script. A variable that only
//! a script or an `ARG` sets is empty: the check always fails, or always asks the wrong thing.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM postgres:18-alpine
//! HEALTHCHECK CMD psql "$CONN_STR" -c "SELECT 1;" || exit 1
//! ```
//! ```json fails
//! { "config": { "Healthcheck": { "Test": ["CMD-SHELL", "psql \"$CONN_STR\""] } } }
//! ```
//! Use instead:
//! ```dockerfile passes
//! FROM postgres:18-alpine
//! ENV CONN_STR=postgresql:///app
//! HEALTHCHECK CMD psql "$CONN_STR" -c "SELECT 1;" || exit 1
//! ```
//! ```json passes
//! { "config": { "Healthcheck": { "Test": ["CMD-SHELL", "nc -z localhost ${PORT:-8080}"] } } }
//! ```

use crate::health_check::{health_check, script};
use crate::parts::behind;
use crate::reports::Reports;
use polcheck_sdk::{Confidence, Facts, Finding, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

/// What shells and container runtimes set.
const ALWAYS: [&str; 17] = [
    "HOME", "PATH", "PWD", "OLDPWD", "HOSTNAME", "IFS", "SHLVL", "PPID", "RANDOM", "UID", "EUID",
    "SECONDS", "LINENO", "OPTARG", "OPTIND", "TERM", "REPLY",
];
/// How the variables begin that base images set, or ask for.
const OF_BASES: [&str; 30] = [
    "PG",
    "POSTGRES",
    "MYSQL_",
    "MARIADB_",
    "MONGO_",
    "REDIS_",
    "RABBITMQ_",
    "JAVA_",
    "JRE_",
    "NODE_",
    "PYTHON_",
    "PHP_",
    "RUBY_",
    "GO",
    "RUST",
    "NGINX_",
    "CATALINA_",
    "KAFKA_",
    "ES_",
    "ELASTIC",
    "SOLR_",
    "KONG_",
    "TRAEFIK_",
    "DOTNET_",
    "ASPNETCORE_",
    "KEYCLOAK_",
    "KC_",
    "CONDA_",
    "GF_",
    "S6_",
];

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let Some((check, place)) = health_check(facts)? else {
        return Ok(vec![]);
    };
    let Some(script) = script(check) else {
        return Ok(vec![]);
    };
    let is_set = |name: &str| {
        ALWAYS.contains(&name)
            || config.env.iter().any(|variable| variable.key == name)
            || !config.is_complete && OF_BASES.iter().any(|start| name.starts_with(start))
            || sets(script, name)
    };
    let mut reports = Reports::default();
    for name in bare_uses(script).into_iter().filter(|name| !is_set(name)) {
        let message = format!("the health check uses `${name}`, which the image does not set");
        let finding = Finding::new(message)
            .confidence(Confidence::Medium)
            .help(format!(
                "set it with `ENV {name}=…`, or say what to take in its place: `${{{name}:-…}}`"
            ));
        reports.add(format!("variable={name}"), place.clone(), finding);
    }
    Ok(reports.finish())
}

/// Whether a script sets a variable: `NAME=`, `for NAME in`, `read NAME`.
fn sets(script: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    behind(script, name).any(|after| {
        let end = script.len() - after.len();
        let before = script.get(..end - name.len()).unwrap_or_default();
        let word = before
            .trim_end()
            .rsplit(|character| !is_part(character))
            .next();
        let is_whole = !before.ends_with(is_part) && !before.ends_with(['$', '{']);
        is_whole
            && (after.starts_with('=')
                || matches!(word, Some("for" | "read")) && !after.starts_with(is_part))
    })
}

/// The variables that a script uses without saying what to take in their place. Within single quotes there are none.
fn bare_uses(script: &str) -> Vec<&str> {
    let (mut names, mut is_single, mut is_double) = (Vec::new(), false, false);
    let mut rest = script;
    while let Some(at) = rest.find(['\'', '"', '\\', '$']) {
        let mut behind = rest.get(at..).unwrap_or_default().chars();
        let found = behind.next();
        rest = behind.as_str();
        match found {
            Some('\'') if !is_double => is_single = !is_single,
            Some('"') if !is_single => is_double = !is_double,
            Some('\\') if !is_single => {
                behind.next();
                rest = behind.as_str();
            }
            Some('$') if !is_single => names.extend(bare_use(rest)),
            _ => {}
        }
    }
    names
}

/// The variable that a text begins with, behind its `$`.
fn bare_use(text: &str) -> Option<&str> {
    let (text, is_braced) = match text.strip_prefix('{') {
        Some(text) => (text.strip_prefix('#').unwrap_or(text), true),
        None => (text, false),
    };
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = text
        .find(|character| !is_part(character))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let has_other = is_braced && rest.starts_with([':', '-', '=', '+', '?']);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    (is_name && !has_other).then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("curl localhost:$PORT", 1)]
    #[case("curl localhost:${PORT}/$PORT", 1)]
    #[case("curl localhost:${PORT-80}", 0)]
    #[case("curl localhost:${PORT:?no port}", 0)]
    #[case("test ${PORT#x} = 1", 1)]
    #[case("PORT=$(cat /port); curl localhost:$PORT", 0)]
    #[case("for p in 1 2; do nc -z localhost $p; done", 0)]
    #[case("awk '{print $NF}' /x", 0)]
    #[case("test \"it's $MOOD\" != x", 1)]
    #[case("echo \\$PORT $? $1 $$ $(id) $HOSTNAME", 0)]
    #[case("pg_isready -U $POSTGRES_USER", 0)]
    fn only_what_nobody_sets_is_found(#[case] script: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM example/base:1\nHEALTHCHECK CMD {script}"));
        assert_eq!(
            messages(&PACK, "health.undefined-variable", given).len(),
            findings
        );
    }
}
