//! An admin interface listens on all interfaces
//!
//! ## What it does
//! Looks at variables, and at the words of entrypoint and command, that let an admin interface of a well-known program
//! listen on all interfaces; and at exposed ports that are such an interface, where the program is recognized.
//!
//! ## Why is this bad?
//! Such an interface changes what the program does, and mostly asks nobody for a password. It is meant for the machine
//! itself. Listening on all interfaces, it is open to every container of the cluster, and to whom the port is published.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM kong:3.9
//! ENV KONG_ADMIN_LISTEN=0.0.0.0:8001
//! ```
//! ```json fails
//! { "config": { "Cmd": ["redis-server", "--protected-mode", "no"] } }
//! ```
//! Use instead:
//! ```dockerfile passes
//! FROM kong:3.9
//! ENV KONG_ADMIN_LISTEN=127.0.0.1:8001
//! ```
//! ```json passes
//! { "config": { "Cmd": ["redis-server", "--requirepass", "$REDIS_PASSWORD"] } }
//! ```

use crate::addresses::{is_open, open_port};
use crate::base_images::of_target;
use crate::data::admin_listeners::{AS_OF, COMMANDS, PORTS, VARIABLES};
use crate::ports::exposed;
use crate::reports::Reports;
use crate::start_command::{StartWord, base_name, option_words, start_words};
use polcheck_sdk::{FactError, Facts, Finding, Item, Judgement, Rule, Settings, Severity};
use std::ops::RangeInclusive;

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "variables": { "type": "object", "additionalProperties": {"type": "string"}, "default": {},
            "description": "More variables that hold the address of an admin interface, and what it is." },
        "ports": { "type": "object", "additionalProperties": {"type": "string"}, "default": {},
            "description": "Ports that must not be exposed, and what listens there." },
        "allow": { "type": "array", "items": {"type": "string"}, "default": [],
            "description": "Variables, words of a command and ports that are fine here." }
    } }"#,
    ..Rule::of(check)
};

const HELP: &str = "let it listen on `127.0.0.1`, or ask for a certificate or a password";

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let config = facts.run_config()?;
    let allowed = settings.texts("/allow");
    let is_judged = |name: &str| !allowed.iter().any(|other| other == name);
    let mut reports = Reports::default();
    let more = settings.pairs("/variables");
    let more = more
        .iter()
        .map(|(name, what)| (name.as_str(), what.as_str()));
    for variable in config.env.iter().filter(|variable| !variable.is_inherited) {
        let mut all = VARIABLES.iter().copied().chain(more.clone());
        let found = all.find(|(name, _)| *name == variable.key && is_judged(name));
        if let Some((name, what)) = found.filter(|_| is_open(variable)) {
            let finding = opens(&format!("`{name}`"), what);
            reports.add(format!("env={name}"), variable.place.clone(), finding);
        }
    }
    let mut words = start_words(facts)?;
    words.extend(option_words(facts)?);
    for (program, word, closed, what) in COMMANDS.iter().filter(|row| is_judged(row.1)) {
        if let Some(found) = opened(&words, program, word, closed) {
            let finding = opens("the command", what);
            reports.add(format!("command={word}"), found.place.clone(), finding);
        }
    }
    judge_ports(facts, settings, (&words, &allowed), &mut reports)?;
    Ok(reports.finish())
}

fn opens(who: &str, what: &str) -> Finding {
    let message = format!("{who} opens {what} on all interfaces");
    let finding = Finding::new(message).help(HELP);
    finding.evidence("known as of", AS_OF)
}

/// The word that opens the interface of a program.
fn opened<'a>(
    words: &[StartWord<'a>],
    program: &str,
    option: &str,
    closed: &[&str],
) -> Option<StartWord<'a>> {
    let is_program = |word: &StartWord<'_>| program.is_empty() || base_name(word.text) == program;
    let at = words.iter().position(is_program)?;
    let words = words.get(at..)?;
    let is_closed = |word: &StartWord<'_>| closed.iter().any(|start| word.text.starts_with(start));
    if words.iter().any(is_closed) {
        return None;
    }
    let Some((name, wanted)) = option.split_once(' ') else {
        return words.iter().find(|word| word.text == option).copied();
    };
    let has = |value: &str| match wanted {
        "@" => open_port(value).is_some(),
        wanted => value == wanted,
    };
    let follows = words.iter().zip(words.iter().skip(1));
    let is_it =
        |(word, next): &(&StartWord<'_>, &StartWord<'_>)| word.text == name && has(next.text);
    let joined = |word: &&StartWord<'_>| {
        let value = word.text.strip_prefix(name);
        value
            .and_then(|value| value.strip_prefix('='))
            .is_some_and(has)
    };
    let apart = follows.into_iter().find(is_it).map(|(word, _)| word);
    apart.or_else(|| words.iter().find(joined)).copied()
}

