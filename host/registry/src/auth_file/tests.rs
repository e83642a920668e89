use super::*;
use proptest::prelude::*;
use rstest::rstest;

/// `user:secret` in the form of the file.
const AUTH: &str = r#"{"auth":"dXNlcjpzZWNyZXQ="}"#;

fn config(text: &str) -> Result<Option<AuthConfig>, UnusableLogin> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.json");
    std::fs::write(&file, text).unwrap();
    AuthConfig::read(&file)
}

fn login(
    text: &str,
    registry: &str,
    repository: &str,
) -> Result<Option<Credential>, UnusableLogin> {
    config(text)?.unwrap().login(registry, repository)
}

#[rstest]
#[case("r.io", "r.io", true)]
#[case("R.io", "r.IO", true)]
#[case("r.io:5000", "r.io:5000", true)]
#[case("https://r.io", "r.io", true)]
#[case("https://r.io/v2/", "r.io", true)]
#[case("http://r.io:5000/v1/", "r.io:5000", true)]
#[case("r.io/v1/", "r.io", true)]
#[case("r.io", "r.io:5000", false)]
#[case("r.io:5000", "r.io", false)]
#[case("r.io", "evil.r.io", false)]
#[case("r.io", "r.io.evil", false)]
#[case("https://evil/r.io", "r.io", false)]
#[case("r.io@evil", "r.io", false)]
#[case("https://index.docker.io/v1/", "docker.io", true)]
#[case("index.docker.io", "docker.io", true)]
#[case("docker.io", "docker.io", true)]
#[case("registry-1.docker.io", "docker.io", true)]
#[case("docker.io", "r.io", false)]
#[case("index.docker.io", "evil.docker.io", false)]
fn a_login_belongs_to_its_registry_alone(
    #[case] key: &str,
    #[case] registry: &str,
    #[case] expected: bool,
) {
    let text = format!(r#"{{"auths":{{"{key}":{AUTH}}}}}"#);
    let found = login(&text, registry, "app").unwrap();
    assert_eq!(
        found,
        expected.then(|| Credential::of_user("user", "secret"))
    );
}

#[rstest]
#[case("r.io", "ns/app", "user of r.io")]
#[case("r.io", "other", "user of r.io")]
#[case("r.io", "ns/team/app", "user of r.io/ns/team")]
#[case("r.io", "ns/team/deep/app", "user of r.io/ns/team")]
#[case("r.io", "ns/team", "user of r.io/ns/team")]
#[case("r.io", "ns/teams", "user of r.io")]
#[case("r.io", "exact/app", "user of r.io/exact/app")]
#[case("docker.io", "library/app", "user of docker.io/library")]
#[case("docker.io", "team/app", "user of docker.io")]
#[case("other.io", "ns/team/app", "nobody")]
fn the_longest_path_counts(
    #[case] registry: &str,
    #[case] repository: &str,
    #[case] expected: &str,
) {
    let keys = [
        "r.io",
        "r.io/ns/team",
        "r.io/exact/app",
        "docker.io",
        "docker.io/library",
        "r.io/empty",
    ];
    let entries: Map<_, _> = keys
        .into_iter()
        .map(|key| {
            let auth = STANDARD.encode(format!("user of {key}:x"));
            (key.to_owned(), serde_json::json!({ "auth": auth }))
        })
        .collect();
    let text = serde_json::json!({ "auths": entries }).to_string();
    let found = login(&text, registry, repository).unwrap();
    let user = found.and_then(|found| found.user).map(|(user, _)| user);
    assert_eq!(user.as_deref().unwrap_or("nobody"), expected);
}

#[test]
fn an_entry_may_hold_tokens_beside_a_user() {
    let text = r#"{"auths":{"r.io":{"auth":"MDAwMDo=","identitytoken":"i","registrytoken":"r"}}}"#;
    let found = login(text, "r.io", "app").unwrap().unwrap();
    assert_eq!(found.user, Some(("0000".to_owned(), String::new())));
    assert_eq!(found.identity_token.as_deref(), Some("i"));
    assert_eq!(found.registry_token.as_deref(), Some("r"));
}

#[rstest]
#[case(r#"{"auths":{"r.io":{}}}"#, Ok(None))]
#[case(r#"{"auths":{"r.io":{"email":"a@b"}}}"#, Ok(None))]
#[case(r#"{"auths":{"r.io":{"auth":""}}}"#, Ok(None))]
#[case(r#"{"auths":null}"#, Ok(None))]
#[case("{}", Ok(None))]
#[case(r#"{"auths":{"r.io":{"username":"u","password":"p"}}}"#, Ok(Some(("u", "p"))))]
// Docker fills up with zero bytes; a password may have colons.
#[case(r#"{"auths":{"r.io":{"auth":"dTpwOnEAAA=="}}}"#, Ok(Some(("u", "p:q"))))]
#[case(r#"{"auths":{"r.io":{"auth":"%%%"}}}"#, Err(UnusableLogin::Malformed))]
#[case(
    r#"{"auths":{"r.io":{"auth":"dXNlcg=="}}}"#,
    Err(UnusableLogin::Malformed)
)]
#[case(r#"{"auths":{"r.io":{"auth":7}}}"#, Err(UnusableLogin::Malformed))]
#[case(r#"{"auths":[]}"#, Err(UnusableLogin::MalformedFile))]
#[case(r#"{"credHelpers":"x"}"#, Err(UnusableLogin::MalformedFile))]
#[case("[]", Err(UnusableLogin::MalformedFile))]
#[case("not JSON", Err(UnusableLogin::MalformedFile))]
#[case("", Err(UnusableLogin::MalformedFile))]
fn every_form_of_an_entry_is_read_or_refused(
    #[case] text: &str,
    #[case] expected: Result<Option<(&str, &str)>, UnusableLogin>,
) {
    let expected =
        expected.map(|found| found.map(|(user, password)| Credential::of_user(user, password)));
    assert_eq!(login(text, "r.io", "app"), expected);
}

