//! Registries that do not let everybody in, and the logins that users have.

use crate::images::Quality;
use crate::issuer::{IDENTITY_TOKEN, Shown};
use crate::peers::Peer;
use crate::process::Said;
use crate::registries::{Kind, PASSWORD, USER};
use crate::world::World;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rstest::rstest;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A world in which nobody has logged in, and the good image is there all the same.
fn world(kind: Kind, peers: &[Peer]) -> Option<(World, String)> {
    let world = World::of_strangers(kind, &[&[Peer::Crane], peers].concat())?;
    let image = world.image("app:good");
    let config = world.path("pusher");
    world.write("pusher/config.json", world.registry.login().to_string());
    Quality::Good
        .image()
        .write_layout(&world.path("layout"), None);
    let mut push = std::process::Command::new(Peer::Crane.program());
    world.prepare(push.args(["push", "layout", &image]));
    push.env("DOCKER_CONFIG", config);
    if let Some(certificates) = &world.registry.certificates {
        push.env("SSL_CERT_FILE", &certificates.authority);
    }
    assert!(push.status().unwrap().success());
    Some((world, image))
}

fn check(world: &World, image: &str) -> Said {
    world.polcheck(&["check", image])
}

/// A secret is in nothing that polcheck says.
#[track_caller]
fn keeps_secrets(said: &Said) {
    for secret in [PASSWORD, IDENTITY_TOKEN] {
        assert!(
            !said.stdout.contains(secret) && !said.stderr.contains(secret),
            "{said}"
        );
    }
}

#[test]
fn a_new_user_gets_into_a_private_registry_by_following_the_messages() {
    let Some((mut world, image)) = world(Kind::Tls, &[]) else {
        return;
    };
    // Nobody knows who signed the certificate.
    check(&world, &image).ended(2).says("certificate");
    let authority = world.registry.certificates.as_ref().unwrap();
    let authority = authority.authority.to_string_lossy().into_owned();
    let polcheck = |world: &World, words: &[&str]| {
        let words = [words, &["--registry-cacert", &authority, &image]].concat();
        world.polcheck(&words)
    };
    // Nobody has logged in.
    polcheck(&world, &["check"]).ended(2).says("login");
    // A helper program has the password, as on the machines of most people.
    let log = helper(&mut world, "printf '%s' \"$answer\"");
    let config = json!({ "credHelpers": { &world.registry.host: "tests" } });
    world.write("home/.docker/config.json", config.to_string());
    let said = polcheck(&world, &["check"]).ok();
    keeps_secrets(&said);
    world.make_key("polcheck");
    polcheck(&world, &["attest", "--key", "polcheck.key"]).ok();
    polcheck(&world, &["verify", "--key", "polcheck.pub"]).ok();
    // It was asked for this registry, and for nothing else.
    let asked = fs::read_to_string(log).unwrap();
    assert!(!asked.is_empty());
    let host = &world.registry.host;
    assert!(
        asked.lines().all(|line| line == format!("get {host}")),
        "{asked}"
    );
    world.shown("polcheck uses a credential helper and `--registry-cacert`");
}

/// A credential helper `tests` on the path, and the file in which it notes what it was asked.
fn helper(world: &mut World, answers: &str) -> std::path::PathBuf {
    let answer = json!({ "ServerURL": world.registry.host, "Username": USER, "Secret": PASSWORD });
    let log = world.path("asked");
    let script = format!(
        "#!/bin/sh\nread -r server || :\necho \"$1 $server\" >>'{}'\nanswer='{answer}'\n{answers}\n",
        log.display()
    );
    world.write("bin/docker-credential-tests", script);
    let program = world.path("bin/docker-credential-tests");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        world.path("bin").display(),
        crate::peers::variable("PATH")
    );
    world.set("PATH", &path);
    log
}

#[rstest]
#[case::fails("echo 'the keychain is locked'; exit 1")]
#[case::has_none("echo 'credentials not found in native keychain'; exit 1")]
#[case::talks_nonsense("echo yes")]
fn a_helper_without_a_login_is_no_pass(#[case] answers: &str) {
    let Some((mut world, image)) = world(Kind::Htpasswd, &[]) else {
        return;
    };
    helper(&mut world, answers);
    let config = json!({ "credHelpers": { &world.registry.host: "tests" } });
    world.write("home/.docker/config.json", config.to_string());
    check(&world, &image).ended(2).says("login");
}

#[rstest]
fn the_login_of_each_client_is_used(
    #[values(Kind::Htpasswd, Kind::Token)] kind: Kind,
    #[values(Peer::Crane, Peer::Oras, Peer::Skopeo, Peer::Buildah)] client: Peer,
) {
    let Some((mut world, image)) = world(kind, &[client]) else {
        return;
    };
    check(&world, &image).ended(2);
    let file = world.path("auth.json").to_string_lossy().into_owned();
    if [Peer::Skopeo, Peer::Buildah].contains(&client) {
        world.set("REGISTRY_AUTH_FILE", &file);
    }
    let host = world.registry.host.clone();
    let user = ["--username", USER, "--password-stdin", &host];
    let words: &[&str] = match client {
        Peer::Crane => &["auth", "login"],
        Peer::Oras => &["login", "--plain-http"],
        _ => &["login", "--tls-verify=false"],
    };
    world
        .peer_with(client, &[words, &user].concat(), PASSWORD.as_bytes())
        .ok();
    keeps_secrets(&check(&world, &image).ok());
    world.shown(&format!(
        "polcheck uses the login that `{}` keeps",
        client.name()
    ));
}

#[test]
fn an_identity_token_is_shown_to_the_issuer_alone() {
    let Some((world, image)) = world(Kind::Token, &[]) else {
        return;
    };
    let issuer = world.registry.issuer.as_ref().unwrap();
    let login = |token: &str| {
        // As Docker writes it: a user that is nobody, without a password.
        let auth = STANDARD.encode("00000000-0000-0000-0000-000000000000:");
        let auths = json!({ &world.registry.host: { "auth": auth, "identitytoken": token } });
        world.write(
            "home/.docker/config.json",
            json!({ "auths": auths }).to_string(),
        );
    };
    login(IDENTITY_TOKEN);
    issuer.shown();
    keeps_secrets(&check(&world, &image).ok());
    let shown = issuer.shown();
    assert!(!shown.is_empty());
    assert!(
        shown.iter().all(|shown| *shown == Shown::IdentityToken),
        "{shown:?}"
    );
    world.make_key("polcheck");
    world
        .polcheck(&["attest", "--key", "polcheck.key", &image])
        .ok();
    login("something else");
    check(&world, &image).ended(2);
    world.shown("polcheck uses an identity token, as `docker login` keeps it");
}

#[rstest]
fn a_password_comes_from_standard_input(
    #[values(Kind::Htpasswd, Kind::Token, Kind::Tls)] kind: Kind,
) {
    let Some((mut world, image)) = world(kind, &[]) else {
        return;
    };
    if let Some(certificates) = &world.registry.certificates {
        let authority = certificates.authority.to_string_lossy().into_owned();
        world.set("SSL_CERT_FILE", &authority);
    }
    let words = ["check", "--username", USER, "--password-stdin", &image];
    let line = format!("{PASSWORD}\n");
    keeps_secrets(&world.polcheck_with(&words, line.as_bytes()).ok());
    keeps_secrets(&world.polcheck_with(&words, PASSWORD.as_bytes()).ok());
    let wrong = world.polcheck_with(&words, b"a wrong password").ended(2);
    assert!(!wrong.stderr.contains("a wrong password"), "{wrong}");
    world.shown("polcheck takes `--username` and `--password-stdin`");
}
