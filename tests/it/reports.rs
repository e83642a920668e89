//! The formats of a report: each says the same, and none takes a text for more than a text.

use crate::harness::World;
use rstest::rstest;
use serde_json::Value;

const FORMATS: [&str; 8] = [
    "text", "json", "sarif", "junit", "github", "gitlab", "markdown", "html",
];

/// Something of every severity, a finding that a comment silences, and words that other formats would obey.
const FILE: &str = "\
FROM alpine:3.18 AS build
# polcheck: ignore=user.sudo reason=\"<b>later</b> @everybody\"
RUN sudo make
FROM build
LABEL \"<script>x</script>\"=\"$NOBODY\"
USER <i>|x`y`@you[a](b)
";

/// A name that is no harder to have than any other.
const HOSTILE: &str =
    "=a,b%0A::warning::x\n::error::<i>&'\"|`y`@you\u{1b}[31m\u{9b}31m\u{7f}\u{202e}.Dockerfile";

/// What each format says of the same file.
fn said(world: &World, format: &str) -> String {
    world.write(HOSTILE, FILE);
    let said = world.polcheck(&[
        "lint",
        "--policy-set",
        "builtin:standard",
        "--fail-on",
        "low",
        "--effective-time",
        "2026-11-23T00:00:00Z",
        "-o",
        format,
        ".",
    ]);
    assert_eq!(said.code, 1, "{said}");
    said.stdout
}

fn json(world: &World, format: &str) -> Value {
    serde_json::from_str(&said(world, format)).unwrap()
}

#[rstest]
fn no_format_has_a_character_that_a_terminal_obeys(
    #[values(
        "text",
        "json",
        "sarif",
        "junit",
        "github",
        "github-output=/dev/stdout",
        "gitlab",
        "markdown",
        "html"
    )]
    format: &str,
) {
    let said = said(&World::new(), format);
    let is_control = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
    assert!(!said.contains(is_control), "{said}");
}

