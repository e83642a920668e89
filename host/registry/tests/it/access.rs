//! Logins: asked for, found, refused, and never sent to anybody else.

use crate::{chain, document, open, open_with, options, reference, with_sample};
use polcheck_registry::{Options, RegistryError};
use rstest::rstest;
use std::path::PathBuf;
use tempfile::TempDir;
use test_registry::{Auth, Misbehaviour, TestRegistry};

/// `user:secret` and `user:wrong` in the form of Docker's config file.
const LOGIN: &str = "dXNlcjpzZWNyZXQ=";
const WRONG_LOGIN: &str = "dXNlcjp3cm9uZw==";
const BASIC: Auth = Auth::Basic {
    user: "user",
    password: "secret",
};

/// A config file with a login to each of these registries.
pub(crate) fn login_to(hosts: &[&str]) -> (TempDir, PathBuf) {
    config_file(hosts, LOGIN)
}

fn config_file(hosts: &[&str], auth: &str) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.json");
    let entries: serde_json::Map<_, _> = hosts
        .iter()
        .map(|host| ((*host).to_owned(), serde_json::json!({ "auth": auth })))
        .collect();
    std::fs::write(&file, serde_json::json!({ "auths": entries }).to_string()).unwrap();
    (directory, file)
}

fn with_config(file: PathBuf) -> Options {
    Options {
        docker_config: Some(file),
        ..options()
    }
}

fn auth(auth: Auth) -> test_registry::Options {
    test_registry::Options {
        auth,
        ..test_registry::Options::default()
    }
}

fn token_auth(realm: Option<String>) -> test_registry::Options {
    auth(Auth::Token {
        user: "user",
        password: "secret",
        anonymous_pull: false,
        realm,
    })
}

#[rstest]
#[case(BASIC)]
#[case(Auth::Token { user: "user", password: "secret", anonymous_pull: false, realm: None })]
#[tokio::test]
async fn a_private_image_is_pulled_with_the_login_of_its_registry(#[case] kind: Auth) {
    let (registry, sample) = with_sample(auth(kind));
    let (_directory, file) = login_to(&[registry.host()]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
    assert_eq!(registry.requests().first().unwrap().authorization, None);
}

#[rstest]
#[case(BASIC)]
#[case(Auth::Token { user: "user", password: "secret", anonymous_pull: false, realm: None })]
#[tokio::test]
async fn a_refusal_says_which_login_was_tried(#[case] kind: Auth) {
    let (registry, _) = with_sample(auth(kind));
    let host = registry.host();
    let (directory, file) = config_file(&[host], WRONG_LOGIN);
    let path = file.display().to_string();
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        chain(&error),
        format!("`{host}` refuses access to `app` with the login from `{path}`")
    );
    assert_eq!(
        error.help().unwrap(),
        format!("check the name, and log in again: `docker login {host}`")
    );
    drop(directory);

    let image = open(&reference(&registry, ":1")).await.unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        chain(&error),
        format!(
            "`{host}` refuses access to `app` without a login, and `/nonexistent/config.json` has none for it"
        )
    );
    assert_eq!(
        error.help().unwrap(),
        format!("check the name; for a private repository log in first: `docker login {host}`")
    );
}

#[tokio::test]
async fn no_secret_is_in_an_error() {
    let (registry, _) = with_sample(auth(BASIC));
    let (_directory, file) = config_file(&[registry.host()], WRONG_LOGIN);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    let text = format!("{} {error:?} {image:?} {:?}", chain(&error), error.help());
    for secret in ["wrong", WRONG_LOGIN] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_login_that_is_asked_for_again_and_again_ends() {
    let (registry, _) = with_sample(token_auth(None));
    let challenge = format!(
        r#"Bearer realm="http://{}/token",service="s""#,
        registry.host()
    );
    registry.misbehave("/v2/", Misbehaviour::Challenge(challenge));
    let (_directory, file) = login_to(&[registry.host()]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error}"
    );
    assert_eq!(registry.requests().len(), 3);
}

