//! One exchange with a service: bounded in time and size, never led elsewhere, and its failure given a name.

use crate::error::ServiceError;
use attest::Service;
use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Method, StatusCode, Url};
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// The longest that one exchange may take; Rekor 2 answers when the entry is in its tree.
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer; entries of logs are the largest, and have some kilobytes.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// How long to wait before asking again, each time that a service is busy.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// How many bytes of a secret are too many to be printed.
const SECRET_PART: usize = 8;

/// What is asked. Its body may hold a token, and is not printed.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    /// Never printed: the header is marked.
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            content_type: "",
            accept: "application/json",
            authorization: None,
            body: Bytes::new(),
        }
    }

    pub(crate) fn post(url: Url, content_type: &'static str, body: Bytes) -> Self {
        Self {
            method: Method::POST,
            content_type,
            body,
            ..Self::get(url)
        }
    }
}

/// What came back. Its body may hold a token, and is not printed.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    /// Overwritten when it is dropped.
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// The way to all services. The clients are made when they are first wanted.
#[derive(Debug, Default)]
pub(crate) struct Http {
    /// Whether plain HTTP may leave this machine.
    may_leave_plain: bool,
    /// For what is on this machine: no proxy, and without TLS no certificates are read.
    here: OnceCell<Client>,
    elsewhere: OnceCell<Client>,
}

impl Http {
    pub(crate) fn new(allow_http: bool) -> Self {
        Self {
            may_leave_plain: allow_http,
            ..Self::default()
        }
    }

