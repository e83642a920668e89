//! `-o json` keeps to its schema.

use crate::harness::{World, root};
use crate::images::{bad, good_for};
use serde_json::Value;
use std::fs;
use test_registry::image_index;

#[test]
fn every_report_keeps_to_the_schema() {
    let schema: Value = serde_json::from_str(
        &fs::read_to_string(root().join("docs/reference/report.schema.json")).unwrap(),
    )
    .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let world = World::new();
    bad().push(&world.registry, "bad", Some("1"));
    image_index(vec![good_for("amd64"), good_for("arm64")]).push(
        &world.registry,
        "good",
        Some("1"),
    );
    world.make_key();
    world.write(
        "polcheck.yaml",
        "waivers:\n- { id: W1, reason: r, owner: o, expires: 2999-12-31, rule: user.final-root }\n",
    );
    let images = ["bad:1", "good:1", "missing:1"].map(|name| world.image(name));
    let [bad, good, missing] = &images;
    world.write(
        "Dockerfile",
        "# x\n# syntax=y\nFROM alpine\nCOPY --from=b /a /\n",
    );
    world.write("empty/x", "");
    let runs: [&[&str]; 5] = [
        &["lint", "-o", "json", "Dockerfile", "missing", "empty"],
        &["check", "-o", "json", bad, missing],
        &["check", "-o", "json", "--skip-rule", "net.*", good],
        &[
            "check",
            "-o",
            "json",
            "--platform",
            "all",
            "--allow-insecure-registry",
            good,
        ],
        &[
            "attest",
            "--no-config",
            "-o",
            "json",
            "--key",
            "polcheck.key",
            good,
        ],
    ];
    for args in runs {
        let document = world.json(args);
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{args:?}");
    }
    assert!(
        validator
            .validate(&serde_json::json!({ "schemaVersion": 1, "reports": [{}] }))
            .is_err()
    );
}
