//! Where logins come from, in what forms, and that nobody gets one who should not.

use crate::{chain, document, open_with, options, reference, with_sample};
use polcheck_registry::{GivenLogin, Options, RegistryError};
use rstest::rstest;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;
use test_registry::{Auth, Misbehaviour, TestRegistry};

/// `user:secret`
const LOGIN: &str = "dXNlcjpzZWNyZXQ=";

fn auth(auth: Auth) -> test_registry::Options {
    test_registry::Options {
        auth,
        ..test_registry::Options::default()
    }
}

fn basic() -> test_registry::Options {
    auth(Auth::Basic {
        user: "user",
        password: "secret",
    })
}

fn identity_token(realm: Option<String>) -> test_registry::Options {
    auth(Auth::IdentityToken {
        identity_token: "refresh+me/=",
        realm,
    })
}

/// A file with logins, and the options that name it.
struct Logins {
    _directory: TempDir,
    file: PathBuf,
}

impl Logins {
    fn new(config: &Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("auth.json");
        std::fs::write(&file, config.to_string()).unwrap();
        Self {
            _directory: directory,
            file,
        }
    }

    fn to(key: &str, entry: &Value) -> Self {
        Self::new(&json!({ "auths": { key: entry } }))
    }

    fn options(&self) -> Options {
        Options {
            docker_config: Some(self.file.clone()),
            ..options()
        }
    }
}

async fn resolve(registry: &TestRegistry, options: Options) -> Result<(), RegistryError> {
    let image = open_with(options, &reference(registry, ":1")).await?;
    document(&image).await.map(|_| ())
}

/// Everything that an error says.
fn all_of(error: &RegistryError) -> String {
    format!("{} {error:?} {:?}", chain(error), error.help())
}

#[tokio::test]
async fn an_identity_token_is_posted_to_the_token_endpoint() {
    let (registry, _) = with_sample(identity_token(None));
    let entry = json!({ "auth": "MDAwMDo=", "identitytoken": "refresh+me/=" });
    let logins = Logins::to(registry.host(), &entry);
    resolve(&registry, logins.options()).await.unwrap();
    let lines = registry.request_lines();
    assert_eq!(
        lines,
        [
            "GET /v2/app/manifests/1",
            "POST /token",
            "GET /v2/app/manifests/1"
        ]
    );
    let authorizations: Vec<_> = registry
        .requests()
        .into_iter()
        .filter_map(|request| request.authorization)
        .collect();
    assert_eq!(authorizations, ["Bearer token-1"]);
}

#[tokio::test]
async fn an_identity_token_that_is_over_is_said_and_not_shown() {
    let (registry, _) = with_sample(identity_token(None));
    let entry = json!({ "identitytoken": "outdated-refresh-token" });
    let logins = Logins::to(registry.host(), &entry);
    let error = resolve(&registry, logins.options()).await.unwrap_err();
    let (host, file) = (registry.host(), logins.file.display());
    assert_eq!(
        error.to_string(),
        format!("`{host}` refuses access to `app` with the login from `{file}`")
    );
    assert!(!all_of(&error).contains("outdated"), "{error:?}");
}

#[rstest]
#[case(Some(LOGIN), true)]
#[case(None, false)]
#[tokio::test]
async fn where_nothing_can_be_posted_a_password_is_used_if_there_is_one(
    #[case] password: Option<&str>,
    #[case] expected: bool,
) {
    let (registry, _) = with_sample(auth(Auth::Token {
        user: "user",
        password: "secret",
        anonymous_pull: true,
        realm: None,
    }));
    let entry = json!({ "auth": password, "identitytoken": "refresh-me" });
    let logins = Logins::to(registry.host(), &entry);
    let result = resolve(&registry, logins.options()).await;
    assert_eq!(result.is_ok(), expected, "{result:?}");
    // Nobody is asked in the name of nobody when a login was meant.
    let asked = registry.request_lines().concat();
    assert_eq!(asked.contains("GET /token"), expected);
}

