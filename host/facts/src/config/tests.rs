use super::*;
use model::facts::Layer;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

fn facts(config: &str) -> model::facts::ImageFacts {
    crate::image(config.as_bytes(), None)
}

fn config(config: &Value) -> ImageConfig {
    facts(&config.to_string()).config.unwrap()
}

#[test]
fn every_field_arrives_under_the_name_of_the_specification() {
    let given = json!({
        "created": "2026-11-23T12:00:00Z", "author": "me", "architecture": "amd64", "os": "linux",
        "config": {
            "User": "10001", "WorkingDir": "/srv", "Entrypoint": ["/a"], "Cmd": [], "Shell": ["/bin/sh", "-c"],
            "Env": ["A=1", "B", "A=2=3"], "Labels": { "b": "2", "a": "1" },
            "ExposedPorts": { "80/tcp": {}, "443": {} }, "Volumes": { "/data": {} },
            "OnBuild": ["RUN true"], "StopSignal": "SIGTERM",
            "Healthcheck": { "Test": ["CMD", "/a"], "Interval": 30_000_000_000_u64, "Timeout": 0, "Retries": 3 },
        },
    });
    let facts = facts(&given.to_string());
    assert_eq!(
        serde_json::to_value(facts.config.unwrap()).unwrap(),
        json!({
            "created": "2026-11-23T12:00:00Z", "author": "me",
            "User": "10001", "WorkingDir": "/srv", "Entrypoint": ["/a"], "Cmd": [], "Shell": ["/bin/sh", "-c"],
            "Env": ["A=1", "B", "A=2=3"], "Labels": { "a": "1", "b": "2" },
            "ExposedPorts": ["443", "80/tcp"], "Volumes": ["/data"],
            "OnBuild": ["RUN true"], "StopSignal": "SIGTERM",
            "Healthcheck": { "Test": ["CMD", "/a"], "Interval": 30_000_000_000_u64, "Retries": 3 },
        })
    );
    assert_eq!(facts.raw_config, Ok(given));
}

#[test]
fn an_entry_without_an_equals_sign_is_a_name_and_the_first_one_splits() {
    let config = config(&json!({ "config": { "Env": ["A=1", "B", "C=2=3"] } }));
    assert_eq!(
        config.variables().collect::<Vec<_>>(),
        [("A", "1"), ("B", ""), ("C", "2=3")]
    );
}

#[rstest]
#[case("{}")]
#[case(r#"{"config":null}"#)]
#[case(r#"{"config":{"User":"","Env":null,"Labels":null}}"#)]
fn what_is_not_set_is_not_set_however_it_is_written(#[case] text: &str) {
    assert_eq!(facts(text).config, Ok(ImageConfig::default()));
}

#[rstest]
// Engines take the last of two keys, and keys in any case.
#[case(
    r#"{"config":{"User":"1000","User":"root"}}"#,
    "the key `User` occurs twice in one object"
)]
#[case(
    r#"{"config":{"User":"1000","user":"root"}}"#,
    "the key `user` differs from the field `User` only in case"
)]
#[case(
    r#"{"config":{"User":"1000","Uſer":"root"}}"#,
    "the key `Uſer` differs from the field `User` only in case"
)]
#[case(
    r#"{"config":{},"Config":{"User":"root"}}"#,
    "the key `Config` differs from the field `config` only in case"
)]
#[case(
    r#"{"config":{"Healthcheck":{"test":["NONE"]}}}"#,
    "the key `test` differs from the field `Test` only in case"
)]
#[case(
    r#"{"rootfs":{"Diff_IDs":[]}}"#,
    "the key `Diff_IDs` differs from the field `diff_ids` only in case"
)]
#[case(
    r#"{"history":[{"Empty_Layer":true}]}"#,
    "the key `Empty_Layer` differs from the field `empty_layer` only in case"
)]
// Values of another type.
#[case(
    r#"{"config":{"User":0}}"#,
    "invalid type: integer `0`, expected a string"
)]
#[case(
    r#"{"config":{"Cmd":"sh"}}"#,
    "invalid type: string \"sh\", expected a sequence"
)]
#[case(
    r#"{"config":{"Labels":{"a":1}}}"#,
    "invalid type: integer `1`, expected a string"
)]
#[case(
    r#"{"config":{"Healthcheck":{"Interval":-1}}}"#,
    "invalid value: integer `-1`, expected u64"
)]
#[case(r#"{"rootfs":{"diff_ids":["x"]}}"#, "missing ':' in digest")]
// Arrays, which one library reads as the fields of an object in their order.
#[case("[]", "invalid type: sequence, expected an object")]
#[case(r#"{"config":["root"]}"#, "invalid type: sequence, expected an object")]
#[case(
    r#"{"config":{"Healthcheck":[["NONE"]]}}"#,
    "invalid type: sequence, expected an object"
)]
#[case("", "it is not JSON: EOF while parsing a value at line 1 column 0")]
fn a_config_that_engines_may_read_differently_is_malformed(
    #[case] text: &str,
    #[case] reason: &str,
) {
    let facts = facts(text);
    match facts.config {
        Err(FactError::Malformed(found)) => assert!(found.starts_with(reason), "{found}"),
        other => panic!("{other:?}"),
    }
    assert!(
        facts.raw_config.is_err()
            && facts.history.is_err()
            && facts.layers.is_err()
            && facts.manifest.is_err()
    );
}