/// Exposed ports that administrate the program that the image is made for.
fn judge_ports(
    facts: &Facts,
    settings: &Settings<'_>,
    (words, allowed): (&[StartWord<'_>], &[String]),
    reports: &mut Reports,
) -> Result<(), FactError> {
    let config = facts.run_config()?;
    let exposed: Vec<(&Item, RangeInclusive<u16>)> = exposed(config).collect();
    if exposed.is_empty() {
        return Ok(());
    }
    let mut judge = |wanted: u16, who: &str| {
        let covering = exposed.iter().filter(|(_, range)| range.contains(&wanted));
        for (port, _) in covering {
            if allowed.contains(&wanted.to_string()) {
                continue;
            }
            let finding = Finding::new(format!(
                "the image exposes the admin port {wanted} of {who}"
            ))
            .severity(Severity::Medium)
            .help("do not expose it: other containers need not reach it")
            .evidence("known as of", AS_OF);
            reports.add(format!("port={wanted}"), port.place.clone(), finding);
        }
    };
    for (port, who) in settings.pairs("/ports") {
        if let Ok(port) = port.parse() {
            judge(port, &who);
        }
    }
    let base = of_target(facts).map(|base| base_name(base.name));
    for (who, program, variables, ports) in PORTS {
        let is_program = base == Some(program)
            || words.iter().any(|word| base_name(word.text) == *program)
            || config
                .env
                .iter()
                .any(|variable| variable.key.starts_with(variables));
        for port in ports.iter().filter(|_| is_program) {
            judge(*port, who);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;
    use serde_json::json;

    const RULE: &str = "net.admin-listener";

    #[rstest]
    #[case("ENV KONG_ADMIN_LISTEN=127.0.0.1:8001,0.0.0.0:8444", 1)]
    #[case("ENV KONG_ADMIN_LISTEN=off", 0)]
    #[case(
        "ENV JAVA_OPTS='-Xmx1g -Dcom.sun.management.jmxremote.authenticate=false'",
        1
    )]
    #[case("CMD dockerd -H tcp://0.0.0.0:2375", 1)]
    #[case("CMD dockerd --host=tcp://0.0.0.0:2376 --tlsverify", 0)]
    #[case("CMD [\"sh\", \"-c\", \"exec redis-server --protected-mode no\"]", 1)]
    #[case("CMD redis-server --protected-mode no --requirepass $PASS", 0)]
    #[case(
        "CMD java -Dcom.sun.management.jmxremote.authenticate=false -jar a.jar",
        1
    )]
    #[case("CMD etcd --listen-client-urls http://127.0.0.1:2379", 0)]
    #[case("EXPOSE 8001", 0)]
    #[case("ENV KONG_DATABASE=off\nEXPOSE 8000 8001 8444", 2)]
    fn only_an_open_interface_is_found(#[case] line: &str, #[case] findings: usize) {
        let given = Given::dockerfile(&format!("FROM example/base:1\n{line}"));
        assert_eq!(messages(&PACK, RULE, given).len(), findings);
    }

    #[test]
    fn settings_add_and_allow() {
        let given = Given::dockerfile("FROM kong:3\nENV OUR_ADMIN=:1\nEXPOSE 8001 9000");
        let settings = json!({ "variables": { "OUR_ADMIN": "our pages" }, "ports": { "9000": "ours" }, "allow": ["8001"] });
        assert_eq!(
            messages(&PACK, RULE, given.settings(RULE, settings)),
            [
                "`OUR_ADMIN` opens our pages on all interfaces",
                "the image exposes the admin port 9000 of ours"
            ]
        );
    }
}
