//! HTTPS with a certificate authority of one's own, and clients that show who they are.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;

/// A certificate authority that nobody trusts yet, and what it signed.
#[derive(Clone, Debug)]
pub struct Tls {
    ca: Vec<u8>,
    server: (Vec<u8>, Vec<u8>),
    client: (Vec<u8>, Vec<u8>),
    asks_clients: bool,
}

impl Tls {
    /// A server at `127.0.0.1`, `::1`, `localhost` and `registry.test` that speaks HTTP/1.1 and HTTP/2 with everybody.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let sign = |names: &[&str]| {
            let key = KeyPair::generate().unwrap();
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let params = CertificateParams::new(names).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (certificate.der().to_vec(), key.serialize_der())
        };
        Self {
            ca: issuer.der().to_vec(),
            server: sign(&["127.0.0.1", "::1", "localhost", "registry.test"]),
            client: sign(&["client.test"]),
            asks_clients: false,
        }
    }

    /// The same, which lets only clients in that have a certificate of the authority.
    #[must_use]
    pub fn for_known_clients(mut self) -> Self {
        self.asks_clients = true;
        self
    }

    /// The authority's certificate, in PEM.
    pub fn ca_pem(&self) -> String {
        pem("CERTIFICATE", &self.ca)
    }

    /// The certificate of a client that is let in, in PEM.
    pub fn client_cert_pem(&self) -> String {
        pem("CERTIFICATE", &self.client.0)
    }

    /// The key of that certificate, in PEM.
    pub fn client_key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.client.1)
    }

    fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if self.asks_clients {
            let mut roots = RootCertStore::empty();
            roots.add(self.ca.clone().into()).unwrap();
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let (certificate, key) = self.server.clone();
        let key = PrivateKeyDer::Pkcs8(key.into());
        let mut config = builder
            .with_single_cert(vec![certificate.into()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self::new()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Connections whose handshake is over. One that goes wrong, or never ends, holds up no other.
pub(crate) struct TlsListener {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Needs a runtime around it.
    pub(crate) fn new(listener: TcpListener, tls: &Tls) -> Self {
        let address = listener.local_addr().unwrap();
        let acceptor = tls.acceptor();
        let (sender, connections) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((connection, address)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(connection).await {
                        let _ = sender.send((stream, address)).await;
                    }
                });
            }
        });
        Self {
            connections,
            address,
        }
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
