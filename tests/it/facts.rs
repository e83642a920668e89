//! `polcheck facts`

use crate::assert_said;
use crate::harness::World;
use crate::images::{good, good_for};
use serde_json::Value;
use test_registry::image_index;

#[test]
fn what_is_printed_is_what_the_evidence_names() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    let image = world.image("app:1");
    let facts = world.polcheck(&["facts", &image]);
    let document = world.json(&["check", "-o", "json", &image]);
    assert_eq!(
        facts.stderr.trim(),
        document["reports"][0]["evidence"]["facts"]
            .as_str()
            .unwrap()
    );
    // The digest is that of the line, as anybody can compute it.
    assert_eq!(
        test_registry::sha256(facts.stdout.trim_end().as_bytes()),
        facts.stderr.trim()
    );
}

#[test]
fn facts_are_canonical_json_under_the_names_of_the_specification() {
    let world = World::new();
    good().push(&world.registry, "app", Some("1"));
    assert_said!(world.polcheck(&["facts", "-q", &world.image("app:1")]), @r#"
    exit code: 0
    --- stdout
    {"dockerfile":{"commands":[],"commandsComplete":true,"diagnostics":[],"directives":[],"escape":"\\","flows":[],"instructions":[{"args":["scratch"],"brokenJson":false,"endLine":1,"execForm":false,"flagSpans":[],"flags":[],"heredocs":[],"keyword":"FROM","known":true,"span":[1,1,1,13],"spans":[[1,6,1,13]],"stage":0,"startLine":1,"text":"FROM scratch","values":["scratch"]},{"args":["layer-1","/"],"brokenJson":false,"endLine":2,"execForm":false,"flagSpans":[],"flags":[],"heredocs":[],"keyword":"COPY","known":true,"span":[2,1,2,15],"spans":[[2,6,2,13],[2,14,2,15]],"stage":0,"startLine":2,"text":"COPY layer-1 /","values":["layer-1","/"]}],"mounts":[],"origin":"reconstructed","skippedDiagnostics":[],"stages":[],"status":"reconstructed","suppressions":[],"syntax":null,"text":"FROM scratch\nCOPY layer-1 /\n","variableUses":[]},"image":{"config":{"Entrypoint":["/service"],"Env":[],"ExposedPorts":[],"Healthcheck":{"Test":["CMD","/service","healthcheck"]},"Labels":{"org.opencontainers.image.revision":"3f1c5a0b","org.opencontainers.image.source":"https://git.example.com/shop/api"},"OnBuild":[],"User":"65532:65532","Volumes":[],"created":"[TIME]"},"history":[{"createdBy":"COPY layer-1 / # buildkit","emptyLayer":false,"layer":0}],"layers":[{"compressedSize":89,"diffId":"sha256:[DIGEST]","digest":"sha256:[DIGEST]","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip"}],"manifest":{"annotations":{},"compressedSize":89,"digest":"sha256:[DIGEST]","indexAnnotations":{},"mediaType":"application/vnd.oci.image.manifest.v1+json","platform":"linux/amd64"},"rawConfig":{"architecture":"amd64","config":{"Entrypoint":["/service"],"Healthcheck":{"Test":["CMD","/service","healthcheck"]},"Labels":{"org.opencontainers.image.revision":"3f1c5a0b","org.opencontainers.image.source":"https://git.example.com/shop/api"},"User":"65532:65532"},"created":"[TIME]","history":[{"created":"[TIME]","created_by":"COPY layer-1 / # buildkit"}],"os":"linux","rootfs":{"diff_ids":["sha256:[DIGEST]"],"type":"layers"}}}}
    "#);
}

#[test]
fn each_platform_has_a_line() {
    let world = World::new();
    image_index(vec![good_for("amd64"), good_for("arm64")]).push(&world.registry, "app", Some("1"));
    let said = world.polcheck(&["facts", "--platform", "all", &world.image("app:1")]);
    let platforms: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["image"]["manifest"]["platform"].clone()
        })
        .collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
}

#[test]
fn facts_do_not_depend_on_how_the_image_was_named() {
    let world = World::new();
    let image = good();
    image.push(&world.registry, "one", Some("a"));
    image.push(&world.registry, "two", Some("b"));
    let by_digest = format!("{}@{}", world.image("two"), image.digest());
    assert_eq!(
        world.polcheck(&["facts", &world.image("one:a")]),
        world.polcheck(&["facts", &by_digest])
    );
}
