//! Reports for the pipelines of GitHub and GitLab.

use crate::harness::World;
use crate::images::{bad, bad_for, good, good_for};
use serde_json::{Value, json};
use test_registry::image_index;

/// GitLab's form of a container scanning report, as its documentation has it, of version 15.0.7: what is required of it.
fn form() -> Value {
    let named = json!({
        "type": "object",
        "required": ["id", "name", "version", "vendor"],
        "properties": {
            "id": { "type": "string", "minLength": 1 },
            "name": { "type": "string", "minLength": 1 },
            "version": { "type": "string", "minLength": 1 },
            "url": { "type": "string", "pattern": "^https?://.+" },
            "vendor": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string", "minLength": 1 } } },
        },
    });
    let time = json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$" });
    json!({
        "type": "object",
        "required": ["version", "vulnerabilities", "scan"],
        "additionalProperties": false,
        "properties": {
            "version": { "const": "15.0.7" },
            "vulnerabilities": { "type": "array", "items": vulnerability() },
            "scan": {
                "type": "object",
                "required": ["analyzer", "scanner", "start_time", "end_time", "status", "type"],
                "additionalProperties": false,
                "properties": {
                    "analyzer": named,
                    "scanner": named,
                    "start_time": time,
                    "end_time": time,
                    "status": { "enum": ["success", "failure"] },
                    "type": { "const": "container_scanning" },
                    "messages": { "type": "array", "items": {
                        "type": "object",
                        "required": ["level", "value"],
                        "additionalProperties": false,
                        "properties": { "level": { "enum": ["info", "warn", "fatal"] }, "value": { "type": "string", "minLength": 1 } },
                    } },
                },
            },
        },
    })
}

fn vulnerability() -> Value {
    json!({
        "type": "object",
        "required": ["id", "name", "description", "severity", "identifiers", "location"],
        "additionalProperties": false,
        "properties": {
            "id": { "type": "string", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$" },
            "name": { "type": "string", "maxLength": 255 },
            "description": { "type": "string", "maxLength": 1_048_576 },
            "severity": { "enum": ["Info", "Low", "Medium", "High", "Critical"] },
            "solution": { "type": "string", "maxLength": 7_000 },
            "identifiers": { "type": "array", "minItems": 1, "items": {
                "type": "object",
                "required": ["type", "name", "value"],
                "additionalProperties": false,
                "properties": {
                    "type": { "type": "string", "minLength": 1 },
                    "name": { "type": "string", "minLength": 1 },
                    "value": { "type": "string", "minLength": 1 },
                    "url": { "type": "string", "pattern": "^https?://.+" },
                },
            } },
            "links": { "type": "array", "items": {
                "type": "object", "required": ["url"], "properties": { "url": { "type": "string", "pattern": "^https?://.+" } },
            } },
            "location": {
                "type": "object",
                "required": ["dependency", "operating_system", "image"],
                "additionalProperties": false,
                "properties": {
                    "image": { "type": "string", "minLength": 1 },
                    "operating_system": { "type": "string", "minLength": 1 },
                    "dependency": {
                        "type": "object",
                        "required": ["package", "version"],
                        "properties": {
                            "package": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } } },
                            "version": { "type": "string" },
                        },
                    },
                },
            },
        },
    })
}

fn scanned(world: &World, args: &[&str]) -> Value {
    let args = [&["check", "-o", "gitlab-container-scanning"], args].concat();
    let said = world.polcheck(&args);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let form = jsonschema::validator_for(&form()).unwrap();
    let errors: Vec<String> = form.iter_errors(&report).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{said}");
    report
}

