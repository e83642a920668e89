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
//! ```dockerfile fails
//! FROM alpine:3.22
//! USER app
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "10001" } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! USER 10001
//! ```

use crate::base_images::is_windows;
use crate::user_name::{User, user};
use polcheck_sdk::{Facts, Finding, Judgement, Rule, Settings, Severity, Unsettled};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Low,
    aliases: &["DL3066"],
    needs: &[&["image", "dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    if is_windows(facts) {
        let why = "Windows users have no number";
        return Err(Unsettled::NotApplicable(why.to_owned()));
    }
    let value = &facts.run_config()?.user;
    let Some(User::Named(name)) = value.get().map(|text| user(text)) else {
        return Ok(vec![]);
    };
    let message =
        format!("the image runs as `{name}`, and Kubernetes cannot tell that this is not root");
    Ok(vec![
        Finding::new(message)
            .at(value.place.clone())
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