    /// The address of a service, if it may be asked there.
    pub(crate) fn url(&self, service: Service, text: &str) -> Result<Url, ServiceError> {
        let invalid = || ServiceError::Address {
            service,
            url: text.to_owned(),
        };
        let url: Url = text.parse().map_err(|_| invalid())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid());
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.may_leave_plain || is_loopback(&url) => Ok(url),
            "http" => Err(ServiceError::PlainHttp {
                service,
                host: host(&url),
            }),
            _ => Err(invalid()),
        }
    }

    /// The address of something below that of a service.
    pub(crate) fn below(
        &self,
        service: Service,
        base: &str,
        path: &str,
    ) -> Result<Url, ServiceError> {
        let base = base.trim_end_matches('/');
        self.url(service, &format!("{base}/{path}"))
    }

    /// Asks, and again where the service is busy. Whatever it answers but success is an error; what it says in it is
    /// repeated, unless it repeats one of the secrets.
    pub(crate) async fn ask(
        &self,
        service: Service,
        request: &Request,
        secrets: &[&str],
    ) -> Result<Answer, ServiceError> {
        let answer = self.exchange(service, request).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(refusal(service, request, &answer, secrets))
    }

    /// The same, whatever it answers.
    pub(crate) async fn exchange(
        &self,
        service: Service,
        request: &Request,
    ) -> Result<Answer, ServiceError> {
        for pause in PAUSES {
            match self.once(service, request).await {
                Ok(answer) if is_busy(answer.status) => {}
                Err(ServiceError::Unreachable { .. }) => {}
                ended => return ended,
            }
            tokio::time::sleep(pause).await;
        }
        self.once(service, request).await
    }

    async fn once(&self, service: Service, request: &Request) -> Result<Answer, ServiceError> {
        let exchange = async {
            let client = self.client(&request.url).await?;
            let mut builder = client
                .request(request.method.clone(), request.url.clone())
                .header(ACCEPT, request.accept);
            if request.method == Method::POST {
                builder = builder
                    .header(CONTENT_TYPE, request.content_type)
                    .body(request.body.clone());
            }
            if let Some(authorization) = &request.authorization {
                builder = builder.header(AUTHORIZATION, authorization.clone());
            }
            let failed = |error: reqwest::Error| ServiceError::Unreachable {
                service,
                host: host(&request.url),
                // The address may hold a secret.
                source: error.without_url(),
            };
            let mut response = builder.send().await.map_err(failed)?;
            let mut body = Zeroizing::new(Vec::new());
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                    return Err(ServiceError::TooLarge {
                        service,
                        host: host(&request.url),
                        limit: MAX_ANSWER_BYTES,
                    });
                }
                body.extend_from_slice(&chunk);
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|location| location.to_str().ok());
            Ok(Answer {
                status: response.status(),
                location: location.map(str::to_owned),
                body,
            })
        };
        let slow = |_| ServiceError::Slow {
            service,
            host: host(&request.url),
            seconds: TIMEOUT.as_secs(),
        };
        tokio::time::timeout(TIMEOUT, exchange)
            .await
            .map_err(slow)?
    }

    async fn client(&self, url: &Url) -> Result<Client, ServiceError> {
        let builder = ClientBuilder::new()
            .user_agent(concat!("polcheck/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .referer(false);
        let (cell, builder) = if is_loopback(url) && url.scheme() == "http" {
            (&self.here, builder.no_proxy().tls_certs_only([]))
        } else {
            (&self.elsewhere, builder)
        };
        let made = cell.get_or_try_init(|| async { builder.build() }).await;
        made.cloned().map_err(ServiceError::NoClient)
    }
}

/// What a service that did not succeed said about it.
pub(crate) fn refusal(
    service: Service,
    request: &Request,
    answer: &Answer,
    secrets: &[&str],
) -> ServiceError {
    let said = said(&answer.body);
    let said = if secrets.iter().any(|secret| has(&said, secret)) {
        String::new()
    } else {
        said
    };
    ServiceError::Refused {
        service,
        host: host(&request.url),
        status: answer.status.as_u16(),
        said,
    }
}

/// Who is asked, for messages.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// The message in the body of an error: as gRPC gateways, Rekor and issuers write it. Anything else, such as the page of a
/// proxy, is not repeated.
fn said(body: &[u8]) -> String {
    let Ok(error) = serde_json::from_slice::<serde_json::Value>(body) else {
        return String::new();
    };
    ["/message", "/error_description", "/error"]
        .iter()
        .find_map(|pointer| error.pointer(pointer)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// Whether a text holds a secret or a good part of it.
fn has(text: &str, secret: &str) -> bool {
    let text = text.as_bytes();
    let mut parts = secret.as_bytes().windows(SECRET_PART);
    parts.any(|part| text.windows(SECRET_PART).any(|window| window == part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://fulcio.example.com", true)]
    #[case("http://127.0.0.1:8080", true)]
    #[case("http://[::1]:8080/x", true)]
    #[case("http://localhost", true)]
    #[case("http://fulcio.example.com", false)]
    #[case("http://127.0.0.1.example.com", false)]
    #[case("http://localhost.example.com", false)]
    #[case("https://user:secret@fulcio.example.com", false)]
    #[case("file:///etc/passwd", false)]
    #[case("fulcio", false)]
    fn plain_http_does_not_leave_the_machine(#[case] url: &str, #[case] is_good: bool) {
        let http = Http::new(false);
        let found = http.url(Service::CertificateAuthority, url);
        assert_eq!(found.is_ok(), is_good, "{found:?}");
    }

    #[test]
    fn plain_http_leaves_the_machine_where_that_is_asked_for() {
        let http = Http::new(true);
        http.url(Service::Log, "http://rekor.example.com").unwrap();
    }

    #[rstest]
    #[case(r#"{"code":3,"message":"no such issuer"}"#, "no such issuer")]
    #[case(
        r#"{"error":"invalid_grant","error_description":"too late"}"#,
        "too late"
    )]
    #[case(r#"{"error":"invalid_grant"}"#, "invalid_grant")]
    #[case("<html>", "")]
    fn the_message_of_an_error_is_found(#[case] body: &str, #[case] expected: &str) {
        assert_eq!(said(body.as_bytes()), expected);
    }

    #[test]
    fn a_service_that_repeats_the_token_is_not_repeated() {
        let request = Request::get("https://fulcio.example.com".parse().unwrap());
        let answer = Answer {
            status: StatusCode::BAD_REQUEST,
            location: None,
            body: Zeroizing::new(br#"{"message":"bad token eyJhbGciOiJ"}"#.to_vec()),
        };
        let service = Service::CertificateAuthority;
        let error = refusal(
            service,
            &request,
            &answer,
            &["eyJhbGciOiJFUzI1NiJ9.e30.c2ln"],
        );
        assert!(!error.to_string().contains("eyJ"), "{error}");
        let error = refusal(service, &request, &answer, &["another secret"]);
        assert!(error.to_string().contains("bad token"), "{error}");
    }
}
