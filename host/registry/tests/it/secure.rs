//! HTTPS: authorities of one's own, certificates of clients, HTTP/2, IPv6.

use crate::{chain, document, open_with, options, reference, with_sample};
use polcheck_registry::{ClientIdentity, Options, RegistryError, RegistryOptions};
use rstest::rstest;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use test_registry::{Auth, TestRegistry, Tls};

/// A registry that speaks HTTPS, and the files that belong to it.
struct Scene {
    registry: TestRegistry,
    folder: TempDir,
}

fn scene(tls: Tls) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("ca.pem", tls.ca_pem());
    write("cert.pem", tls.client_cert_pem());
    write("key.pem", tls.client_key_pem());
    write("other-key.pem", Tls::new().client_key_pem());
    write("empty.pem", String::new());
    let options = test_registry::Options {
        tls: Some(tls),
        ..test_registry::Options::default()
    };
    let (registry, _) = with_sample(options);
    Scene { registry, folder }
}

impl Scene {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn identity(&self, key: &str) -> ClientIdentity {
        ClientIdentity {
            cert: self.path("cert.pem"),
            key: self.path(key),
        }
    }

    /// What is said about the host of the registry.
    fn about_host(&self, about: RegistryOptions) -> Options {
        Options {
            registries: [(self.registry.host().parse().unwrap(), about)].into(),
            ..options()
        }
    }

    async fn ask(&self, options: Options) -> Result<(), RegistryError> {
        let image = open_with(options, &reference(&self.registry, ":1")).await?;
        document(&image).await.map(|_| ())
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_where_it_is_named() {
    let scene = scene(Tls::new());
    let error = scene.ask(options()).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tls { .. }), "{error:?}");
    assert_eq!(
        error.help().unwrap(),
        "`--registry-cacert FILE` trusts the registry's certificate authority; `--allow-insecure-registry` checks no certificate at all"
    );
    let for_all = Options {
        ca: Some(scene.path("ca.pem")),
        ..options()
    };
    scene.ask(for_all).await.unwrap();
    let about = RegistryOptions {
        ca: Some(scene.path("ca.pem")),
        ..RegistryOptions::default()
    };
    scene.ask(scene.about_host(about.clone())).await.unwrap();
    let elsewhere = Options {
        registries: [("r.example".parse().unwrap(), about)].into(),
        ..options()
    };
    let error = scene.ask(elsewhere).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tls { .. }), "{error:?}");
}

#[rstest]
#[case("empty.pem")]
#[case("key.pem")]
#[tokio::test]
async fn a_file_without_a_certificate_is_named(#[case] name: &str) {
    let scene = scene(Tls::new());
    let path = scene.path(name);
    let with_ca = |ca| Options {
        ca: Some(ca),
        ..options()
    };
    let error = scene.ask(with_ca(path.clone())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` has no certificate in PEM", path.display())
    );
    let missing = scene.path("missing.pem");
    let error = scene.ask(with_ca(missing.clone())).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` cannot be read", missing.display())
    );
}

#[tokio::test]
async fn a_certificate_of_the_client_is_shown_where_it_is_asked_for() {
    let scene = scene(Tls::new().for_known_clients());
    let ca = Some(scene.path("ca.pem"));
    let with = |identity| Options {
        ca: ca.clone(),
        identity,
        ..options()
    };
    scene.ask(with(None)).await.unwrap_err();
    scene
        .ask(with(Some(scene.identity("key.pem"))))
        .await
        .unwrap();
    let about = RegistryOptions {
        ca: ca.clone(),
        client_cert: Some(scene.path("cert.pem")),
        client_key: Some(scene.path("key.pem")),
        ..RegistryOptions::default()
    };
    scene.ask(scene.about_host(about)).await.unwrap();
}

#[rstest]
#[case("other-key.pem")]
#[case("cert.pem")]
#[case("empty.pem")]
#[tokio::test]
async fn a_certificate_without_its_key_is_named(#[case] key: &str) {
    let scene = scene(Tls::new().for_known_clients());
    let identity = scene.identity(key);
    let message = format!(
        "the client certificate `{}` cannot be used with the key `{}`",
        identity.cert.display(),
        identity.key.display()
    );
    let options = Options {
        ca: Some(scene.path("ca.pem")),
        identity: Some(identity),
        ..options()
    };
    let error = scene.ask(options).await.unwrap_err();
    assert_eq!(error.to_string(), message, "{}", chain(&error));
}

#[tokio::test]
async fn http2_is_spoken_where_the_registry_speaks_it() {
    let scene = scene(Tls::new());
    let with_ca = Options {
        ca: Some(scene.path("ca.pem")),
        ..options()
    };
    scene.ask(with_ca).await.unwrap();
    let (plain, _) = with_sample(test_registry::Options::default());
    let image = open_with(options(), &reference(&plain, ":1"))
        .await
        .unwrap();
    document(&image).await.unwrap();
    let version = |registry: &TestRegistry| registry.requests().pop().unwrap().version;
    assert_eq!(version(&scene.registry), "HTTP/2.0");
    assert_eq!(version(&plain), "HTTP/1.1");
}

#[tokio::test]
async fn a_registry_may_have_an_address_of_ipv6() {
    let (registry, sample) = with_sample(test_registry::Options {
        address: std::net::Ipv6Addr::LOCALHOST.into(),
        ..test_registry::Options::default()
    });
    assert!(registry.host().starts_with("[::1]:"));
    let image = open_with(options(), &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
}

#[tokio::test]
async fn what_is_said_about_a_host_decides_between_http_and_https() {
    let (plain, _) = with_sample(test_registry::Options::default());
    let scene = scene(Tls::new());
    let ask = async |registry: &TestRegistry, http| {
        let about = RegistryOptions {
            http: Some(http),
            ca: Some(scene.path("ca.pem")),
            ..RegistryOptions::default()
        };
        let options = Options {
            registries: [(registry.host().parse().unwrap(), about)].into(),
            ..options()
        };
        let image = open_with(options, &reference(registry, ":1")).await?;
        document(&image).await.map(|_| ())
    };
    ask(&plain, true).await.unwrap();
    let error = ask(&plain, false).await.unwrap_err();
    assert!(matches!(error, RegistryError::NotHttps { .. }), "{error:?}");
    ask(&scene.registry, false).await.unwrap();
    ask(&scene.registry, true).await.unwrap_err();
}

#[tokio::test]
async fn a_token_is_had_over_https_with_the_same_authority() {
    let tls = Tls::new();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    fs::write(&ca, tls.ca_pem()).unwrap();
    let auth = Auth::Token {
        user: "user",
        password: "secret",
        anonymous_pull: true,
        realm: None,
    };
    let (registry, sample) = with_sample(test_registry::Options {
        tls: Some(tls),
        auth,
        ..test_registry::Options::default()
    });
    let with_ca = Options {
        ca: Some(ca),
        ..options()
    };
    let image = open_with(with_ca, &reference(&registry, ":1"))
        .await
        .unwrap();
    let found = document(&image).await.unwrap();
    assert_eq!(found.digest.as_ref(), sample.digest());
}
