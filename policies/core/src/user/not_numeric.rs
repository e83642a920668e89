//! The image names its user
//!
//! ## What it does
//! Asks for a number where the image's user is not root.
//!
//! ## Why is this bad?
//! Kubernetes cannot tell that a name is not root: with `runAsNonRoot: true` the pod does not start.
//!
//! ## Examples
//! ```json fails
//! { "config": { "User": "app" } }
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "10001" } }
//! ```

use crate::user_name::{User, user};
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3066"],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    if facts
        .manifest()
        .is_ok_and(|manifest| manifest.platform.os == "windows")
    {
        return Err(Unsettled::NotApplicable(
            "Windows users have no number".to_owned(),
        ));
    }
    let User::Named(name) = user(facts.config()?) else {
        return Ok(vec![]);
    };
    Ok(vec![
        Finding::new(format!(
            "the image runs as `{name}`, and Kubernetes cannot tell that this is not root"
        ))
        .at(Location::config(&["config", "User"]))
        .help("use the number of that user: `USER 10001`")
        .key(format!("user={name}"))
        .evidence("User", name),
    ])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case("app:100", 1)]
    #[case("1000:app", 0)]
    #[case("root", 0)]
    #[case("", 0)]
    fn only_another_user_by_name_is_found(#[case] user: &str, #[case] findings: usize) {
        let config = serde_json::json!({ "config": { "User": user } }).to_string();
        assert_eq!(
            messages(&PACK, "user.not-numeric", Given::image_config(&config)).len(),
            findings
        );
    }
}
