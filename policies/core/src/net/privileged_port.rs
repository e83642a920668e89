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
//! ```dockerfile fails
//! FROM nginx:1.29-alpine
//! EXPOSE 80
//! USER 10001
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "10001", "ExposedPorts": { "8080/tcp": {} } } }
//! ```
//! ```dockerfile passes
//! FROM nginx:1.29-alpine
//! EXPOSE 8080
//! USER 10001
//! ```

use crate::final_user::{FinalUser, final_user};
use crate::ports::exposed;
use crate::reports::list;
use crate::user_name::{User, user};
use polcheck_sdk::{
    Confidence, Facts, Finding, Item, Judgement, Rule, Settings, Severity, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    needs: &[&["image", "dockerfile"]],
    uses: &["base-image"],
    ..Rule::of(check)
};

/// The first port that everybody may listen on.
const FIRST_UNPRIVILEGED: u16 = 1024;

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let exposed = exposed(facts.run_config()?);
    let privileged = exposed.filter(|(_, range)| *range.start() < FIRST_UNPRIVILEGED);
    let privileged: Vec<&Item> = privileged.map(|(port, _)| port).collect();
    let root = is_root(facts)?;
    if privileged.is_empty() || root == Some(true) {
        return Ok(vec![]);
    }
    let names: Vec<&str> = privileged.iter().map(|port| port.key.as_str()).collect();
    let names = list(&names);
    let finding = match root {
        Some(_) => Finding::new(format!(
            "the image exposes {names} below 1024, and its user is not root"
        )),
        None => Finding::new(format!(
            "the image exposes {names} below 1024, and its user may not be root"
        ))
        .confidence(Confidence::Low),
    };
    let located = privileged
        .iter()
        .fold(finding, |finding, port| finding.at(port.place.clone()));
    Ok(vec![
        located
            .help("listen on a port from 1024 on, and publish it under the number you want")
            .key("privileged-port"),
    ])
}

/// None: nobody knows.
fn is_root(facts: &Facts) -> Result<Option<bool>, Unsettled> {
    Ok(match final_user(facts, &[])? {
        FinalUser::Unset => Some(true),
        FinalUser::Set(name)
        | FinalUser::OfBase {
            user: Some(name), ..
        } => Some(user(&name) == User::Root),
        FinalUser::OfBase { user: None, .. } | FinalUser::Undecided => None,
    })
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
