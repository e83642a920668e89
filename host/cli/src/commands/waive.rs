//! `polcheck waive`

use crate::exit::Exit;
use crate::failure::Failure;
use crate::files;
use crate::report::{print, printable};
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use model::Waiver;
use pipeline::config::waivers_of;
use pipeline::{RecordedFinding, RecordedStatus, read_findings};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Write waivers for the open findings of a report
///
/// Reads a report that `-o json` wrote, and writes a waiver for each open finding: of its rule, its key, and its Dockerfile or
/// repository. `--waivers FILE` takes them, and so does `waivers:` in a policy set or in `polcheck.yaml`.
#[derive(Debug, Args)]
pub(crate) struct WaiveArgs {
    /// The report; `-` is standard input
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Why the findings are accepted
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who answers for it
    #[arg(long, value_name = "NAME")]
    owner: String,
    /// The last day, UTC, or how long from now on
    #[arg(long, value_name = "DATE|DURATION", default_value = "90d")]
    expires: String,
    /// Where it was decided: the number or the address of an issue
    #[arg(long, value_name = "TICKET")]
    ticket: Option<String>,
    /// Only the findings of this rule (repeatable)
    #[arg(long = "rule", value_name = "RULE")]
    rules: Vec<String>,
    /// Add them to this file, which may exist; print them where none is named
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What a file of waivers begins with.
const HEAD: &str = "waivers:\n";

/// What is written of a waiver, in the order in which it is read best.
const FIELDS: [&str; 10] = [
    "id", "rule", "key", "image", "path", "digest", "reason", "owner", "expires", "ticket",
];

pub(crate) fn run(args: &WaiveArgs) -> Result<Exit, Failure> {
    let expires = args.last_day(Timestamp::now())?;
    let before = match &args.file {
        Some(path) if path.exists() => Some(files::read(path)?),
        _ => None,
    };
    let mut waivers = match (&args.file, &before) {
        (Some(path), Some(bytes)) => waivers_of(path, bytes)?,
        _ => Vec::new(),
    };
    let mut known: BTreeSet<String> = waivers.iter().map(|waiver| waiver.id.clone()).collect();
    let mut text = before.map_or_else(|| HEAD.to_owned(), |bytes| with_line_break(&bytes));
    let findings = read_findings(&args.report)?;
    let wanted: Vec<_> = findings
        .iter()
        .filter(|finding| args.wants(finding))
        .collect();
    for finding in &wanted {
        let waiver = args.waiver(finding, expires, &mut known);
        text += &entry(&waiver)?;
        waivers.push(waiver);
    }
    match &args.file {
        _ if wanted.is_empty() => print("there is nothing to waive\n"),
        None => print(&text),
        Some(path) => {
            write(path, &text, &waivers)?;
            let file = printable(&path.to_string_lossy());
            print(&format!("{} added to {file}\n", wanted.len()))
        }
    }
}

/// Writes the file, once it is sure that it says what it is meant to.
fn write(path: &Path, text: &str, expected: &[Waiver]) -> Result<(), Failure> {
    if waivers_of(path, text.as_bytes()).is_ok_and(|waivers| waivers == expected) {
        return files::write(path, text.as_bytes());
    }
    let help = "end it with `waivers:` and its list, each waiver on lines of its own that begin at the left; or name another file";
    Err(Failure::say(format!(
        "nothing can be added to the end of `{}`",
        path.display()
    ))
    .help(help))
}

/// A text to which lines can be added.
fn with_line_break(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    format!("{}\n", text.trim_end_matches('\n'))
}

/// A waiver as an entry of a list in YAML. What is a string in JSON is one in YAML, too.
fn entry(waiver: &Waiver) -> Result<String, Failure> {
    let values = serde_json::to_value(waiver).map_err(|error| Failure::new(&error, None))?;
    let present = FIELDS
        .iter()
        .filter_map(|field| Some((field, values.get(*field)?)));
    let lines: Vec<String> = present
        .map(|(field, value)| format!("{field}: {value}\n"))
        .collect();
    Ok(format!("- {}", lines.join("  ")))
}

impl WaiveArgs {
    /// The day that was named, or the last one of a time from now on.
    fn last_day(&self, now: Timestamp) -> Result<Date, Failure> {
        let text = &self.expires;
        let today = now.to_zoned(TimeZone::UTC).date();
        let invalid = || {
            Failure::say(format!("`{text}` is not a day to come"))
                .help("write `--expires 2027-01-31`, or `--expires 30d`")
        };
        let day: Option<Date> = match text.parse::<Date>() {
            Ok(day) => Some(day),
            Err(_) => text
                .parse::<Span>()
                .ok()
                .and_then(|span| today.checked_add(span).ok()),
        };
        day.filter(|day| *day >= today).ok_or_else(invalid)
    }

    fn wants(&self, finding: &RecordedFinding) -> bool {
        let is_named =
            self.rules.is_empty() || self.rules.iter().any(|rule| rule == finding.rule.as_ref());
        finding.status == RecordedStatus::Open && is_named
    }

    fn waiver(
        &self,
        finding: &RecordedFinding,
        expires: Date,
        known: &mut BTreeSet<String>,
    ) -> Waiver {
        let short: String = finding.fingerprint.chars().take(8).collect();
        let id = format!("{}-{short}", finding.rule);
        let id = if known.contains(&id) {
            format!("{id}-{expires}")
        } else {
            id
        };
        known.insert(id.clone());
        let path = finding.dockerfile.as_deref();
        let has_name = finding.image.is_some() || path.is_some();
        // A name may be a pattern for others, too.
        let is_pattern = path.is_some_and(|path| path.contains(['*', '?']));
        Waiver {
            id,
            reason: self.reason.clone(),
            owner: self.owner.clone(),
            expires,
            rule: finding.rule.to_string(),
            key: Some(finding.key.clone()),
            image: finding.image.clone(),
            // What has no name of its own is known by what it is.
            digest: finding.digest.clone().filter(|_| !has_name || is_pattern),
            path: path.map(|path| path.strip_prefix("./").unwrap_or(path).to_owned()),
            ticket: self.ticket.clone(),
        }
    }
}
