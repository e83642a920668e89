//! Findings that a comment of the Dockerfile silences. Comments are the author's wishes: they count for the tools whose
//! comments the policy set accepts, and in a file that can be built.

use super::{JudgedRule, Judgement};
use crate::catalogue::is_meant;
use jiff::civil::Date;
use model::facts::DockerfileFacts;
use model::facts::dockerfile::{Span, Suppression};
use model::report::{CommentReport, CommentState};
use model::waiver::Validity;
use model::{Finding, Location, Outcome, RuleMetadata};

/// Ours: it has to say why, and is told what became of it.
const POLCHECK: &str = "polcheck";

/// The comments of a Dockerfile, held against findings.
#[derive(Debug)]
pub(super) struct Comments<'a> {
    judgement: &'a Judgement<'a>,
    file: &'a DockerfileFacts,
}

impl<'a> Comments<'a> {
    /// Those of the file that is judged, if it can be built.
    pub(super) fn of(judgement: &'a Judgement<'a>) -> Option<Self> {
        let file = judgement.file?;
        let can_be_built = file.error.is_none() && !file.suppressions.is_empty();
        can_be_built.then_some(Self { judgement, file })
    }

    /// The comment that silences a finding.
    pub(super) fn silencing(
        &self,
        rule: &RuleMetadata,
        finding: &Finding,
    ) -> Option<&'a Suppression> {
        let mut comments = self.file.suppressions.iter();
        comments.find(|comment| {
            self.problem(comment).is_none()
                && names(comment, rule)
                && self.reaches(comment, finding)
                && self.validity(comment).counts()
        })
    }

    /// What became of each name in each comment that somebody may expect to count.
    pub(super) fn report(&self) -> Vec<CommentReport> {
        let of_comment = |comment: &'a Suppression| {
            let names = match comment.rules.as_slice() {
                [] => vec!["*".to_owned()],
                names => names.to_vec(),
            };
            names
                .into_iter()
                .filter_map(|name| Some((self.state(comment, &name)?, name)))
                .map(|(state, rule)| CommentReport {
                    tool: comment.tool.clone(),
                    rule,
                    line: comment.span.start_line,
                    reason: comment.reason.clone(),
                    until: comment.until.clone(),
                    state,
                })
                .collect::<Vec<_>>()
        };
        self.file.suppressions.iter().flat_map(of_comment).collect()
    }

    /// What became of one name in a comment; nothing that concerns anybody where it speaks to a tool that nobody listens to,
    /// or of a rule that did not come to a conclusion.
    fn state(&self, comment: &Suppression, name: &str) -> Option<CommentState> {
        let is_ours = comment.tool == POLCHECK;
        if !is_ours && !self.is_accepted(comment) {
            return None;
        }
        if let Some(problem) = self.problem(comment) {
            return Some(CommentState::Invalid(problem.to_owned()));
        }
        let rules = self.judgement.rules.iter();
        let mut rules = rules
            .filter(|rule| is_called(rule.metadata, name))
            .peekable();
        if rules.peek().is_none() {
            return is_ours.then_some(CommentState::Unused);
        }
        let mut is_settled_everywhere = true;
        for rule in rules {
            if self.covers(comment, rule) {
                return Some(match self.validity(comment) {
                    Validity::Counts => CommentState::Used,
                    Validity::Expiring => CommentState::Expiring,
                    Validity::Expired => CommentState::Expired,
                });
            }
            is_settled_everywhere &= is_settled(rule.outcome);
        }
        is_settled_everywhere.then_some(CommentState::Unused)
    }

    /// Whether a rule has a finding where the comment stands.
    fn covers(&self, comment: &Suppression, rule: &JudgedRule<'_>) -> bool {
        let mut findings = rule.outcome.findings().iter();
        findings.any(|finding| self.reaches(comment, finding))
    }

    fn is_accepted(&self, comment: &Suppression) -> bool {
        self.judgement.set.suppressions.contains(&comment.tool)
    }

    /// Why a comment counts for nothing, however long it may be meant to.
    fn problem(&self, comment: &Suppression) -> Option<&'static str> {
        let until = comment.until.as_ref();
        let is_ours = comment.tool == POLCHECK;
        if !self.is_accepted(comment) {
            Some("the policy set accepts no such comments")
        } else if is_ours && comment.rules.is_empty() {
            Some("it names no rule: `ignore=RULE`")
        } else if is_ours && comment.reason.is_none() {
            Some("it gives no reason: `reason=\"…\"`")
        } else if until.is_some_and(|until| until.parse::<Date>().is_err()) {
            Some("its last day is none: `until=YEAR-MONTH-DAY`")
        } else {
            None
        }
    }

    /// How long it counts: until the end of its last day, UTC.
    fn validity(&self, comment: &Suppression) -> Validity {
        let until = comment.until.as_ref().map(|until| until.parse::<Date>());
        match until {
            None => Validity::Counts,
            Some(Ok(until)) => Validity::until(until, self.judgement.time),
            Some(Err(_)) => Validity::Expired,
        }
    }

    /// Whether it is meant for the place of a finding.
    fn reaches(&self, comment: &Suppression, finding: &Finding) -> bool {
        let Some(Location::Dockerfile(place)) = finding.locations.first() else {
            return false;
        };
        let of_instruction = |at: u32| {
            let instruction = self.file.instructions.get(usize::try_from(at).ok()?)?;
            let Span {
                start_line,
                end_line,
                ..
            } = instruction.span;
            Some((start_line..=end_line).contains(&place.start_line))
        };
        comment.whole_file || comment.instruction.and_then(of_instruction) == Some(true)
    }
}

