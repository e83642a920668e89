use super::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn descriptor() -> Value {
    json!({ "mediaType": "x/y", "digest": DIGEST, "size": 0 })
}

fn manifest() -> Value {
    json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor(), "layers": [descriptor()],
    })
}

fn index() -> Value {
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor()] })
}

fn with(mut value: Value, pointer: &str, key: &str, to: Value) -> Value {
    value.pointer_mut(pointer).unwrap()[key] = to;
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key);
    value
}

fn parse(value: &Value, announced: Option<&str>) -> Result<Document, String> {
    let bytes = Bytes::from(value.to_string());
    let digest = model::canonical::sha256(&bytes);
    Document::parse(bytes, digest, announced).map_err(|error| error.to_string())
}

#[rstest]
#[case(manifest(), None, OCI_MANIFEST)]
#[case(manifest(), Some(OCI_MANIFEST), OCI_MANIFEST)]
#[case(
    manifest(),
    Some("application/vnd.oci.image.manifest.v1+json; charset=utf-8"),
    OCI_MANIFEST
)]
#[case(without(manifest(), "mediaType"), None, OCI_MANIFEST)]
#[case(
    without(manifest(), "mediaType"),
    Some(DOCKER_MANIFEST),
    DOCKER_MANIFEST
)]
#[case(with(manifest(), "", "mediaType", json!(DOCKER_MANIFEST)), None, DOCKER_MANIFEST)]
#[case(index(), Some(OCI_INDEX), OCI_INDEX)]
#[case(without(index(), "mediaType"), None, OCI_INDEX)]
#[case(with(index(), "", "mediaType", json!(DOCKER_INDEX)), None, DOCKER_INDEX)]
#[case(with(index(), "", "manifests", json!(null)), None, OCI_INDEX)]
fn the_media_type_is_what_all_agree_on(
    #[case] document: Value,
    #[case] announced: Option<&str>,
    #[case] expected: &str,
) {
    assert_eq!(
        parse(&document, announced).unwrap().media_type.as_ref(),
        expected
    );
}

#[rstest]
#[case(json!([]), None, "it is neither a manifest nor an index")]
#[case(json!({ "schemaVersion": 2 }), None, "it is neither a manifest nor an index")]
#[case(with(manifest(), "", "manifests", json!([])), None, "it is a manifest and an index at once")]
#[case(with(index(), "", "layers", json!([])), None, "it is a manifest and an index at once")]
#[case(with(index(), "", "config", json!(null)), None, "it is a manifest and an index at once")]
#[case(with(manifest(), "", "schemaVersion", json!(1)), None, "it has the schema version 1")]
#[case(json!({ "schemaVersion": 1, "fsLayers": [] }), None, "it has the schema version 1")]
#[case(manifest(), Some(SCHEMA_ONE[1]), "it has the schema version 1")]
#[case(
    without(manifest(), "schemaVersion"),
    None,
    "it does not have the schema version 2"
)]
#[case(with(manifest(), "", "schemaVersion", json!("2")), None, "it does not have the schema version 2")]
#[case(
    manifest(),
    Some(OCI_INDEX),
    "it has the media type `application/vnd.oci.image.manifest.v1+json` and is announced as `application/vnd.oci.image.index.v1+json`"
)]
#[case(
    manifest(),
    Some("text/html"),
    "it has the media type `application/vnd.oci.image.manifest.v1+json` and is announced as `text/html`"
)]
#[case(
    without(manifest(), "mediaType"),
    Some(OCI_INDEX),
    "it does not have the form of its media type `application/vnd.oci.image.index.v1+json`"
)]
#[case(
    with(manifest(), "", "mediaType", json!(OCI_INDEX)),
    None,
    "it does not have the form of its media type `application/vnd.oci.image.index.v1+json`"
)]
#[case(
    without(manifest(), "mediaType"),
    Some("application/json"),
    "it does not have the form of its media type `application/json`"
)]
#[case(
    with(manifest(), "", "mediaType", json!(7)),
    None,
    "it does not have the form of its media type `7`"
)]
#[case(
    with(manifest(), "", "Layers", json!([])),
    None,
    "the key `Layers` differs from the field `layers` only in case"
)]
#[case(
    with(manifest(), "", "manifest\u{17f}", json!([])),
    None,
    "the key `manifest\u{17f}` differs from the field `manifests` only in case"
)]
#[case(
    with(manifest(), "/layers/0", "Digest", json!(DIGEST)),
    None,
    "the key `Digest` differs from the field `digest` only in case"
)]
#[case(
    with(index(), "/manifests/0", "platform", json!({ "OS": "linux", "architecture": "amd64" })),
    None,
    "the key `OS` differs from the field `os` only in case"
)]
#[case(with(manifest(), "/config", "size", json!(-1)), None, "it has a descriptor with the size -1")]
#[case(with(manifest(), "/config", "size", json!("1")), None, "it has a descriptor with the size \"1\"")]
#[case(with(manifest(), "/layers/0", "size", json!(1.5)), None, "it has a descriptor with the size 1.5")]
#[case(
    with(manifest(), "/layers/0", "size", json!(9_007_199_254_740_992_u64)),
    None,
    "the number `9007199254740992` is not exact for every reader"
)]
#[case(
    with(manifest(), "/config", "digest", json!("../../etc/passwd")),
    None,
    "a field is missing or wrong: missing ':' in digest"
)]
#[case(
    without(manifest(), "config"),
    None,
    "a field is missing or wrong: missing field `config`"
)]
fn what_somebody_may_read_differently_is_refused(
    #[case] document: Value,
    #[case] announced: Option<&str>,
    #[case] expected: &str,
) {
    assert_eq!(parse(&document, announced).unwrap_err(), expected);
}

#[test]
fn a_key_that_occurs_twice_is_refused_at_any_depth() {
    for text in [
        r#"{"schemaVersion":2,"layers":[],"layers":[]}"#,
        r#"{"schemaVersion":2,"layers":[],"annotations":{"layers":"","layers":""}}"#,
    ] {
        let bytes = Bytes::from(text);
        let digest = model::canonical::sha256(&bytes);
        let error = Document::parse(bytes, digest, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the key `layers` occurs twice in one object"
        );
    }
}

#[test]
fn annotations_may_have_any_keys() {
    let annotations = json!({ "Layers": "", "layers": "", "SIZE": "" });
    assert!(parse(&with(manifest(), "", "annotations", annotations), None).is_ok());
}

#[test]
fn a_referrer_is_listed_with_the_media_type_of_its_config_where_it_has_no_artifact_type() {
    let document = parse(&manifest(), None).unwrap();
    let listed = document.referrer();
    assert_eq!(listed.artifact_type().as_ref().unwrap().as_ref(), "x/y");
    assert_eq!(listed.digest(), &document.digest);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), announced in any::<Option<String>>()) {
        let digest = model::canonical::sha256(&bytes);
        let _ = Document::parse(bytes.into(), digest, announced.as_deref());
    }
}
