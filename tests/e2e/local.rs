//! Images that are in no registry: in Docker's engine, in folders and in archives, as others put them there.

use crate::images::{LABELS, Quality};
use crate::peers::{self, Peer, are_there};
use crate::process::{Said, Server};
use crate::push::Client;
use crate::registries::Kind;
use crate::world::{World, run};
use rstest::rstest;
use std::fmt::Write as _;
use std::process::Command;
use tempfile::TempDir;

/// A Docker engine with nothing in it, which starts no container and changes no network. It is gone when this is dropped.
pub(crate) struct Dockerd<'a> {
    world: &'a World,
    host: String,
    server: Server,
    _folder: TempDir,
}

impl<'a> Dockerd<'a> {
    /// Starts it; where that is not possible, the test is written down as not run.
    pub(crate) fn start(world: &'a World) -> Option<Self> {
        if !are_there(&[Peer::Docker, Peer::Dockerd]) {
            return None;
        }
        // The path of a socket has to be short.
        let folder = tempfile::tempdir().unwrap();
        let host = format!("unix://{}", folder.path().join("socket").display());
        let mut command = Command::new(Peer::Dockerd.program());
        command.arg("--host").arg(&host);
        for (flag, name) in [
            ("--data-root", "data"),
            ("--exec-root", "run"),
            ("--pidfile", "pid"),
        ] {
            command.arg(flag).arg(folder.path().join(name));
        }
        command.args(["--bridge", "none", "--storage-driver", "vfs"]);
        for off in ["iptables", "ip6tables", "ip-forward", "ip-masq"] {
            command.arg(format!("--{off}=false"));
        }
        let mut server = Server::start(&mut command, &folder.path().join("log"));
        if let Err(last_words) = server.until(|log| log.contains("API listen on").then_some(())) {
            peers::not_run(&format!("dockerd does not start: {last_words}"));
            return None;
        }
        Some(Self {
            world,
            host,
            server,
            _folder: folder,
        })
    }

    /// Calls docker.
    #[track_caller]
    pub(crate) fn ok(&self, words: &[&str]) -> Said {
        let mut command = self.world.command(&Peer::Docker.program(), words);
        // Of the builders it is the one that is in the engine.
        command.env("DOCKER_BUILDKIT", "0");
        run(command.env("DOCKER_HOST", &self.host), b"").ok()
    }

    /// Calls polcheck, which finds the engine as docker does.
    fn polcheck(&self, words: &[&str]) -> Said {
        let mut command = self.world.polcheck_command(words);
        run(command.env("DOCKER_HOST", &self.host), b"")
    }

    /// Builds an image from nothing, with a Dockerfile.
    pub(crate) fn build(&self, quality: Quality, name: &str) {
        let mut dockerfile = String::from("FROM scratch\nCOPY service /service\n");
        for (key, value) in LABELS {
            writeln!(dockerfile, "LABEL {key}={value}").unwrap();
        }
        writeln!(
            dockerfile,
            "ENV {}\nUSER {}\nENTRYPOINT [\"/service\"]",
            quality.environment(),
            quality.user()
        )
        .unwrap();
        self.world.write("build/service", "#!/bin/sh\n");
        self.world.write("build/Dockerfile", dockerfile);
        self.ok(&["build", "--network", "none", "-t", name, "build"]);
    }
}

impl Drop for Dockerd<'_> {
    fn drop(&mut self) {
        // It has a containerd of its own to stop.
        self.server.stop();
    }
}

#[test]
fn an_image_in_dockers_engine_is_judged() {
    let Some(world) = World::new(Kind::Open, &[]) else {
        return;
    };
    let Some(docker) = Dockerd::start(&world) else {
        return;
    };
    for quality in Quality::BOTH {
        let name = format!("app:{}", quality.tag());
        docker.build(quality, &name);
        let image = format!("docker-daemon:{name}");
        docker
            .polcheck(&["check", &image])
            .ended(quality.exit_code());
    }
    docker
        .polcheck(&["check", "docker-daemon:app:missing"])
        .ended(2)
        .says("app:missing");
    peers::shown(
        "`docker build` makes an image, polcheck checks `docker-daemon:NAME`",
        "dockerd",
    );
}