#[test]
fn a_container_scanning_report_has_the_form_that_gitlab_reads() {
    let world = World::new();
    image_index(vec![
        good_for("amd64"),
        bad_for("arm64"),
        bad_for("riscv64"),
    ])
    .push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let args = [
        "--platform",
        "all",
        "--effective-time",
        "2026-11-23T10:20:30Z",
        &image,
    ];
    let report = scanned(&world, &args);
    assert_eq!(report, scanned(&world, &args), "the same from run to run");
    assert_eq!(report["scan"]["start_time"], "2026-11-23T10:20:30");
    assert_eq!(report["scan"]["status"], "success");
    let found = report["vulnerabilities"].as_array().unwrap();
    let ids: std::collections::BTreeSet<&str> =
        found.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), found.len());
    let secret = found.iter().find(|it| it["name"] == "secret.env").unwrap();
    assert_eq!(secret["location"]["image"], "registry.test/app:1");
    assert_eq!(secret["location"]["operating_system"], "linux/arm64");
    assert_eq!(secret["identifiers"][0]["type"], "polcheck_rule");
    let messages = report["scan"]["messages"].to_string();
    assert!(messages.contains("not checked"), "{messages}");
}

#[test]
fn what_could_not_be_decided_is_no_scan_that_succeeded() {
    let world = World::new();
    let report = scanned(&world, &[&world.image("missing:1")]);
    assert_eq!(report["scan"]["status"], "failure");
    assert_eq!(report["scan"]["messages"][0]["level"], "fatal");
}

#[test]
fn a_dockerfile_is_no_image_that_was_scanned() {
    let world = World::new();
    world.write("Dockerfile", "FROM scratch\n");
    let args = [
        "lint",
        "-q",
        "-o",
        "gitlab-container-scanning=scan.json",
        "Dockerfile",
    ];
    let said = world.polcheck(&args);
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("write `-o gitlab=FILE`"), "{said}");
    assert!(!world.path("scan.json").exists());
}

fn outputs(world: &World) -> Vec<(String, String)> {
    let lines = world.read("outputs");
    let lines = lines.lines().map(|line| line.split_once('=').unwrap());
    lines
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn outputs_stand_behind_those_of_other_steps() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "app", Some("1"));
    world.write("outputs", "other=1\nlast=no line break");
    let args = [
        "check",
        "-q",
        "-o",
        "github-output=outputs",
        &world.image("app:1"),
    ];
    let said = world.polcheck(&args);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{said}");
    let expected = [
        ("other", "1"),
        ("last", "no line break"),
        ("verdict", "passed"),
        ("passed", "1"),
        ("failed", "0"),
        ("undecided", "0"),
        ("findings", "0"),
        ("claims", "security.scan"),
        ("digest", image.digest()),
    ];
    assert_eq!(
        outputs(&world),
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

#[test]
fn outputs_of_several_subjects_say_the_worst_and_claim_what_holds_for_all() {
    let world = World::new();
    good().push(&world.registry, "app", Some("good"));
    bad().push(&world.registry, "app", Some("bad"));
    let (good, bad, none) = (
        world.image("app:good"),
        world.image("app:bad"),
        world.image("none:1"),
    );
    world.polcheck(&["check", "-o", "github-output=outputs", &good, &bad, &none]);
    let outputs: std::collections::BTreeMap<_, _> = outputs(&world).into_iter().collect();
    let value = |key: &str| outputs[key].as_str();
    assert_eq!(
        ["verdict", "passed", "failed", "undecided"].map(value),
        ["undecided", "1", "1", "1"]
    );
    assert_eq!([value("claims"), value("digest")], ["", ""]);
    assert_ne!(value("findings"), "0");
}

#[test]
fn no_name_sets_an_output_of_its_own() {
    let world = World::new();
    let name = "a\nverdict=passed\nb<<EOF\r.Dockerfile";
    world.write(
        name,
        "FROM scratch AS \"x\nverdict=passed\"\nLABEL \"a\"=\"$B\"\n",
    );
    world.polcheck(&["lint", "-o", "github-output=outputs", "."]);
    let outputs = outputs(&world);
    assert_eq!(outputs.len(), 7, "{outputs:?}");
    assert_eq!(outputs[0], ("verdict".to_owned(), "failed".to_owned()));
}
