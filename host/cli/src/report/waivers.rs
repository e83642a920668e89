//! What became of waivers and comments, in words: the same for every format that people read.

use super::printable;
use model::report::{CommentReport, CommentState, Ending, WaiverReport};
use pipeline::RunSummary;

/// What became of those that are about one subject, a line each.
pub(super) fn lines(waivers: &WaiverReport) -> Vec<String> {
    let used = match waivers.used.as_slice() {
        [] => None,
        used => Some(format!("waivers used: {}", printable(&used.join(", ")))),
    };
    let ending = |(what, ending): (&str, &Ending)| {
        format!(
            "waiver {what} {}: {}",
            ending.expires,
            printable(&ending.id)
        )
    };
    let expiring = waivers.expiring.iter().map(|it| ("ends on", it));
    let expired = waivers.expired.iter().map(|it| ("ended on", it));
    let comments = waivers.comments.iter().map(comment_line);
    used.into_iter()
        .chain(expiring.chain(expired).map(ending))
        .chain(comments)
        .collect()
}

/// ``comment for polcheck in line 3: `user.final-root` is unused``
fn comment_line(comment: &CommentReport) -> String {
    let until = comment.until.as_deref().unwrap_or_default();
    let state = match &comment.state {
        CommentState::Used => "is used".to_owned(),
        CommentState::Expiring => format!("ends on {until}"),
        CommentState::Unused => "is unused".to_owned(),
        CommentState::Expired => format!("ended on {until}"),
        CommentState::Invalid(why) => format!("counts for nothing: {why}"),
    };
    let CommentReport {
        tool, line, rule, ..
    } = comment;
    printable(&format!(
        "comment for {tool} in line {line}: `{rule}` {state}"
    ))
}

/// What a run leaves to say, a line each.
pub(super) fn run_lines(summary: &RunSummary) -> Vec<String> {
    let unused = summary.unused_waivers.iter().map(|waiver| {
        let Ending { id, expires } = waiver;
        format!("unused waiver: {} (until {expires})", printable(id))
    });
    let others = match summary.waivers_for_others.as_slice() {
        [] => None,
        others => Some(format!("waivers for other subjects: {}", some_of(others))),
    };
    let vain = summary.without_effect.iter();
    let vain = vain.map(|what| format!("without effect: {}", printable(what)));
    unused.chain(others).chain(vain).collect()
}

/// How many waivers of other subjects are named; the JSON report names all.
const NAMED: usize = 4;

/// `W1, W2 and 3 more`
fn some_of(ids: &[String]) -> String {
    let named: Vec<String> = ids.iter().take(NAMED).map(|id| printable(id)).collect();
    let more = match ids.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    named.join(", ") + &more
}
