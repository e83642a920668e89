//! How each client makes an image and brings it into a registry.

use crate::images::{LABELS, Quality};
use crate::local::Dockerd;
use crate::peers::Peer;
use crate::world::World;

/// A client, and what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Buildah,
    BuildahZstd,
    Crane,
    Docker,
    Oras,
    Skopeo,
    SkopeoZstd,
    SkopeoDockerFormat,
}

impl Client {
    /// As it is called in the documentation.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Buildah => "`buildah push`",
            Self::BuildahZstd => "`buildah push` with zstd layers",
            Self::Crane => "`crane append` and `mutate`",
            Self::Docker => "`docker push`",
            Self::Oras => "`oras copy`",
            Self::Skopeo => "`skopeo copy`",
            Self::SkopeoZstd => "`skopeo copy` with zstd layers",
            Self::SkopeoDockerFormat => "`skopeo copy` in Docker's format",
        }
    }

    /// The programs that it needs.
    pub(crate) fn peers(self) -> &'static [Peer] {
        match self {
            Self::Buildah | Self::BuildahZstd => &[Peer::Buildah],
            Self::Crane => &[],
            Self::Docker => &[Peer::Docker, Peer::Dockerd],
            Self::Oras => &[Peer::Oras],
            Self::Skopeo | Self::SkopeoZstd | Self::SkopeoDockerFormat => &[Peer::Skopeo],
        }
    }

    /// Makes an image and pushes it. None where the client turns out not to work on this machine.
    pub(crate) fn push(self, world: &World, quality: Quality, image: &str) -> Option<()> {
        match self {
            Self::Buildah => buildah(world, quality, image, &[]),
            Self::BuildahZstd => {
                buildah(world, quality, image, &["--compression-format", "zstd"]);
            }
            Self::Crane => crane(world, quality, image),
            Self::Docker => return docker(world, quality, image),
            Self::Oras => oras(world, quality, image),
            Self::Skopeo => skopeo(world, quality, image, &[]),
            Self::SkopeoZstd => skopeo(
                world,
                quality,
                image,
                &["--dest-compress-format", "zstd", "--dest-compress"],
            ),
            Self::SkopeoDockerFormat => skopeo(world, quality, image, &["--format", "v2s2"]),
        }
        Some(())
    }
}

/// A new image on top of nothing.
fn crane(world: &World, quality: Quality, image: &str) {
    let layer = world.path("layer.tar.gz");
    let built = quality.image();
    std::fs::write(&layer, &built.blobs[1].bytes).unwrap();
    world.crane(&["append", "-f", "layer.tar.gz", "-t", image]);
    let labels = LABELS.map(|(key, value)| format!("--label={key}={value}"));
    world.crane(&[
        "mutate",
        image,
        "-t",
        image,
        "--user",
        quality.user(),
        "--env",
        quality.environment(),
        "--entrypoint",
        "/service",
        "--set-platform=linux/amd64",
        &labels[0],
        &labels[1],
    ]);
}

fn oras(world: &World, quality: Quality, image: &str) {
    let layout = format!("layout-{}", quality.tag());
    quality
        .image()
        .write_layout(&world.path(&layout), Some("1"));
    let words = ["copy", "--from-oci-layout", &format!("{layout}:1"), image];
    oras_of(world, &words);
}

/// Calls oras, which does not find out by itself whether a registry has TLS.
pub(crate) fn oras_of(world: &World, words: &[&str]) -> crate::process::Said {
    let http = if world.registry.certificates.is_some() {
        "false"
    } else {
        "true"
    };
    let flag = match words.first() {
        Some(&("copy" | "cp")) => format!("--to-plain-http={http}"),
        _ => format!("--plain-http={http}"),
    };
    world
        .peer(Peer::Oras, &[words, &[flag.as_str()]].concat())
        .ok()
}

fn skopeo(world: &World, quality: Quality, image: &str, flags: &[&str]) {
    let layout = format!("layout-{}", quality.tag());
    quality
        .image()
        .write_layout(&world.path(&layout), Some("1"));
    skopeo_copy(world, flags, &format!("oci:{layout}:1"), image);
}

/// Calls `skopeo copy` to a registry.
pub(crate) fn skopeo_copy(world: &World, flags: &[&str], from: &str, image: &str) {
    let to = format!("docker://{image}");
    // It knows no certificates but the system's, whatever `SSL_CERT_FILE` says of others.
    let fixed = ["--insecure-policy", "copy", "--dest-tls-verify=false"];
    let words = [&fixed, flags, &[from, &to]].concat();
    world.peer(Peer::Skopeo, &words).ok();
}

/// Calls buildah with a storage of its own.
pub(crate) fn buildah_of(world: &World, words: &[&str]) -> String {
    world.write(
        "policy.json",
        r#"{"default":[{"type":"insecureAcceptAnything"}]}"#,
    );
    world.write("registries.conf", "");
    let [root, run] = ["storage", "storage-run"].map(|name| world.path(name));
    let storage = [
        "--root",
        root.to_str().unwrap(),
        "--runroot",
        run.to_str().unwrap(),
        "--storage-driver",
        "vfs",
        "--registries-conf",
        "registries.conf",
    ];
    let said = world.peer(Peer::Buildah, &[&storage[..], words].concat());
    said.ok().stdout.trim_end().to_owned()
}

/// Builds an image from nothing, as a script does it, and says its name.
pub(crate) fn buildah_commit(world: &World, quality: Quality, name: &str, flags: &[&str]) {
    world.write("service", "#!/bin/sh\n");
    let container = buildah_of(world, &[&["from"], flags, &["scratch"]].concat());
    buildah_of(world, &["copy", &container, "service", "/service"]);
    let labels = LABELS.map(|(key, value)| format!("{key}={value}"));
    buildah_of(
        world,
        &[
            "config",
            "--user",
            quality.user(),
            "--env",
            quality.environment(),
            "--entrypoint",
            r#"["/service"]"#,
            "--label",
            &labels[0],
            "--label",
            &labels[1],
            &container,
        ],
    );
    let commit = [
        "commit",
        "--signature-policy",
        "policy.json",
        &container,
        name,
    ];
    buildah_of(world, &commit);
}

fn buildah(world: &World, quality: Quality, image: &str, flags: &[&str]) {
    buildah_commit(world, quality, quality.tag(), &[]);
    let to = format!("docker://{image}");
    let fixed = ["--signature-policy", "policy.json", "--tls-verify=false"];
    let words = [&["push"], &fixed[..], flags, &[quality.tag(), &to]].concat();
    buildah_of(world, &words);
}

fn docker(world: &World, quality: Quality, image: &str) -> Option<()> {
    let docker = Dockerd::start(world)?;
    docker.build(quality, image);
    docker.ok(&["push", image]);
    Some(())
}
