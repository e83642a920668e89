//! Who asks a registry: files, helper programs, and what the command line says. No secret is ever shown.

use crate::assert_said;
use crate::harness::{Said, World};
use crate::images::{bad, good};
use serde_json::{Value, json};
use std::process::Command;
use test_registry::{Auth, Options, TestRegistry};

/// `me:correct-horse`
const LOGIN: &str = "bWU6Y29ycmVjdC1ob3JzZQ==";

fn private() -> Options {
    Options {
        auth: Auth::Basic {
            user: "me",
            password: "correct-horse",
        },
        ..Options::default()
    }
}

/// A registry that lets nobody in but `me`, with a good and a bad image.
fn world() -> World {
    let world = World::with(private());
    good().push(&world.registry, "team/app", Some("1"));
    bad().push(&world.registry, "team/bad", Some("1"));
    world
}

fn logins(entries: &[(&str, &str)]) -> String {
    let entries = entries
        .iter()
        .map(|(key, auth)| ((*key).to_owned(), json!({ "auth": auth })));
    json!({ "auths": Value::Object(entries.collect()) }).to_string()
}

fn with_password(world: &World, args: &[&str], password: &str) -> Said {
    let image = world.image("team/app:1");
    let args: Vec<_> = args
        .iter()
        .map(|arg| arg.replace("IMAGE", &image))
        .collect();
    let said = world.polcheck_with_stdin(&args, password.as_bytes());
    assert!(!said.to_string().contains("horse"), "{said}");
    said
}

#[test]
fn a_user_and_a_password_from_standard_input_log_in() {
    let world = world();
    let login = ["--username", "me", "--password-stdin"];
    for verb in [&["check", "-q", "IMAGE"][..], &["facts", "-q", "IMAGE"]] {
        let said = with_password(&world, &[verb, &login].concat(), "correct-horse\n");
        assert_eq!(said.code, 0, "{said}");
    }
    world.make_key();
    let attest = ["attest", "-q", "--key", "polcheck.key", "IMAGE"];
    let said = with_password(&world, &[&attest[..], &login].concat(), "correct-horse");
    assert_eq!(said.code, 0, "{said}");
    let verify = ["verify", "-q", "--key", "polcheck.pub", "IMAGE"];
    let said = with_password(&world, &[&verify[..], &login].concat(), "correct-horse\r\n");
    assert_eq!(said.code, 0, "{said}");
}

