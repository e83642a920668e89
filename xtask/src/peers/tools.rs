//! Running the tools, and reducing what they print.

use super::{Ours, Reading, Rule};
use crate::run::{Failure, Outcome, say};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

/// A tool that polcheck is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Peer {
    Hadolint,
    Trivy,
    Checkov,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::Hadolint, Self::Trivy, Self::Checkov];

    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Hadolint => "hadolint",
            Self::Trivy => "trivy",
            Self::Checkov => "checkov",
        }
    }

    /// Whether the tool calls one of its rules so.
    pub(super) fn owns(self, alias: &str) -> bool {
        match self {
            Self::Hadolint => alias.starts_with("DL") || alias.starts_with("SC"),
            Self::Trivy => alias.starts_with("DS-"),
            Self::Checkov => alias.starts_with("CKV"),
        }
    }

    /// The first line of what the tool says of itself, if it is there.
    pub(super) fn version(self) -> Option<String> {
        let output = Command::new(self.program()).arg("--version").output();
        let said = String::from_utf8(output.ok()?.stdout).ok()?;
        said.lines().next().map(str::to_owned)
    }

    /// Runs the tool over files of a folder.
    pub(super) fn read(self, folder: &Path, files: &[String]) -> Outcome<Reading> {
        match self {
            Self::Hadolint => hadolint(folder, files),
            Self::Trivy => Ok(trivy(folder, files)),
            Self::Checkov => checkov(folder),
        }
    }
}

/// Runs polcheck over the files of a folder.
pub(super) fn polcheck(binary: &Path, set: &str, folder: &Path) -> Outcome<Ours> {
    let with_set = |verb| {
        let mut command = Command::new(binary);
        command.current_dir(folder).arg(verb);
        command.args(["--no-config", "--policy-set", set, "-o", "json"]);
        command
    };
    let rules = json(&mut with_set("rules"))?;
    let mut ours = Ours {
        rules: list(&rules, "").map(rule).collect(),
        ..Ours::default()
    };
    let report = json(with_set("lint").arg("."))?;
    for report in list(&report, "/reports") {
        ours.add(report);
    }
    Ok(ours)
}

fn rule(rule: &Value) -> Rule {
    Rule {
        id: text(rule, "/id"),
        aliases: list(rule, "/aliases")
            .map(|alias| text(alias, ""))
            .collect(),
    }
}

impl Ours {
    fn add(&mut self, report: &Value) {
        let file = name(report, "/subject/path");
        let unread = list(report, "/undecided")
            .any(|gap| text(gap, "/what").starts_with("dockerfile"))
            || report.get("error").is_some();
        for finding in list(report, "/findings") {
            let found = list(finding, "/aliases").map(|alias| (file.clone(), text(alias, "")));
            self.reading.found.extend(found);
        }
        for rules in list(report, "/policies").filter_map(|policy| policy.get("rules")?.as_object())
        {
            let ran = rules
                .iter()
                .filter(|(_, outcome)| ["holds", "findings"].map(Some).contains(&outcome.as_str()));
            self.ran.extend(ran.map(|(id, _)| id.clone()));
        }
        if unread {
            self.reading.unread.insert(file);
        }
    }
}

/// Two rules that hadolint has switched off are on. What it cannot parse has the code DL1000, and no other.
fn hadolint(folder: &Path, files: &[String]) -> Outcome<Reading> {
    let mut command = Command::new("hadolint");
    command.current_dir(folder).args(files);
    command.args(["-f", "json", "--no-fail", "--disable-ignore-pragma"]);
    command.args(["--info", "DL1001", "--info", "DL3057"]);
    let mut reading = Reading::default();
    for failure in list(&json(&mut command)?, "") {
        let (file, code) = (name(failure, "/file"), text(failure, "/code"));
        if code == "DL1000" {
            reading.unread.insert(file.clone());
        }
        reading.found.insert((file, code));
    }
    Ok(reading)
}

/// How many files tell how many checks Trivy has.
const SAMPLE: usize = 3;

/// A file that Trivy breaks on takes the others of the run with it. In 0.76 it panics where `# check=` stands above an
/// instruction, and where an ARG is declared twice in a stage it drops DS-0001 for every file, which only the count of
/// checks tells. Such files are found by halving, since a run for each takes minutes.
fn trivy(folder: &Path, files: &[String]) -> Reading {
    let sample = files.iter().take(SAMPLE).filter_map(|file| {
        let report = trivy_report(folder, files, std::slice::from_ref(file)).ok()?;
        list(&report, "/Results").map(checks).max()
    });
    let checks = sample.max().unwrap_or_default();
    let mut reading = Reading::default();
    halve(folder, files, files, checks, &mut reading);
    reading
}

