//! Where a test takes place: a registry, a folder, and everybody who works in it.

use crate::peers::{self, Peer, are_there, variable};
use crate::process::{SECONDS, Said};
use crate::registries::{Kind, Registry};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The type of the statements that polcheck makes.
pub(crate) const SVR: &str = "https://in-toto.io/attestation/svr/v0.2";

/// A registry, a folder, and programs that see nothing of the machine's environment.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) registry: Registry,
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
}

impl World {
    /// A world in which everybody has logged in and knows the registry's certificate; none where one of these peers
    /// cannot be had.
    pub(crate) fn new(kind: Kind, peers: &[Peer]) -> Option<Self> {
        let mut world = Self::of_strangers(kind, peers)?;
        world.write(
            "home/.docker/config.json",
            world.registry.login().to_string(),
        );
        if let Some(certificates) = &world.registry.certificates {
            let authority = certificates.authority.to_string_lossy().into_owned();
            world.set("SSL_CERT_FILE", &authority);
        }
        Some(world)
    }

    /// A world in which nobody has prepared anything.
    pub(crate) fn of_strangers(kind: Kind, peers: &[Peer]) -> Option<Self> {
        if !are_there(&[&[kind.peer()], peers].concat()) {
            return None;
        }
        let world = Self {
            registry: Registry::start(kind),
            folder: tempfile::tempdir().unwrap(),
            variables: vec![("COSIGN_PASSWORD", "only for tests".to_owned())],
        };
        for folder in ["home/.docker", "run"] {
            fs::create_dir_all(world.path(folder)).unwrap();
        }
        Some(world)
    }

    /// With a variable of the environment, for everybody.
    pub(crate) fn set(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// `HOST/REPOSITORY:TAG`
    pub(crate) fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.host)
    }

    /// A path in the folder that everybody works in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Calls polcheck.
    pub(crate) fn polcheck(&self, words: &[impl AsRef<OsStr>]) -> Said {
        run(&mut self.polcheck_command(words), b"")
    }

    /// Calls polcheck with something on standard input.
    pub(crate) fn polcheck_with(&self, words: &[impl AsRef<OsStr>], stdin: &[u8]) -> Said {
        run(&mut self.polcheck_command(words), stdin)
    }

    /// polcheck, ready to be called.
    pub(crate) fn polcheck_command(&self, words: &[impl AsRef<OsStr>]) -> Command {
        self.command(Path::new(&variable("POLCHECK_BINARY")), words)
    }

    /// Calls a peer.
    pub(crate) fn peer(&self, peer: Peer, words: &[impl AsRef<OsStr>]) -> Said {
        run(&mut self.command(&peer.program(), words), b"")
    }

    /// Calls a peer with something on standard input.
    pub(crate) fn peer_with(&self, peer: Peer, words: &[impl AsRef<OsStr>], stdin: &[u8]) -> Said {
        run(&mut self.command(&peer.program(), words), stdin)
    }

    /// Calls crane, and takes the one line that it prints.
    #[track_caller]
    pub(crate) fn crane(&self, words: &[impl AsRef<OsStr>]) -> String {
        let said = self.peer(Peer::Crane, words).ok();
        said.stdout.trim_end().to_owned()
    }

    /// A program, ready to be called.
    pub(crate) fn command(&self, program: &Path, words: &[impl AsRef<OsStr>]) -> Command {
        // Whatever hangs is ended, and the test fails.
        let mut command = Command::new("timeout");
        command.arg(SECONDS).arg(program).args(words);
        self.prepare(&mut command);
        command
    }

    /// What every program sees, and where it works.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", variable("PATH"))
            .env("HOME", self.path("home"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Makes `NAME.key` and `NAME.pub`, unencrypted.
    #[track_caller]
    pub(crate) fn make_key(&self, name: &str) {
        let words = [
            "key",
            "generate",
            "--no-password",
            "--output-key-prefix",
            name,
        ];
        self.polcheck(&words).ok();
    }

    /// What `cosign verify-attestation` says of an image, without a service of Sigstore.
    pub(crate) fn cosign_verifies(&self, key: &str, predicate_type: &str, image: &str) -> Said {
        self.without_sigstore();
        let trust = [
            "--trusted-root",
            "trusted_root.json",
            "--insecure-ignore-tlog",
        ];
        let what = ["verify-attestation", "--key", key, "--type", predicate_type];
        self.peer(Peer::Cosign, &[&what[..], &trust, &[image]].concat())
    }

    /// Has cosign sign an empty predicate and attach it.
    #[track_caller]
    pub(crate) fn cosign_attests(&self, key: &str, predicate_type: &str, image: &str) {
        self.without_sigstore();
        self.write("predicate.json", "{}");
        let services = ["--signing-config", "signing_config.json"];
        let trust = ["--trusted-root", "trusted_root.json"];
        let what = ["attest", "--yes", "--key", key, "--type", predicate_type];
        let predicate = ["--predicate", "predicate.json"];
        let words = [&what[..], &services, &trust, &predicate, &[image]].concat();
        self.peer(Peer::Cosign, &words).ok();
    }

    /// Tells cosign that there is no service.
    pub(crate) fn without_sigstore(&self) {
        for (what, file) in [
            ("signing-config", "signing_config.json"),
            ("trusted-root", "trusted_root.json"),
        ] {
            if !self.path(file).exists() {
                self.peer(Peer::Cosign, &[what, "create", "--out", file])
                    .ok();
            }
        }
    }

    /// Writes down what this test has shown.
    pub(crate) fn shown(&self, what: &str) {
        peers::shown(what, self.registry.kind.name());
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command, stdin: &[u8]) -> Said {
    let words = command.get_args().skip(1).map(OsStr::to_string_lossy);
    let line = words.collect::<Vec<_>>().join(" ");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever needs no input does not read it.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let output = child.wait_with_output().unwrap();
    Said {
        line,
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
