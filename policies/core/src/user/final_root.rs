//! The image runs as root
//!
//! ## What it does
//! Looks at the user that the image's process starts as. A group does not matter, and neither does the user of an
//! earlier build stage.
//!
//! ## Why is this bad?
//! A process that escapes its container keeps its user id. As root, it owns the node; inside the container it can
//! already change every file. CIS Docker Benchmark 4.1.
//!
//! ## Examples
//! ```json fails
//! { "config": { "User": "0:0" } }
//! ```
//! ```json fails
//! { "config": {} }
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "65532:65532" } }
//! ```

use crate::user_name::{User, user};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &[
        "DL3002",
        "DS-0002",
        "CKV_DOCKER_3",
        "CKV_DOCKER_8",
        "CIS-DI-0001",
    ],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    if facts
        .manifest()
        .is_ok_and(|manifest| manifest.platform.os == "windows")
    {
        return Err(Unsettled::NotApplicable("Windows has no root".to_owned()));
    }
    let config = facts.config()?;
    let message = match user(config) {
        User::Unset => "the image sets no user, so it runs as root",
        User::Root => "the image runs as root",
        User::Numeric | User::Named(_) => return Ok(vec![]),
    };
    Ok(vec![
        Finding::new(message)
            .at(Location::config(&["config", "User"]))
            .help("end the last stage with `USER 65532:65532`, or another number that is not 0")
            .key("user=root")
            .evidence("User", config.user.clone().unwrap_or_default()),
    ])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("root:app", 1)]
    #[case("0", 1)]
    #[case("00", 1)]
    #[case("+0", 1)]
    #[case(":100", 1)]
    #[case("", 1)]
    #[case("1000:0", 0)]
    #[case("app", 0)]
    #[case("rootless", 0)]
    fn a_group_does_not_hide_root(#[case] user: &str, #[case] findings: usize) {
        let config = serde_json::json!({ "config": { "User": user } }).to_string();
        assert_eq!(
            messages(&PACK, "user.final-root", Given::image_config(&config)).len(),
            findings
        );
    }
}
