//! The built-in rules on real files: the findings that people expect of them, and no others.

use crate::harness::{World, shared};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// File, line, rule, severity.
type Row = (String, u64, String, String);

/// Findings of medium severity or worse on the seed that are right and stand in no list, each with its reason.
const ALSO_RIGHT: [(&str, u64, &str, &str); 0] = [];

/// The reports of `polcheck lint` on a folder, judged by the set `strict` on a day.
fn lint(world: &World, folder: &Path, options: &[&str]) -> Vec<Value> {
    let folder = folder.to_string_lossy();
    let args = [
        "lint",
        "--no-config",
        "-o",
        "json",
        "--policy-set",
        "builtin:strict",
    ];
    let day = ["--effective-time", "2026-11-23T00:00:00Z"];
    let args = [&args[..], &day, options, &[&*folder]].concat();
    let document = world.json(&args);
    document["reports"].as_array().unwrap().clone()
}

fn file_name(report: &Value) -> String {
    let path = report["subject"]["path"].as_str().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

fn found(reports: &[Value]) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    for report in reports {
        for finding in report["findings"].as_array().unwrap() {
            let text = |key: &str| finding[key].as_str().unwrap().to_owned();
            let line = finding["location"]["startLine"]
                .as_u64()
                .unwrap_or_default();
            rows.insert((file_name(report), line, text("rule"), text("severity")));
        }
    }
    rows
}

#[test]
fn the_seed_has_the_findings_it_is_known_for_and_no_false_ones() {
    let Some(seed) = shared("seed", "the findings of the seed") else {
        return;
    };
    let table = fs::read_to_string(seed.join("expected-findings.tsv")).unwrap();
    let expected: BTreeSet<Row> = table
        .lines()
        .skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.split('\t').collect();
            let line = cells[1].parse().unwrap();
            (
                cells[0].to_owned(),
                line,
                cells[3].to_owned(),
                cells[4].to_owned(),
            )
        })
        .collect();
    assert_eq!(expected.len(), 90);
    let found = found(&lint(&World::new(), &seed, &[]));
    let missing: Vec<&Row> = expected.difference(&found).collect();
    let also_right = |(file, line, rule, _): &&Row| {
        let mut right = ALSO_RIGHT.iter();
        right.any(|(a, b, c, _)| a == file && b == line && c == rule)
    };
    let too_much: Vec<&Row> = found
        .difference(&expected)
        .filter(|(_, _, _, severity)| !["info", "low"].contains(&severity.as_str()))
        .filter(|row| !also_right(row))
        .collect();
    assert!(
        missing.is_empty() && too_much.is_empty(),
        "missing: {missing:#?}\ntoo much: {too_much:#?}"
    );
}

#[test]
fn no_rule_breaks_on_a_real_file() {
    let Some(corpus) = shared("corpus/dockerfiles", "the corpus") else {
        return;
    };
    let reports = lint(&World::new(), &corpus, &[]);
    assert_eq!(reports.len(), 554);
    let broken: Vec<String> = reports
        .iter()
        .flat_map(|report| {
            let states = report["policies"][0]["rules"].as_object().unwrap();
            let broken = states.iter().filter(|(_, state)| *state == "broken");
            broken.map(|(rule, _)| format!("{} {rule}", file_name(report)))
        })
        .collect();
    assert_eq!(broken, Vec::<String>::new());
}

/// Rules that judge more, or less, than the check of BuildKit's that they are also known as.
const OTHERWISE: [(&str, &str); 1] = [(
    "SecretsUsedInArgOrEnv",
    "looks at values: a path, nothing, a reference are no secrets",
)];

#[test]
fn rules_find_what_buildkit_warns_of() {
    let Some(corpus) = shared("corpus/dockerfiles", "BuildKit's warnings") else {
        return;
    };
    let world = World::new();
    // What the warnings were recorded with.
    world.write(
        "base.json",
        r#"{"architecture":"amd64","os":"linux","config":{"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]}}"#,
    );
    let recorded = fs::read_to_string(corpus.join("expected.jsonl")).unwrap();
    let recorded: BTreeMap<String, BTreeSet<String>> = recorded
        .lines()
        .map(|line| {
            let build: Value = serde_json::from_str(line).unwrap();
            let warnings = build["warnings"].as_array().into_iter().flatten();
            let names = warnings.map(|warning| warning["rule"].as_str().unwrap().to_owned());
            (build["file"].as_str().unwrap().to_owned(), names.collect())
        })
        .collect();
    let checks: BTreeSet<&String> = recorded.values().flatten().collect();
    let mut differences = Vec::new();
    for report in lint(&world, &corpus, &["--base-config", "base.json"]) {
        let aliases: BTreeSet<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|finding| finding["aliases"].as_array().unwrap())
            .filter_map(Value::as_str)
            .collect();
        let file = file_name(&report);
        for check in &checks {
            let is_same = recorded[&file].contains(*check) == aliases.contains(check.as_str());
            if !is_same && !OTHERWISE.iter().any(|(other, _)| other == check) {
                differences.push(format!("{file} {check}"));
            }
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}
