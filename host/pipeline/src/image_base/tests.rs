//! Who is believed when it comes to what an image was built on.

use super::*;
use ::facts::BuildInputs;
use model::facts::attestations::{Attestation, AttestationKind};
use rstest::rstest;
use serde_json::{Value, json};

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

/// An image whose labels say what it was built on.
fn image(labels: &Value) -> ImageFacts {
    let config = json!({ "config": { "Labels": labels } }).to_string();
    ::facts::image(config.as_bytes(), None)
}

fn dockerfile(text: &str) -> DockerfileFacts {
    let inputs = BuildInputs::default();
    ::facts::dockerfile(text.as_bytes(), Origin::Provenance, &inputs, None)
}

/// Provenance that names images.
fn provenance(verification: Verification, images: &[(&str, &str)]) -> Attestation {
    let material = |(name, digit): &(&str, &str)| json!({ "uri": format!("pkg:docker/{name}"), "digest": { "sha256": digit.repeat(64) } });
    let materials: Vec<Value> = images.iter().map(material).collect();
    Attestation {
        kind: AttestationKind::Statement,
        digest: digest("0").parse().unwrap(),
        predicate_type: Some("https://slsa.dev/provenance/v0.2".to_owned()),
        artifact_type: None,
        verification,
        signer: None,
        signed_at: None,
        logged: false,
        predicate: Ok(json!({ "materials": materials })),
    }
}

/// Everything that says something, each of another base.
fn found(provenance: Vec<Attestation>, labels: &Value, file: Option<&str>) -> Option<String> {
    let attestations = AttestationFacts {
        image: provenance,
        ..AttestationFacts::default()
    };
    let file = file.map(dockerfile);
    let said = said(&image(labels), file.as_ref(), Some(&attestations))?;
    let digest = said.digest.map_or_else(
        || "?".to_owned(),
        |digest| digest.digest().chars().take(1).collect(),
    );
    Some(format!("{} {digest} {:?}", said.reference, said.by))
}

fn labels() -> Value {
    json!({ NAME: "base.test/label:1", DIGEST: digest("4") })
}

const FILE: &str = "FROM base.test/file:1 AS base\nRUN x\nFROM base\nCMD [\"/x\"]\n";

#[rstest]
#[case::verified(
    vec![provenance(Verification::Unsigned, &[("base.test/a@1", "1")]), provenance(Verification::Verified, &[("base.test/b@1", "2")])],
    None,
    "base.test/b:1 2 VerifiedProvenance"
)]
#[case::unsigned(vec![provenance(Verification::Unsigned, &[("base.test/a@1", "1")])], None, "base.test/a:1 1 Provenance")]
// Whoever may push can attach these.
#[case::untrusted(vec![provenance(Verification::Untrusted, &[("base.test/a@1", "1")])], None, "base.test/label:1 4 Label")]
#[case::invalid(vec![provenance(Verification::Invalid, &[("base.test/a@1", "1")])], None, "base.test/label:1 4 Label")]
#[case::frontend(
    vec![provenance(Verification::Unsigned, &[("docker/dockerfile@1", "1"), ("base.test/a@1", "2")])],
    None,
    "base.test/a:1 2 Provenance"
)]
#[case::several(
    vec![provenance(Verification::Unsigned, &[("base.test/a@1", "1"), ("base.test/b@1", "2")])],
    None,
    "base.test/label:1 4 Label"
)]
#[case::named_by_the_file(
    vec![provenance(Verification::Unsigned, &[("base.test/a@1", "1"), ("base.test/file@1", "2")])],
    Some(FILE),
    "base.test/file:1 2 Provenance"
)]
#[case::another_than_the_file(
    vec![provenance(Verification::Unsigned, &[("base.test/a@1", "1")])],
    Some(FILE),
    "base.test/label:1 4 Label"
)]
fn provenance_is_believed_before_the_image_itself(
    #[case] provenance: Vec<Attestation>,
    #[case] file: Option<&str>,
    #[case] expected: &str,
) {
    assert_eq!(
        found(provenance, &labels(), file).as_deref(),
        Some(expected)
    );
}

#[rstest]
#[case(FILE, Some("base.test/file:1 ? Dockerfile"))]
#[case(
    "FROM base.test/file:1@sha256:5555555555555555555555555555555555555555555555555555555555555555\nRUN x\n",
    Some(
        "base.test/file:1@sha256:5555555555555555555555555555555555555555555555555555555555555555 5 Dockerfile"
    )
)]
#[case("FROM scratch\nCOPY x /\n", None)]
#[case("FROM $NOWHERE\nRUN x\n", None)]
fn the_dockerfile_is_the_last_that_is_asked(#[case] file: &str, #[case] expected: Option<&str>) {
    assert_eq!(found(vec![], &json!({}), Some(file)).as_deref(), expected);
}

#[test]
fn an_image_from_scratch_was_built_on_nothing_whatever_its_labels_say() {
    assert_eq!(
        found(vec![], &labels(), Some("FROM scratch\nCOPY x /\n")),
        None
    );
}

#[rstest]
#[case(json!({ NAME: "not a reference" }), None)]
#[case(json!({ DIGEST: digest("4") }), None)]
#[case(json!({ NAME: "debian" }), Some("docker.io/library/debian:latest ? Label"))]
#[case(json!({ NAME: "debian:13", DIGEST: "sha256:zz" }), Some("docker.io/library/debian:13 ? Label"))]
fn labels_that_mean_nothing_say_nothing(#[case] labels: Value, #[case] expected: Option<&str>) {
    assert_eq!(found(vec![], &labels, None).as_deref(), expected);
}

#[rstest]
#[case(&["1", "2"], Some(true))]
#[case(&["1", "2", "3"], Some(true))]
#[case(&["2", "1"], Some(false))]
#[case(&["1", "2", "3", "4"], Some(false))]
#[case(&[], None)]
fn layers_of_the_base_come_first(#[case] base: &[&str], #[case] expected: Option<bool>) {
    let layer = |digit: &&str| model::facts::Layer {
        digest: digest(digit).parse().unwrap(),
        diff_id: digest(digit).parse().unwrap(),
        media_type: String::new(),
        compressed_size: 0,
    };
    let image = ImageFacts {
        layers: Ok(["1", "2", "3"].iter().map(layer).collect()),
        ..image(&json!({}))
    };
    let diff_ids: Vec<String> = base.iter().map(|digit| digest(digit)).collect();
    let config = json!({ "rootfs": { "type": "layers", "diff_ids": diff_ids } }).to_string();
    assert_eq!(begins_with(&image, config.as_bytes()), expected);
}
