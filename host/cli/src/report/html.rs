//! `-o html`: a page that needs nothing but itself, for people. No script, nothing from elsewhere, and every text is only a text.

mod drawing;
mod escape;
mod finding;
mod layout;
mod page;
mod source;
mod stages;
mod subject;

use super::{Entry, Part};
use crate::exit::Exit;
use crate::failure::Failure;
use escape::{Prose, Text};
use page::{Row, badge};
use std::fmt::Write as _;

pub(super) use page::{begin, end};

/// Stands for the number of an entry, which only who writes it knows. No text of strangers has it: it has no picture.
const NUMBER: char = '\u{1}';

/// The sections of an entry, and at the end its rows of the overview.
pub(super) fn render(entry: &Entry) -> Part {
    let mut part = Part::default();
    match entry {
        Entry::Judged {
            judged,
            attestation,
        } => {
            for (at, judged) in judged.iter().enumerate() {
                let id = format!("s{NUMBER}-{at}");
                part.text += &subject::section(judged, attestation, &id);
                part.at_the_end += &Row::of(&judged.report, &id).render();
            }
        }
        Entry::Failed { reference, failure } => {
            let id = format!("s{NUMBER}-0");
            part.text = failed(reference, failure, &id);
            part.at_the_end = Row::without_report(Exit::Undecided, reference, &id).render();
        }
        Entry::Nothing { path } => {
            let id = format!("s{NUMBER}-0");
            part.text = head(Exit::NothingToCheck, path, "", &id)
                + "</header>\n<p>There is no Dockerfile in it.</p>\n"
                + TAIL;
            part.at_the_end = Row::without_report(Exit::NothingToCheck, path, &id).render();
        }
    }
    part
}

/// An entry with its number.
pub(super) fn numbered(text: &str, number: usize) -> String {
    text.replace(NUMBER, &number.to_string())
}

/// The end of a section.
const TAIL: &str = "<p class=\"up\"><a href=\"#top\">Back to the top</a></p>\n</article>\n";

/// The beginning of a section, which ends in its header.
fn head(exit: Exit, subject: &str, detail: &str, id: &str) -> String {
    let mut head = format!(
        "<article class=\"subject {}\" id=\"{id}\" aria-labelledby=\"{id}-name\">\n<header>\n<p class=\"verdict\">{}</p>\n<h2 id=\"{id}-name\">{}",
        page::class(exit),
        badge(exit),
        Text(subject)
    );
    if !detail.is_empty() {
        let _ = write!(head, " <span class=\"detail\">{}</span>", Text(detail));
    }
    head + "</h2>\n"
}

fn failed(reference: &str, failure: &Failure, id: &str) -> String {
    let Failure {
        message,
        causes,
        help,
        ..
    } = failure;
    let mut section = head(Exit::Undecided, reference, "", id);
    let _ = writeln!(section, "</header>\n<p>{}</p>", Prose(message));
    if !causes.is_empty() {
        section += "<ul>\n";
        for cause in causes {
            let _ = writeln!(section, "<li>caused by: {}</li>", Prose(cause));
        }
        section += "</ul>\n";
    }
    if let Some(help) = help {
        let _ = writeln!(
            section,
            "<p class=\"cure\"><strong>To do:</strong> {}</p>",
            Prose(help)
        );
    }
    section + TAIL
}
