use super::*;
use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

const HEX: &str = "e8275b2b76280af67e26f068e5d585eb905f8dfd2f1918b3229db98133cb4862";
const FILE: &[u8] = b"FROM scratch\n";

fn info(name: &str, language: &str, text: &[u8]) -> Value {
    json!({"filename": name, "language": language, "data": STANDARD.encode(text),
        "llbDefinition": [{"id": "step0", "op": {"Op": {"source": {"identifier": "local://dockerfile"}}}}],
        "digestMapping": {"sha256:0": "step0"}})
}

fn subject() -> Value {
    json!([{"name": "pkg:docker/app@latest?platform=linux%2Famd64", "digest": {"sha256": HEX}}])
}

/// As the builder writes it in the mode `max`.
fn slsa1(infos: &Value, path: Option<&str>) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": SLSA_1, "subject": subject(),
        "predicate": {
            "buildDefinition": {
                "buildType": "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
                "externalParameters": {
                    "configSource": {"path": path},
                    "request": {"frontend": "dockerfile.v0", "locals": [{"name": "context"}], "args": {
                        "target": "app", "build-arg:VERSION": "1", "build-arg:EMPTY": "", "label:a": "b"}},
                },
                "internalParameters": {"builderPlatform": "linux/amd64"},
            },
            "runDetails": {"builder": {"id": ""}, "metadata": {
                "buildkit_metadata": {
                    "source": {"locations": {"step0": {}}, "infos": infos},
                    "sysUsage": [{"timestamp": 18_446_744_073_709_551_615_u64}],
                },
                "buildkit_completeness": {"request": true, "resolvedDependencies": false},
            }},
        },
    })
}

fn slsa02(infos: &Value) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v0.1", "predicateType": SLSA_02, "subject": subject(),
        "predicate": {
            "builder": {"id": ""}, "buildType": "https://mobyproject.org/buildkit@v1",
            "invocation": {
                "configSource": {"entryPoint": "Dockerfile"},
                "parameters": {"frontend": "gateway.v0", "args": {
                    "source": "docker/dockerfile:1", "target": "app", "build-arg:VERSION": "1", "build-arg:EMPTY": ""}},
                "environment": {"platform": "linux/amd64"},
            },
            "metadata": {"https://mobyproject.org/buildkit@v1#metadata": {
                "vcs": {"revision": "123456"}, "source": {"infos": infos}}},
        },
    })
}

fn read(statement: &Value) -> Result<Option<ProvenanceDockerfile>, FactError> {
    provenance(statement.to_string().as_bytes())
}

#[rstest]
#[case::v1(slsa1(&json!([info("Dockerfile", "Dockerfile", FILE)]), Some("Dockerfile")))]
#[case::v02(slsa02(&json!([info("Dockerfile", "Dockerfile", FILE)])))]
fn the_dockerfile_and_its_inputs_are_found(#[case] statement: Value) {
    let build_args = [("VERSION", "1"), ("EMPTY", "")];
    let build_args = build_args.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let expected = ProvenanceDockerfile {
        name: Some("Dockerfile".to_owned()),
        bytes: FILE.to_vec(),
        target: Some("app".to_owned()),
        build_args: BTreeMap::from(build_args),
        subjects: vec![format!("sha256:{HEX}").parse().unwrap()],
    };
    assert_eq!(read(&statement), Ok(Some(expected)));
}

#[test]
fn provenance_without_sources_has_no_dockerfile() {
    assert_eq!(read(&slsa1(&json!(null), Some("Dockerfile"))), Ok(None));
    assert_eq!(read(&slsa02(&json!([]))), Ok(None));
    let foreign = json!({"predicateType": SLSA_1, "subject": [], "predicate": {
        "buildDefinition": {"externalParameters": {"workflow": {"path": ".github/workflows/a.yml"}}},
        "runDetails": {"metadata": {"invocationId": "x"}}}});
    assert_eq!(read(&foreign), Ok(None));
}

#[rstest]
#[case::by_name(json!([info("base.Dockerfile", "Dockerfile", b"a"), info("Dockerfile", "Dockerfile", b"b")]), Some("Dockerfile"))]
#[case::by_language(json!([info("docker-bake.hcl", "HCL", b"a"), info("x", "Dockerfile", b"b")]), None)]
#[case::though_named_otherwise(json!([info("Dockerfile", "Dockerfile", b"b")]), Some("docker/Dockerfile"))]
#[case::for_two_platforms(json!([info("a", "Dockerfile", b"b"), info("a", "Dockerfile", b"b")]), Some("a"))]
#[case::without_language(json!([{"filename": "a", "data": STANDARD.encode(b"b")}]), None)]
fn the_right_source_is_chosen(#[case] infos: Value, #[case] path: Option<&str>) {
    let read = read(&slsa1(&infos, path)).unwrap().unwrap();
    assert_eq!(read.bytes, b"b");
}

