//! A private Sigstore: who certifies identities, who logs signatures, who says when.
//!
//! Fulcio, the timestamp authority and Rekor v2 are the released ones. The issuer of identities, and the log in which Fulcio
//! publishes certificates, are ours: they stand in `tests/e2e/tools/sigstore-local`.

use crate::peers::Peer;
use crate::process::Server;
use crate::world::World;
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

/// The programs that it consists of, and cosign, which writes down what they are.
pub(crate) const PEERS: [Peer; 3] = [Peer::SigstoreLocal, Peer::Rekor, Peer::Cosign];
/// What the log calls itself. It has to be in the trusted root too, whatever its address is.
const LOG: &str = "rekor.polcheck.test";
/// How often new ports are tried: others may take those that were free.
const ATTEMPTS: usize = 5;
/// Before everything that happens here.
const START: &str = "start-time=2026-01-01T00:00:00Z";

/// A Sigstore on free ports of 127.0.0.1. It is gone when this is dropped. In the world's folder are its
/// `trusted_root.json` and `signing_config.json`, and both in `trust_config.json`.
#[derive(Debug)]
pub(crate) struct PrivateSigstore {
    /// Who vouches for identities.
    pub(crate) issuer: String,
    _servers: [Server; 2],
}

impl PrivateSigstore {
    pub(crate) fn start(world: &World) -> Self {
        let folder = world.path("sigstore");
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(Peer::SigstoreLocal.program());
        world.prepare(command.args(["-dir", "sigstore"]));
        let mut local = Server::start(&mut command, &folder.join("local.log"));
        let ready = |log: &str| log.contains("ready").then_some(());
        local.until(ready).unwrap();
        let (rekor, port) = start_log(world, &folder);
        let issuer = describe(world, port);
        let read = |name: &str| serde_json::from_str::<Value>(&world.read(name)).unwrap();
        let both = json!({
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": read("trusted_root.json"),
            "signingConfig": read("signing_config.json"),
        });
        world.write("trust_config.json", both.to_string());
        Self {
            issuer,
            _servers: [local, rekor],
        }
    }

    /// Writes a token of somebody with this address into the file `token`.
    pub(crate) fn log_in(&self, world: &World, address: &str) {
        world.write(
            "token",
            get(&format!("{}/token?email={address}", self.issuer)),
        );
    }
}

/// Writes down what the services are, and says who vouches for identities.
fn describe(world: &World, log_port: u16) -> String {
    let addresses = world.read("sigstore/env");
    let address = |name: &str| {
        let mut lines = addresses.lines().filter_map(|line| line.split_once('='));
        let (_, address) = lines.find(|(it, _)| *it == name).unwrap();
        address.to_owned()
    };
    let [fulcio, log, authority] = ["FULCIO_URL", "CT_URL", "TSA_URL"].map(address);
    create(
        world,
        "trusted-root",
        &[
            (
                "--fulcio",
                format!("url={fulcio},certificate-chain=sigstore/fulcio.pem,{START}"),
            ),
            (
                "--ctfe",
                format!("url={log},public-key=sigstore/ctfe.pub,{START}"),
            ),
            (
                "--tsa",
                format!("url={authority},certificate-chain=sigstore/tsa.pem,{START}"),
            ),
            (
                "--rekor",
                format!("url=https://{LOG},public-key=sigstore/rekor.pub,{START},origin={LOG}"),
            ),
        ],
    );
    let issuer = address("OIDC_URL");
    let rest = format!("{START},operator=polcheck.test");
    create(
        world,
        "signing-config",
        &[
            ("--fulcio", format!("url={fulcio},api-version=1,{rest}")),
            (
                "--oidc-provider",
                format!("url={issuer},api-version=1,{rest}"),
            ),
            (
                "--rekor",
                format!("url=http://127.0.0.1:{log_port},api-version=2,{rest}"),
            ),
            ("--rekor-config", "ANY".to_owned()),
            ("--tsa", format!("url={authority},api-version=1,{rest}")),
            ("--tsa-config", "ANY".to_owned()),
        ],
    );
    issuer
}

/// Has cosign write what the services are.
fn create(world: &World, what: &str, services: &[(&str, String)]) {
    let file = format!("{}.json", what.replace('-', "_"));
    let mut words = vec![what, "create", "--out", &file];
    for (option, value) in services {
        words.extend([*option, value]);
    }
    world.peer(Peer::Cosign, &words).ok();
}

/// Starts Rekor, and says on which port.
fn start_log(world: &World, folder: &Path) -> (Server, u16) {
    let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    fs::write(folder.join("rekor.key"), key.serialize_pem()).unwrap();
    fs::write(folder.join("rekor.pub"), key.public_key_pem()).unwrap();
    let log = folder.join("rekor.log");
    for _ in 0..ATTEMPTS {
        let ports = free_ports();
        let [http, grpc, metrics] = ports.map(|port| port.to_string());
        let words = [
            &[
                "serve",
                "--hostname",
                LOG,
                "--checkpoint-interval",
                "1s",
                "--batch-max-age",
                "50ms",
            ][..],
            &["--http-address", "127.0.0.1", "--http-port", &http],
            &[
                "--grpc-address",
                "127.0.0.1",
                "--grpc-port",
                &grpc,
                "--http-metrics-port",
                &metrics,
            ],
            &[
                "--storage-dir",
                "sigstore/log",
                "--signer-filepath",
                "sigstore/rekor.key",
            ],
        ];
        let mut command = Command::new(Peer::Rekor.program());
        world.prepare(command.args(words.concat()));
        let mut server = Server::start(&mut command, &log);
        let health = format!("http://127.0.0.1:{http}/healthz");
        if server.until(|_| is_there(&health).then_some(())).is_ok() {
            return (server, ports[0]);
        }
    }
    panic!("{}", fs::read_to_string(log).unwrap());
}

fn free_ports() -> [u16; 3] {
    let bound = [(); 3].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    bound.map(|listener| listener.local_addr().unwrap().port())
}

/// What a server on this machine answers, without its head; none if it does not answer well.
fn ask(url: &str) -> Option<String> {
    let (host, path) = url.strip_prefix("http://")?.split_once('/')?;
    let mut stream = TcpStream::connect(host).ok()?;
    // In this version nothing is chunked.
    write!(stream, "GET /{path} HTTP/1.0\r\nHost: {host}\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.lines()
        .next()?
        .contains(" 200 ")
        .then(|| body.to_owned())
}

fn is_there(url: &str) -> bool {
    ask(url).is_some()
}

#[track_caller]
fn get(url: &str) -> String {
    ask(url).unwrap_or_else(|| panic!("no answer from {url}"))
}
