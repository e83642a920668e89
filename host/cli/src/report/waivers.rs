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
    let comments = waivers.comments.iter().filter_map(comment_line);
    used.into_iter()
        .chain(expiring.chain(expired).map(ending))
        .chain(comments)
        .collect()
}

/// `comment in line 3: user.final-root is unused`
fn comment_line(comment: &CommentReport) -> Option<String> {
    let until = comment.until.as_deref().unwrap_or_default();
    let state = match &comment.state {
        CommentState::Used => return None,
        CommentState::Expiring => format!("ends on {until}"),
        CommentState::Unused => "is unused".to_owned(),
        CommentState::Expired => format!("ended on {until}"),
        CommentState::Invalid(why) => format!("counts for nothing: {why}"),
    };
    let CommentReport {
        tool, line, rule, ..
    } = comment;
    Some(printable(&format!(
        "comment for {tool} in line {line}: `{rule}` {state}"
    )))
}

/// What a run leaves to say, a line each.
pub(super) fn run_lines(summary: &RunSummary) -> Vec<String> {
    let unused = summary.unused_waivers.iter().map(|waiver| {
        let Ending { id, expires } = waiver;
        format!("unused waiver: {} (until {expires})", printable(id))
    });
    let vain = summary.without_effect.iter();
    let vain = vain.map(|what| format!("without effect: {}", printable(what)));
    unused.chain(vain).collect()
}