/// Whether it names the rule; without names it means all.
fn names(comment: &Suppression, rule: &RuleMetadata) -> bool {
    let mut names = comment.rules.iter();
    comment.rules.is_empty() || names.any(|name| is_called(rule, name))
}

/// Whether a rule is called so in a comment: by id, alias, `GROUP.*` or `*`.
fn is_called(rule: &RuleMetadata, name: &str) -> bool {
    // Trivy's ids had a prefix once.
    is_meant(rule, name.strip_prefix("AVD-").unwrap_or(name))
}

/// Whether a rule said all that it had to say.
fn is_settled(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Evaluated { .. } | Outcome::NotApplicable { .. } => true,
        Outcome::NotEvaluated { .. } | Outcome::Inconclusive { .. } | Outcome::Broken(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decide;
    use super::super::tests::{digest, finding, judged, rule, set};
    use super::*;
    use ::facts::BuildInputs;
    use model::facts::Origin;
    use model::report::Status;
    use model::{Outcome, Severity, SubjectNames};
    use rstest::rstest;

    /// What becomes of a finding of `user.final-root`, also known as DL3002 and DS-0002, at the last line of a file, and of its
    /// comments.
    fn judged_file(text: &str, accepted: &[&str]) -> (Status, Vec<CommentReport>) {
        let line = u32::try_from(text.lines().count()).unwrap();
        let inputs = BuildInputs::default();
        let file = ::facts::dockerfile(text.as_bytes(), Origin::Given, &inputs, None);
        let mut found = rule("user.final-root", finding(Severity::High));
        found.metadata.aliases = vec!["DL3002".to_owned(), "DS-0002".to_owned()];
        if let Outcome::Evaluated { findings } = &mut found.outcome {
            findings[0].locations = vec![Location::Dockerfile(Span {
                start_line: line,
                start_column: 1,
                end_line: line,
                end_column: 10,
            })];
        }
        let mut set = set(vec![]);
        set.suppressions = accepted.iter().map(ToString::to_string).collect();
        let rules = [found, rule("user.sudo", Outcome::HOLDS)];
        let decision = decide(&Judgement {
            set: &set,
            rules: &judged(&rules),
            problems: &[],
            subject: SubjectNames {
                given: "Dockerfile",
                image: None,
                dockerfile: Some("Dockerfile"),
                digest: &digest(),
            },
            baseline: None,
            file: Some(&file),
            time: "2026-11-23T12:00:00Z".parse().unwrap(),
        });
        (
            decision.findings[0].status.clone(),
            decision.waivers.comments,
        )
    }

    /// A comment above the instruction that has a finding.
    fn above(comment: &str) -> String {
        format!("FROM alpine:3.22\n{comment}\nUSER root\n")
    }

    #[rstest]
    #[case::by_id("# polcheck: ignore=user.final-root reason=r", true)]
    #[case::by_group("# polcheck: ignore=user.* reason=r", true)]
    #[case::by_alias("# hadolint ignore=DL3001,DL3002", true)]
    #[case::by_an_old_alias("# trivy:ignore:AVD-DS-0002", true)]
    #[case::of_another_rule("# polcheck: ignore=user.not-numeric reason=r", false)]
    #[case::on_its_last_day("# polcheck: ignore=user.final-root reason=r until=2026-11-23", true)]
    #[case::after_its_last_day(
        "# polcheck: ignore=user.final-root reason=r until=2026-11-22",
        false
    )]
    #[case::until_no_day("# polcheck: ignore=user.final-root reason=r until=someday", false)]
    #[case::without_a_reason("# polcheck: ignore=user.final-root", false)]
    #[case::with_an_empty_reason("# polcheck: ignore=user.final-root reason=\"\"", false)]
    #[case::without_a_rule("# polcheck: ignore= reason=r", false)]
    #[case::of_a_tool_that_is_not_accepted("# checkov:skip=DL3002:why", false)]
    fn a_comment_above_an_instruction_silences_the_rules_it_names(
        #[case] comment: &str,
        #[case] silenced: bool,
    ) {
        let (status, _) = judged_file(&above(comment), &["polcheck", "hadolint", "trivy"]);
        assert_eq!(status != Status::Open, silenced);
    }

    #[rstest]
    #[case::elsewhere(
        "FROM alpine:3.22\n# polcheck: ignore=user.final-root reason=r\nRUN ls\nUSER 0\n"
    )]
    #[case::in_a_file_that_cannot_be_built(
        "FROM alpine\n# polcheck: ignore=user.final-root reason=r\nUSER 0\nRUNN ls\n"
    )]
    fn a_comment_elsewhere_silences_nothing(#[case] file: &str) {
        assert_eq!(judged_file(file, &["polcheck"]).0, Status::Open);
    }

    #[test]
    fn a_comment_at_the_top_silences_the_whole_file() {
        let file = "# polcheck: ignore=user.final-root reason=\"a demo\"\nFROM alpine\nUSER 0\n";
        let expected = Status::Suppressed {
            tool: "polcheck".to_owned(),
            reason: Some("a demo".to_owned()),
        };
        assert_eq!(judged_file(file, &["polcheck"]).0, expected);
        assert_eq!(judged_file(file, &[]).0, Status::Open);
    }

    #[rstest]
    #[case::used("# polcheck: ignore=user.final-root reason=r until=2026-12-08", &[CommentState::Used])]
    #[case::expiring("# polcheck: ignore=DL3002 reason=r until=2026-12-07", &[CommentState::Expiring])]
    #[case::expired("# polcheck: ignore=DL3002 reason=r until=2026-11-22", &[CommentState::Expired])]
    #[case::mistyped("# polcheck: ignore=user.final-rot reason=r", &[CommentState::Unused])]
    #[case::each_name("# polcheck: ignore=user.sudo,user.final-root reason=r", &[CommentState::Unused, CommentState::Used])]
    #[case::of_others_rules("# hadolint ignore=DL3001,DL3002", &[CommentState::Used])]
    #[case::of_a_tool_that_is_not_accepted("# trivy:ignore:DS-0002", &[])]
    #[case::of_no_tool("# we ignore root here", &[])]
    fn every_comment_that_counts_is_told_what_became_of_it(
        #[case] comment: &str,
        #[case] expected: &[CommentState],
    ) {
        let (_, comments) = judged_file(&above(comment), &["polcheck", "hadolint"]);
        let states: Vec<_> = comments.into_iter().map(|comment| comment.state).collect();
        assert_eq!(states, expected);
    }

    #[rstest]
    #[case::of_no_reason("# polcheck: ignore=user.final-root", &["polcheck"], "reason")]
    #[case::of_no_rule("# polcheck: ignroe=user.final-root", &["polcheck"], "rule")]
    #[case::of_no_day("# polcheck: ignore=user.final-root reason=r until=soon", &["polcheck"], "day")]
    #[case::not_accepted("# polcheck: ignore=user.final-root reason=r", &[], "accepts")]
    fn a_comment_that_counts_for_nothing_is_told_why(
        #[case] comment: &str,
        #[case] accepted: &[&str],
        #[case] expected: &str,
    ) {
        let (status, comments) = judged_file(&above(comment), accepted);
        assert_eq!(status, Status::Open);
        let [
            CommentReport {
                state: CommentState::Invalid(why),
                line: 2,
                ..
            },
        ] = comments.as_slice()
        else {
            panic!("{comments:?}");
        };
        assert!(why.contains(expected), "{why}");
    }
}
