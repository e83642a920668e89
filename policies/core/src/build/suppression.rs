//! A comment silences a tool
//!
//! ## What it does
//! Looks for comments that ask hadolint, Trivy, checkov, BuildKit or polcheck to overlook something.
//!
//! ## Why is this bad?
//! It need not be. But what is overlooked should be known to more people than the author of the file. Whether polcheck
//! heeds such a comment is for the policy set to say, and not for the comment.
//!
//! ## Examples
//! ```dockerfile fails
//! FROM alpine:3.22
//! # hadolint ignore=DL3018
//! RUN apk add --no-cache curl
//! ```
//! ```dockerfile passes
//! FROM alpine:3.22
//! # for the health check
//! RUN apk add --no-cache curl=8.14.1-r2
//! ```

use polcheck_sdk::dockerfile::Suppression;
use polcheck_sdk::{Facts, Finding, Judgement, Location, Rule, Settings, Severity};

/// The rule.
pub const RULE: Rule = Rule {
    severity: Severity::Info,
    aliases: &["DL1001"],
    needs: &[&["dockerfile"]],
    ..Rule::of(check)
};

fn check(facts: &Facts, _: &Settings<'_>) -> Judgement {
    let suppressions = facts.dockerfile().suppressions()?;
    let comments = suppressions.chunk_by(|one, next| one.span == next.span);
    let mut keys: Vec<String> = Vec::new();
    let finding = |comment: &[Suppression]| {
        let first = comment.first()?;
        let silenced = silenced(comment);
        let reach = if first.whole_file {
            "in the whole file"
        } else {
            "here"
        };
        let earlier = keys.iter().filter(|key| **key == silenced).count();
        let key = match earlier {
            0 => silenced.clone(),
            _ => format!("{silenced} {}", earlier + 1),
        };
        let message = format!("a comment asks to overlook {silenced} {reach}");
        keys.push(silenced);
        let finding = Finding::new(message)
            .at(Location::Dockerfile(first.span))
            .help("see whether the reason still holds; the policy set decides whether the comment counts")
            .key(key);
        Some(match &first.reason {
            Some(reason) => finding.evidence("reason", reason),
            None => finding,
        })
    };
    Ok(comments.filter_map(finding).collect())
}

/// `DL3008` and `DL3018` of hadolint
fn silenced(comment: &[Suppression]) -> String {
    let rules = comment.iter().flat_map(|one| &one.rules);
    let rules: Vec<String> = rules.map(|rule| format!("`{rule}`")).collect();
    let tool = comment.first().map_or("", |one| one.tool.as_str());
    let is_all = comment.iter().any(|one| one.rules.is_empty());
    match (is_all, rules.split_last()) {
        (false, Some((last, []))) => format!("{last} of {tool}"),
        (false, Some((last, others))) => format!("{} and {last} of {tool}", others.join(", ")),
        _ => format!("everything {tool} says"),
    }
}

#[cfg(test)]
mod tests {
    use polcheck_sdk::testing::{Given, messages};
    use rstest::rstest;

    #[rstest]
    #[case(
        "# hadolint ignore=DL3008,DL3018",
        "`DL3008` and `DL3018` of hadolint here"
    )]
    #[case(
        "# trivy:ignore:DS-0002 trivy:ignore:DS-0026",
        "`DS-0002` and `DS-0026` of trivy here"
    )]
    #[case(
        "# checkov:skip=CKV_DOCKER_3:later",
        "`CKV_DOCKER_3` of checkov in the whole file"
    )]
    #[case("# check=skip=all", "everything buildkit says here")]
    fn every_comment_is_told_once(#[case] comment: &str, #[case] expected: &str) {
        let given = Given::dockerfile(&format!("FROM alpine\n{comment}\nRUN make\n"));
        let found = messages(&crate::PACK, "build.suppression", given);
        assert_eq!(found, [format!("a comment asks to overlook {expected}")]);
    }
}
