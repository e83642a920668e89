//! Indexes: which entries are images, and what holds for all of them together.

use crate::harness::World;
use crate::images::{bad_for, good_for};
use serde_json::Value;
use test_registry::{TestImage, artifact, attestation_manifest, image_index};

fn reports(world: &World, children: Vec<TestImage>) -> (Vec<Value>, i32) {
    image_index(children).push(&world.registry, "app", Some("1"));
    let args = [
        "check",
        "-o",
        "json",
        "--platform",
        "all",
        &world.image("app:1"),
    ];
    let document = world.json(&args);
    (
        document["reports"].as_array().unwrap().clone(),
        world.polcheck(&args).code,
    )
}

fn verdicts(reports: &[Value]) -> Vec<&str> {
    reports
        .iter()
        .map(|report| report["verdict"].as_str().unwrap())
        .collect()
}

#[test]
fn the_index_passes_when_all_platforms_do() {
    let (reports, code) = reports(&World::new(), vec![good_for("amd64"), good_for("arm64")]);
    assert_eq!((verdicts(&reports), code), (vec!["passed"; 3], 0));
    assert_eq!(reports[2]["claims"][0]["issued"], true);
    assert_eq!(reports[2]["subject"].get("platform"), None);
}

#[test]
fn the_index_fails_with_its_worst_platform() {
    let (reports, code) = reports(&World::new(), vec![good_for("amd64"), bad_for("arm64")]);
    assert_eq!(
        (verdicts(&reports), code),
        (vec!["passed", "failed", "failed"], 1)
    );
    assert_eq!(reports[0]["claims"][0]["issued"], true);
    assert_eq!(
        reports[2]["claims"][0]["withheld"][0],
        "`platform linux/arm64` does not have it"
    );
}

#[test]
fn an_attestation_of_buildkit_is_no_image() {
    let image = good_for("amd64");
    let attestation = attestation_manifest(&image);
    let (reports, code) = reports(&World::new(), vec![image, attestation]);
    assert_eq!((verdicts(&reports), code), (vec!["passed", "passed"], 0));
}

#[test]
fn an_entry_that_only_claims_to_be_an_attestation_is_judged() {
    // Annotated like one, but it has layers that can be run.
    let image = good_for("amd64");
    let mut trick = bad_for("amd64");
    trick.entry_of(&attestation_manifest(&image));
    let (reports, code) = reports(&World::new(), vec![image, trick]);
    assert_eq!(
        (verdicts(&reports), code),
        (vec!["passed", "failed", "failed"], 1)
    );
}

#[test]
fn an_entry_that_cannot_be_judged_withholds_the_claim_of_the_index() {
    let chart = artifact(
        "application/vnd.cncf.helm.config.v1+json",
        "application/x",
        b"chart",
    );
    let nested = image_index(vec![good_for("s390x")]);
    let (reports, code) = reports(&World::new(), vec![good_for("amd64"), chart, nested]);
    assert_eq!((verdicts(&reports), code), (vec!["passed", "undecided"], 2));
    assert_eq!(reports[1]["claims"][0]["issued"], false);
    assert_eq!(reports[1]["undecided"].as_array().unwrap().len(), 2);
}

#[test]
fn the_platforms_that_nobody_asked_for_are_said() {
    let world = World::new();
    image_index(vec![good_for("amd64"), good_for("arm64")]).push(&world.registry, "app", Some("1"));
    let document = world.json(&[
        "check",
        "-o",
        "json",
        "--platform",
        "linux/arm64",
        &world.image("app:1"),
    ]);
    let report = &document["reports"][0];
    assert_eq!(report["subject"]["platform"], "linux/arm64");
    let unchecked = report["notChecked"].as_array().unwrap();
    let platforms = unchecked.iter().map(|gap| gap["what"].as_str().unwrap());
    let platforms: Vec<&str> = platforms
        .filter(|what| what.starts_with("platform "))
        .collect();
    assert_eq!(platforms, ["platform linux/amd64"]);
    assert_eq!(document["reports"].as_array().unwrap().len(), 1);
}