#[test]
fn a_broken_entry_of_another_registry_does_not_matter() {
    let text = format!(r#"{{"auths":{{"a.io":{{"auth":"%%%"}},"r.io":{AUTH}}}}}"#);
    assert!(login(&text, "r.io", "app").unwrap().is_some());
}

#[rstest]
#[case(r#"{"credHelpers":{"r.io":"own"},"credsStore":"all"}"#, "r.io", &[("own", "r.io")])]
#[case(r#"{"credHelpers":{"r.io":""},"credsStore":"all"}"#, "r.io", &[("all", "r.io")])]
#[case(r#"{"credHelpers":{"r.io":"own"},"credsStore":"all"}"#, "other.io", &[("all", "other.io")])]
#[case(r#"{"credHelpers":{"r.io":"own"}}"#, "r.io.evil", &[])]
#[case(r#"{"credHelpers":{"index.docker.io":"own"}}"#, "docker.io", &[("own", DOCKER_HUB_SERVER), ("own", "docker.io")])]
#[case(r#"{"credsStore":"all"}"#, "docker.io", &[("all", DOCKER_HUB_SERVER), ("all", "docker.io")])]
#[case(r#"{"credsStore":7}"#, "r.io", &[])]
fn a_helper_is_asked_for_its_registries(
    #[case] text: &str,
    #[case] registry: &str,
    #[case] expected: &[(&str, &str)],
) {
    let found = config(text).unwrap().unwrap().helpers(registry);
    let found: Vec<_> = found
        .iter()
        .map(|(helper, server)| (helper.as_str(), server.as_str()))
        .collect();
    assert_eq!(found, expected);
}

#[rstest]
#[case(&[("HOME", "/h")], &["/run/containers/7/auth.json", "/h/.config/containers/auth.json", "/h/.docker/config.json"])]
#[case(
    &[("HOME", "/h"), ("XDG_RUNTIME_DIR", "/r"), ("XDG_CONFIG_HOME", "/c"), ("DOCKER_CONFIG", "/d"), ("REGISTRY_AUTH_FILE", "/a")],
    &["named /a", "/r/containers/auth.json", "/c/containers/auth.json", "named /d/config.json"]
)]
#[case(&[("HOME", ""), ("REGISTRY_AUTH_FILE", ""), ("DOCKER_CONFIG", "")], &["/run/containers/7/auth.json"])]
#[case(&[], &["/run/containers/7/auth.json"])]
fn the_files_have_an_order(#[case] variables: &[(&str, &str)], #[case] expected: &[&str]) {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| OsString::from(value))
    };
    let files: Vec<_> = places(variable, 7)
        .into_iter()
        .map(|file| {
            let named = if file.is_named { "named " } else { "" };
            format!("{named}{}", file.path.display())
        })
        .collect();
    assert_eq!(files, expected);
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for place in [pipe.as_path(), directory.path(), Path::new("/dev/zero")] {
        assert_eq!(
            AuthConfig::read(place).unwrap_err(),
            UnusableLogin::NotAFile
        );
    }
    for missing in ["/nonexistent/config.json", "/dev/null/config.json"] {
        assert!(AuthConfig::read(Path::new(missing)).unwrap().is_none());
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    assert_eq!(
        AuthConfig::read(&path).unwrap_err(),
        UnusableLogin::TooLarge {
            limit: MAX_AUTH_FILE_BYTES
        }
    );
}

proptest! {
    #[test]
    fn no_file_makes_it_panic(key in any::<String>(), auth in any::<String>(), registry in any::<String>(), repository in any::<String>()) {
        let text = serde_json::json!({ "auths": { key: { "auth": auth } } }).to_string();
        let _ = login(&text, &registry, &repository);
    }
}
