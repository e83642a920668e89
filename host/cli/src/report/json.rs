//! `-o json`: one document, also for one image. Its schema is `docs/reference/report.schema.json`.

use super::place::fingerprint;
use super::{Attestation, Entry, attestation};
use crate::failure::Failure;
use model::printable;
use model::report::WaiverReport;
use pipeline::{Judged, RunSummary};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::io;

/// What stands before the reports of a document.
pub(super) const BEGIN: &str = "{\n  \"reports\": [\n    ";
/// Between two of them.
pub(super) const BETWEEN: &str = ",\n    ";
/// How much room the text of a form begins with, in bytes: most findings need no more.
const SIZE: usize = 1024;

/// Behind them: what the run leaves to say, and the version, which grows when a reader of the old one would be wrong about the new
/// one.
pub(super) fn end(summary: &RunSummary) -> String {
    let unused = json!(summary.unused_waivers);
    let others = json!(summary.waivers_for_others);
    let vain = json!(summary.without_effect);
    escaped(format!(
        "\n  ],\n  \"schemaVersion\": 1,\n  \"unusedWaivers\": {unused},\n  \"waiversForOthers\": {others},\n  \"withoutEffect\": {vain}\n}}\n"
    ))
}

/// A document that means the same, and has nothing that a terminal obeys or a reader does not see.
pub(super) fn escaped(json: String) -> String {
    /// So many bytes the processor looks at at once.
    const BLOCK: usize = 64;
    let is_other = |byte: &&u8| !matches!(byte, b'\n' | b' '..=b'~');
    let mut blocks = json.as_bytes().chunks(BLOCK);
    if blocks.all(|block| block.iter().filter(is_other).count() == 0) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n'
            || printable(character.encode_utf8(&mut [0; 4])).len() == character.len_utf8()
        {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// Members of a list, each on a line of its own.
pub(super) fn members<T: Serialize>(values: impl IntoIterator<Item = T>) -> String {
    let written = |value| written(&value, CompactFormatter);
    let members: Vec<String> = values.into_iter().map(written).collect();
    members.join(",\n")
}

/// The reports of an entry, as members of a list.
pub(crate) fn render(entry: &Entry) -> String {
    let reports = of_entry(entry).into_iter();
    let reports: Vec<String> = reports
        .map(|report| escaped(written(&report, in_a_list())))
        .collect();
    reports.join(BETWEEN)
}

/// How a member of the list of a document is written: two levels below the margin.
fn in_a_list() -> PrettyFormatter<'static> {
    let mut formatter = PrettyFormatter::new();
    for _ in 0..2 {
        // Nothing is written of what it stands in, so nothing can fail.
        let _ = formatter.begin_array(&mut io::sink());
    }
    formatter
}

#[expect(
    clippy::expect_used,
    reason = "forms are plain data: texts, numbers, lists, and names for keys; and their texts are UTF-8"
)]
fn written(form: &impl Serialize, formatter: impl Formatter) -> String {
    let mut json = Vec::with_capacity(SIZE);
    form.serialize(&mut Serializer::with_formatter(&mut json, formatter))
        .expect("a form that JSON has a text for");
    String::from_utf8(json).expect("a text")
}

fn of_entry(entry: &Entry) -> Vec<Value> {
    match entry {
        Entry::Judged {
            judged,
            attestation,
        } => judged
            .iter()
            .map(|judged| report(judged, attestation))
            .collect(),
        Entry::Failed { reference, failure } => vec![failed(reference, failure)],
        Entry::Nothing { path } => vec![nothing(path)],
    }
}

fn report(judged: &Judged, attestation: &Attestation) -> Value {
    // Reports are plain data: strings, numbers, lists, and maps with text for keys.
    let mut report =
        serde_json::to_value(&judged.report).unwrap_or_else(|_| Value::Object(Map::new()));
    if let Some(file) = &judged.dockerfile {
        name_file(&mut report, &file.path);
    }
    let findings = report.get_mut("findings").and_then(Value::as_array_mut);
    for (shown, finding) in findings.into_iter().flatten().zip(&judged.report.findings) {
        if let Some(shown) = shown.as_object_mut() {
            shown.insert(
                "fingerprint".to_owned(),
                json!(fingerprint(judged, finding)),
            );
        }
    }
    let statements = attestation.about(&judged.report);
    if let (false, Some(report)) = (statements.is_empty(), report.as_object_mut()) {
        let statements = statements.into_iter().map(attestation::json);
        report.insert("statements".to_owned(), statements.collect());
    }
    report
}

/// Says of each place in a Dockerfile in which one.
fn name_file(report: &mut Value, path: &str) {
    let findings = report.get_mut("findings").and_then(Value::as_array_mut);
    for finding in findings.into_iter().flatten() {
        let Some(finding) = finding.as_object_mut() else {
            continue;
        };
        for (key, value) in finding.iter_mut() {
            let places = match value {
                Value::Array(places) if key == "related" => places.as_mut_slice(),
                place if key == "location" => std::slice::from_mut(place),
                _ => continue,
            };
            for place in places {
                let is_in_file = place.get("kind") == Some(&json!("dockerfile"));
                if let Some(place) = place.as_object_mut().filter(|_| is_in_file) {
                    place.insert("file".to_owned(), json!(path));
                }
            }
        }
    }
}

/// A folder without a Dockerfile.
fn nothing(path: &str) -> Value {
    json!({
        "subject": { "path": path },
        "verdict": "nothing-to-check",
        "claims": [],
        "policies": [],
        "findings": [],
        "undecided": [],
        "notChecked": [{ "what": path, "why": "there is no Dockerfile in it" }],
        "waivers": WaiverReport::default(),
        "insecure": [],
    })
}

/// An image that could not be judged has the fields of a report, so that no reader has to look for two forms.
fn failed(reference: &str, failure: &Failure) -> Value {
    let Failure {
        message,
        causes,
        help,
        ..
    } = failure;
    json!({
        "subject": { "reference": reference },
        "verdict": "undecided",
        "claims": [],
        "policies": [],
        "findings": [],
        "undecided": [{ "what": reference, "why": message }],
        "notChecked": [],
        "waivers": WaiverReport::default(),
        "insecure": [],
        "error": { "message": message, "causes": causes, "help": help },
    })
}
