//! Requests to one repository: by the right scheme, with the right login, and again where that is worth it.

use crate::auth::{Action, Auth};
use crate::endpoint::{Endpoint, Scheme, is_same_origin};
use crate::error::RegistryError;
use crate::fetched::Fetched;
use crate::limits::MIRROR_REST;
use crate::options::Options;
use crate::retry::{patiently, retry_after};
use crate::transport::{Answer, Message, Transport};
use bytes::Bytes;
use reqwest::dns::Resolve;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shared by all repositories of a [`Registry`](crate::Registry).
#[derive(Clone, Debug)]
pub(crate) struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Arc<Options>,
    transport: Transport,
    auth: Auth,
    /// What each host turned out to speak.
    schemes: Mutex<HashMap<String, Scheme>>,
    /// The mirrors that could not be asked, and since when.
    down: Mutex<HashMap<String, Instant>>,
    fetched: Fetched,
}

/// One request to a repository.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    message: Message,
    target: Target,
    action: Action,
}

#[derive(Clone, Debug)]
enum Target {
    /// Below `/v2/REPOSITORY/`.
    Path(String),
    /// Where an earlier answer led.
    Url(Url),
}

impl Client {
    pub(crate) fn new(options: Options, resolver: Arc<dyn Resolve>) -> Self {
        let options = Arc::new(options);
        Self(Arc::new(Inner {
            transport: Transport::new(Arc::clone(&options), resolver),
            auth: Auth::new(Arc::clone(&options)),
            schemes: Mutex::default(),
            down: Mutex::default(),
            fetched: Fetched::new(options.cache.clone()),
            options,
        }))
    }

    #[cfg(test)]
    pub(crate) fn has_read_certificates(&self) -> bool {
        self.0.transport.has_read_certificates()
    }

    /// Asks to read something below `/v2/REPOSITORY/`.
    pub(crate) fn pull(&self, method: Method, path: String) -> Request {
        self.request(method, Target::Path(path), Action::Pull)
    }

    /// Asks to read on where an earlier answer led.
    pub(crate) fn pull_next(&self, url: Url) -> Request {
        self.request(Method::GET, Target::Url(url), Action::Pull)
    }

    /// Asks to write something below `/v2/REPOSITORY/`.
    pub(crate) fn push(&self, method: Method, path: String) -> Request {
        self.request(method, Target::Path(path), Action::Push)
    }

    /// Asks to write where an earlier answer led.
    pub(crate) fn push_to(&self, method: Method, url: Url) -> Request {
        self.request(method, Target::Url(url), Action::Push)
    }

    /// Asks to delete something below `/v2/REPOSITORY/`.
    pub(crate) fn delete(&self, path: String) -> Request {
        self.request(Method::DELETE, Target::Path(path), Action::Delete)
    }

    fn request(&self, method: Method, target: Target, action: Action) -> Request {
        Request {
            message: Message {
                method,
                headers: HeaderMap::new(),
                body: Bytes::new(),
                timeout: self.0.options.overall_timeout,
            },
            target,
            action,
        }
    }