#[test]
fn the_names_of_labels_and_variables_are_the_authors_own() {
    let config = config(&json!({ "config": { "Labels": { "USER": "x", "user": "y" } } }));
    assert_eq!(config.labels.len(), 2);
}

fn history(entries: &Value, layers: usize) -> Vec<HistoryEntry> {
    let diff_id = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    facts(
        &json!({ "rootfs": { "diff_ids": vec![diff_id; layers] }, "history": entries }).to_string(),
    )
    .history
    .unwrap()
}

#[test]
fn steps_that_made_layers_are_given_their_layers() {
    let entries = json!([
        { "created_by": "COPY a" }, { "created_by": "ENV", "empty_layer": true }, { "created_by": "RUN", "comment": "buildkit" },
    ]);
    let layers = |entries: Vec<HistoryEntry>| {
        entries
            .into_iter()
            .map(|entry| entry.layer)
            .collect::<Vec<_>>()
    };
    assert_eq!(layers(history(&entries, 2)), [Some(0), None, Some(1)]);
    // Where the numbers do not agree nobody knows which step made which layer.
    assert_eq!(layers(history(&entries, 3)), [None, None, None]);
}

mod with_a_manifest {
    use super::*;
    use crate::{IndexDocument, ManifestDocument};
    use std::collections::HashMap;

    const CONFIG: &str = r#"{"os":"linux","architecture":"arm64","variant":"v8","os.version":"1","rootfs":{"diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#;

    fn manifest(layers: usize) -> oci_spec::image::ImageManifest {
        let layer = json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": 7,
            "digest": "sha256:2a2210e5a156498150eb0acafdf1ca88559c51ef961ea11e31ff5a46aec60a59",
        });
        let config = json!({
            "mediaType": "application/vnd.oci.image.config.v1+json", "size": 2,
            "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
        });
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": vec![layer; layers], "annotations": { "a": "b" } });
        serde_json::from_value(manifest).unwrap()
    }

    fn facts(config: &str, layers: usize) -> model::facts::ImageFacts {
        let digest = model::canonical::sha256(b"manifest");
        let index = model::canonical::sha256(b"index");
        let annotations = HashMap::from([("x".to_owned(), "y".to_owned())]);
        let document = ManifestDocument {
            digest: &digest,
            media_type: "application/vnd.oci.image.manifest.v1+json",
            manifest: &manifest(layers),
            index: Some(IndexDocument {
                digest: &index,
                annotations: Some(&annotations),
            }),
        };
        crate::image(config.as_bytes(), Some(document))
    }

    #[test]
    fn the_platform_is_that_of_the_config_which_is_what_runs() {
        let manifest = facts(CONFIG, 1).manifest.unwrap();
        assert_eq!(manifest.platform.to_string(), "linux/arm64");
        assert_eq!(
            (manifest.os_version.as_deref(), manifest.compressed_size),
            (Some("1"), 7)
        );
        assert_eq!(manifest.annotations["a"], "b");
        assert_eq!(manifest.index_annotations["x"], "y");
        assert_eq!(
            facts("{}", 0).manifest.unwrap().platform.to_string(),
            "unknown/unknown"
        );
    }

    #[test]
    fn a_layer_has_its_digest_as_stored_and_as_a_tar() {
        let layers: Vec<Layer> = facts(CONFIG, 1).layers.unwrap();
        assert_eq!(layers.len(), 1);
        assert_ne!(layers[0].digest, layers[0].diff_id);
    }

    #[test]
    fn layers_that_the_config_does_not_know_are_malformed() {
        let facts = facts(CONFIG, 2);
        assert_eq!(
            facts.layers,
            Err(FactError::Malformed(
                "the manifest has 2 layers and the config 1".to_owned()
            ))
        );
        assert!(facts.config.is_ok());
    }
}

#[rstest]
#[case("application/vnd.oci.image.config.v1+json", true)]
#[case("application/vnd.docker.container.image.v1+json", true)]
#[case("application/vnd.cncf.helm.config.v1+json", false)]
#[case("application/vnd.oci.empty.v1+json", false)]
fn only_the_config_of_an_image_is_one(#[case] media_type: &str, #[case] expected: bool) {
    assert_eq!(
        crate::check_config_media_type(&media_type.into()).is_ok(),
        expected
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = read(&bytes);
    }

    #[test]
    fn what_is_read_has_a_digest(user in ".*", labels in proptest::collection::btree_map(".*", ".*", 0..4)) {
        let text = json!({ "config": { "User": user, "Labels": labels } }).to_string();
        let facts = model::Facts {
            image: Some(facts(&text)),
            ..model::Facts::default()
        };
        prop_assert!(model::canonical::digest(&facts).is_ok());
    }
}
