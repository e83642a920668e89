//! What needs a host that is not the machine itself: its names lead back to it.

use super::*;
use crate::error::RegistryError;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::dns::{Addrs, Name, Resolving};
use std::net::{Ipv4Addr, SocketAddr};
use test_registry::{ImageBuilder, Misbehaviour, TestRegistry};
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Knows two names, which are this machine.
#[derive(Debug)]
struct OneHost;

impl Resolve for OneHost {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            if ["registry.test", "attacker.test"].contains(&name.as_str()) {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new([address].into_iter()) as Addrs);
            }
            let error = std::io::Error::new(std::io::ErrorKind::NotFound, "no such name");
            Err(Box::new(ways::UnknownHost(error)) as Box<_>)
        })
    }
}

fn options() -> Options {
    Options {
        docker_config: Some("/nonexistent/config.json".into()),
        proxy_from_environment: false,
        ..Options::default()
    }
}

/// The result of asking for `HOST/app:1`.
async fn ask(options: Options, host: &str) -> Result<Resolved, RegistryError> {
    let registry = Registry::with_resolver(options, Arc::new(OneHost));
    let source = format!("{host}/app:1").parse().unwrap();
    registry.open(&source).await.unwrap().resolve().await
}

fn port(registry: &TestRegistry) -> &str {
    registry.host().rsplit_once(':').unwrap().1
}

fn with_image() -> TestRegistry {
    let registry = TestRegistry::start(test_registry::Options::default());
    let image = ImageBuilder::new(serde_json::json!({})).build();
    image.push(&registry, "app", Some("1"));
    registry
}

/// A server of HTTPS with a certificate that nobody trusts, which answers every connection in the same way.
async fn secure_server(answer: &'static str) -> u16 {
    let names = vec!["registry.test".to_owned(), "127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut connection) = acceptor.accept(connection).await {
                    let _ = connection.write_all(answer.as_bytes()).await;
                    let _ = connection.shutdown().await;
                }
            });
        }
    });
    port
}

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_host_that_nobody_knows_is_named() {
    let error = ask(options(), "elsewhere.test").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the host `elsewhere.test` cannot be found"
    );
}

#[tokio::test]
async fn a_host_that_speaks_plain_http_is_named_with_the_flag_that_allows_it() {
    let registry = with_image();
    let host = format!("registry.test:{}", port(&registry));
    let error = ask(options(), &host).await.unwrap_err();
    assert_eq!(error.to_string(), format!("`{host}` does not speak HTTPS"));
    assert_eq!(
        error.help().unwrap(),
        "`--allow-http-registry` allows plain HTTP, which anybody on the way can change"
    );
    assert_eq!(registry.requests(), []);
}

#[tokio::test]
async fn plain_http_is_spoken_where_it_is_allowed() {
    let registry = with_image();
    let host = format!("registry.test:{}", port(&registry));
    let options = Options {
        allow_http: true,
        ..options()
    };
    assert!(ask(options, &host).await.is_ok());
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused() {
    let port = secure_server(NOT_FOUND).await;
    for allow_http in [false, true] {
        let options = Options {
            allow_http,
            ..options()
        };
        let host = format!("registry.test:{port}");
        let error = ask(options, &host).await.unwrap_err();
        assert!(matches!(error, RegistryError::Tls { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            format!("no secure connection to `{host}`")
        );
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(source.contains("certificate"), "{source}");
    }
}

#[tokio::test]
async fn https_on_the_machine_itself_is_found_after_plain_http() {
    let port = secure_server(NOT_FOUND).await;
    let host = format!("127.0.0.1:{port}");
    let error = ask(options(), &host).await.unwrap_err();
    assert!(matches!(error, RegistryError::Tls { .. }), "{error:?}");
    let insecure = Options {
        allow_insecure: true,
        ..options()
    };
    let error = ask(insecure, &host).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::UnknownImage { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn nobody_is_led_from_https_to_plain_http() {
    let port = secure_server(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://registry.test/x?secret\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    for allow_http in [false, true] {
        let options = Options {
            allow_insecure: true,
            allow_http,
            ..options()
        };
        let error = ask(options, &format!("registry.test:{port}"))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "`registry.test:{port}` leads to `http://registry.test/x`, where it is not followed"
            )
        );
    }
}

#[tokio::test]
async fn nobody_from_elsewhere_leads_to_the_machine_itself() {
    let registry = with_image();
    let secret = with_image();
    let target = format!("http://{}/v2/app/manifests/1", secret.host());
    registry.misbehave("/manifests/", Misbehaviour::Redirect(target.clone()));
    let host = format!("registry.test:{}", port(&registry));
    let allowed = || Options {
        allow_http: true,
        ..options()
    };
    let error = ask(allowed(), &host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{host}` leads to `{target}`, where it is not followed")
    );
    registry.behave();
    let realm = format!("http://{}/token", secret.host());
    let challenge = format!(r#"Bearer realm="{realm}""#);
    registry.misbehave("/manifests/", Misbehaviour::Challenge(challenge));
    let error = ask(allowed(), &host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{host}` wants the login sent to `{realm}`, which is not safe")
    );
    assert_eq!(secret.requests(), []);
}

#[tokio::test]
async fn nobody_leads_to_the_machine_itself_by_another_name() {
    let registry = with_image();
    let target = format!(
        "http://attacker.test:{}/v2/app/manifests/1",
        port(&registry)
    );
    registry.misbehave_times(1, "/manifests/", Misbehaviour::Redirect(target.clone()));
    let host = format!("registry.test:{}", port(&registry));
    let allowed = Options {
        allow_http: true,
        ..options()
    };
    let error = ask(allowed.clone(), &host).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{host}` leads to `{target}`, where it is not followed")
    );
    assert_eq!(registry.requests().len(), 1);
    // The name alone is as good as any other.
    let host = format!("attacker.test:{}", port(&registry));
    assert!(ask(allowed, &host).await.is_ok());
}

#[tokio::test]
async fn a_registry_on_the_machine_itself_needs_no_certificates() {
    let registry = with_image();
    let way = Registry::with_resolver(options(), Arc::new(OneHost));
    let source = format!("{}/app:1", registry.host()).parse().unwrap();
    way.open(&source).await.unwrap().resolve().await.unwrap();
    assert!(!way.client.has_read_certificates());
}
