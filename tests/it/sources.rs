//! Images that are not in a registry.

use crate::harness::World;
use crate::images::{bad, good};
use serde_json::Value;
use std::fs;

#[test]
fn the_same_image_is_judged_the_same_wherever_it_lies() {
    let world = World::new();
    let image = bad();
    image.push(&world.registry, "app", Some("1"));
    image.write_layout(&world.path("layout"), Some("1"));
    world.write("oci.tar", image.oci_archive(Some("1")));
    world.write("docker.tar", image.docker_archive_with_layout(&["app:1"]));
    let evidence = |source: &str| {
        let document = world.json(&["check", "-o", "json", source]);
        let report = &document["reports"][0];
        (
            report["evidence"]["facts"].clone(),
            report["evidence"]["verdict"].clone(),
            report["subject"]["digest"].clone(),
        )
    };
    let expected = evidence(&world.image("app:1"));
    for source in [
        "oci:layout",
        "oci:layout:1",
        "oci-archive:oci.tar",
        "docker-archive:docker.tar",
    ] {
        assert_eq!(evidence(source), expected, "{source}");
    }
}

#[test]
fn an_old_docker_archive_has_no_manifest_and_is_judged_by_its_config() {
    let world = World::new();
    let image = good();
    world.write("docker.tar", image.docker_archive(&["app:1"]));
    let document = world.json(&["check", "-o", "json", "docker-archive:docker.tar"]);
    let report = &document["reports"][0];
    assert_eq!(report["verdict"], "passed");
    assert_eq!(report["subject"]["digest"], image.config().digest);
}

#[test]
fn an_archive_can_come_from_standard_input() {
    let world = World::new();
    let said = world.polcheck_with_stdin(
        &["check", "docker-archive:-"],
        &good().docker_archive(&["app:1"]),
    );
    assert_eq!(said.code, 0, "{said}");
    let said = world.polcheck_with_stdin(
        &["check", "docker-archive:-"],
        &bad().docker_archive(&["app:1"]),
    );
    assert_eq!(said.code, 1, "{said}");
}

#[test]
fn one_of_several_images_has_to_be_named() {
    let world = World::new();
    good().write_layout(&world.path("layout"), Some("good"));
    bad().write_layout(&world.path("other"), Some("bad"));
    for blob in fs::read_dir(world.path("other/blobs/sha256")).unwrap() {
        let blob = blob.unwrap();
        fs::copy(
            blob.path(),
            world.path("layout/blobs/sha256").join(blob.file_name()),
        )
        .unwrap();
    }
    let read = |index| serde_json::from_str::<Value>(&world.read(index)).unwrap();
    let mut index = read("layout/index.json");
    let entry = read("other/index.json")["manifests"][0].clone();
    index["manifests"].as_array_mut().unwrap().push(entry);
    world.write("layout/index.json", index.to_string());
    assert_eq!(world.polcheck(&["oci:layout"]).code, 2);
    assert_eq!(world.polcheck(&["oci:layout:good"]).code, 0);
    assert_eq!(world.polcheck(&["oci:layout:bad"]).code, 1);
}
