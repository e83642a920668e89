//! Images in a local container engine: asked for through the API of Docker, which Podman speaks too, and read as the
//! archive that `docker save` writes.

use crate::blocking;
use crate::daemon_address::{Address, Search};
use crate::daemon_error::DaemonError;
use crate::error::RegistryError;
use crate::foreign::Detail;
use crate::limits::{MAX_CONFIG_BYTES, MAX_ERROR_BYTES, MAX_SPOOLED_BYTES, SLOWEST_STREAM};
use crate::options::Options;
use crate::source::DaemonImage;
use crate::spool;
use crate::transport::cause;
use bytes::{Buf as _, Bytes};
use futures_util::future::join;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Response, StatusCode, Url};
use serde::Deserialize;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;

/// How many pieces of an archive may wait for the disk.
const WAITING_PIECES: usize = 16;
/// The header in which an engine says which version of the API it speaks.
const API_VERSION: &str = "api-version";

/// An engine that answered.
#[derive(Debug)]
struct Daemon {
    /// For messages.
    address: String,
    client: Client,
    /// Everything is below it.
    base: String,
    timeout: Duration,
}

/// What an engine says about an image.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    #[serde(default)]
    size: u64,
}

/// What an engine says when something is wrong.
#[derive(Deserialize)]
struct Said {
    message: String,
}

/// Has the engine write the archive of an image to a temporary file.
pub(crate) async fn save(image: &DaemonImage, options: &Options) -> Result<File, RegistryError> {
    let daemon = find(image, options).await?;
    let inspected = daemon.inspect(image).await?;
    let name = inspected.name_of(image);
    // It says nothing before it has put the archive together, which takes longer the larger the image.
    let size = inspected.size.min(MAX_SPOOLED_BYTES);
    let time = daemon.timeout + Duration::from_secs(size / SLOWEST_STREAM);
    let answer = daemon.get(&format!("images/{name}/get"), time).await?;
    if answer.status() != StatusCode::OK {
        return Err(daemon.unexpected(image, answer).await.into());
    }
    daemon.spool(image, answer).await
}

/// The first engine that answers.
async fn find(image: &DaemonImage, options: &Options) -> Result<Daemon, RegistryError> {
    let (name, named) = (image.to_string(), options.engine.clone());
    let addresses = blocking::run(move || {
        let search = Search {
            image: &name,
            named: named.as_deref(),
            variable: |name: &str| std::env::var_os(name),
        };
        Ok(search.addresses()?)
    });
    let mut tried = Vec::new();
    for address in addresses.await? {
        match connect(&address, options).await? {
            Ok(daemon) => return Ok(daemon),
            Err(reason) => tried.push(format!("`{address}` {reason}")),
        }
    }
    Err(RegistryError::from(DaemonError::NoneAnswers {
        image: image.to_string(),
        tried: tried.join(", "),
    }))
}

/// Asks who is there, or says why nobody is.
async fn connect(
    address: &Address,
    options: &Options,
) -> Result<Result<Daemon, &'static str>, RegistryError> {
    let (made_of, connect_timeout) = (address.clone(), options.connect_timeout);
    let read_timeout = options.overall_timeout;
    let client = blocking::run(move || client(&made_of, connect_timeout, read_timeout)).await?;
    let base = match address {
        // The host is not looked up, and is one that engines expect.
        Address::Socket(_) => "http://localhost/".to_owned(),
        Address::Tcp { url, .. } => url.to_string(),
    };
    let mut daemon = Daemon {
        address: address.to_string(),
        client,
        base,
        timeout: options.overall_timeout,
    };
    let answer = match daemon
        .request("_ping", options.connect_timeout)?
        .send()
        .await
    {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(reason(&error))),
    };
    let version = answer.headers().get(API_VERSION);
    let version = version.and_then(|version| version.to_str().ok());
    match version.filter(|version| is_version(version)) {
        Some(version) if answer.status() == StatusCode::OK => {
            daemon.base = format!("{}v{version}/", daemon.base);
            Ok(Ok(daemon))
        }
        _ => Ok(Err("does not answer as an engine does")),
    }
}

fn is_version(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    (1..=8).contains(&text.len()) && text.bytes().all(is_digit)
}

/// Why nobody answers, by the types of the causes.
fn reason(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return "does not answer in time";
    }
    if cause::<rustls::Error>(error).is_some() {
        return "has no certificate that is trusted";
    }
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => "is not there",
        Some(io::ErrorKind::PermissionDenied) => "is not for this user",
        Some(io::ErrorKind::ConnectionRefused) => "has nobody listening",
        _ => "does not answer as an engine does",
    }
}

