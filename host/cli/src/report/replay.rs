//! What came of replaying verdicts.

use super::printable;
use crate::failure::Failure;
use pipeline::{Replayed, Unobtainable};
use serde_json::{Value, json};
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;

/// What came of each piece of evidence, by its file.
pub(crate) type Results = [(PathBuf, Result<Replayed, Failure>)];

/// How many differences of one verdict are worth reading; JSON has all.
const SHOWN: usize = 30;

/// For people.
pub(crate) fn text(results: &Results, is_quiet: bool) -> String {
    let mut text = String::new();
    let mut same = 0;
    for (path, result) in results {
        match result {
            Ok(replayed) if replayed.is_same() && is_quiet => {}
            Ok(replayed) => text += &of_one(replayed),
            Err(failure) => {
                let _ = writeln!(
                    text,
                    "{}: could not be replayed",
                    printable(&path.to_string_lossy())
                );
                text += &of_failure(failure);
            }
        }
        same += usize::from(result.as_ref().is_ok_and(Replayed::is_same));
    }
    if results.len() > 1 && !is_quiet {
        let _ = writeln!(text, "{same} of {} are the same", results.len());
    }
    text
}

/// One verdict.
pub(crate) fn of_one(replayed: &Replayed) -> String {
    let Replayed {
        subject,
        digest,
        differences,
        missing,
        notes,
    } = replayed;
    let outcome = match (missing.is_empty(), differences.is_empty()) {
        (false, _) => "could not be replayed",
        (true, true) => "replayed, and the same",
        (true, false) => "replayed, and otherwise",
    };
    let mut text = format!("{}: {outcome} ({digest})\n", printable(subject));
    for missing in missing {
        text += &of_failure(&Failure::from_missing(missing));
    }
    for difference in differences.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", printable(&difference.to_string()));
    }
    if differences.len() > SHOWN {
        let more = differences.len() - SHOWN;
        let _ = writeln!(text, "  and {more} more; `-o json` has them all");
    }
    for note in notes {
        let _ = writeln!(text, "  note: {}", printable(note));
    }
    text
}

fn of_failure(failure: &Failure) -> String {
    let causes = failure.causes.iter().map(|cause| format!(": {cause}"));
    let message = failure.message.clone() + &causes.collect::<String>();
    let mut text = format!("  {}\n", printable(&message));
    if let Some(help) = &failure.help {
        let _ = writeln!(text, "    help: {}", printable(help));
    }
    text
}

impl Failure {
    fn from_missing(missing: &Unobtainable) -> Self {
        let error: &dyn Error = missing;
        Self::new(error, missing.help())
    }
}

/// For programs.
pub(crate) fn json(results: &Results) -> String {
    let replayed: Vec<Value> = results
        .iter()
        .map(|(path, result)| {
            let mut value = match result {
                Ok(replayed) => value(replayed),
                Err(failure) => json!({
                    "outcome": "unobtainable",
                    "missing": [failure_value(failure)],
                    "differences": [],
                    "notes": [],
                }),
            };
            if let Some(value) = value.as_object_mut() {
                value.insert("file".to_owned(), json!(path.to_string_lossy()));
            }
            value
        })
        .collect();
    let document = json!({ "schemaVersion": 1, "replayed": replayed });
    super::json::escaped(format!("{document:#}\n"))
}

/// One verdict, for programs.
pub(crate) fn value(replayed: &Replayed) -> Value {
    let outcome = match (replayed.missing.is_empty(), replayed.differences.is_empty()) {
        (false, _) => "unobtainable",
        (true, true) => "same",
        (true, false) => "different",
    };
    let missing = replayed.missing.iter().map(Failure::from_missing);
    json!({
        "subject": replayed.subject,
        "digest": replayed.digest,
        "outcome": outcome,
        "differences": replayed.differences,
        "missing": missing.map(|it| failure_value(&it)).collect::<Vec<_>>(),
        "notes": replayed.notes,
    })
}

/// A document with what came of replaying beside what it has.
pub(crate) fn beside(document: String, replayed: Option<&Replayed>) -> String {
    let Some(replayed) = replayed else {
        return document;
    };
    let mut read: Value = serde_json::from_str(&document).unwrap_or_default();
    if let Some(read) = read.as_object_mut() {
        read.insert("replay".to_owned(), value(replayed));
    }
    super::json::escaped(format!("{read:#}\n"))
}

fn failure_value(failure: &Failure) -> Value {
    json!({ "message": failure.message, "causes": failure.causes, "help": failure.help })
}