#[rstest]
#[case::same_name(json!([info("Dockerfile", "Dockerfile", b"a"), info("Dockerfile", "Dockerfile", b"b")]))]
#[case::no_name_fits(json!([info("a", "Dockerfile", b"a"), info("b", "Dockerfile", b"b")]))]
#[case::another_language(json!([info("Dockerfile", "Mockerfile", b"a")]))]
fn no_source_is_guessed(#[case] infos: Value) {
    let read = read(&slsa1(&infos, Some("Dockerfile")));
    assert!(matches!(read, Err(FactError::Unsupported(_))), "{read:?}");
}

#[rstest]
#[case("/predicate", json!([]))]
#[case("/predicate", json!(null))]
#[case("/subject", json!({}))]
#[case("/subject/0/digest", json!("sha256"))]
#[case("/subject/0/digest/sha256", json!("abc"))]
#[case("/predicate/runDetails", json!("x"))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source", json!([]))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source/infos", json!({}))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source/infos/0", json!("x"))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source/infos/0/data", json!("?"))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source/infos/0/data", json!([1]))]
#[case("/predicate/runDetails/metadata/buildkit_metadata/source/infos/0/filename", json!(1))]
#[case("/predicate/buildDefinition/externalParameters/request/args", json!([]))]
#[case("/predicate/buildDefinition/externalParameters/request/args/target", json!(1))]
fn another_type_is_malformed(#[case] pointer: &str, #[case] value: Value) {
    let mut statement = slsa1(&json!([info("a", "Dockerfile", FILE)]), Some("a"));
    *statement.pointer_mut(pointer).unwrap() = value;
    let read = read(&statement);
    assert!(matches!(read, Err(FactError::Malformed(_))), "{read:?}");
}

#[rstest]
#[case::repeated(r#"{"predicateType":"a","predicateType":"b"}"#)]
#[case::in_another_case(r#"{"predicateType":"https://slsa.dev/provenance/v1","Predicate":{}}"#)]
#[case::no_json("FROM scratch")]
fn what_two_readers_may_read_differently_is_malformed(#[case] text: &str) {
    let read = provenance(text.as_bytes());
    assert!(matches!(read, Err(FactError::Malformed(_))), "{read:?}");
}

#[test]
fn other_statements_are_not_supported() {
    let sbom = json!({"predicateType": "https://spdx.dev/Document", "predicate": {}});
    assert!(matches!(read(&sbom), Err(FactError::Unsupported(_))));
    assert!(matches!(read(&json!({})), Err(FactError::Unsupported(_))));
}

#[rstest]
#[case(SLSA_1, true)]
#[case(SLSA_02, true)]
#[case("https://slsa.dev/provenance/v1.1", false)]
#[case("https://spdx.dev/Document", false)]
fn only_versions_that_are_read_are_provenance(#[case] predicate_type: &str, #[case] is: bool) {
    assert_eq!(is_provenance(predicate_type), is);
}

#[rstest]
#[case(MAX_DOCKERFILE_BYTES, true)]
#[case(MAX_DOCKERFILE_BYTES + 1, false)]
#[case(MAX_DOCKERFILE_BYTES + 4, false)]
fn a_dockerfile_is_bounded(#[case] size: usize, #[case] fits: bool) {
    let infos = json!([info("a", "Dockerfile", &vec![b'#'; size])]);
    match read(&slsa1(&infos, None)) {
        Ok(file) => assert!(fits && file.unwrap().bytes.len() == size),
        Err(error) => assert!(!fits && matches!(error, FactError::TooLarge(_)), "{error}"),
    }
}

#[test]
fn a_statement_is_bounded() {
    let many = json!({"predicateType": SLSA_1, "predicate": vec![0; strict_json::MAX_VALUES]});
    assert!(matches!(read(&many), Err(FactError::TooLarge(_))));
    let long = provenance(&vec![b' '; MAX_STATEMENT_BYTES + 1]);
    assert!(matches!(long, Err(FactError::TooLarge(_))));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>()) {
        let _ = provenance(&bytes);
    }
}
