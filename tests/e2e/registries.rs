//! The registries: each on a free port of 127.0.0.1, with a folder of its own.

use crate::certificates::Certificates;
use crate::issuer::{ISSUER, Issuer, SERVICE};
use crate::peers::Peer;
use crate::process::Server;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The only user of registries that do not let everybody in.
pub(crate) const USER: &str = "reader";
pub(crate) const PASSWORD: &str = "correct horse";
/// The same as `htpasswd -nbB` writes it.
const HTPASSWD: &str = "reader:$2y$05$grhDYs8gAl1hxtbySqd.o.mgGNUsv1HbkFqKi2VcWr1oLs4av1dGa\n";

/// What kind of registry there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// distribution 3, which has no referrers API, and lets everybody in.
    Open,
    /// The same with HTTP Basic.
    Htpasswd,
    /// The same over TLS, with a certificate of an authority that nobody knows.
    Tls,
    /// The same, which also wants a certificate of the client.
    ClientCertificate,
    /// distribution 3 with tokens of an issuer.
    Token,
    /// distribution 2 as Debian has it.
    Debian,
    /// distribution 3 with the referrers API.
    Refreg,
    /// The same, which does not answer `OCI-Subject` to those who attach.
    NoOciSubject,
    /// The same, which does not filter by artifact type.
    NoFilter,
    /// The same, which shows one referrer a page.
    OneAPage,
}

impl Kind {
    /// As it is called in the documentation.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Htpasswd => "password",
            Self::Tls => "TLS",
            Self::ClientCertificate => "client certificate",
            Self::Token => "token",
            Self::Debian => "Debian",
            Self::Refreg => "refreg",
            Self::NoOciSubject => "refreg -no-oci-subject",
            Self::NoFilter => "refreg -no-filter",
            Self::OneAPage => "refreg -page 1",
        }
    }

    /// The program.
    pub(crate) fn peer(self) -> Peer {
        match self {
            Self::Open | Self::Htpasswd | Self::Tls | Self::ClientCertificate | Self::Token => {
                Peer::Registry
            }
            Self::Debian => Peer::DockerRegistry,
            Self::Refreg | Self::NoOciSubject | Self::NoFilter | Self::OneAPage => Peer::Refreg,
        }
    }

    /// Whether it answers what refers to an image. Where it does not, clients keep an index at a tag.
    pub(crate) fn has_referrers_api(self) -> bool {
        self.peer() == Peer::Refreg
    }

    fn has_tls(self) -> bool {
        matches!(self, Self::Tls | Self::ClientCertificate)
    }
}

/// A registry with nothing in it. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) kind: Kind,
    /// `127.0.0.1:PORT`, or where it asks for tokens `localhost:PORT`: against registries that send credentials to others,
    /// crane asks no issuer that is written as a private address, and oras none that is on this machine and has another
    /// name than the registry.
    pub(crate) host: String,
    /// Those that its certificate is one of, where it has one.
    pub(crate) certificates: Option<Certificates>,
    /// Who gives out its tokens, where it asks for some.
    pub(crate) issuer: Option<Issuer>,
    server: Server,
    folder: TempDir,
}

impl Registry {
    pub(crate) fn start(kind: Kind) -> Self {
        Self::listening(kind, "127.0.0.1:0")
    }

    /// Starts it at an address.
    pub(crate) fn listening(kind: Kind, address: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let certificates = kind
            .has_tls()
            .then(|| Certificates::write(&folder.path().join("certificates")));
        let issuer = (kind == Kind::Token).then(Issuer::start);
        let mut command = Command::new(kind.peer().program());
        if kind.peer() == Peer::Refreg {
            command.arg("-addr").arg(address);
            command.arg("-dir").arg(folder.path().join("data"));
            command.args(switches(kind));
        } else {
            let config = config(
                kind,
                address,
                folder.path(),
                certificates.as_ref(),
                issuer.as_ref(),
            );
            let path = folder.path().join("config.yml");
            // YAML, as all JSON is.
            fs::write(&path, config.to_string()).unwrap();
            command.arg("serve").arg(path);
        }
        command.env("OTEL_TRACES_EXPORTER", "none");
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        let host = server.until(address_in).unwrap_or_else(|last_words| {
            panic!("{} does not start: {last_words}", kind.name());
        });
        let host = match kind {
            Kind::Token => host.replace("127.0.0.1", "localhost"),
            _ => host,
        };
        Self {
            kind,
            host,
            certificates,
            issuer,
            server,
            folder,
        }
    }

    /// Changes one byte of a blob where it is stored.
    pub(crate) fn damage(&self, digest: &str) {
        let hex = digest.trim_start_matches("sha256:");
        let path: PathBuf = [
            "data/docker/registry/v2/blobs/sha256",
            hex.get(..2).unwrap(),
            hex,
            "data",
        ]
        .iter()
        .collect();
        let path = self.folder.path().join(path);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }

    /// What `docker login` would have written.
    pub(crate) fn login(&self) -> Value {
        let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        json!({ "auths": { &self.host: { "auth": auth } } })
    }

    /// Stops the registry, and keeps its address.
    pub(crate) fn stop(&mut self) {
        self.server.stop();
    }
}

fn switches(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::NoOciSubject => &["-no-oci-subject"],
        Kind::NoFilter => &["-no-filter"],
        Kind::OneAPage => &["-page", "1"],
        _ => &[],
    }
}

/// The configuration of distribution, 2 and 3.
fn config(
    kind: Kind,
    address: &str,
    folder: &Path,
    certificates: Option<&Certificates>,
    issuer: Option<&Issuer>,
) -> Value {
    let mut config = json!({
        "version": 0.1,
        "log": { "level": "info", "accesslog": { "disabled": true } },
        "storage": {
            "filesystem": { "rootdirectory": folder.join("data") },
            "delete": { "enabled": true },
            "maintenance": { "uploadpurging": { "enabled": false } },
        },
        "http": { "addr": address, "secret": "only for tests" },
    });
    if let Some(Certificates {
        authority, server, ..
    }) = certificates
    {
        config["http"]["tls"] = json!({ "certificate": server.0, "key": server.1 });
        if kind == Kind::ClientCertificate {
            config["http"]["tls"]["clientcas"] = json!([authority]);
        }
    }
    if [Kind::Htpasswd, Kind::Tls].contains(&kind) {
        let path = folder.join("htpasswd");
        fs::write(&path, HTPASSWD).unwrap();
        config["auth"] = json!({ "htpasswd": { "realm": "tests", "path": path } });
    }
    if let Some(issuer) = issuer {
        let path = folder.join("issuer.pem");
        fs::write(&path, issuer.certificate()).unwrap();
        config["auth"] = json!({ "token": {
            "realm": issuer.realm, "service": SERVICE, "issuer": ISSUER, "rootcertbundle": path,
        } });
    }
    config
}

/// Where the log says that the registry listens.
fn address_in(log: &str) -> Option<String> {
    let (_, after) = log.split_once("listening ")?;
    let end =
        after.find(|character: char| character.is_whitespace() || "\",".contains(character))?;
    let first = after.get(..end)?;
    if first != "on" {
        return Some(first.to_owned());
    }
    let rest = after.get(3..)?;
    let is_address = |character: &char| character.is_ascii_digit() || ".:".contains(*character);
    let address: String = rest.chars().take_while(is_address).collect();
    // The rest of the line may not be written yet.
    (rest.len() > address.len()).then(|| address.trim_end_matches([',', '.']).to_owned())
}
