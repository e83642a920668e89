//! The transcript of the README is played, and says what the README says.

use crate::harness::{World, root};
use crate::images::{bad, good};
use std::fs;

/// What the README shows as said.
struct Scene {
    command: String,
    expected: String,
}

#[test]
fn the_transcript_of_the_readme_is_true() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let world = World::new();
    bad().push(&world.registry, "shop/api", Some("dev"));
    good().push(&world.registry, "shop/api", Some("1.4.2"));
    let scenes = scenes(&readme);
    assert!(
        scenes.len() >= 4,
        "the README shows only {} commands",
        scenes.len()
    );
    for Scene { command, expected } in scenes {
        let args: Vec<String> = command
            .split(' ')
            .skip(1)
            .map(|word| word.replace("registry.test", world.registry.host()))
            .collect();
        let mut world_args = args.clone();
        if args.first().is_some_and(|verb| verb == "key") {
            world_args.push("--no-password".to_owned());
        }
        let said = world.polcheck(&world_args);
        let said = shorten(&(said.stdout + &said.stderr));
        assert_eq!(said.trim(), expected.trim(), "`{command}`");
    }
}

/// Digests and times as the README writes them.
fn shorten(text: &str) -> String {
    let digest = regex("sha256:[0-9a-f]{64}", text, "sha256:…");
    regex(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
        &digest,
        "2026-11-23T12:00:00Z",
    )
}

fn regex(pattern: &str, text: &str, replacement: &str) -> String {
    model::matching::regex(pattern)
        .unwrap()
        .replace_all(text, replacement)
        .into_owned()
}

/// The commands of blocks fenced as `console`, each with what follows it.
fn scenes(readme: &str) -> Vec<Scene> {
    let blocks = readme
        .split("```console\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    let mut scenes: Vec<Scene> = vec![];
    for line in blocks.flat_map(str::lines) {
        match (line.strip_prefix("$ "), scenes.last_mut()) {
            (Some(command), _) => scenes.push(Scene {
                command: command.to_owned(),
                expected: String::new(),
            }),
            (None, Some(scene)) => {
                scene.expected.push_str(line);
                scene.expected.push('\n');
            }
            (None, None) => {}
        }
    }
    scenes.retain(|scene| scene.command.starts_with("polcheck "));
    scenes
}
