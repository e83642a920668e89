//! Images that are not in a registry.

use crate::assert_said;
use crate::harness::World;
use crate::images::{bad, good};
use serde_json::Value;
use std::fs;
use test_registry::{EngineFault, TestEngine, TestImage};

/// An engine that has the image as `app:1`, where `DOCKER_HOST` says.
fn engine(
    world: &mut World,
    image: &TestImage,
    archive: Vec<u8>,
    fault: EngineFault,
) -> TestEngine {
    let socket = world.path("engine.sock");
    let id = image.config().digest.clone();
    let engine = TestEngine::start(&socket, &["app:1"], &id, archive, fault);
    world.set("DOCKER_HOST", &engine.address());
    engine
}

#[test]
fn the_same_image_is_judged_the_same_wherever_it_lies() {
    let mut world = World::new();
    let image = bad();
    image.push(&world.registry, "app", Some("1"));
    image.write_layout(&world.path("layout"), Some("1"));
    image.write_dir(&world.path("dir"));
    world.write("oci.tar", image.oci_archive(Some("1")));
    let archive = image.docker_archive_with_layout(&["app:1"]);
    world.write("docker.tar", &archive);
    let _engine = engine(&mut world, &image, archive, EngineFault::None);
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
        "docker-daemon:app:1",
        "dir:dir",
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

#[test]
fn an_image_of_the_local_engine_is_judged() {
    for (image, code) in [(good(), 0), (bad(), 1)] {
        let mut world = World::new();
        let archive = image.docker_archive(&["app:1"]);
        let _engine = engine(&mut world, &image, archive, EngineFault::None);
        let by_id = format!("docker-daemon:{}", image.config().digest);
        for source in ["docker-daemon:app:1", &by_id] {
            let said = world.polcheck(&["check", "-q", source]);
            assert_eq!(said.code, code, "{said}");
        }
    }
}

#[test]
fn a_context_of_docker_leads_to_its_engine() {
    let mut world = World::new();
    let image = good();
    let archive = image.docker_archive(&["app:1"]);
    let engine = engine(&mut world, &image, archive, EngineFault::None);
    world.set("DOCKER_HOST", "");
    let meta = serde_json::json!({ "Endpoints": { "docker": { "Host": engine.address() } } });
    // The digest of `rootless`.
    let digest = "12b961af5feb3e9d39f93b2cefb9a1a944f18d02cca0cac2f04f5a982240605f";
    world.write(
        &format!("home/.docker/contexts/meta/{digest}/meta.json"),
        meta.to_string(),
    );
    world.write(
        "home/.docker/config.json",
        r#"{"currentContext":"rootless"}"#,
    );
    let said = world.polcheck(&["check", "-q", "docker-daemon:app:1"]);
    assert_eq!(said.code, 0, "{said}");
    world.set("DOCKER_CONTEXT", "elsewhere");
    assert_said!(world.polcheck(&["check", "-q", "docker-daemon:app:1"]), @"
    exit code: 2
    --- stdout
    docker-daemon:app:1: undecided
      the context `elsewhere` of Docker cannot be used: there is no such context
    --- stderr
    error: the context `elsewhere` of Docker cannot be used: there is no such context
     |
     = help: see `docker context ls`, or say with `DOCKER_HOST` where the engine is
    ");
}

#[test]
fn an_engine_that_cannot_be_had_is_one_clear_error() {
    let mut world = World::new();
    let image = good();
    let archive = image.docker_archive(&["app:1"]);
    let _engine = engine(&mut world, &image, archive, EngineFault::TruncatedArchive);
    assert_said!(world.polcheck(&["check", "-q", "docker-daemon:other:2"]), @"
    exit code: 2
    --- stdout
    docker-daemon:other:2: undecided
      the container engine at `unix://[FOLDER]/engine.sock` has no image `other:2`
    --- stderr
    error: the container engine at `unix://[FOLDER]/engine.sock` has no image `other:2`
     |
     = help: check the name with `docker images`; `DOCKER_HOST` says which engine is asked
    ");
    assert_said!(world.polcheck(&["check", "-q", "docker-daemon:app:1"]), @"
    exit code: 2
    --- stdout
    docker-daemon:app:1: undecided
      `docker-daemon:app:1` is truncated: it ends within `layer-0/layer.tar`
    --- stderr
    error: `docker-daemon:app:1` is truncated: it ends within `layer-0/layer.tar`
     |
     = help: copy or push the image again
    ");
    world.set("DOCKER_HOST", "ssh://me@build.example");
    assert_said!(world.polcheck(&["check", "-q", "docker-daemon:app:1"]), @"
    exit code: 2
    --- stdout
    docker-daemon:app:1: undecided
      the container engine at `ssh://me@build.example` cannot be asked: polcheck does not speak SSH
    --- stderr
    error: the container engine at `ssh://me@build.example` cannot be asked: polcheck does not speak SSH
     |
     = help: let the engine's own client fetch the image: `docker save app:1 | polcheck docker-archive:-`
    ");
    let nobody = format!("unix://{}", world.path("nobody.sock").display());
    world.set("DOCKER_HOST", &nobody);
    assert_said!(world.polcheck(&["check", "-q", "docker-daemon:app:1"]), @"
    exit code: 2
    --- stdout
    docker-daemon:app:1: undecided
      no container engine answers: `unix://[FOLDER]/nobody.sock` is not there
    --- stderr
    error: no container engine answers: `unix://[FOLDER]/nobody.sock` is not there
     |
     = help: start Docker or Podman's socket, or say with `DOCKER_HOST` where it is; without a socket: `docker save app:1 | polcheck docker-archive:-`
    ");
}

#[test]
fn nothing_is_attached_to_an_image_of_the_local_engine() {
    let mut world = World::new();
    let image = good();
    let archive = image.docker_archive_with_layout(&["app:1"]);
    let _engine = engine(&mut world, &image, archive, EngineFault::None);
    world.make_key();
    assert_said!(world.polcheck(&["attest", "-q", "--key", "polcheck.key", "docker-daemon:app:1"]), @"
    exit code: 2
    --- stdout
    docker-daemon:app:1: undecided
      a statement cannot be attached to `docker-daemon:app:1`, which is not in a registry
    --- stderr
    error: a statement cannot be attached to `docker-daemon:app:1`, which is not in a registry
     |
     = help: push the image and name it by its reference, or keep the bundle: `--no-upload --bundle FILE`
    ");
}
