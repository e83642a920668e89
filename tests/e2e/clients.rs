//! Images as each client pushes them to each registry.

use crate::images::Quality;
use crate::peers::Peer;
use crate::push::{Client, buildah_commit, buildah_of, oras_of, skopeo_copy};
use crate::registries::Kind;
use crate::world::World;
use rstest::rstest;

/// How an index comes into a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IndexClient {
    Buildah,
    Crane,
    Oras,
    Skopeo,
}

impl IndexClient {
    fn name(self) -> &'static str {
        match self {
            Self::Buildah => "`buildah manifest push --all`",
            Self::Crane => "`crane index append`",
            Self::Oras => "`oras copy`",
            Self::Skopeo => "`skopeo copy --all`",
        }
    }

    fn peers(self) -> &'static [Peer] {
        match self {
            Self::Buildah => &[Peer::Buildah],
            Self::Crane => &[Peer::Crane],
            Self::Oras => &[Peer::Oras],
            Self::Skopeo => &[Peer::Skopeo],
        }
    }

    /// Pushes an index of amd64, which is good, and arm64, which is of this quality.
    fn push(self, world: &World, quality: Quality, image: &str) {
        let layout = format!("layout-{}", quality.tag());
        quality
            .index()
            .write_layout(&world.path(&layout), Some("1"));
        match self {
            Self::Skopeo => skopeo_copy(world, &["--all"], &format!("oci:{layout}:1"), image),
            Self::Oras => {
                let from = format!("{layout}:1");
                oras_of(world, &["copy", "--from-oci-layout", &from, image]);
            }
            Self::Buildah => buildah(world, quality, image),
            Self::Crane => crane(world, quality, image),
        }
    }
}

fn buildah(world: &World, quality: Quality, image: &str) {
    let list = format!("list-{}", quality.tag());
    buildah_of(world, &["manifest", "create", &list]);
    for (architecture, quality) in [("amd64", Quality::Good), ("arm64", quality)] {
        let name = format!("{list}-{architecture}");
        buildah_commit(world, quality, &name, &["--arch", architecture]);
        buildah_of(world, &["manifest", "add", &list, &name]);
    }
    let to = format!("docker://{image}");
    let fixed = [
        "--all",
        "--tls-verify=false",
        "--signature-policy",
        "policy.json",
    ];
    let words = [&["manifest", "push"], &fixed[..], &[list.as_str(), &to]].concat();
    buildah_of(world, &words);
}

fn crane(world: &World, quality: Quality, image: &str) {
    let layout = format!("layout-{}", quality.tag());
    let whole = quality.index();
    let mut children = Vec::new();
    for child in &whole.children {
        let folder = format!("{layout}-{}", child.digest().get(7..15).unwrap());
        child.write_layout(&world.path(&folder), None);
        let by_digest = format!("{}@{}", world.image("app"), child.digest());
        world.crane(&["push", &folder, &by_digest]);
        children.push(by_digest);
    }
    let manifests = children.iter().flat_map(|child| ["-m", child.as_str()]);
    let words: Vec<&str> = ["index", "append", "-t", image]
        .into_iter()
        .chain(manifests)
        .collect();
    world.crane(&words);
}

#[rstest]
fn an_image_of_each_client_is_judged_alike_in_each_registry(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Tls,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg
    )]
    kind: Kind,
    #[values(
        Client::Buildah,
        Client::BuildahZstd,
        Client::Crane,
        Client::Docker,
        Client::Oras,
        Client::Skopeo,
        Client::SkopeoZstd,
        Client::SkopeoDockerFormat
    )]
    client: Client,
) {
    let Some(world) = World::new(kind, &[&[Peer::Crane], client.peers()].concat()) else {
        return;
    };
    for quality in Quality::BOTH {
        let image = world.image(&format!("app:{}", quality.tag()));
        if client.push(&world, quality, &image).is_none() {
            return;
        }
        let said = world.polcheck(&["check", "--platform", "linux/amd64", &image]);
        let said = said.ended(quality.exit_code());
        // It is the image that the registry has, and not another one.
        let digest = world.crane(&["digest", &image]);
        let said = said.says(&digest);
        if quality == Quality::Bad {
            said.says("user.final-root").says("secret.env");
        }
        let manifest = world.crane(&["manifest", &image]);
        let is_zstd = [Client::BuildahZstd, Client::SkopeoZstd].contains(&client);
        assert_eq!(manifest.contains("+zstd"), is_zstd, "{manifest}");
    }
    world.shown(&format!("{} pushes, polcheck checks", client.name()));
}

#[rstest]
fn every_platform_of_an_index_is_judged(
    #[values(
        Kind::Open,
        Kind::Htpasswd,
        Kind::Tls,
        Kind::Token,
        Kind::Debian,
        Kind::Refreg
    )]
    kind: Kind,
    #[values(
        IndexClient::Buildah,
        IndexClient::Crane,
        IndexClient::Oras,
        IndexClient::Skopeo
    )]
    client: IndexClient,
) {
    let Some(world) = World::new(kind, &[&[Peer::Crane], client.peers()].concat()) else {
        return;
    };
    for quality in Quality::BOTH {
        let image = world.image(&format!("app:{}", quality.tag()));
        client.push(&world, quality, &image);
        let check = |platform| world.polcheck(&["check", "--platform", platform, &image]);
        check("linux/amd64").ok();
        check("linux/arm64").ended(quality.exit_code());
        check("all")
            .ended(quality.exit_code())
            .says(&world.crane(&["digest", "--platform", "linux/amd64", &image]))
            .says(&world.crane(&["digest", "--platform", "linux/arm64", &image]));
    }
    world.shown(&format!(
        "{} pushes an index, polcheck checks all of it",
        client.name()
    ));
}