/// Runs Trivy on some of the files, and again on the halves of them where it broke.
fn halve(folder: &Path, all: &[String], some: &[String], expected: u64, reading: &mut Reading) {
    let report = trivy_report(folder, all, some);
    let whole = report
        .as_ref()
        .is_ok_and(|report| list(report, "/Results").all(|result| checks(result) >= expected));
    if !whole && some.len() > 1 {
        let (one, other) = some.split_at(some.len() / 2);
        halve(folder, all, one, expected, reading);
        halve(folder, all, other, expected, reading);
        return;
    }
    // What it cannot parse has no result, and is only logged.
    let mut unread: BTreeSet<String> = some.iter().cloned().collect();
    match report {
        Err(failure) => say(&format!("{}: {failure}", some.join(" "))),
        Ok(report) => {
            for result in list(&report, "/Results") {
                let file = name(result, "/Target");
                unread.remove(&file);
                let found = failures(result).into_iter().map(|id| (file.clone(), id));
                reading.found.extend(found);
            }
        }
    }
    reading.unread.extend(unread);
}

fn trivy_report(folder: &Path, all: &[String], some: &[String]) -> Outcome<Value> {
    let mut command = Command::new("trivy");
    command.current_dir(folder).arg("config");
    command.args(["--quiet", "--format", "json", "--skip-check-update"]);
    command.args(["--include-deprecated-checks"]);
    command.args(["--misconfig-scanners", "dockerfile", "."]);
    for file in all.iter().filter(|file| !some.contains(file)) {
        command.args(["--skip-files", file]);
    }
    json(&mut command)
}

/// How many checks ran on a file.
fn checks(result: &Value) -> u64 {
    let passed = result.pointer("/MisconfSummary/Successes");
    let failed = u64::try_from(failures(result).len()).unwrap_or_default();
    passed.and_then(Value::as_u64).unwrap_or_default() + failed
}

/// The checks that a file fails.
fn failures(result: &Value) -> BTreeSet<String> {
    list(result, "/Misconfigurations")
        .filter(|check| text(check, "/Status") == "FAIL")
        .map(|check| text(check, "/ID"))
        .collect()
}

/// Checkov has no files that it cannot read: it leaves out what it does not understand.
fn checkov(folder: &Path) -> Outcome<Reading> {
    let mut command = Command::new("checkov");
    command.current_dir(folder).env("LOG_LEVEL", "ERROR");
    command.args([
        "--framework",
        "dockerfile",
        "-o",
        "json",
        "--compact",
        "--quiet",
    ]);
    command.args(["--skip-download", "--soft-fail", "-d", "."]);
    let report = json(&mut command)?;
    let failures = list(&report, "/results/failed_checks");
    Ok(Reading {
        found: failures
            .map(|check| (name(check, "/file_path"), text(check, "/check_id")))
            .collect(),
        ..Reading::default()
    })
}

/// What a program prints. Exit codes say what was found, and what is printed says more.
fn json(command: &mut Command) -> Outcome<Value> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure(format!("there is no `{program}`")),
        _ => Failure(format!("cannot run `{program}`: {error}")),
    })?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().take(3).collect();
        Failure(format!(
            "`{program}` prints no JSON ({}): {}",
            output.status,
            said.join(" ")
        ))
    })
}

/// The elements of what lies there (a JSON pointer), or none.
fn list<'a>(value: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    let elements = value.pointer(at).and_then(Value::as_array);
    elements.into_iter().flatten()
}

fn text(value: &Value, at: &str) -> String {
    let text = value.pointer(at).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The name of a file, however the tool writes its path.
fn name(value: &Value, at: &str) -> String {
    let path = text(value, at);
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_are_names_however_they_are_written() {
        for path in ["1.Dockerfile", "./1.Dockerfile", "/1.Dockerfile"] {
            assert_eq!(name(&json!(path), ""), "1.Dockerfile");
        }
    }

    #[test]
    fn a_check_that_fails_twice_is_one_check() {
        let result = json!({
            "MisconfSummary": { "Successes": 26, "Failures": 2 },
            "Misconfigurations": [
                { "ID": "DS-0001", "Status": "FAIL" },
                { "ID": "DS-0001", "Status": "FAIL" },
            ],
        });
        assert_eq!(checks(&result), 27);
    }

    #[test]
    fn a_rule_that_had_no_image_did_not_run() {
        let mut ours = Ours::default();
        ours.add(&json!({
            "subject": { "path": "./1.Dockerfile" },
            "findings": [{ "aliases": ["DL3006", "DS-0001"] }],
            "policies": [{ "rules": { "base.latest-tag": "findings", "net.ssh-port": "not-evaluated" } }],
            "undecided": [],
        }));
        assert_eq!(ours.ran.iter().collect::<Vec<_>>(), ["base.latest-tag"]);
        assert_eq!(ours.reading.found.len(), 2);
        assert!(ours.reading.unread.is_empty());
    }
}
