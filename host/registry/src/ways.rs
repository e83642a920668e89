//! The HTTP clients: one for each way of talking, made when it is first gone.

use crate::blocking;
use crate::endpoint::{is_loopback, is_reachable};
use crate::error::RegistryError;
use crate::options::{ClientIdentity, Options, RegistryOptions};
use crate::trust::{self, TrustError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Identity, Url};
use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// The largest file of certificates that is read. 16 MiB.
const MAX_PEM_BYTES: u64 = 16 << 20;

/// All that makes one HTTP client differ from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Way {
    /// Plain HTTP on the machine itself: no certificates are read, which takes longer than everything else.
    is_plain: bool,
    /// What is not on the machine itself may lie behind a proxy.
    is_proxied: bool,
    /// Somebody from elsewhere leads there.
    is_led: bool,
    cas: BTreeSet<PathBuf>,
    identity: Option<ClientIdentity>,
}

/// The clients that were made.
pub(crate) struct Ways {
    options: Arc<Options>,
    resolver: Arc<dyn Resolve>,
    clients: Mutex<HashMap<Way, Arc<OnceCell<Client>>>>,
}

impl fmt::Debug for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ways { .. }")
    }
}

impl Ways {
    pub(crate) fn new(options: Arc<Options>, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            options,
            resolver,
            clients: Mutex::default(),
        }
    }

    /// Whether a client that reads certificates was made.
    #[cfg(test)]
    pub(crate) fn has_read_certificates(&self) -> bool {
        let clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        clients
            .iter()
            .any(|(way, client)| !way.is_plain && client.initialized())
    }

    /// The client that goes to a URL to which the first one led.
    pub(crate) async fn client(&self, first: &Url, to: &Url) -> Result<Client, RegistryError> {
        let way = self.way(first, to);
        let cell = {
            let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(clients.entry(way.clone()).or_default())
        };
        let (options, resolver) = (Arc::clone(&self.options), Arc::clone(&self.resolver));
        // Reads the certificates of the system.
        let make = || blocking::run(move || build(&options, resolver, &way));
        cell.get_or_try_init(make).await.cloned()
    }

    fn way(&self, first: &Url, to: &Url) -> Way {
        let options = &self.options;
        let is_here = is_loopback(to);
        if is_here && to.scheme() == "http" {
            return Way {
                is_plain: true,
                is_proxied: false,
                is_led: false,
                cas: BTreeSet::new(),
                identity: None,
            };
        }
        // Where a registry leads is trusted by the certificates that it is trusted by; a certificate of ours is shown
        // only to the host that it is for.
        let ca = |url: &Url| options.about(url).and_then(|about| about.ca.clone());
        let cas = [options.ca.clone(), ca(first), ca(to)];
        let identity = options.about(to).and_then(RegistryOptions::identity);
        Way {
            is_plain: false,
            is_proxied: options.proxy_from_environment && !is_here,
            is_led: !is_loopback(first) && first.host_str() != to.host_str(),
            cas: cas.into_iter().flatten().collect(),
            identity: identity.or_else(|| options.identity.clone()),
        }
    }
}

/// Blocks.
fn build(
    options: &Options,
    resolver: Arc<dyn Resolve>,
    way: &Way,
) -> Result<Client, RegistryError> {
    let mut builder = ClientBuilder::new()
        .user_agent(options.user_agent.clone())
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.idle_timeout)
        .redirect(Policy::none())
        .referer(false);
    builder = if way.is_led {
        builder.dns_resolver(Arc::new(FromElsewhere(resolver)))
    } else {
        builder.dns_resolver(resolver)
    };
    if !way.is_proxied {
        builder = builder.no_proxy();
    }
    if way.is_plain {
        builder = builder.tls_certs_only([]);
    } else if options.allow_insecure {
        builder = builder.tls_danger_accept_invalid_certs(true);
        if let Some(files) = &way.identity {
            let [mut pem, key] = read_identity(files)?;
            pem.push(b'\n');
            pem.extend(key);
            let identity = Identity::from_pem(&pem);
            builder =
                builder.identity(identity.map_err(|source| files.invalid(Some(source.into())))?);
        }
    } else {
        let mut trusted = Vec::new();
        for path in &way.cas {
            let found = trust::certificates(&read_pem(path)?);
            trusted.extend(found.ok_or_else(|| TrustError::NoCertificate {
                path: path.display().to_string(),
            })?);
        }
        let identity = match &way.identity {
            Some(files) => Some((files, read_identity(files)?)),
            None => None,
        };
        builder = builder.tls_backend_preconfigured(trust::tls(trusted, identity)?);
    }
    builder
        .build()
        .map_err(|source| RegistryError::NoClient { source })
}

/// The certificate, and the key.
fn read_identity(files: &ClientIdentity) -> Result<[Vec<u8>; 2], RegistryError> {
    Ok([read_pem(&files.cert)?, read_pem(&files.key)?])
}

fn read_pem(path: &Path) -> Result<Vec<u8>, RegistryError> {
    let failed = |source| RegistryError::Io {
        path: path.display().to_string(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let mut pem = Vec::new();
    file.take(MAX_PEM_BYTES)
        .read_to_end(&mut pem)
        .map_err(failed)?;
    Ok(pem)
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(addresses) => Ok(Box::new(addresses.collect::<Vec<_>>().into_iter()) as Addrs),
                Err(error) => Err(Box::new(UnknownHost(error)) as Box<dyn Error + Send + Sync>),
            }
        })
    }
}

/// A resolver for where a server leads: a name of an attacker's may mean an address that only we can reach.
struct FromElsewhere(Arc<dyn Resolve>);

impl Resolve for FromElsewhere {
    fn resolve(&self, name: Name) -> Resolving {
        let resolving = self.0.resolve(name);
        Box::pin(async move {
            let addresses = resolving.await?;
            let reachable: Vec<SocketAddr> = addresses
                .filter(|address| is_reachable(address.ip()))
                .collect();
            if reachable.is_empty() {
                return Err(Box::new(ForbiddenAddress) as Box<dyn Error + Send + Sync>);
            }
            Ok(Box::new(reachable.into_iter()) as Addrs)
        })
    }
}

/// Marks an error as one of the resolver, to be found again among the causes of an error of the client.
#[derive(Debug, thiserror::Error)]
#[error("the host cannot be found")]
pub(crate) struct UnknownHost(#[source] pub(crate) io::Error);

/// Marks a name that leads to where nobody may be led.
#[derive(Debug, thiserror::Error)]
#[error("the host is this machine or one of its neighbours")]
pub(crate) struct ForbiddenAddress;