#[test]
fn a_wrong_password_is_said_and_not_shown() {
    let world = world();
    let args = [
        "check",
        "-q",
        "--username",
        "me",
        "--password-stdin",
        "IMAGE",
    ];
    assert_said!(with_password(&world, &args, "wrong-horse"), @"
    exit code: 2
    --- stdout
    registry.test/team/app:1: undecided
      `registry.test` refuses access to `team/app` with the login from the command line
    --- stderr
    error: `registry.test` refuses access to `team/app` with the login from the command line
     |
     = help: check the name, and `--username` and the password
    ");
}

#[test]
fn a_user_without_a_password_is_told_how_to_give_one() {
    let world = world();
    assert_said!(with_password(&world, &["check", "--username", "me", "IMAGE"], ""), @"
    exit code: 2
    --- stderr
    error: no password for `me`
     |
     = help: give it with `--password-stdin`, or start polcheck on a terminal
    ");
    assert_said!(with_password(&world, &["check", "--username", "me", "--password-stdin", "IMAGE"], "\n"), @r#"
    exit code: 2
    --- stderr
    error: no password on standard input
     |
     = help: write it there: `printf %s "$PASSWORD" | polcheck … --password-stdin`
    "#);
    let said = with_password(
        &world,
        &["check", "--password-stdin", "IMAGE"],
        "correct-horse",
    );
    assert_eq!(said.code, 2, "{said}");
    assert!(said.stderr.contains("--username"), "{said}");
    let said = with_password(
        &world,
        &["check", "--username", "me:correct-h", "IMAGE"],
        "",
    );
    assert_eq!(said.code, 2, "{said}");
}

#[test]
fn one_password_is_for_one_registry() {
    let world = world();
    let login = ["check", "--username", "me", "--password-stdin"];
    let check =
        |images: &[&str]| with_password(&world, &[&login, images].concat(), "correct-horse");
    assert_said!(check(&["r.example/app", "alpine", "busybox"]), @"
    exit code: 2
    --- stderr
    error: `--username` is for one registry, and the images are in 2: docker.io, r.example
     |
     = help: take one registry at a time, or log in to each with `docker login`
    ");
    assert_said!(check(&["oci:layout"]), @"
    exit code: 2
    --- stderr
    error: `--username` is for a registry, and no image is in one
     |
     = help: name an image in a registry, or leave out `--username`
    ");
    assert_said!(check(&["IMAGE", "docker-archive:-"]), @"
    exit code: 2
    --- stderr
    error: standard input cannot be both the password and an image
     |
     = help: write the image to a file first
    ");
    assert_eq!(world.registry.requests(), []);
}

#[test]
fn the_password_of_one_registry_is_not_for_another() {
    let world = world();
    let elsewhere = TestRegistry::start(private());
    let elsewhere_image = format!("{}/team/app:1", elsewhere.host());
    good().push(&elsewhere, "team/app", Some("1"));
    // Its own login is missing, and that of the other is never tried.
    let said = world.polcheck_with_stdin(
        &[
            "check",
            "-q",
            "--username",
            "me",
            "--password-stdin",
            &world.image("team/app:1"),
            "--platform",
            "linux/amd64",
        ],
        b"correct-horse",
    );
    assert_eq!(said.code, 0, "{said}");
    let mut world = world;
    world.write("auth.json", logins(&[(world.registry.host(), LOGIN)]));
    let file = world.path("auth.json").display().to_string();
    world.set("REGISTRY_AUTH_FILE", &file);
    let said = world.polcheck(&["check", "-q", &elsewhere_image]);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        elsewhere
            .requests()
            .iter()
            .all(|request| request.authorization.is_none())
    );
}

#[test]
fn files_are_asked_in_order_and_lead_on_to_the_next() {
    let mut world = world();
    let host = world.registry.host().to_owned();
    let image = world.image("team/app:1");
    for (variable, folder) in [
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_CONFIG_HOME", "config"),
        ("DOCKER_CONFIG", "docker"),
    ] {
        let path = world.path(folder).display().to_string();
        world.set(variable, &path);
    }
    let named = world.path("named.json").display().to_string();
    world.set("REGISTRY_AUTH_FILE", &named);
    let files = [
        "docker/config.json",
        "config/containers/auth.json",
        "run/containers/auth.json",
        "named.json",
    ];
    // Each file alone is enough.
    for file in files {
        world.write(file, logins(&[(&host, LOGIN)]));
        assert_eq!(world.polcheck(&["check", "-q", &image]).code, 0, "{file}");
        world.write(file, logins(&[("other.example", LOGIN)]));
    }
    assert_said!(world.polcheck(&["check", "-q", &image]), @"
    exit code: 2
    --- stdout
    registry.test/team/app:1: undecided
      `registry.test` refuses access to `team/app` without a login, and none of `[FOLDER]/named.json`, `[FOLDER]/run/containers/auth.json`, `[FOLDER]/config/containers/auth.json`, `[FOLDER]/docker/config.json` has one for it
    --- stderr
    error: `registry.test` refuses access to `team/app` without a login, and none of `[FOLDER]/named.json`, `[FOLDER]/run/containers/auth.json`, `[FOLDER]/config/containers/auth.json`, `[FOLDER]/docker/config.json` has one for it
     |
     = help: check the name; for a private repository log in first: `docker login registry.test`
    ");
    // The one that is asked first counts, right or wrong.
    let wrong = "bWU6d3Jvbmc=";
    for file in files {
        world.write(file, logins(&[(&host, wrong)]));
        let said = world.polcheck(&["check", "-q", &image]);
        assert!(
            said.stderr
                .contains(&format!("with the login from `[FOLDER]/{file}`")),
            "{said}"
        );
        world.write(file, logins(&[(&host, LOGIN)]));
        assert_eq!(world.polcheck(&["check", "-q", &image]).code, 0, "{file}");
    }
    // A broken one is not passed over.
    world.write("named.json", "{");
    assert_said!(world.polcheck(&["check", "-q", &image]), @"
    exit code: 2
    --- stdout
    registry.test/team/app:1: undecided
      `registry.test` refuses access to `team/app` without a login, since that from `[FOLDER]/named.json` cannot be used: the file is not in the form of Docker's `config.json`
    --- stderr
    error: `registry.test` refuses access to `team/app` without a login, since that from `[FOLDER]/named.json` cannot be used: the file is not in the form of Docker's `config.json`
     |
     = help: log in again, which writes `[FOLDER]/named.json` anew, or name another file with `REGISTRY_AUTH_FILE`
    ");
}

#[test]
fn the_login_of_the_longest_path_counts() {
    let mut world = world();
    let host = world.registry.host().to_owned();
    let (team, app) = (format!("{host}/team"), format!("{host}/team/bad"));
    let wrong = "bWU6d3Jvbmc=";
    world.write(
        "auth.json",
        logins(&[(&host, wrong), (&team, LOGIN), (&app, wrong)]),
    );
    let file = world.path("auth.json").display().to_string();
    world.set("REGISTRY_AUTH_FILE", &file);
    assert_eq!(
        world
            .polcheck(&["check", "-q", &world.image("team/app:1")])
            .code,
        0
    );
    assert_eq!(
        world
            .polcheck(&["check", "-q", &world.image("team/bad:1")])
            .code,
        2
    );
}

/// Puts a helper program on the path, and names it for all registries.
fn install_helper(world: &mut World, script: &str) {
    world.write("helper", format!("#!/bin/sh\n{script}\n"));
    world.write("docker/config.json", r#"{"credsStore":"test"}"#);
    let program = world.path("bin/docker-credential-test");
    // Written by another process: a file that another thread's child has open for writing cannot be run.
    let installed = Command::new("install")
        .args(["-D", "-m", "755"])
        .args([&world.path("helper"), &program])
        .status();
    assert!(installed.unwrap().success());
    let path = format!("{}:/usr/bin:/bin", world.path("bin").display());
    world.set("PATH", &path);
    let docker = world.path("docker").display().to_string();
    world.set("DOCKER_CONFIG", &docker);
}

#[test]
fn a_helper_program_is_asked_once_for_a_registry() {
    let mut world = world();
    let script = r#"test "$1" = get || exit 1
read server
echo "$server" >> "$HOME/asked"
printf '{"ServerURL":"%s","Username":"me","Secret":"correct-horse"}' "$server""#;
    install_helper(&mut world, script);
    world.write("home/asked", "");
    let said = world.polcheck(&[
        "check",
        "-q",
        &world.image("team/app:1"),
        &world.image("team/bad:1"),
    ]);
    assert_eq!(said.code, 1, "{said}");
    assert_eq!(
        world.read("home/asked"),
        format!("{}\n", world.registry.host())
    );
}

#[test]
fn a_helper_program_that_fails_is_named_and_what_it_prints_is_not() {
    let mut world = world();
    install_helper(
        &mut world,
        "echo correct-horse; echo correct-horse >&2; exit 1",
    );
    let said = world.polcheck(&["check", "-q", &world.image("team/app:1")]);
    assert!(!said.to_string().contains("horse"), "{said}");
    assert_said!(said, @"
    exit code: 2
    --- stdout
    registry.test/team/app:1: undecided
      `registry.test` refuses access to `team/app` without a login, since that from `[FOLDER]/docker/config.json` cannot be used: its credential helper `docker-credential-test` failed
    --- stderr
    error: `registry.test` refuses access to `team/app` without a login, since that from `[FOLDER]/docker/config.json` cannot be used: its credential helper `docker-credential-test` failed
     |
     = help: see what `docker-credential-test get` says when the host of the registry is its input
    ");
}

#[test]
fn a_helper_program_that_has_nothing_is_no_login() {
    let mut world = world();
    install_helper(
        &mut world,
        "echo credentials not found in native keychain; exit 1",
    );
    let said = world.polcheck(&["check", "-q", &world.image("team/app:1")]);
    assert_eq!(said.code, 2, "{said}");
    assert!(
        said.stderr
            .contains("without a login, and `[FOLDER]/docker/config.json` has none for it"),
        "{said}"
    );
}
