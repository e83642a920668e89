//! The Dockerfile of an image: given, or from its build provenance.

use crate::harness::World;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use test_registry::{ImageBuilder, TestImage, image_index, provenance_manifest};

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What [`image`] is made of.
const DOCKERFILE: &str = "\
FROM scratch
COPY layer-1 /
USER 65532:65532
ENTRYPOINT [\"/service\"]
HEALTHCHECK CMD [\"/service\", \"healthcheck\"]
LABEL org.opencontainers.image.source=https://git.example.com/shop/api org.opencontainers.image.revision=3f1c5a0b
";

fn image() -> TestImage {
    let mut config = crate::images::good_config();
    config["Env"] = json!([PATH]);
    config["WorkingDir"] = json!("/");
    ImageBuilder::new(config).layer(&[("service", "x")]).build()
}

/// Provenance as BuildKit writes it with `mode=max`.
fn with_provenance(dockerfile: &str) -> TestImage {
    let image = image();
    let predicate = json!({
        "buildDefinition": { "externalParameters": {
            "configSource": { "path": "Dockerfile" },
            "request": { "frontend": "dockerfile.v0", "args": {} },
        } },
        "runDetails": { "metadata": { "buildkit_metadata": { "source": { "infos": [
            { "filename": "Dockerfile", "language": "Dockerfile", "data": BASE64_STANDARD.encode(dockerfile) },
        ] } } } },
    });
    let provenance = provenance_manifest(&image, &predicate);
    image_index(vec![image, provenance])
}

fn report(world: &World, args: &[&str]) -> Value {
    let image = world.image("app:1");
    let args = [
        &["check", "-o", "json", "--platform", "linux/amd64", &image],
        args,
    ]
    .concat();
    world.json(&args)["reports"][0].clone()
}

fn world(image: &TestImage) -> World {
    let world = World::new();
    image.push(&world.registry, "app", Some("1"));
    world
}

#[test]
fn the_dockerfile_in_the_provenance_is_judged() {
    let world = world(&with_provenance("FROM alpine\n"));
    let report = report(&world, &[]);
    assert_eq!(report["verdict"], "passed");
    let findings = report["findings"].as_array().unwrap();
    let mut findings = findings.iter();
    let found = findings.find(|finding| finding["rule"] == "base.latest-tag");
    let location = &found.unwrap()["location"];
    assert_eq!(
        (&location["kind"], &location["file"], &location["startLine"]),
        (&json!("dockerfile"), &json!("Dockerfile"), &json!(1))
    );
    assert_eq!(report["claims"][0]["issued"], true);
}

#[test]
fn a_dockerfile_that_buildkit_refuses_is_no_pass_wherever_it_comes_from() {
    let world = world(&with_provenance("FROM alpine:3.22\nRUNN x\n"));
    assert_eq!(report(&world, &[])["verdict"], "failed");
    let without = report(&world, &["--skip-rule", "build.invalid"]);
    assert_eq!(without["verdict"], "undecided");
}

#[test]
fn provenance_that_cannot_be_read_leaves_the_image_undecided() {
    let image = image();
    let predicate = json!({ "runDetails": { "metadata": { "buildkit_metadata": { "source": { "infos": 7 } } } } });
    let provenance = provenance_manifest(&image, &predicate);
    let world = world(&image_index(vec![image, provenance]));
    let report = report(&world, &[]);
    assert_eq!(report["verdict"], "undecided");
    assert_eq!(report["undecided"][0]["what"], "dockerfile.file");
}

#[test]
fn a_file_that_makes_the_image_decides_its_claim() {
    let world = world(&image());
    world.write("Dockerfile", DOCKERFILE);
    let report = report(&world, &["-f", "Dockerfile"]);
    assert_eq!(report["verdict"], "passed", "{report:#}");
    assert_eq!(report["claims"][0]["issued"], true, "{report:#}");
    assert_eq!(report["notChecked"], json!([]));
}

#[test]
fn a_file_that_makes_another_image_withholds_the_claim() {
    let world = world(&image());
    for (from, to) in [
        ("USER 65532:65532", "USER 1000"),
        ("revision=3f1c5a0b", "revision=another"),
        ("LABEL ", "EXPOSE 8080\nLABEL "),
    ] {
        world.write("Dockerfile", DOCKERFILE.replace(from, to));
        let report = report(&world, &["-f", "Dockerfile"]);
        let withheld = report["claims"][0]["withheld"].as_array().unwrap();
        let reason = "the Dockerfile does not make this image";
        assert!(withheld.contains(&json!(reason)), "{to}: {withheld:?}");
        assert_eq!(report["verdict"], "failed", "{to}");
    }
}

#[test]
fn a_file_of_the_user_decides_no_claim_that_does_not_accept_one() {
    let world = world(&image());
    world.write("Dockerfile", DOCKERFILE);
    world.write(
        "own.yaml",
        "name: own\npacks: [builtin:core]\nrules: { '*': {} }\nclaims: { a: { rules: ['*'] }, b: { rules: ['*'], origins: [given] } }\n",
    );
    let report = report(&world, &["-f", "Dockerfile", "--policy-set", "own.yaml"]);
    let withheld = json!(["the claim accepts no Dockerfile that the user gave"]);
    assert_eq!(report["claims"][0]["withheld"], withheld, "{report:#}");
    assert_eq!(report["claims"][1]["issued"], true, "{report:#}");
}

#[test]
fn a_comment_of_the_author_withholds_the_claim_that_its_finding_matters_to() {
    let copied = "# polcheck: ignore=secret.* reason=x\nCOPY id_rsa /";
    let silenced = DOCKERFILE.replace("COPY layer-1 /", copied);
    let report = report(&world(&with_provenance(&silenced)), &[]);
    assert_eq!(report["verdict"], "passed", "{report:#}");
    let reason = "`secret.file-copied` has a finding that a comment silences, and the claim does not accept that";
    let withheld = report["claims"][0]["withheld"].as_array().unwrap();
    assert!(withheld.contains(&json!(reason)), "{withheld:?}");
}

#[test]
fn the_file_that_is_given_counts_more_than_the_provenance() {
    let world = world(&with_provenance("FROM alpine\n"));
    world.write("Dockerfile", DOCKERFILE);
    assert_eq!(report(&world, &["-f", "Dockerfile"])["findings"], json!([]));
}

#[test]
fn a_set_without_rules_about_dockerfiles_asks_for_no_provenance() {
    let world = world(&with_provenance("FROM alpine\n"));
    world.registry.forget_requests();
    report(&world, &["--blob-cache", "0", "--rule", "user.final-root"]);
    let few = world.registry.requests().len();
    world.registry.forget_requests();
    report(&world, &["--blob-cache", "0"]);
    assert_eq!(world.registry.requests().len(), few + 2);
}
