//! Kyverno, which looks at the images of a cluster, and here at a Pod in a file.

use crate::images::Quality;
use crate::peers::Peer;
use crate::process::Said;
use crate::push::Client;
use crate::registries::Kind;
use crate::world::{SVR, World};
use rstest::rstest;
use serde_json::{Value, json};

/// What `docs/guide/interop.md` tells people to apply, for a key.
fn policy(world: &World, key: &str) -> Value {
    json!({
        "apiVersion": "policies.kyverno.io/v1",
        "kind": "ImageValidatingPolicy",
        "metadata": { "name": "require-polcheck" },
        "spec": {
            "validationActions": ["Deny"],
            "credentials": { "allowInsecureRegistry": true },
            "matchConstraints": { "resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
            }] },
            "matchImageReferences": [{ "glob": "127.0.0.1:*/*" }],
            "attestors": [{
                "name": "polcheck",
                "cosign": {
                    "key": { "data": world.read(key) },
                    "ctlog": { "insecureIgnoreTlog": true, "insecureIgnoreSCT": true },
                },
            }],
            "attestations": [{ "name": "svr", "intoto": { "type": SVR } }],
            "validations": [{
                "expression": "images.containers.map(image, verifyAttestationSignatures(image, attestations.svr, [attestors.polcheck])).all(found, found > 0)",
                "message": "there is no statement of polcheck",
            }],
        },
    })
}

fn applied(world: &World, key: &str, image: &str) -> Said {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "app", "namespace": "default" },
        "spec": { "containers": [{ "name": "app", "image": image }] },
    });
    world.write("pod.yaml", pod.to_string());
    world.write("policy.yaml", policy(world, key).to_string());
    let words = [
        "apply",
        "policy.yaml",
        "--resource",
        "pod.yaml",
        "--registry",
    ];
    world.peer(Peer::Kyverno, &words)
}

#[rstest]
fn kyverno_accepts_what_polcheck_attached(#[values(Kind::Open, Kind::Refreg)] kind: Kind) {
    let peers = [Peer::Crane, Peer::Oras, Peer::Kyverno];
    let Some(world) = World::new(kind, &peers) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    let digest = world.crane(&["digest", &image]);
    let image = format!("{}@{digest}", world.image("app"));
    world.make_key("polcheck");
    world.make_key("stranger");
    applied(&world, "polcheck.pub", &image).refused();
    world
        .polcheck(&["attest", "--key", "polcheck.key", &image])
        .ok();
    applied(&world, "polcheck.pub", &image).ok().says("pass: 1");
    applied(&world, "stranger.pub", &image).refused();
    world.shown("`kyverno apply` with an `ImageValidatingPolicy` accepts what polcheck attached");
}