#[tokio::test]
async fn an_identity_token_does_not_follow_a_redirect() {
    let (registry, _) = with_sample(identity_token(None));
    let elsewhere = TestRegistry::start(identity_token(None));
    let target = format!("http://{}/token", elsewhere.host());
    registry.misbehave("POST /token", Misbehaviour::Redirect(target));
    let logins = Logins::to(registry.host(), &json!({ "identitytoken": "refresh+me/=" }));
    let error = resolve(&registry, logins.options()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` leads to `{}`, where it is not followed",
            registry.host(),
            elsewhere.host()
        )
    );
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test]
async fn a_token_endpoint_that_leads_elsewhere_is_not_followed_with_a_login() {
    let token = || {
        auth(Auth::Token {
            user: "user",
            password: "secret",
            anonymous_pull: true,
            realm: None,
        })
    };
    let (registry, _) = with_sample(token());
    let elsewhere = TestRegistry::start(token());
    let target = format!(
        "http://{}/token?scope=repository:app:pull",
        elsewhere.host()
    );
    registry.misbehave("GET /token", Misbehaviour::Redirect(target));
    let logins = Logins::to(registry.host(), &json!({ "auth": LOGIN }));
    let error = resolve(&registry, logins.options()).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::UnsafeLocation { .. }),
        "{error:?}"
    );
    let seen = elsewhere.requests();
    assert!(
        seen.iter().all(|request| request.authorization.is_none()),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_token_for_the_registry_is_used_as_it_is() {
    let (registry, _) = with_sample(auth(Auth::RegistryToken("ready-made")));
    let logins = Logins::to(registry.host(), &json!({ "registrytoken": "ready-made" }));
    resolve(&registry, logins.options()).await.unwrap();
    let logins = Logins::to(
        registry.host(),
        &json!({ "registrytoken": "worthless-token" }),
    );
    let error = resolve(&registry, logins.options()).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Unauthorized { .. }),
        "{error:?}"
    );
    assert!(!all_of(&error).contains("worthless"), "{error:?}");
    assert!(!registry.request_lines().concat().contains("/token"));
}

#[rstest]
#[case("app", true)]
#[case("other", false)]
#[tokio::test]
async fn a_login_for_a_path_is_for_that_path_alone(#[case] path: &str, #[case] expected: bool) {
    let (registry, _) = with_sample(basic());
    let key = format!("{}/{path}", registry.host());
    let logins = Logins::to(&key, &json!({ "auth": LOGIN }));
    assert_eq!(resolve(&registry, logins.options()).await.is_ok(), expected);
}

#[tokio::test]
async fn a_given_login_comes_first_and_goes_to_its_registry_alone() {
    let (registry, _) = with_sample(basic());
    let logins = Logins::to(registry.host(), &json!({ "auth": "d3Jvbmc6d3Jvbmc=" }));
    let given = |host: &str, password: &str| Options {
        login: Some(GivenLogin::new(host, "user", password)),
        ..logins.options()
    };
    resolve(&registry, given(registry.host(), "secret"))
        .await
        .unwrap();

    let error = resolve(&registry, given(registry.host(), "mistyped-secret"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` refuses access to `app` with the login from the command line",
            registry.host()
        )
    );
    assert_eq!(
        error.help().unwrap(),
        "check the name, and `--username` and the password"
    );
    assert!(!all_of(&error).contains("mistyped"), "{error:?}");

    let (elsewhere, _) = with_sample(basic());
    resolve(&elsewhere, given(registry.host(), "secret"))
        .await
        .unwrap_err();
    assert!(
        elsewhere
            .requests()
            .iter()
            .all(|request| request.authorization.is_none())
    );
}

#[rstest]
#[case(400)]
#[case(403)]
#[case(500)]
#[tokio::test]
async fn a_secret_that_a_registry_repeats_is_not_repeated(#[case] status: u16) {
    let (registry, _) = with_sample(basic());
    let logins = Logins::to(registry.host(), &json!({ "auth": LOGIN }));
    let image = open_with(logins.options(), &reference(&registry, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap();
    let answer = |code| Misbehaviour::Status {
        status,
        code,
        retry_after: Some(0),
    };
    registry.misbehave("/manifests/", answer("SECRET"));
    let error = document(&image).await.unwrap_err();
    assert!(!all_of(&error).contains("secret"), "{error:?}");
    registry.behave();
    registry.misbehave("/manifests/", answer("OTHERS"));
    let error = document(&image).await.unwrap_err();
    assert!(error.to_string().ends_with(": `others`"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_its_cure() {
    let (registry, _) = with_sample(basic());
    let logins = Logins::new(&json!([]));
    let error = resolve(&registry, logins.options()).await.unwrap_err();
    let file = logins.file.display();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` refuses access to `app` without a login, since that from `{file}` cannot be used: the file is not in the form of Docker's `config.json`",
            registry.host()
        )
    );
    assert_eq!(
        error.help().unwrap(),
        format!(
            "log in again, which writes `{file}` anew, or name another file with `REGISTRY_AUTH_FILE`"
        )
    );
}

#[tokio::test]
async fn a_login_in_a_broken_file_does_not_stop_what_everybody_may_read() {
    let (registry, _) = with_sample(test_registry::Options::default());
    let logins = Logins::new(&json!([]));
    resolve(&registry, logins.options()).await.unwrap();
}
