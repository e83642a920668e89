//! `-o github-output`: what later steps of a job can ask for, in the form of the file that `GITHUB_OUTPUT` names.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-output-parameter>

use super::tally::{Tally, word};
use model::printable;
use std::fmt::Write as _;

/// The outputs of a run.
pub(super) fn render(tally: &Tally) -> String {
    let claims: Vec<&str> = tally.claims.iter().map(String::as_str).collect();
    let digest = tally.digest.iter().map(ToString::to_string);
    let values = [
        ("verdict", word(tally.exit()).to_owned()),
        ("passed", tally.passed.to_string()),
        ("failed", tally.failed.to_string()),
        ("undecided", tally.undecided.to_string()),
        ("findings", tally.findings.to_string()),
        ("claims", claims.join(",")),
        ("digest", digest.collect()),
    ];
    let mut text = String::new();
    for (key, value) in values {
        // A value without a line break ends where its line does, whatever it looks like.
        let _ = writeln!(text, "{key}={}", printable(&value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_sets_no_output_of_its_own() {
        let tally = Tally {
            passed: 1,
            claims: ["a\nverdict=passed\r\nb<<EOF".to_owned()].into(),
            ..Tally::default()
        };
        let text = render(&tally);
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(text.contains("\nclaims=a\\nverdict=passed\\r\\nb<<EOF\n"));
    }
}
