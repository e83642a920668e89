//! The image runs as root
//!
//! ## What it does
//! Looks at the user that the image's process starts as. A group does not matter, and neither does the user of an
//! earlier build stage. Where a Dockerfile sets no user, that of the base image counts: as it is now, if base images are
//! asked, else as the setting `users` says, or as it is known of common images. An image from scratch without a command
//! only carries files, which is of low severity: nothing runs unless somebody says what.
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
//! ```dockerfile fails
//! FROM alpine:3.22
//! CMD ["/service"]
//! ```
//! Use instead:
//! ```json passes
//! { "config": { "User": "65532:65532" } }
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! USER 65532:65532
//! CMD ["/service"]
//! ```

use crate::base_images::{is_windows, root_stage};
use crate::data::base_users::AS_OF;
use crate::final_user::{FinalUser, final_user};
use crate::user_name::{User, user};
use polcheck_sdk::{
    Confidence, ConfigSource, Facts, Finding, Judgement, Known, Rule, Settings, Severity, Unsettled,
};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::High,
    aliases: &[
        "DL3002",
        "DS-0002",
        "CKV_DOCKER_3",
        "CKV_DOCKER_8",
        "CIS-DI-0001",
        "CIS-4.1",
    ],
    needs: &[&["image", "dockerfile"]],
    uses: &["base-image"],
    settings: r#"{ "type": "object", "additionalProperties": false, "properties": {
        "users": { "type": "object", "additionalProperties": {"type": "string"}, "default": {},
            "description": "The users of base images: globs of names without tag, and the user of each." },
        "reportUnknownBase": { "type": "boolean", "default": true,
            "description": "Whether an image without a user is reported though nobody knows that of its base image. If not, the rule is inconclusive." }
    } }"#,
    ..Rule::of(check)
};

fn check(facts: &Facts, settings: &Settings<'_>) -> Judgement {
    if is_windows(facts) {
        return Err(Unsettled::NotApplicable("Windows has no root".to_owned()));
    }
    let found = final_user(facts, &settings.pairs("/users"))?;
    let is_root = |text: &str| user(text) == User::Root;
    let finding = match &found {
        FinalUser::Unset => Finding::new("the image sets no user, so it runs as root"),
        FinalUser::Set(user) if is_root(user) => {
            Finding::new("the image runs as root").evidence("User", user)
        }
        FinalUser::OfBase {
            base,
            user: Some(user),
        } if is_root(user) => Finding::new(format!(
            "the image runs as root: it sets no user, and neither does its base image `{base}`"
        ))
        .evidence("known as of", AS_OF),
        FinalUser::Set(_) | FinalUser::OfBase { user: Some(_), .. } => return Ok(vec![]),
        FinalUser::OfBase { base, user: None } => return unknown(facts, settings, base),
        FinalUser::Undecided => {
            let why = "the user is decided when the image is built";
            return Err(Unsettled::Inconclusive(why.to_owned()));
        }
    };
    let finding = if carries_files(facts) {
        let severity = Severity::Low;
        finding.severity(severity).confidence(Confidence::Medium)
    } else {
        finding
    };
    let place = facts.run_config()?.user.place.clone();
    Ok(vec![finding.at(place).help(HELP).key("user=root")])
}

const HELP: &str = "end the last stage with `USER 65532:65532`, or another number that is not 0";

/// Whether a Dockerfile makes an image from scratch that has no command: what a build hands out, not what runs.
fn carries_files(facts: &Facts) -> bool {
    let (Ok(config), Ok(root)) = (facts.run_config(), root_stage(facts)) else {
        return false;
    };
    let is_none = |value: &Known<Vec<String>>| *value == Known::Unset;
    root.from_scratch
        && config.source != ConfigSource::Image
        && is_none(&config.entrypoint.known)
        && is_none(&config.cmd.known)
}

/// Nobody knows the user of the base image.
fn unknown(facts: &Facts, settings: &Settings<'_>, base: &str) -> Judgement {
    if settings.boolean("/reportUnknownBase") == Some(false) {
        return Err(Unsettled::Inconclusive(format!(
            "nobody knows the user of the base image `{base}`; say it with the setting `users`, or ask for base images"
        )));
    }
    let message = format!(
        "the image sets no user, so it runs as root unless its base image `{base}` sets another"
    );
    let finding = Finding::new(message)
        .severity(Severity::Medium)
        .confidence(Confidence::Low);
    let place = facts.run_config()?.user.place.clone();
    Ok(vec![finding.at(place).help(HELP).key("user=base")])
}

#[cfg(test)]
mod tests {
    use crate::PACK;
    use polcheck_sdk::testing::{Given, evaluate, messages};
    use rstest::rstest;
    use serde_json::json;

    const RULE: &str = "user.final-root";

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
        let config = json!({ "config": { "User": user } }).to_string();
        let given = Given::image_config(&config);
        assert_eq!(messages(&PACK, RULE, given).len(), findings);
    }

    #[rstest]
    #[case("FROM scratch", 1)]
    #[case("FROM alpine\nUSER app\nUSER 0", 1)]
    #[case("FROM alpine AS base\nUSER 1\nFROM base", 0)]
    #[case("FROM alpine AS base\nUSER 1\nFROM alpine", 1)]
    #[case("FROM gcr.io/distroless/static:nonroot", 0)]
    #[case("FROM example/unknown", 1)]
    #[case("FROM jenkins/jenkins:lts\nUSER root\nRUN true\nUSER jenkins", 0)]
    fn the_user_of_the_base_counts(#[case] file: &str, #[case] findings: usize) {
        assert_eq!(
            messages(&PACK, RULE, Given::dockerfile(file)).len(),
            findings
        );
    }

    #[rstest]
    #[case("FROM scratch\nCOPY out /", "Severity::Low")]
    #[case("FROM scratch\nCMD [\"/a\"]", "Severity::High")]
    #[case("FROM scratch AS a\nENTRYPOINT [\"/a\"]\nFROM a", "Severity::High")]
    #[case("FROM alpine\nCOPY out /", "Severity::High")]
    fn what_only_carries_files_is_less_bad(#[case] file: &str, #[case] severity: &str) {
        let outcome = format!("{:?}", evaluate(&PACK, RULE, Given::dockerfile(file)));
        assert!(outcome.contains(severity), "{outcome}");
    }

    #[rstest]
    #[case("FROM mcr.microsoft.com/windows/nanoserver:ltsc2025")]
    #[case("FROM alpine\nARG APP\nUSER $APP")]
    fn what_cannot_be_told_is_no_pass(#[case] file: &str) {
        let outcome = evaluate(&PACK, RULE, Given::dockerfile(file));
        let outcome = format!("{outcome:?}");
        assert!(
            outcome.contains("NotApplicable(") || outcome.contains("Inconclusive("),
            "{outcome}"
        );
    }

    #[test]
    fn settings_know_more_base_images() {
        let file = Given::dockerfile("FROM registry.example.com/base/java:21");
        let settings = json!({ "users": { "registry.example.com/base/**": "1000" } });
        let given = file.clone().settings(RULE, settings);
        assert_eq!(messages(&PACK, RULE, given), Vec::<String>::new());
        let given = file.settings(RULE, json!({ "reportUnknownBase": false }));
        let outcome = format!("{:?}", evaluate(&PACK, RULE, given));
        assert!(outcome.contains("Inconclusive("), "{outcome}");
    }
}