#[test]
fn the_engine_that_is_not_there_is_no_pass() {
    let Some(mut world) = World::new(Kind::Open, &[]) else {
        return;
    };
    let nowhere = format!("unix://{}", world.path("no-such-socket").display());
    world.set("DOCKER_HOST", &nowhere);
    world
        .polcheck(&["check", "docker-daemon:app:good"])
        .ended(2)
        .says("no-such-socket");
}

#[test]
fn what_docker_saves_is_judged() {
    let Some(world) = World::new(Kind::Open, &[]) else {
        return;
    };
    let Some(docker) = Dockerd::start(&world) else {
        return;
    };
    for quality in Quality::BOTH {
        docker.build(quality, quality.tag());
        docker.ok(&["save", "-o", "image.tar", quality.tag()]);
        world
            .polcheck(&["check", "docker-archive:image.tar"])
            .ended(quality.exit_code());
        let bytes = std::fs::read(world.path("image.tar")).unwrap();
        world
            .polcheck_with(&["check", "docker-archive:-"], &bytes)
            .ended(quality.exit_code());
    }
    peers::shown(
        "`docker save` writes an archive, polcheck checks it",
        "dockerd",
    );
}

#[rstest]
#[case("dir:copy", "dir:copy")]
#[case("oci:copy:1", "oci:copy:1")]
#[case("oci-archive:copy.tar:1", "oci-archive:copy.tar:1")]
#[case("docker-archive:copy.tar:app:1", "docker-archive:copy.tar")]
fn what_skopeo_copies_out_of_a_registry_is_judged(#[case] to: &str, #[case] image: &str) {
    for quality in Quality::BOTH {
        let Some(world) = World::new(Kind::Open, &[Peer::Oras, Peer::Skopeo]) else {
            return;
        };
        let pushed = world.image("app:1");
        Client::Oras.push(&world, quality, &pushed).unwrap();
        let from = format!("docker://{pushed}");
        let flags = ["--insecure-policy", "copy", "--src-tls-verify=false"];
        world
            .peer(Peer::Skopeo, &[&flags[..], &[&from, to]].concat())
            .ok();
        world.polcheck(&["check", image]).ended(quality.exit_code());
    }
    let transport = to.split(':').next().unwrap();
    peers::shown(
        &format!("`skopeo copy` writes `{transport}:`, polcheck checks it"),
        "a folder",
    );
}

#[test]
fn what_skopeo_copies_with_zstd_layers_is_judged() {
    let Some(world) = World::new(Kind::Open, &[Peer::Oras, Peer::Skopeo]) else {
        return;
    };
    let pushed = world.image("app:1");
    Client::SkopeoZstd
        .push(&world, Quality::Good, &pushed)
        .unwrap();
    let from = format!("docker://{pushed}");
    let flags = ["--insecure-policy", "copy", "--src-tls-verify=false"];
    world
        .peer(Peer::Skopeo, &[&flags[..], &[&from, "dir:copy"]].concat())
        .ok();
    world.polcheck(&["check", "dir:copy"]).ok();
    peers::shown(
        "`skopeo copy` writes `dir:` with zstd layers, polcheck checks it",
        "a folder",
    );
}

#[test]
fn what_buildah_writes_is_judged() {
    for quality in Quality::BOTH {
        let Some(world) = World::new(Kind::Open, &[Peer::Buildah]) else {
            return;
        };
        crate::push::buildah_commit(&world, quality, "app", &[]);
        for to in ["oci:layout:1", "oci-archive:archive.tar:1", "dir:copy"] {
            let push = ["push", "--signature-policy", "policy.json", "app", to];
            crate::push::buildah_of(&world, &push);
            world.polcheck(&["check", to]).ended(quality.exit_code());
        }
    }
    peers::shown(
        "`buildah push` writes `oci:`, `oci-archive:` and `dir:`, polcheck checks them",
        "a folder",
    );
}