#[tokio::test]
async fn a_token_that_is_over_is_asked_for_again() {
    let (registry, _) = with_sample(token_auth(None));
    let (_directory, file) = login_to(&[registry.host()]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap();
    registry.revoke_tokens();
    document(&image).await.unwrap();
}

#[tokio::test]
async fn a_registry_that_does_not_say_how_it_wants_the_login_is_named() {
    let (registry, _) = with_sample(test_registry::Options::default());
    registry.misbehave("/v2/", Misbehaviour::Challenge("Negotiate".to_owned()));
    let error = crate::error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!("`{}` wants a login and does not say how", registry.host())
    );
}

#[tokio::test]
async fn a_denial_repeats_what_the_registry_says() {
    let (registry, _) = with_sample(test_registry::Options::default());
    registry.misbehave(
        "/v2/",
        Misbehaviour::Status {
            status: 403,
            code: "DENIED",
            retry_after: None,
        },
    );
    let error = crate::error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` denies access to `app` without a login, and `/nonexistent/config.json` has none for it: `denied`",
            registry.host()
        )
    );
}

#[tokio::test]
async fn a_redirect_to_another_host_does_not_take_the_login_along() {
    let (registry, sample) = with_sample(auth(BASIC));
    let (elsewhere, _) = with_sample(test_registry::Options::default());
    let (_directory, file) = login_to(&[registry.host(), elsewhere.host()]);
    let config = &sample.config().digest;
    let target = format!("http://{}/v2/app/blobs/{config}", elsewhere.host());
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    registry.misbehave("/blobs/", Misbehaviour::Redirect(target));
    let descriptor = found.manifest().unwrap().config().clone();
    let blob = image.blob(&descriptor, 1 << 20).await.unwrap();
    assert_eq!(blob, sample.config().bytes);
    assert!(
        registry
            .requests()
            .iter()
            .any(|request| request.authorization.is_some())
    );
    let there = elsewhere.requests();
    assert_eq!(there.len(), 1);
    assert!(there.iter().all(|request| request.authorization.is_none()));
}

#[tokio::test]
async fn a_challenge_of_another_host_is_not_answered() {
    let (registry, _) = with_sample(test_registry::Options::default());
    let (elsewhere, _) = with_sample(auth(BASIC));
    let (_directory, file) = login_to(&[registry.host(), elsewhere.host()]);
    let target = format!("http://{}/v2/app/manifests/1", elsewhere.host());
    registry.misbehave("/manifests/", Misbehaviour::Redirect(target));
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error}"
    );
    assert_eq!(elsewhere.requests().len(), 1);
    assert_eq!(elsewhere.requests().first().unwrap().authorization, None);
}

#[tokio::test]
async fn an_upload_elsewhere_does_not_take_the_login_along() {
    let (registry, _) = with_sample(auth(BASIC));
    let elsewhere = TestRegistry::start(test_registry::Options::default());
    let (_directory, file) = login_to(&[registry.host(), elsewhere.host()]);
    let target = format!(
        "http://{}/v2/app/blobs/uploads/x?state=kept",
        elsewhere.host()
    );
    registry.misbehave("POST ", Misbehaviour::Header("location", target));
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let result = image.push_blob("x/y", "content".into()).await;
    assert!(result.is_err());
    let there = elsewhere.requests();
    assert_eq!(there.len(), 1);
    assert!(there.iter().all(|request| request.authorization.is_none()));
}

#[tokio::test]
async fn one_registry_never_sees_the_login_of_another() {
    let (registry, _) = with_sample(auth(BASIC));
    let (_directory, file) = login_to(&["r.example"]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap_err();
    assert!(
        registry
            .requests()
            .iter()
            .all(|request| request.authorization.is_none())
    );
}

#[tokio::test]
async fn a_login_goes_to_the_token_endpoint_and_the_token_to_the_registry() {
    let issuer = TestRegistry::start(token_auth(None));
    let realm = format!("http://{}/token", issuer.host());
    let (registry, _) = with_sample(token_auth(Some(realm)));
    let (_directory, file) = login_to(&[registry.host()]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    // The registry does not know the tokens of the other one; what counts is who saw what.
    document(&image).await.unwrap_err();
    let basic = format!("Basic {LOGIN}");
    let seen = |requests: Vec<test_registry::Recorded>| -> Vec<_> {
        requests
            .into_iter()
            .filter_map(|request| request.authorization)
            .collect()
    };
    assert_eq!(seen(issuer.requests()), [basic]);
    assert_eq!(seen(registry.requests()), ["Bearer token-1"]);
}

#[rstest]
#[case("ftp://127.0.0.1/token")]
#[case("http://r.example/token")]
#[case("/token")]
#[case("not a url")]
#[tokio::test]
async fn a_login_is_not_sent_to_a_place_that_is_not_safe(#[case] realm: &str) {
    let (registry, _) = with_sample(token_auth(Some(realm.to_owned())));
    let (_directory, file) = login_to(&[registry.host()]);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` wants the login sent to `{realm}`, which is not safe",
            registry.host()
        )
    );
    assert_eq!(registry.requests().len(), 1);
}