#[test]
fn sarif_is_what_its_schema_says_and_has_every_finding_with_its_rule() {
    let world = World::new();
    let text = said(&world, "sarif");
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&text).unwrap();
    assert_eq!(sarif.runs.len(), 1);
    let run = &json(&world, "sarif")["runs"][0];
    let findings = json(&world, "json");
    let findings = findings["reports"][0]["findings"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(findings.iter().any(|it| it["status"] == "suppressed"));
    for (result, finding) in results.iter().zip(findings) {
        assert_eq!(result["ruleId"], finding["rule"]);
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
        let is_silenced = finding["status"] == "suppressed";
        assert_eq!(result.get("suppressions").is_some(), is_silenced);
    }
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(
        uri.as_str()
            .unwrap()
            .starts_with("%3Da%2Cb%250A%3A%3Awarning")
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_says_where_something_could_not_be_decided() {
    let world = World::new();
    let args = ["lint", "-o", "sarif", "missing.Dockerfile"];
    let said = world.polcheck(&args);
    assert_eq!(said.code, 2, "{said}");
    let sarif: Value = serde_json::from_str(&said.stdout).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"][0];
    assert_eq!(told["level"], "error");
}

#[test]
fn a_finding_keeps_its_fingerprint_when_its_line_moves() {
    let fingerprints = |file: &str| -> Vec<Value> {
        let world = World::new();
        world.write("Dockerfile", file);
        let said = world.polcheck(&["lint", "-o", "gitlab", "Dockerfile"]);
        let issues: Vec<Value> = serde_json::from_str(&said.stdout).unwrap();
        issues
            .into_iter()
            .map(|it| it["fingerprint"].clone())
            .collect()
    };
    let moved = FILE.replace("RUN sudo", "\n\n# moved\nRUN sudo");
    assert_eq!(fingerprints(FILE), fingerprints(&moved));
    let in_sarif = |file: &str| -> Vec<Value> {
        let world = World::new();
        world.write("Dockerfile", file);
        let said = world.polcheck(&["lint", "-o", "sarif", "Dockerfile"]);
        let sarif: Value = serde_json::from_str(&said.stdout).unwrap();
        let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
        let known: Vec<Value> = results
            .map(|it| it["partialFingerprints"]["polcheck/v1"].clone())
            .collect();
        assert!(known.iter().all(Value::is_string), "{said}");
        known
    };
    assert_eq!(in_sarif(FILE), in_sarif(&moved));
}

#[test]
fn sarif_says_of_each_rule_what_code_scanning_shows_of_it() {
    let sarif = json(&World::new(), "sarif");
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert!(rules.len() > 50);
    for rule in rules {
        let texts = [
            &rule["shortDescription"]["text"],
            &rule["fullDescription"]["text"],
            &rule["help"]["text"],
            &rule["help"]["markdown"],
        ];
        assert!(
            texts.iter().all(|it| !it.as_str().unwrap().is_empty()),
            "{rule}"
        );
        let level = rule["defaultConfiguration"]["level"].as_str().unwrap();
        assert!(["error", "warning", "note"].contains(&level), "{rule}");
        let number = rule["properties"]["security-severity"].as_str().unwrap();
        assert!(
            (0.0..=10.0).contains(&number.parse::<f64>().unwrap()),
            "{rule}"
        );
    }
}

#[rstest]
fn no_edit_has_a_character_that_a_terminal_obeys(#[values("json", "sarif")] format: &str) {
    let world = World::new();
    world.write(
        "Dockerfile",
        "FROM scratch\nMAINTAINER \u{9b}31m\u{202e}\u{1b}[31m <i>\nUSER 1\n",
    );
    let rule = ["--rule", "build.maintainer", "Dockerfile"];
    let said = world.polcheck(&[&["lint", "-o", format], &rule[..]].concat());
    let is_control = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
    assert!(!said.stdout.contains(is_control), "{said}");
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    let text = match format {
        "json" => &document["reports"][0]["findings"][0]["edits"][0]["replacement"],
        _ => {
            &document["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]
                ["insertedContent"]["text"]
        }
    };
    assert!(
        text.as_str()
            .unwrap()
            .contains("\u{9b}31m\u{202e}\u{1b}[31m <i>"),
        "{said}"
    );
}

#[test]
fn a_workflow_command_is_one_line_and_begins_none_of_its_own() {
    let world = World::new();
    let said = said(&world, "github");
    for line in said.lines() {
        let (level, rest) = line.strip_prefix("::").unwrap().split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&level), "{line}");
        let (properties, _) = rest.split_once("::").unwrap();
        for property in properties.split(',') {
            let (key, _) = property.split_once('=').unwrap();
            assert!(
                ["title", "file", "line", "endLine"].contains(&key),
                "{line}"
            );
        }
    }
}

#[test]
fn junit_is_xml_whose_counts_are_those_of_its_cases() {
    let said = said(&World::new(), "junit");
    let document = roxmltree::Document::parse(&said).unwrap();
    let suite = document
        .descendants()
        .find(|node| node.has_tag_name("testsuite"))
        .unwrap();
    let count = |tag: &str| {
        let all = suite.descendants();
        all.filter(|node| node.has_tag_name(tag))
            .count()
            .to_string()
    };
    assert_eq!(suite.attribute("tests"), Some(count("testcase").as_str()));
    assert_eq!(suite.attribute("failures"), Some(count("failure").as_str()));
    assert_eq!(suite.attribute("errors"), Some(count("error").as_str()));
    assert_eq!(suite.attribute("skipped"), Some(count("skipped").as_str()));
    assert_ne!(count("failure"), "0");
    let name = suite.attribute("name").unwrap();
    assert!(name.contains("<i>&'\"|`y`@you\\u{1b}[31m"), "{name}");
}

#[test]
fn gitlab_has_every_open_finding_with_a_fingerprint_of_its_own() {
    let world = World::new();
    let issues = json(&world, "gitlab");
    let issues: Vec<&Value> = issues.as_array().unwrap().iter().collect();
    let (left_open, issues): (Vec<&Value>, Vec<&Value>) = issues
        .into_iter()
        .partition(|it| it["check_name"] == "polcheck");
    assert_eq!(left_open.len(), 1, "{left_open:?}");
    assert_eq!(left_open[0]["severity"], "info");
    let findings = json(&world, "json");
    let findings = findings["reports"][0]["findings"].as_array().unwrap();
    let open = findings.iter().filter(|it| it["status"] == "open");
    assert_eq!(issues.len(), open.count());
    let mut known: Vec<_> = issues.iter().map(|it| it["fingerprint"].as_str()).collect();
    known.sort_unstable();
    known.dedup();
    assert_eq!(known.len(), issues.len());
}

#[test]
fn markdown_has_no_link_no_mention_and_no_markup_of_strangers() {
    let said = said(&World::new(), "markdown");
    assert!(!said.contains("@you"), "{said}");
    assert!(!said.contains("@everybody"), "{said}");
    assert!(!said.contains("<i>"), "{said}");
    assert!(!said.contains("<script>"), "{said}");
    let mut rows = said.lines().filter(|line| line.starts_with("| "));
    let cells = |row: &str| row.replace("\\|", "").matches('|').count();
    assert!(rows.all(|row| cells(row) == 6), "{said}");
}

#[test]
fn every_format_says_what_was_not_checked_and_ends_as_it_should_without_anything() {
    let world = World::new();
    std::fs::create_dir(world.path("empty")).unwrap();
    for format in FORMATS {
        let text = said(&world, format);
        assert!(
            text.contains("image.dockerfile-mismatch"),
            "{format}: {text}"
        );
        let nothing = world.polcheck(&["lint", "-o", format, "empty"]);
        assert_eq!(nothing.code, 3, "{format}: {nothing}");
        if matches!(format, "json" | "sarif" | "gitlab") {
            let parsed: Result<Value, _> = serde_json::from_str(&nothing.stdout);
            assert!(parsed.is_ok(), "{format}: {nothing}");
        }
    }
}

#[rstest]
#[case::a_folder_that_is_not_there("missing/r.json")]
#[case::a_folder("folder")]
#[case::a_full_disk("/dev/full")]
fn a_report_that_cannot_be_written_ends_the_run_and_spoils_no_file(#[case] path: &str) {
    let world = World::new();
    world.write("Dockerfile", FILE);
    world.write("folder/before.json", "before");
    world.write("other.json", "before");
    let output = format!("json={path}");
    let args = ["lint", "-o", &output, "-o", "json=other.json", "Dockerfile"];
    let said = world.polcheck(&args);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr.contains(&format!("cannot write `{path}`")),
        "{said}"
    );
    assert_eq!(world.read("folder/before.json"), "before");
    let other = world.read("other.json");
    assert!(
        other == "before" || serde_json::from_str::<Value>(&other).is_ok(),
        "{other}"
    );
    let left = std::fs::read_dir(world.path(".")).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = left.filter(|it| it.starts_with('.')).collect();
    assert_eq!(left, Vec::<String>::new());
}
