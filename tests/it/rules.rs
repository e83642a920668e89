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

/// Rules that judge otherwise than the check of BuildKit's that they are also known as, each with its reason.
const OTHERWISE: [(&str, &str); 2] = [
    (
        "secret.env",
        "looks at values: a path, nothing, a reference are no secrets",
    ),
    (
        "build.undefined-variable",
        "leaves what `FROM` uses to another rule, and sees values lost within one `ENV`",
    ),
];

/// By file, the checks of BuildKit's that speak.
fn recorded(corpus: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let recorded = fs::read_to_string(corpus.join("expected.jsonl")).unwrap();
    let file = |line: &str| {
        let build: Value = serde_json::from_str(line).unwrap();
        let warnings = build["warnings"].as_array().into_iter().flatten();
        let names = warnings.map(|warning| warning["rule"].as_str().unwrap().to_owned());
        (build["file"].as_str().unwrap().to_owned(), names.collect())
    };
    recorded.lines().map(file).collect()
}

/// By rule, the checks that it is also known as.
fn known_as(world: &World, checks: &BTreeSet<&String>) -> BTreeMap<String, BTreeSet<String>> {
    let rules = world.json(&[
        "rules",
        "--no-config",
        "-o",
        "json",
        "--policy-set",
        "builtin:strict",
    ]);
    let rule = |rule: &Value| {
        let aliases = rule["aliases"].as_array().unwrap().iter();
        let aliases = aliases.map(|alias| alias.as_str().unwrap().to_owned());
        let aliases = aliases.filter(|alias| checks.contains(alias)).collect();
        (rule["id"].as_str().unwrap().to_owned(), aliases)
    };
    let rules = rules.as_array().unwrap().iter().map(rule);
    rules
        .filter(|(_, aliases): &(String, BTreeSet<String>)| !aliases.is_empty())
        .collect()
}

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
    let recorded = recorded(&corpus);
    let checks: BTreeSet<&String> = recorded.values().flatten().collect();
    let rules = known_as(&world, &checks);
    let covered: BTreeSet<&String> = rules.values().flatten().collect();
    assert_eq!(covered, checks, "a check of BuildKit's has no rule");
    let mut differences = Vec::new();
    for report in lint(&world, &corpus, &["--base-config", "base.json"]) {
        let file = file_name(&report);
        let findings = report["findings"].as_array().unwrap();
        let found: BTreeSet<&str> = findings
            .iter()
            .filter_map(|finding| finding["rule"].as_str())
            .collect();
        // What a file says away is judged all the same.
        let text = fs::read(corpus.join(&file)).unwrap();
        let says_away = String::from_utf8_lossy(&text).contains("check=skip");
        for (rule, aliases) in &rules {
            let warned = !recorded[&file].is_disjoint(aliases);
            let is_as_expected = warned == found.contains(rule.as_str()) || says_away && !warned;
            if !is_as_expected && !OTHERWISE.iter().any(|(other, _)| other == rule) {
                differences.push(format!("{file} {rule}"));
            }
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}
