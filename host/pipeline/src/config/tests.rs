use super::variables::VARIABLES;
use super::*;
use rstest::rstest;
use serde_json::json;

fn variables(pairs: &[(&str, &str)]) -> Result<Layer, ConfigError> {
    Layer::from_variables(
        pairs
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    )
}

fn file(text: &str) -> Result<Layer, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    fs::write(&path, text).unwrap();
    Layer::read(&path)
}

#[test]
fn flags_come_before_variables_before_the_file_before_defaults() {
    let flags = Layer {
        platform: Some("linux/arm64".to_owned()),
        ..Layer::default()
    };
    let environment =
        variables(&[("POLCHECK_PLATFORM", "linux/386"), ("POLCHECK_JOBS", "7")]).unwrap();
    let file = file("jobs: 9\nfailOn: low\n").unwrap();
    let here = Origin::WorkingDirectory(PathBuf::from(FILE_NAME));
    let config = Config::resolve(vec![
        (Origin::Flag, flags),
        (Origin::Environment, environment),
        (here.clone(), file),
        (Origin::Default, Config::defaults(None)),
    ])
    .unwrap();
    assert_eq!(config.values.platform.as_deref(), Some("linux/arm64"));
    assert_eq!(config.values.jobs, Some(7));
    assert_eq!(config.values.fail_on, Some(FailOn::Severity(Severity::Low)));
    assert_eq!(config.policy_set(), DEFAULT_SET);
    let origin = |key: &str| config.origins.get(key).unwrap();
    assert_eq!(
        [
            origin("platform"),
            origin("jobs"),
            origin("failOn"),
            origin("policySet")
        ],
        [&Origin::Flag, &Origin::Environment, &here, &Origin::Default]
    );
}

#[test]
fn settings_are_laid_over_one_another_key_by_key() {
    let flags = Layer {
        settings: Some([("a.b".to_owned(), json!({ "x": 1 }))].into()),
        ..Layer::default()
    };
    let file = file("settings:\n  a.b: { x: 2, y: 3 }\n  a.c: { z: [1] }\n").unwrap();
    let config = Config::resolve(vec![(Origin::Flag, flags), (Origin::Default, file)]).unwrap();
    assert_eq!(
        config.values.settings,
        Some(
            [
                ("a.b".to_owned(), json!({ "x": 1, "y": 3 })),
                ("a.c".to_owned(), json!({ "z": [1] }))
            ]
            .into()
        )
    );
}

#[rstest]
#[case("POLCHECK_POLICY_SET", "builtin:standard", Layer { policy_set: Some("builtin:standard".to_owned()), ..Layer::default() })]
#[case("POLCHECK_RULES", "a.b, a.c", Layer { rules: Some(vec!["a.b".to_owned(), "a.c".to_owned()]), ..Layer::default() })]
#[case("POLCHECK_FAIL_ON", "never", Layer { fail_on: Some(FailOn::Never), ..Layer::default() })]
#[case("POLCHECK_TIMEOUT", "90s", Layer { timeout: Some(SignedDuration::from_secs(90)), ..Layer::default() })]
#[case("POLCHECK_ALLOW_HTTP_REGISTRY", "true", Layer { allow_http_registry: Some(true), ..Layer::default() })]
#[case("POLCHECK_KEY_PASSWORD", "secret", Layer::default())]
#[case("HOME", "/home/me", Layer::default())]
fn a_variable_is_read_by_its_kind(
    #[case] name: &str,
    #[case] value: &str,
    #[case] expected: Layer,
) {
    assert_eq!(variables(&[(name, value)]).unwrap(), expected);
}

#[rstest]
#[case(
    "POLCHECK_JOBS",
    "many",
    "the variable `POLCHECK_JOBS` is not valid: `many` is not a number"
)]
#[case(
    "POLCHECK_ALLOW_HTTP_REGISTRY",
    "yes",
    "the variable `POLCHECK_ALLOW_HTTP_REGISTRY` is not valid: `yes` is not `true` or `false`"
)]
#[case("POLCHECK_POLICYSET", "x", "there is no variable `POLCHECK_POLICYSET`")]
fn a_variable_that_means_nothing_is_an_error(
    #[case] name: &str,
    #[case] value: &str,
    #[case] message: &str,
) {
    assert_eq!(
        variables(&[(name, value)]).unwrap_err().to_string(),
        message
    );
}

#[test]
fn a_variable_of_the_wrong_type_names_itself() {
    let error = variables(&[("POLCHECK_FAIL_ON", "loud")])
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the variable `POLCHECK_FAIL_ON` is not valid"),
        "{error}"
    );
}

#[rstest]
#[case("policySets: x\n", "policySets")]
#[case("jobs: many\n", "line 1")]
#[case("jobs: 1\njobs: 2\n", "jobs")]
#[case("waivers: [{ id: a }]\n", "reason")]
fn a_file_with_an_error_says_where(#[case] text: &str, #[case] says: &str) {
    let error = file(text).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn an_empty_file_says_nothing() {
    assert_eq!(file("").unwrap(), Layer::default());
    assert_eq!(file("# nothing\n").unwrap(), Layer::default());
}

#[test]
fn a_set_or_point_that_only_the_working_directory_names_is_unnamed() {
    let layer = || file("policySet: builtin:standard\n").unwrap();
    let resolve = |origin| {
        Config::resolve(vec![
            (origin, layer()),
            (Origin::Default, Config::defaults(None)),
        ])
        .unwrap()
    };
    let found_here = Origin::WorkingDirectory(PathBuf::from(FILE_NAME));
    assert_eq!(resolve(found_here).unnamed(), [Unnamed::PolicySet]);
    for origin in [
        Origin::Flag,
        Origin::Environment,
        Origin::File(PathBuf::from("/etc/polcheck.yaml")),
    ] {
        assert_eq!(resolve(origin).unnamed(), []);
    }
    let here = Origin::WorkingDirectory(PathBuf::from(FILE_NAME));
    let point = Config::resolve(vec![(here, file("point: scan\n").unwrap())]).unwrap();
    assert_eq!(point.unnamed(), [Unnamed::Point]);
    let silent = Config::resolve(vec![(Origin::Default, Config::defaults(None))]).unwrap();
    assert_eq!(silent.unnamed(), []);
}

#[cfg(unix)]
#[test]
fn what_is_no_text_is_an_error_and_leaves_nothing_out_in_silence() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = || std::ffi::OsString::from_vec(vec![0xff]);
    let error = Layer::from_variables([("POLCHECK_POLICY_SET".into(), bytes())].into_iter());
    assert_eq!(
        error.unwrap_err().to_string(),
        "the variable `POLCHECK_POLICY_SET` is not valid: it is no text"
    );
    let flags = Layer {
        cache_dir: Some(bytes().into()),
        policy_set: Some("strict.yaml".to_owned()),
        ..Layer::default()
    };
    let error = Config::resolve(vec![(Origin::Flag, flags)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the configuration from the command line cannot be used"
    );
}

#[test]
fn every_key_can_be_set_and_no_other() {
    let error = file("no-such-key: 1\n").unwrap_err().to_string();
    let known: Vec<&str> = error
        .split_once("one of ")
        .and_then(|(_, keys)| keys.split_once(" at line"))
        .map(|(keys, _)| keys.split(", ").collect())
        .unwrap();
    assert_eq!(known, KEYS);
    for (_, key, _) in VARIABLES {
        assert!(KEYS.contains(&key), "{key}");
    }
}
