//! What the repository brings for continuous integration: the scripts of the action and of the template, run as the
//! services run them.

use crate::assert_said;
use crate::harness::{Said, World, root};
use rstest::rstest;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

const BAD: &str = "FROM alpine:3.22\nUSER root\nENTRYPOINT [\"/service\"]\n";
const GOOD: &str = "FROM alpine:3.22\nUSER 65532:65532\nENTRYPOINT [\"/service\"]\n";

/// One document of a file of the repository.
fn document(file: &str, at: usize) -> Value {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let text = text.split("\n---\n").nth(at).unwrap();
    serde_saphyr::from_str(text).unwrap()
}

/// The script of a step of the action, and the variables that it names.
fn step(name: &str) -> (String, Vec<String>) {
    let action = document("action.yml", 0);
    let mut steps = action["runs"]["steps"].as_array().unwrap().iter();
    let step = steps.find(|step| step["name"] == name).unwrap();
    let variables = step["env"].as_object().unwrap();
    (
        step["run"].as_str().unwrap().to_owned(),
        variables.keys().cloned().collect(),
    )
}

/// Runs a script as the services do, with polcheck on the `PATH`.
fn bash(world: &World, script: &str, variables: &[(&str, &str)]) -> Said {
    let folder = Path::new(env!("CARGO_BIN_EXE_polcheck")).parent().unwrap();
    let output = Command::new("bash")
        .args([
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            "-c",
            script,
        ])
        .current_dir(world.path("."))
        .env_clear()
        .env("HOME", world.path("home"))
        .env(
            "PATH",
            format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()),
        )
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the step of the action that checks, with these inputs.
fn action(world: &World, inputs: &[(&str, &str)]) -> Said {
    let (script, known) = step("Check");
    assert_eq!(known, ["FAIL_ON", "IMAGE", "PATHS", "POLICY_SET", "SARIF"]);
    let mut variables = vec![
        ("FAIL_ON", ""),
        ("IMAGE", ""),
        ("PATHS", "."),
        ("POLICY_SET", "builtin:standard"),
        ("SARIF", "polcheck.sarif"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("GITHUB_OUTPUT", "outputs.txt"),
    ];
    variables.extend(inputs);
    world.write("outputs.txt", "before=1\n");
    bash(world, &script, &variables)
}

#[test]
fn the_action_annotates_summarizes_and_says_how_it_ended() {
    let world = World::new();
    world.write("Dockerfile", BAD);
    let said = action(&world, &[]);
    assert_said!(said, @r#"
    exit code: 1
    --- stdout
    ::error title=high[user.final-root],file=Dockerfile,line=2,endLine=2::the image runs as root%0Ahelp: end the last stage with `USER 65532:65532`, or another number that is not 0
    ::notice title=low[base.no-digest],file=Dockerfile,line=1,endLine=1::the base image `alpine:3.22` is not pinned by digest%0Ahelp: add the digest: `FROM alpine:3.22@sha256:…`
    ::notice title=low[health.missing],file=Dockerfile,line=1,endLine=1::the image has no health check, unless `alpine:3.22` has one%0Ahelp: add a check that needs no shell: `HEALTHCHECK CMD ["/service", "healthcheck"]`
    ::notice title=info[label.oci-missing],file=Dockerfile,line=1,endLine=1::the image does not say where it comes from: `org.opencontainers.image.source`, `org.opencontainers.image.revision` missing%0Ahelp: set the labels when the image is built: `docker build --label …`, or the metadata step of your pipeline
    ::notice title=polcheck::Dockerfile: failed (sha256:[DIGEST]): 1 high, 2 low, 1 info%0A  not checked: image.dockerfile-mismatch: it needs `image`, and there is only a Dockerfile
    "#);
    assert!(world.read("outputs.txt").starts_with("before=1\n"));
    for output in ["exit-code=1\n", "verdict=failed\n", "findings=4\n"] {
        assert!(world.read("outputs.txt").contains(output), "{output}");
    }
    assert!(world.read("summary.md").contains("user.final-root"));
    let sarif: Value = serde_json::from_str(&world.read("polcheck.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
}

#[rstest]
#[case::lines_of_paths(&[("PATHS", "a file/Dockerfile\ngood.Dockerfile\n")], 1)]
#[case::a_path_that_is_no_option(&[("PATHS", "--exit-zero")], 2)]
#[case::a_path_that_is_no_script(&[("PATHS", "$(touch hacked)")], 2)]
#[case::another_threshold(&[("FAIL_ON", "critical")], 0)]
#[case::another_set(&[("POLICY_SET", "builtin:cis-docker"), ("PATHS", "good.Dockerfile")], 1)]
#[case::a_set_that_is_none(&[("POLICY_SET", "builtin:nobody")], 2)]
#[case::no_sarif(&[("SARIF", ""), ("PATHS", "good.Dockerfile")], 0)]
#[case::an_image_that_is_none(&[("IMAGE", "oci:nowhere")], 2)]
fn the_action_takes_its_inputs_as_they_are(#[case] inputs: &[(&str, &str)], #[case] code: i32) {
    let world = World::new();
    world.write("a file/Dockerfile", BAD);
    world.write("good.Dockerfile", GOOD);
    let said = action(&world, inputs);
    assert_eq!(said.code, code, "{said}");
    assert!(
        world
            .read("outputs.txt")
            .ends_with(&format!("exit-code={code}\n"))
    );
    assert!(!world.path("hacked").exists());
    let is_unwanted = inputs.contains(&("SARIF", ""));
    assert!(!(is_unwanted && world.path("polcheck.sarif").exists()));
}

#[test]
fn the_action_installs_nothing_where_polcheck_is() {
    let world = World::new();
    let (script, _) = step("Install polcheck");
    let said = bash(
        &world,
        &script,
        &[("ACTION", "/nowhere"), ("GITHUB_PATH", "path.txt")],
    );
    assert_eq!(said.code, 0, "{said}");
    assert!(!world.path("path.txt").exists());
}

#[test]
fn the_template_for_gitlab_writes_the_reports_that_it_names() {
    let world = World::new();
    world.write("app/Dockerfile", BAD);
    let job = &document("templates/polcheck.gitlab-ci.yml", 1)["polcheck"];
    let inputs = &document("templates/polcheck.gitlab-ci.yml", 0)["spec"]["inputs"];
    let filled = |text: &Value| {
        let mut text = text.as_str().unwrap().to_owned();
        for (name, input) in inputs.as_object().unwrap() {
            let value = input["default"].as_str().unwrap_or_default();
            text = text.replace(&format!("$[[ inputs.{name} ]]"), value);
        }
        assert!(!text.contains("$[["), "{text}");
        text
    };
    let variables: Vec<(String, String)> = job["variables"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), filled(value)))
        .collect();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let said = bash(&world, &filled(&job["script"][0]), &variables);
    assert_eq!(said.code, 1, "{said}");
    let reports = job["artifacts"]["reports"].as_object().unwrap();
    assert_eq!(reports.len(), 2);
    for report in reports.values() {
        assert!(
            world
                .read(report.as_str().unwrap())
                .contains("user.final-root")
        );
    }
}