#[rstest]
#[case("not JSON")]
#[case("{}")]
#[case(r#"{"token":""}"#)]
#[case(r#"{"token":"a\nb"}"#)]
#[case(r#"{"token":7}"#)]
#[tokio::test]
async fn an_answer_without_a_token_is_an_error(#[case] answer: &'static str) {
    let (registry, _) = with_sample(token_auth(None));
    registry.misbehave(
        "GET /token",
        Misbehaviour::Answer("application/json".to_owned(), answer.into()),
    );
    let error = crate::error_of(&registry).await;
    let host = registry.host();
    assert_eq!(
        error.to_string(),
        format!("`{host}` gave no token for `{host}`")
    );
}

#[tokio::test]
async fn a_token_endpoint_that_fails_is_asked_again() {
    let (registry, sample) = with_sample(token_auth(None));
    let (_directory, file) = login_to(&[registry.host()]);
    let busy = Misbehaviour::Status {
        status: 503,
        code: "UNAVAILABLE",
        retry_after: Some(0),
    };
    registry.misbehave_times(2, "GET /token", busy);
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
}

#[tokio::test]
async fn an_endless_token_is_cut() {
    let (registry, _) = with_sample(token_auth(None));
    registry.misbehave("GET /token", Misbehaviour::Endless(3 << 30));
    let error = crate::error_of(&registry).await;
    assert_eq!(
        error.to_string(),
        "the answer of the token endpoint is larger than 1048576 bytes"
    );
    assert!(registry.endless_bytes_sent() < 32 << 20);
}

#[tokio::test]
async fn a_token_is_also_taken_under_its_other_name() {
    let (registry, sample) = with_sample(token_auth(None));
    registry.misbehave(
        "GET /token",
        Misbehaviour::Answer(
            "application/json".to_owned(),
            r#"{"access_token":"x"}"#.into(),
        ),
    );
    let error = crate::error_of(&registry).await;
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error}"
    );
    let last = registry.requests().pop().unwrap();
    assert_eq!(last.authorization.as_deref(), Some("Bearer x"));
    assert!(sample.digest().starts_with("sha256:"));
}

#[tokio::test]
async fn a_helper_program_is_asked_and_its_failure_is_named() {
    let (registry, _) = with_sample(auth(BASIC));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.json");
    std::fs::write(&file, r#"{"credsStore":"polcheck-no-such-helper"}"#).unwrap();
    let path = file.display().to_string();
    let image = open_with(with_config(file), &reference(&registry, ":1"))
        .await
        .unwrap();
    let error = document(&image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` refuses access to `app` without a login, since that from `{path}` cannot be used: its credential helper `docker-credential-polcheck-no-such-helper` is not there",
            registry.host()
        )
    );
}
