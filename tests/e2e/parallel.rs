//! Several that attach to one image at the same time, to a registry that has no referrers API: all of them write the same
//! index at a tag, and no registry can be asked to write it only if it is unchanged.

use crate::images::Quality;
use crate::peers::Peer;
use crate::process::Said;
use crate::push::Client;
use crate::registries::Kind;
use crate::world::{World, run};
use rstest::rstest;
use std::collections::BTreeSet;
use std::env;
use std::thread;

const WRITERS: usize = 8;
/// How often they meet.
const ROUNDS: usize = 50;

/// Fewer rounds, for whoever is in a hurry.
fn rounds() -> usize {
    let asked_for = env::var("POLCHECK_E2E_ROUNDS").ok();
    asked_for.map_or(ROUNDS, |rounds| rounds.parse().unwrap())
}

/// Has all writers attach at once, each with its own key.
fn attach_at_once(world: &World, image: &str) -> Vec<Said> {
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let key = format!("writer-{writer}.key");
                scope.spawn(move || {
                    let words = ["attest", "--key", &key, image];
                    run(&mut world.polcheck_command(&words), b"")
                })
            })
            .collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .collect()
    })
}

/// The manifests that refer to an image, as the index at the tag names them.
fn named_at_the_tag(world: &World, digest: &str) -> BTreeSet<String> {
    let tag = world.image(&format!("app:{}", digest.replace(':', "-")));
    let index: serde_json::Value = serde_json::from_str(&world.crane(&["manifest", &tag])).unwrap();
    let entries = index["manifests"].as_array().unwrap();
    let digests = entries
        .iter()
        .map(|entry| entry["digest"].as_str().unwrap());
    let set: BTreeSet<String> = digests.map(str::to_owned).collect();
    assert_eq!(set.len(), entries.len(), "an entry is there twice: {index}");
    set
}

/// A new image each round, so that the index begins with nothing.
fn image_of_round(world: &World, round: usize) -> String {
    let image = world.image("app:good");
    let of_round = world.image(&format!("app:round-{round}"));
    let label = format!("--label=round={round}");
    world.crane(&["mutate", &image, "-t", &of_round, &label]);
    of_round
}

#[rstest]
#[case(Kind::Open)]
#[case(Kind::Debian)]
fn none_is_lost(#[case] kind: Kind) {
    let Some(world) = World::new(kind, &[Peer::Crane, Peer::Oras]) else {
        return;
    };
    let image = world.image("app:good");
    Client::Oras.push(&world, Quality::Good, &image).unwrap();
    for writer in 0..WRITERS {
        world.make_key(&format!("writer-{writer}"));
    }
    // One round shows that the old registry is no different.
    let rounds = if kind == Kind::Open { rounds() } else { 1 };
    for round in 0..rounds {
        let image = image_of_round(&world, round);
        for said in attach_at_once(&world, &image) {
            said.ok();
        }
        let digest = world.crane(&["digest", &image]);
        let named = named_at_the_tag(&world, &digest);
        assert_eq!(named.len(), WRITERS, "round {round}: {named:?}");
        if round == 0 {
            for writer in 0..WRITERS {
                let key = format!("writer-{writer}.pub");
                world.polcheck(&["verify", "--key", &key, &image]).ok();
            }
        }
    }
    if rounds == ROUNDS || kind != Kind::Open {
        world.shown(&format!(
            "of {WRITERS} `polcheck attest` at once none is lost, {rounds} times"
        ));
    }
}
