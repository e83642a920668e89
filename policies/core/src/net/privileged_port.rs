//! The image exposes a privileged port as an ordinary user
//!
//! ## What it does
//! Looks for exposed ports below 1024 where the image's user is not root.
//!
//! ## Why is this bad?
//! Linux lets only root listen below 1024, unless the runtime allows it to everybody. Docker does so since 20.10;
//! other runtimes and older nodes do not, and the process then fails when it starts.
//!
//! ## Examples
//! ```json fails
//! { "config": { "User": "10001", "ExposedPorts": { "80/tcp": {} } } }
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "10001", "ExposedPorts": { "8080/tcp": {} } } }
//! ```

use crate::ports;
use crate::user_name::{User, user};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    ..Rule::of(check)
};

/// The first port that everybody may listen on.
const FIRST_UNPRIVILEGED: u16 = 1024;

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let config = facts.config()?;
    if matches!(user(config), User::Unset | User::Root) {
        return Ok(vec![]);
    }
    let is_privileged = |entry: &&String| {
        ports::range(entry).is_some_and(|range| *range.start() < FIRST_UNPRIVILEGED)
    };
    let privileged: Vec<&String> = config.exposed_ports.iter().filter(is_privileged).collect();
    if privileged.is_empty() {
        return Ok(vec![]);
    }
    let list = privileged
        .iter()
        .map(|entry| format!("`{entry}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let finding = Finding::new(format!(
        "the image exposes {list} below 1024, and its user is not root"
    ));
    let located = privileged.iter().fold(finding, |finding, entry| {
        finding.at(Location::config(&["config", "ExposedPorts", entry]))
    });
    Ok(vec![
        located
            .help("listen on a port from 1024 on, and publish it under the number you want")
            .key("privileged-port"),
    ])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("", 0)]
    #[case("root", 0)]
    #[case("app", 1)]
    fn root_may_listen_where_it_likes(#[case] user: &str, #[case] findings: usize) {
        let config = serde_json::json!({ "config": { "User": user, "ExposedPorts": { "80/tcp": {}, "443": {} } } }).to_string();
        assert_eq!(
            messages(&PACK, "net.privileged-port", Given::image_config(&config)).len(),
            findings
        );
    }
}
