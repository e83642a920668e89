//! Findings that a comment of the Dockerfile silences. Comments are the author's wishes: they count for the tools whose
//! comments the policy set accepts, and in a file that can be built.

use super::Judgement;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::facts::DockerfileFacts;
use model::facts::dockerfile::{Span, Suppression};
use model::{Finding, Location, RuleMetadata};

/// The comment that silences a finding.
pub(super) fn by_comment<'a>(
    judgement: &Judgement<'a>,
    rule: &RuleMetadata,
    finding: &Finding,
) -> Option<&'a Suppression> {
    let file = judgement.file.filter(|file| file.error.is_none())?;
    let Some(Location::Dockerfile(place)) = finding.locations.first() else {
        return None;
    };
    let mut comments = file.suppressions.iter();
    comments.find(|comment| {
        judgement.set.suppressions.contains(&comment.tool)
            && names(comment, rule)
            && counts_at(comment, judgement.time)
            && reaches(comment, file, *place)
    })
}

/// Whether it names the rule, by its id or an alias; without names it means all.
fn names(comment: &Suppression, rule: &RuleMetadata) -> bool {
    // Trivy's ids had a prefix once.
    let is_called = |name: &String| rule.is_called(name.strip_prefix("AVD-").unwrap_or(name));
    comment.rules.is_empty() || comment.rules.iter().any(is_called)
}

/// Whether it still counts: until the end of its last day, UTC. One whose last day nobody can read is over.
fn counts_at(comment: &Suppression, time: Timestamp) -> bool {
    let today = time.to_zoned(TimeZone::UTC).date();
    comment
        .until
        .as_ref()
        .is_none_or(|until| until.parse::<Date>().is_ok_and(|until| today <= until))
}

/// Whether it is meant for the place.
fn reaches(comment: &Suppression, file: &DockerfileFacts, place: Span) -> bool {
    let instruction = comment
        .instruction
        .and_then(|at| file.instructions.get(usize::try_from(at).ok()?));
    comment.whole_file
        || instruction.is_some_and(|instruction| {
            (instruction.span.start_line..=instruction.span.end_line).contains(&place.start_line)
        })
}

#[cfg(test)]
mod tests {
    use super::super::decide;
    use super::super::tests::{digest, finding, judged, rule, set};
    use super::*;
    use ::facts::BuildInputs;
    use model::facts::Origin;
    use model::report::Status;
    use model::waiver::WaiverSubject;
    use model::{Outcome, Severity};
    use rstest::rstest;

    /// What becomes of a finding of `user.final-root`, also known as DL3002 and DS-0002, at the third line of a file.
    fn status(file: &str, accepted: &[&str]) -> Status {
        let inputs = BuildInputs::default();
        let file = ::facts::dockerfile(file.as_bytes(), Origin::Given, &inputs, None);
        let mut found = rule("user.final-root", finding(Severity::High));
        found.metadata.aliases = vec!["DL3002".to_owned(), "DS-0002".to_owned()];
        if let Outcome::Evaluated { findings } = &mut found.outcome {
            findings[0].locations = vec![Location::Dockerfile(Span {
                start_line: 3,
                start_column: 1,
                end_line: 3,
                end_column: 10,
            })];
        }
        let mut set = set(vec![]);
        set.suppressions = accepted.iter().map(ToString::to_string).collect();
        let rules = [found];
        let decision = decide(&Judgement {
            set: &set,
            rules: &judged(&rules),
            problems: &[],
            subject: WaiverSubject {
                name: None,
                digest: &digest(),
            },
            file: Some(&file),
            time: "2026-11-23T12:00:00Z".parse().unwrap(),
        });
        decision.findings[0].status.clone()
    }

    #[rstest]
    #[case::by_id("# polcheck ignore=user.final-root", true)]
    #[case::by_alias("# hadolint ignore=DL3001,DL3002", true)]
    #[case::by_an_old_alias("# trivy:ignore:AVD-DS-0002", true)]
    #[case::of_another_rule("# polcheck ignore=user.not-numeric", false)]
    #[case::on_its_last_day("# polcheck ignore=user.final-root until=2026-11-23", true)]
    #[case::after_its_last_day("# polcheck ignore=user.final-root until=2026-11-22", false)]
    #[case::until_no_day("# polcheck ignore=user.final-root until=someday", false)]
    #[case::of_a_tool_that_is_not_accepted("# checkov:skip=DL3002:why", false)]
    fn a_comment_above_an_instruction_silences_the_rules_it_names(
        #[case] comment: &str,
        #[case] silenced: bool,
    ) {
        let file = format!("FROM alpine:3.22\n{comment}\nUSER root\n");
        let status = status(&file, &["polcheck", "hadolint", "trivy"]);
        assert_eq!(status != Status::Open, silenced);
    }

    #[rstest]
    #[case::above_another_instruction("# polcheck ignore=user.final-root\nFROM alpine\nUSER 0\n")]
    #[case::in_a_file_that_cannot_be_built(
        "FROM alpine\n# polcheck ignore=user.final-root\nUSER 0\nRUNN ls\n"
    )]
    fn a_comment_elsewhere_silences_nothing(#[case] file: &str) {
        assert_eq!(status(file, &["polcheck"]), Status::Open);
    }

    #[test]
    fn a_comment_for_the_whole_file_silences_everywhere() {
        let file = "# polcheck global ignore=user.final-root reason=a demo\nFROM alpine\nUSER 0\n";
        let expected = Status::Suppressed {
            tool: "polcheck".to_owned(),
            reason: Some("a demo".to_owned()),
        };
        assert_eq!(status(file, &["polcheck"]), expected);
        assert_eq!(status(file, &[]), Status::Open);
    }
}
