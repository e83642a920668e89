//! The image exposes ssh
//!
//! ## What it does
//! Looks for port 22, or for the ports of the setting `ports`, among the exposed ports.
//!
//! ## Why is this bad?
//! A container is entered with `docker exec` or `kubectl exec`, which the platform authenticates and records. A second
//! way in has keys, users and bugs of its own.
//!
//! ## Examples
//! ```json fails
//! { "config": { "ExposedPorts": { "22/tcp": {} } } }
//! ```
//! ```dockerfile fails
//! FROM alpine:3.22
//! EXPOSE 22
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "ExposedPorts": { "8080/tcp": {} } } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! EXPOSE 8080
//! ```

use crate::ports::exposed;
use polcheck_sdk::{Facts, Finding, Item, Judgement, Rule, Settings};

/// The rule.
pub const RULE: Rule = Rule {
    aliases: &["DS-0004", "CKV_DOCKER_1"],
    needs: &[&["image", "dockerfile"]],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "port": { "type": "integer", "minimum": 1, "maximum": 65535, "default": 22,
            "description": "The port that ssh listens on." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    let ssh = settings
        .integer("/port")
        .and_then(|port| u16::try_from(port).ok())
        .unwrap_or(22);
    let exposed = exposed(facts.run_config()?);
    let found = exposed.filter(|(port, range)| range.contains(&ssh) && !port.key.ends_with("/udp"));
    let finding = |(port, _): (&Item, _)| {
        Finding::new(format!("the image exposes ssh on `{}`", port.key))
            .at(port.place.clone())
            .help("remove the ssh server and its `EXPOSE`; enter containers with `kubectl exec`")
            .key(format!("port={}", port.key))
    };
    Ok(found.map(finding).collect())
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("22", 1)]
    #[case("20-25/tcp", 1)]
    #[case("22/udp", 0)]
    #[case("2222/tcp", 0)]
    #[case("x/tcp", 0)]
    fn only_tcp_port_22_is_found(#[case] port: &str, #[case] findings: usize) {
        let config = serde_json::json!({ "config": { "ExposedPorts": { port: {} } } }).to_string();
        assert_eq!(
            messages(&PACK, "net.ssh-port", Given::image_config(&config)).len(),
            findings
        );
    }
}