/// Blocks.
fn client(
    address: &Address,
    connect_timeout: Duration,
    read_timeout: Duration,
) -> Result<Client, RegistryError> {
    let builder = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(connect_timeout)
        .read_timeout(read_timeout);
    let no_client = |source| RegistryError::NoClient { source };
    let builder = match address {
        Address::Socket(path) => builder.tls_certs_only([]).unix_socket(path.as_path()),
        Address::Tcp {
            url,
            certificates: None,
        } if url.scheme() == "http" => builder.tls_certs_only([]),
        Address::Tcp {
            certificates: None, ..
        } => builder,
        Address::Tcp {
            certificates: Some(directory),
            ..
        } => {
            let read = |name: &str| read_pem(&directory.join(name));
            let trusted = Certificate::from_pem_bundle(&read("ca.pem")?).map_err(no_client)?;
            let own = [read("cert.pem")?, read("key.pem")?].concat();
            let own = Identity::from_pem(&own).map_err(no_client)?;
            builder.tls_certs_only(trusted).identity(own)
        }
    };
    builder.build().map_err(no_client)
}

fn read_pem(path: &Path) -> Result<Vec<u8>, RegistryError> {
    std::fs::read(path).map_err(|source| crate::files::unreadable(path, source))
}

impl Inspected {
    /// By what name to ask for the archive: without a tag an engine would write all images of that name.
    fn name_of(&self, image: &DaemonImage) -> String {
        let DaemonImage::Name(name) = image else {
            return image.to_string();
        };
        let last = name.rsplit('/').next().unwrap_or(name);
        let digits = self.id.strip_prefix("sha256:").unwrap_or(&self.id);
        if last.contains([':', '@']) || digits.starts_with(name) {
            name.clone()
        } else {
            format!("{name}:latest")
        }
    }
}

impl Daemon {
    fn request(
        &self,
        path: &str,
        timeout: Duration,
    ) -> Result<reqwest::RequestBuilder, RegistryError> {
        let url = Url::parse(&format!("{}{path}", self.base));
        let url = url.map_err(|_| DaemonError::NotAnEngine {
            engine: self.address.clone(),
        })?;
        Ok(self.client.get(url).timeout(timeout))
    }

    async fn get(&self, path: &str, timeout: Duration) -> Result<Response, RegistryError> {
        let sent = self.request(path, timeout)?.send().await;
        sent.map_err(|error| self.failure(error))
    }

    async fn inspect(&self, image: &DaemonImage) -> Result<Inspected, RegistryError> {
        let path = format!("images/{image}/json");
        let answer = self.get(&path, self.timeout).await?;
        if answer.status() != StatusCode::OK {
            return Err(self.unexpected(image, answer).await.into());
        }
        let body = self.body(answer, MAX_CONFIG_BYTES).await?;
        let inspected = serde_json::from_slice(&body);
        Ok(inspected.map_err(|_| DaemonError::NotAnEngine {
            engine: self.address.clone(),
        })?)
    }

    /// Writes the body of an answer to a temporary file while it comes.
    async fn spool(
        &self,
        image: &DaemonImage,
        mut answer: Response,
    ) -> Result<File, RegistryError> {
        let (sender, receiver) = mpsc::channel(WAITING_PIECES);
        let feed = async move {
            while let Some(piece) = answer.chunk().await? {
                // Who does not take it has already said why.
                if sender.send(piece).await.is_err() {
                    break;
                }
            }
            Ok(())
        };
        let place = format!("docker-daemon:{image}");
        let write = blocking::run_cancellable(move |cancelled| {
            let pieces = Pieces {
                receiver,
                current: Bytes::new(),
            };
            spool::spool(&place, pieces, MAX_SPOOLED_BYTES, cancelled)
        });
        let (sent, written) = join(feed, write).await;
        sent.map_err(|error| self.failure(error))?;
        written
    }

    async fn unexpected(&self, image: &DaemonImage, answer: Response) -> DaemonError {
        let status = answer.status();
        if status == StatusCode::NOT_FOUND {
            return DaemonError::UnknownImage {
                engine: self.address.clone(),
                image: image.to_string(),
            };
        }
        let body = self.body(answer, MAX_ERROR_BYTES).await.unwrap_or_default();
        let said = serde_json::from_slice::<Said>(&body);
        DaemonError::Failed {
            engine: self.address.clone(),
            status: status.as_u16(),
            detail: said.map_or_else(|_| Detail::default(), |said| Detail::new(&said.message)),
        }
    }

    async fn body(&self, mut answer: Response, limit: u64) -> Result<Vec<u8>, RegistryError> {
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.failure(error))? {
            if (body.len() + piece.len()) as u64 > limit {
                return Err(RegistryError::TooLarge {
                    what: format!("an answer of `{}`", self.address),
                    limit,
                });
            }
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn failure(&self, error: reqwest::Error) -> RegistryError {
        let host = self.address.clone();
        if error.is_timeout() {
            return RegistryError::Timeout { host };
        }
        let source = error.without_url();
        RegistryError::Interrupted { host, source }
    }
}

/// What comes through a channel, to be read where it may block.
struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                Some(piece) => self.current = piece,
                None => return Ok(0),
            }
        }
        (&mut self.current).reader().read(buffer)
    }
}