    /// Sends a request, and sends it again where that is worth it.
    pub(crate) async fn send(
        &self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Answer, RegistryError> {
        let options = &self.0.options;
        // Boxed: everything that asks a registry is as large as this.
        patiently(options, request.reads(), || {
            Box::pin(self.send_once(endpoint, request))
        })
        .await
    }

    /// Sends a request to a mirror, without patience: others can be asked. None where it does not have what is wanted,
    /// for whatever reason; one that cannot be asked at all is left alone for a while.
    pub(crate) async fn ask_mirror(
        &self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Option<Answer> {
        let host = endpoint.host();
        let is_resting = {
            let down = self.0.down.lock().unwrap_or_else(PoisonError::into_inner);
            down.get(host)
                .is_some_and(|since| since.elapsed() < MIRROR_REST)
        };
        if is_resting {
            return None;
        }
        match Box::pin(self.send_once(endpoint, request)).await {
            Ok(answer) => answer.status().is_success().then_some(answer),
            Err(
                RegistryError::Unreachable { .. }
                | RegistryError::ConnectionRefused { .. }
                | RegistryError::UnknownHost { .. }
                | RegistryError::Timeout { .. }
                | RegistryError::Tls { .. }
                | RegistryError::NotHttps { .. },
            ) => {
                let mut down = self.0.down.lock().unwrap_or_else(PoisonError::into_inner);
                down.insert(host.to_owned(), Instant::now());
                None
            }
            Err(_) => None,
        }
    }

    /// What has been fetched.
    pub(crate) fn fetched(&self) -> &Fetched {
        &self.0.fetched
    }

    pub(crate) fn options(&self) -> &Options {
        &self.0.options
    }

    /// Sends a request by the scheme of the host, or finds out by which.
    async fn send_once(
        &self,
        endpoint: &Endpoint,
        request: &Request,
    ) -> Result<Answer, RegistryError> {
        let path = match &request.target {
            Target::Url(url) => return self.send_to(endpoint, url, request).await,
            Target::Path(path) => path,
        };
        let known = self.schemes().get(endpoint.host()).copied();
        let (first, second) = match known {
            Some(scheme) => (scheme, None),
            None => endpoint.schemes(&self.0.options)?,
        };
        let answered = self
            .send_to(endpoint, &endpoint.url(first, path)?, request)
            .await;
        let (scheme, result) = match second.filter(|_| asks_for_other_scheme(first, &answered)) {
            None => (first, answered),
            Some(second) => {
                let url = endpoint.url(second, path)?;
                let again = self.send_to(endpoint, &url, request).await;
                // A certificate that is not trusted says that HTTPS is right.
                let is_untrusted = matches!(again, Err(RegistryError::Tls { .. }));
                if asks_for_other_scheme(second, &again) && !is_untrusted {
                    (first, answered)
                } else {
                    (second, again)
                }
            }
        };
        if known.is_none() && result.is_ok() {
            self.schemes().insert(endpoint.host().to_owned(), scheme);
        }
        result
    }

    /// Sends a request with what the registry is known to want, and once more with what it then says it wants.
    async fn send_to(
        &self,
        endpoint: &Endpoint,
        url: &Url,
        request: &Request,
    ) -> Result<Answer, RegistryError> {
        let Inner {
            auth, transport, ..
        } = &*self.0;
        let own = match &request.target {
            Target::Path(_) => true,
            // The login is for the registry, not for where it leads.
            Target::Url(url) => self.is_own(endpoint, url)?,
        };
        let authorization = auth.known(endpoint, request.action).filter(|_| own);
        let answer = transport
            .ask(url, &request.message, authorization.as_ref())
            .await?;
        if answer.status() != StatusCode::UNAUTHORIZED || !own || !is_same_origin(url, &answer.url)
        {
            return Ok(answer);
        }
        let authorization = auth
            .answer(transport, endpoint, request.action, &answer)
            .await?;
        let answer = transport
            .ask(url, &request.message, Some(&authorization))
            .await?;
        if answer.status() == StatusCode::UNAUTHORIZED && is_same_origin(url, &answer.url) {
            return Err(auth.refused(endpoint, request.action).await);
        }
        Ok(answer)
    }

    /// Whether a URL belongs to the server of a repository, by the scheme that this server is known to speak.
    fn is_own(&self, endpoint: &Endpoint, url: &Url) -> Result<bool, RegistryError> {
        match self.schemes().get(endpoint.host()) {
            Some(scheme) => Ok(is_same_origin(&endpoint.url(*scheme, "")?, url)),
            None => Ok(false),
        }
    }

    fn schemes(&self) -> std::sync::MutexGuard<'_, HashMap<String, Scheme>> {
        self.0
            .schemes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What a status that nobody foresaw means.
    pub(crate) async fn unexpected(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        answer: Answer,
    ) -> RegistryError {
        let host = answer.host();
        let status = answer.status();
        let asked = answer.request(&request.message.method);
        let retry_after = retry_after(&answer);
        match status {
            StatusCode::UNAUTHORIZED => self.0.auth.refused(endpoint, request.action).await,
            StatusCode::FORBIDDEN => {
                let detail = answer.detail().await;
                self.0.auth.denied(endpoint, detail).await
            }
            StatusCode::TOO_MANY_REQUESTS => RegistryError::RateLimited {
                host: endpoint.registry.clone(),
                retry_after,
            },
            _ => {
                let detail = answer.detail().await;
                let detail = self.0.auth.without_secrets(endpoint, detail).await;
                let status = status.as_u16();
                if status >= 500 {
                    RegistryError::ServerFailed {
                        host,
                        status,
                        detail,
                    }
                } else {
                    RegistryError::UnexpectedStatus {
                        host,
                        request: asked,
                        status,
                        detail,
                    }
                }
            }
        }
    }
}

impl Request {
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        // A value that no header can have comes from a media type that no registry takes either.
        if let Ok(value) = HeaderValue::from_str(value) {
            self.message.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn body(mut self, body: Bytes) -> Self {
        self.message.body = body;
        self
    }

    /// With more time than usual.
    pub(crate) fn extra_time(mut self, extra: Duration) -> Self {
        self.message.timeout = self.message.timeout.saturating_add(extra);
        self
    }

    fn reads(&self) -> bool {
        self.message.method == Method::GET || self.message.method == Method::HEAD
    }
}

/// Whether the first attempt to talk to a host says that it speaks the other scheme.
fn asks_for_other_scheme(tried: Scheme, answered: &Result<Answer, RegistryError>) -> bool {
    match (tried, answered) {
        // Servers of HTTPS answer plain HTTP with 400, or with an alert that is no HTTP, or not at all.
        (Scheme::Http, Ok(answer)) => answer.status() == StatusCode::BAD_REQUEST,
        (Scheme::Http, Err(error)) => matches!(error, RegistryError::Interrupted { .. }),
        (Scheme::Https, Ok(_)) => false,
        (Scheme::Https, Err(error)) => has_no_https(error),
    }
}

fn has_no_https(error: &RegistryError) -> bool {
    matches!(
        error,
        RegistryError::NotHttps { .. }
            | RegistryError::Tls { .. }
            | RegistryError::ConnectionRefused { .. }
            | RegistryError::Unreachable { .. }
    )
}
