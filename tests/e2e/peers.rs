//! Who takes part beside polcheck, and where they are.

use std::env;
use std::path::PathBuf;
use std::thread;

/// A program that others made, and `refreg`, which is made of their parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Buildah,
    Cosign,
    Crane,
    Docker,
    Dockerd,
    DockerRegistry,
    Kyverno,
    Oras,
    Refreg,
    Registry,
    Rekor,
    SigstoreJs,
    SigstoreLocal,
    SigstorePython,
    Skopeo,
}

impl Peer {
    /// As it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Buildah => "buildah",
            Self::Cosign => "cosign",
            Self::Crane => "crane",
            Self::Docker => "docker",
            Self::Dockerd => "dockerd",
            Self::DockerRegistry => "docker-registry",
            Self::Kyverno => "kyverno",
            Self::Oras => "oras",
            Self::Refreg => "refreg",
            Self::Registry => "registry",
            Self::Rekor => "rekor-server-posix",
            Self::SigstoreJs => "sigstore-js",
            Self::SigstoreLocal => "sigstore-local",
            Self::SigstorePython => "sigstore-python",
            Self::Skopeo => "skopeo",
        }
    }

    /// Where it lies.
    pub(crate) fn program(self) -> PathBuf {
        PathBuf::from(variable("POLCHECK_TOOLS"))
            .join("bin")
            .join(self.name())
    }

    /// Why it cannot be had on this machine. `cargo xtask e2e` says so, and only where it was told that peers may be
    /// absent.
    fn absent(self) -> Option<String> {
        let absent = env::var("POLCHECK_ABSENT").unwrap_or_default();
        let mut named = absent.lines().filter_map(|line| line.split_once(": "));
        named
            .find(|(name, _)| *name == self.name())
            .map(|(_, why)| why.to_owned())
    }
}

/// Whether all of these are there. Where one is absent, the test is written down as not run.
pub(crate) fn are_there(peers: &[Peer]) -> bool {
    let absent = peers.iter().find_map(|peer| Some((peer, peer.absent()?)));
    if let Some((peer, why)) = &absent {
        not_run(&format!("there is no {}: {why}", peer.name()));
    }
    absent.is_none()
}

/// Writes down that the test of this thread cannot be run.
///
/// # Panics
/// Where everything has to be run.
pub(crate) fn not_run(why: &str) {
    assert!(
        env::var_os("POLCHECK_ALLOW_ABSENT").is_some(),
        "cannot be run: {why}"
    );
    let test = thread::current();
    append(
        "POLCHECK_NOT_RUN",
        &format!("{}: {why}", test.name().unwrap_or("a test")),
    );
}

/// Writes down what was shown, and against what.
pub(crate) fn shown(what: &str, against: &str) {
    append("POLCHECK_SHOWN", &format!("{what}\t{against}"));
}

/// Adds a line to the file that a variable names. Tests run side by side, and one write of a line is never torn.
fn append(name: &str, line: &str) {
    use std::io::Write;
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(variable(name))
        .unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A variable that `cargo xtask e2e` sets.
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("no `{name}`: run `cargo xtask e2e`"))
}
